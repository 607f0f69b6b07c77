//! How much one client may ask: a steady rate and a burst.
//!
//! One word of time a client: the generic cell rate algorithm (ITU-T I.371) keeps the moment at which the client
//! would have used up what it may, and allows a question while that moment is less than a burst away. The table has
//! a fixed size; two clients that meet in one slot forget each other, which errs towards answering.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use crate::config::LimitsConfig;
use luytre_lists::hash::{HashKey, SuffixHash};

/// The allowance of every client that asked lately; shared by all threads without a lock.
#[derive(Debug)]
pub struct Rate {
    slots: Box<[Slot]>,
    key: HashKey,
}

#[derive(Debug, Default)]
struct Slot {
    /// Which client, by hash.
    client: AtomicU32,
    /// When its allowance is used up, in microseconds that wrap.
    until: AtomicU32,
}

/// A steady rate and a burst, as times between questions.
#[derive(Clone, Copy, Debug)]
pub struct Allowance {
    interval: u32,
    burst: u32,
}

impl Allowance {
    /// What the configuration allows a client; `None` sets no limit.
    pub fn of(limits: &LimitsConfig) -> Option<Self> {
        limits.client_rate.map(|rate| Self::new(rate, limits.client_burst))
    }

    /// So many questions a second, so many at once.
    pub fn new(rate: NonZeroU32, burst: u32) -> Self {
        let interval = 1_000_000 / rate;
        // A quarter of the clock's 71-minute round at most, so that "before" and "after" stay clear.
        Self { interval, burst: interval.saturating_mul(burst.max(1)).min(1 << 30) }
    }
}

impl Rate {
    /// A table for so many clients; `key` keeps them from choosing their slots.
    pub fn new(clients: usize, key: [u8; 8]) -> Self {
        Self { slots: (0..clients.max(1)).map(|_| Slot::default()).collect(), key: HashKey(key) }
    }

    /// Whether a client may ask now; `now` is in microseconds and wraps.
    pub fn allows(&self, client: IpAddr, now: u32, allowance: Allowance) -> bool {
        let hash = self.hash(client);
        let Some(slot) = self.slots.get((hash as u32) as usize % self.slots.len()) else { return true };
        let tag = (hash >> 32) as u32;
        let known = slot.client.swap(tag, Relaxed) == tag;
        let ahead = slot.until.load(Relaxed).wrapping_sub(now) as i32; // wraps on purpose: before or after now
        // Further ahead than a burst is not possible: the clock went round since.
        let fresh = !known || ahead < 0 || ahead as u32 > allowance.burst + allowance.interval;
        let ahead = if fresh { 0 } else { ahead as u32 }; // not below zero
        let used = ahead.saturating_add(allowance.interval);
        let allowed = used <= allowance.burst;
        if allowed {
            slot.until.store(now.wrapping_add(used), Relaxed);
        }
        allowed
    }

    /// A v4 address, or the /64 that a v6 client can choose addresses in.
    fn hash(&self, client: IpAddr) -> u64 {
        let mut state = SuffixHash::new(self.key);
        match client.to_canonical() {
            IpAddr::V4(v4) => state.push(&v4.octets()),
            IpAddr::V6(v6) => state.push(&v6.octets()[..8]),
        }
        state.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowance(rate: u32, burst: u32) -> Allowance {
        Allowance::new(NonZeroU32::new(rate).unwrap(), burst)
    }

    fn client(last: u8) -> IpAddr {
        [192, 168, 1, last].into()
    }

    #[test]
    fn a_burst_then_a_steady_rate() {
        let (rate, allowance) = (Rate::new(64, [1; 8]), allowance(100, 10));
        let start = u32::MAX - 5_000; // the clock wraps during the test
        let allowed = |at: u32| rate.allows(client(1), start.wrapping_add(at), allowance);
        assert_eq!((0..50).filter(|_| allowed(0)).count(), 10, "the burst");
        assert_eq!((0..50).filter(|_| allowed(10_000)).count(), 1, "one more after 10 ms");
        assert_eq!((1..=100).filter(|n| allowed(10_000 + n * 10_000)).count(), 100, "100 a second");
        assert!(rate.allows(client(2), start, allowance), "another client is not held back");
    }

    #[test]
    fn a_client_that_comes_back_after_the_clock_went_round_is_answered() {
        let (rate, allowance) = (Rate::new(1, [1; 8]), allowance(1, 1));
        assert!(rate.allows(client(1), 2_000_000_000, allowance));
        assert!(rate.allows(client(1), 100, allowance));
    }
}
