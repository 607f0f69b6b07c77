//! Whether a connection has requests, for the idle time that hyper does not keep.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// A connection's requests, begun and ended.
#[derive(Clone, Debug, Default)]
pub(super) struct Activity(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    begun: AtomicUsize,
    ended: AtomicUsize,
}

/// A request that is being answered, until dropped.
#[derive(Debug)]
pub(super) struct Busy(Activity);

impl Activity {
    /// Counts a request.
    pub(super) fn begin(&self) -> Busy {
        self.0.begun.fetch_add(1, Relaxed);
        Busy(self.clone())
    }

    /// The requests so far; wraps.
    pub(super) fn count(&self) -> usize {
        self.0.begun.load(Relaxed)
    }

    /// Whether no request has begun since that count, and none is being answered.
    pub(super) fn rests_since(&self, count: usize) -> bool {
        self.count() == count && self.0.ended.load(Relaxed) == count
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.0.ended.fetch_add(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_rests_between_requests_only() {
        let activity = Activity::default();
        assert!(activity.rests_since(0), "none was made");
        let request = activity.begin();
        assert!(!activity.rests_since(0) && !activity.rests_since(activity.count()));
        drop(request);
        assert!(!activity.rests_since(0), "one was made since");
        assert!(activity.rests_since(activity.count()));
    }
}
