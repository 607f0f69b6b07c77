//! One connection: its questions, its silence, its end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hickory_net::NetError;
use hickory_net::proto::op::DnsRequest;
use hickory_net::runtime::TokioRuntimeProvider;
use hickory_net::xfer::{DnsExchange, DnsHandle, DnsRequestSender, FirstAnswer};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use super::super::lock::Lock;
use super::envelope;
use crate::tasks;

/// Questions on their way by one connection. Hickory looks at each of them whenever something happens on a stream.
pub(super) const MOST_ACTIVE: usize = 1000;
/// A connection without a question for this long is closed: both ends keep memory for it (RFC 7766 §6.2.3).
const IDLE: Duration = Duration::from_secs(120);

/// A connection that is up. Its stream lives in a task, and ends with it.
pub(super) struct Connection {
    exchange: DnsExchange<TokioRuntimeProvider>,
    usage: Arc<Usage>,
    /// Whether its answers come in an envelope.
    enveloped: bool,
}

struct Usage {
    activity: Lock<Activity>,
    ended: AtomicBool,
    end: Notify,
}

struct Activity {
    questions: usize,
    /// When a question last came or went.
    last: Instant,
    /// Since when questions wait and nothing is heard.
    silent_since: Option<Instant>,
}

impl Connection {
    /// Runs a stream in a task of the caller's runtime.
    pub(super) fn over(stream: impl DnsRequestSender, enveloped: bool) -> Self {
        let (exchange, background) = DnsExchange::from_stream(stream);
        let activity = Activity { questions: 0, last: Instant::now(), silent_since: None };
        let usage = Arc::new(Usage {
            activity: Lock::new(activity),
            ended: AtomicBool::new(false),
            end: Notify::new(),
        });
        let used = Arc::clone(&usage);
        tasks::spawn("upstream-line", async move {
            tokio::select! {
                () = background => {}
                () = used.idle() => {}
                () = used.end.notified() => {}
            }
            used.ended.store(true, Ordering::Relaxed);
        });
        Self { exchange, usage, enveloped }
    }

    /// Asks, and waits for the answer's bytes.
    pub(super) async fn ask(&self, request: DnsRequest) -> Result<Vec<u8>, NetError> {
        let turn = Turn::begin(&self.usage).ok_or(NetError::Busy)?;
        let answer = self.exchange.send(request).first_answer().await?;
        turn.heard();
        let bytes = answer.into_buffer();
        Ok(if self.enveloped { envelope::open(bytes) } else { bytes })
    }

    /// Whether the next question may go by it: it stands, and nobody waits on it in silence for so long.
    pub(super) fn is_good(&self, now: Instant, silence: Duration) -> bool {
        let silent_since = self.usage.activity.hold().silent_since;
        !self.has_ended() && silent_since.is_none_or(|since| now.duration_since(since) < silence)
    }

    pub(super) fn has_ended(&self) -> bool {
        self.usage.ended.load(Ordering::Relaxed)
    }

    /// Closes it.
    pub(super) fn end(&self) {
        self.usage.ended.store(true, Ordering::Relaxed);
        self.usage.end.notify_one();
    }
}

impl Usage {
    /// Ends when there was no question for [`IDLE`].
    async fn idle(&self) {
        loop {
            let (questions, last) = {
                let activity = self.activity.hold();
                (activity.questions, activity.last)
            };
            let now = Instant::now();
            if questions == 0 && now >= last + IDLE {
                return;
            }
            sleep_until(if questions == 0 { last } else { now } + IDLE).await;
        }
    }
}

/// One question's time on a connection.
struct Turn<'u>(&'u Usage);

impl<'u> Turn<'u> {
    /// `None` if too many are on their way.
    fn begin(usage: &'u Usage) -> Option<Self> {
        let mut activity = usage.activity.hold();
        if activity.questions >= MOST_ACTIVE {
            return None;
        }
        let now = Instant::now();
        activity.questions += 1;
        activity.last = now;
        activity.silent_since.get_or_insert(now);
        Some(Self(usage))
    }

    fn heard(&self) {
        let mut activity = self.0.activity.hold();
        activity.silent_since = (activity.questions > 1).then(Instant::now);
    }
}

impl Drop for Turn<'_> {
    /// A question that was given up leaves the silence as it is: the next one is to know of it.
    fn drop(&mut self) {
        let mut activity = self.0.activity.hold();
        activity.questions -= 1; // counted at the begin
        activity.last = Instant::now();
    }
}
