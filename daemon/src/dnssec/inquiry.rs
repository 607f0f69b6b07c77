//! What one question's validation may spend, and what it saw: the context that hickory carries none of.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use hickory_net::proto::op::{DnsResponse, Query};
use tokio::time::Instant;

use crate::clock::Timestamp;
use crate::upstream::lock::Lock;
use crate::upstream::{Forwarder, Server};

/// Queries upstream for the chain of one question: the root's keys, and DS and keys of five zones, with room for a
/// chain of CNAMEs into another tree.
pub(super) const MAX_QUERIES: usize = 16;
/// Look-ups that hickory may make for one question, cached ones too: each means records to parse and signatures to
/// check. A CNAME chain over a few zones takes some 30.
const MAX_LOOKUPS: usize = 128;

tokio::task_local! {
    static CURRENT: Arc<Inquiry>;
}

/// One question being validated.
pub(super) struct Inquiry {
    pub(super) forwarder: Forwarder,
    /// Servers that give no signatures.
    pub(super) avoided: Vec<Server>,
    now: Lock<Timestamp>,
    /// Seconds of the monotonic clock, by which answers are kept.
    pub(super) uptime: u32,
    /// When the client must have been told something.
    pub(super) deadline: Instant,
    /// The part of the answer that is being proven, to be given as if it were just fetched.
    supplied: Lock<Option<(Query, DnsResponse)>>,
    queries: AtomicUsize,
    lookups: AtomicUsize,
    /// The messages of the chain, with what was asked.
    seen: Lock<Vec<Seen>>,
    unreachable: AtomicBool,
}

/// A message of the chain.
#[derive(Clone)]
pub(super) struct Seen {
    /// The name asked as on the wire, without the root.
    pub(super) name: Box<[u8]>,
    pub(super) rtype: u16,
    pub(super) message: Arc<[u8]>,
}

impl Inquiry {
    /// An inquiry at a time: the wall clock's, by which signatures are judged, and the uptime.
    pub(super) fn new(
        forwarder: Forwarder,
        avoided: Vec<Server>,
        (now, uptime): (Timestamp, u32),
        deadline: Instant,
    ) -> Self {
        Self {
            forwarder,
            avoided,
            now: Lock::new(now),
            uptime,
            deadline,
            supplied: Lock::default(),
            queries: AtomicUsize::new(0),
            lookups: AtomicUsize::new(0),
            seen: Lock::default(),
            unreachable: AtomicBool::new(false),
        }
    }

    /// Runs a future for this inquiry.
    pub(super) async fn scope<F: Future>(self: &Arc<Self>, future: F) -> F::Output {
        CURRENT.scope(Arc::clone(self), future).await
    }

    /// The inquiry of the task that runs.
    pub(super) fn current() -> Option<Arc<Self>> {
        CURRENT.try_with(Arc::clone).ok()
    }

    /// The time at which signatures are judged.
    pub(super) fn now(&self) -> Timestamp {
        *self.now.hold()
    }

    /// Judges from now on as if it were another time.
    pub(super) fn set_now(&self, now: Timestamp) {
        *self.now.hold() = now;
    }

    pub(super) fn supply(&self, query: Query, response: DnsResponse) {
        *self.supplied.hold() = Some((query, response));
    }

    /// What was supplied for a query, once.
    pub(super) fn supplied(&self, query: &Query) -> Option<DnsResponse> {
        self.supplied.hold().take_if(|(asked, _)| asked == query).map(|(_, response)| response)
    }

    /// Counts a look-up. Whether it may be made.
    pub(super) fn may_look_up(&self) -> bool {
        self.lookups.fetch_add(1, Ordering::Relaxed) < MAX_LOOKUPS
    }

    /// Counts a query upstream. Whether it may be sent.
    pub(super) fn may_ask(&self) -> bool {
        self.queries.fetch_add(1, Ordering::Relaxed) < MAX_QUERIES
    }

    pub(super) fn queries(&self) -> usize {
        self.queries.load(Ordering::Relaxed)
    }

    pub(super) fn saw(&self, seen: Seen) {
        let mut all = self.seen.hold();
        if !all.iter().any(|one| one.rtype == seen.rtype && one.name == seen.name) {
            all.push(seen); // MAX_LOOKUPS at most
        }
    }

    /// The messages of the chain, in the order in which they were needed.
    pub(super) fn seen(&self) -> Vec<Seen> {
        self.seen.hold().clone()
    }

    /// Notes that no upstream server gave a part of the chain.
    pub(super) fn lost(&self) {
        self.unreachable.store(true, Ordering::Relaxed);
    }

    /// Whether a part of the chain was not to be had.
    pub(super) fn is_lost(&self) -> bool {
        self.unreachable.load(Ordering::Relaxed)
    }
}
