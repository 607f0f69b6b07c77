//! One question, tried at up to three servers until one has a good answer.
//!
//! A try that is late stays in the race when the next one starts: a resolver may need two seconds for a name that
//! nobody asked before, and its answer is as good then. `parallel` is the same race with several tries at the start.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Poll;
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

use super::attempt::{Inquiry, Outcome, Upstream};
use super::choice::{Ranking, Strategy, TRIES};
use super::{ExchangeError, Settings};

/// One question in this many goes to another server first, to see whether that one is faster now.
const EXPLORE: usize = 50;

/// Asks the servers of a group until one has a good answer, or the inquiry's deadline.
///
/// If all that answer say SERVFAIL or the like, the last such answer is the answer.
pub(super) async fn run(
    group: &[Arc<Upstream>],
    inquiry: &Inquiry<'_>,
    settings: &Settings,
) -> Result<Vec<u8>, ExchangeError> {
    if group.is_empty() {
        return Err(ExchangeError::NoServer);
    }
    let ranking = rank(group, inquiry, settings.strategy);
    let at_start = if settings.strategy == Strategy::Parallel { ranking.len() } else { 1 };
    let (first, second, third) = (pin!(None), pin!(None), pin!(None));
    let mut race = Race {
        group,
        inquiry,
        patience_most: settings.timeout / 4,
        ranking,
        attempt: |server: usize| group[server].attempt(inquiry),
        tries: [Try::waiting(first), Try::waiting(second), Try::waiting(third)],
        begun: 0,
        timer: pin!(sleep_until(inquiry.deadline)),
        error_answer: None,
        failure: None,
    };
    for _ in 0..at_start {
        race.begin();
    }
    let answer = race.finish().await;
    race.blame_the_late();
    answer
}

fn rank(group: &[Arc<Upstream>], inquiry: &Inquiry<'_>, strategy: Strategy) -> Ranking {
    let now = Instant::now();
    let explores = group.len() > 1 && strategy != Strategy::Strict && inquiry.random.below(EXPLORE) == 0;
    let explore = explores.then(|| inquiry.random.below(group.len()));
    Ranking::new(strategy, group.iter().map(|upstream| upstream.health.condition(now)), explore)
}

struct Race<'r, A, F> {
    group: &'r [Arc<Upstream>],
    inquiry: &'r Inquiry<'r>,
    /// A quarter of the time for the first try, then two quarters: the third has the last one.
    patience_most: Duration,
    ranking: Ranking,
    attempt: A,
    tries: [Try<'r, F>; TRIES],
    begun: usize,
    /// When the last begun try is late; the deadline when no more will be begun.
    timer: Pin<&'r mut Sleep>,
    error_answer: Option<Vec<u8>>,
    failure: Option<String>,
}

struct Try<'r, F> {
    future: Pin<&'r mut Option<F>>,
    server: usize,
    /// When its answer is late; `None` once that was told to the server's health.
    late_at: Option<Instant>,
}

enum Event {
    Ended { server: usize, outcome: Outcome },
    TimeIsUp,
}

impl<A, F> Race<'_, A, F>
where
    A: Fn(usize) -> F,
    F: Future<Output = Outcome>,
{
    /// Begins the next try. Whether there was one left.
    fn begin(&mut self) -> bool {
        let spent = self.inquiry.sent.load(Ordering::Relaxed) >= TRIES;
        let next = self.tries.get_mut(self.begun).filter(|_| !spent);
        let Some((next, server)) = next.and_then(|next| Some((next, self.ranking.next()?))) else {
            self.timer.as_mut().reset(self.inquiry.deadline);
            return false;
        };
        // Twice as long for each further try: if many are late, the line is full, and more would not help it.
        let patience = self.group[server].patience().min(self.patience_most) * (1 << self.begun);
        let late_at = Instant::now() + patience;
        next.server = server;
        next.late_at = Some(late_at);
        next.future.set(Some((self.attempt)(server)));
        self.begun += 1;
        self.timer.as_mut().reset(late_at.min(self.inquiry.deadline));
        true
    }

    /// Runs the tries to the first good answer.
    async fn finish(&mut self) -> Result<Vec<u8>, ExchangeError> {
        loop {
            match self.next_event().await {
                Event::Ended { outcome: Outcome::Answer(answer), .. } => return Ok(answer),
                Event::Ended { outcome: Outcome::Error(answer), server } => {
                    self.error_answer = Some(answer);
                    self.ranking.rule_out(server);
                }
                Event::Ended { outcome: Outcome::Failed(why), .. } => self.failure = Some(why),
                Event::TimeIsUp if Instant::now() >= self.inquiry.deadline => {
                    return self.error_answer.take().ok_or(ExchangeError::Timeout);
                }
                Event::TimeIsUp => self.blame_the_late(),
            }
            if !self.begin() && self.tries.iter().all(|one| one.future.is_none()) {
                let why = self.failure.take().unwrap_or_default();
                return self.error_answer.take().ok_or(ExchangeError::Failed(why));
            }
        }
    }

    async fn next_event(&mut self) -> Event {
        poll_fn(|context| {
            for one in &mut self.tries {
                let Some(future) = one.future.as_mut().as_pin_mut() else { continue };
                if let Poll::Ready(outcome) = future.poll(context) {
                    one.future.set(None);
                    return Poll::Ready(Event::Ended { server: one.server, outcome });
                }
            }
            self.timer.as_mut().poll(context).map(|()| Event::TimeIsUp)
        })
        .await
    }

    /// Tells the health of servers whose answer is late, once for each try.
    fn blame_the_late(&mut self) {
        let now = Instant::now();
        for one in self.tries.iter_mut().filter(|one| one.future.is_some()) {
            if one.late_at.take_if(|late_at| now >= *late_at).is_some() {
                self.group[one.server].health.failed(now, "did not answer in time");
            }
        }
    }
}

impl<'r, F> Try<'r, F> {
    fn waiting(future: Pin<&'r mut Option<F>>) -> Self {
        Self { future, server: 0, late_at: None }
    }
}
