//! Hits and misses, counted where no two cores write to the same cache line: in one pair of counters they would cost
//! more than the look-up itself.

use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering::Relaxed};

/// As many as a router's workers; more threads than this share.
const STRIPES: usize = 8;

/// Counters that wrap.
#[derive(Default)]
pub(super) struct Counters([Stripe; STRIPES]);

#[derive(Default)]
#[repr(align(64))] // a cache line
struct Stripe {
    hits: AtomicU32,
    misses: AtomicU32,
}

impl Counters {
    /// Counts a look-up.
    pub(super) fn count(&self, hit: bool) {
        let stripe = self.stripe();
        let counter = if hit { &stripe.hits } else { &stripe.misses };
        counter.fetch_add(1, Relaxed);
    }

    /// Makes a hit of this thread's last miss.
    pub(super) fn count_after_all(&self) {
        let stripe = self.stripe();
        stripe.misses.fetch_sub(1, Relaxed);
        stripe.hits.fetch_add(1, Relaxed);
    }

    fn stripe(&self) -> &Stripe {
        &self.0[MINE.with(|&mine| mine) % STRIPES]
    }

    /// Hits and misses so far.
    pub(super) fn sum(&self) -> (u32, u32) {
        let add = |(hits, misses): (u32, u32), stripe: &Stripe| {
            (hits.wrapping_add(stripe.hits.load(Relaxed)), misses.wrapping_add(stripe.misses.load(Relaxed)))
        };
        self.0.iter().fold((0, 0), add)
    }
}

static THREADS: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// This thread's stripe, in the order in which threads first ask. A plain number: it is made without allocating.
    static MINE: usize = THREADS.fetch_add(1, Relaxed);
}
