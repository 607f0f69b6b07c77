//! What a page knows of an answer that it holds: where it lies, how old it is, and what it is worth.
//!
//! Each word is an atomic. A reader may see some words of one answer and some of the next one in the same slot, until
//! its page tells it so: nothing here may panic on that.

use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use super::admit::Answer;

/// A hit keeps an answer in front of all newcomers for so many seconds.
const HIT_COUNTS_FOR: u32 = 600;

/// An answer on its way into a page.
pub(super) struct Newcomer<'a> {
    /// From the name's hash; not 0.
    pub(super) tag: u32,
    /// Type and flags of the question.
    pub(super) kind: u32,
    pub(super) answer: &'a Answer,
    pub(super) facts: u64,
    /// Seconds on the cache's clock.
    pub(super) now: u32,
}

/// Eight words about an answer.
#[repr(C)]
pub(super) struct Slot {
    pub(super) kind: AtomicU32,
    /// The first word in the page's data << 16 | the message's length in bytes.
    place: AtomicU32,
    records: AtomicU32,
    /// Seconds on the cache's clock.
    stored_at: AtomicU32,
    /// Seconds.
    lifetime: AtomicU32,
    /// Seconds on the cache's clock; 0 before the first hit. The one word that readers write, outside the sequence: a
    /// note that lands on the answer that has just taken the slot over does no harm.
    hit_at: AtomicU32,
    facts: [AtomicU32; 2],
}

impl Slot {
    /// Takes an answer that begins at this word of the data, and when it was last hit in an earlier life.
    pub(super) fn fill(&self, new: &Newcomer<'_>, start: usize, hit_at: u32) {
        self.kind.store(new.kind, Relaxed);
        self.place.store((start << 16 | new.answer.message().len()) as u32, Relaxed); // 10 and 12 bits
        self.records.store(new.answer.ttls().len() as u32, Relaxed);
        self.stored_at.store(new.now, Relaxed);
        self.lifetime.store(new.answer.lifetime(), Relaxed);
        self.hit_at.store(hit_at, Relaxed);
        let [high, low] = &self.facts;
        high.store((new.facts >> 32) as u32, Relaxed);
        low.store(new.facts as u32, Relaxed);
    }

    /// Follows its answer, which moved towards the start of the data.
    pub(super) fn move_down(&self, words: usize) {
        let place = self.place.load(Relaxed);
        self.place.store(place.wrapping_sub((words as u32) << 16), Relaxed);
    }

    /// Where the answer is in the page's data, TTL offsets first.
    pub(super) fn words(&self) -> Range<usize> {
        let start = (self.place.load(Relaxed) >> 16) as usize;
        start..start + self.ttl_words() + self.message_len().div_ceil(4)
    }

    /// How many of these words hold TTL offsets.
    pub(super) fn ttl_words(&self) -> usize {
        (self.records.load(Relaxed) as usize).div_ceil(2)
    }

    /// In bytes.
    pub(super) fn message_len(&self) -> usize {
        (self.place.load(Relaxed) & 0xffff) as usize
    }

    /// Seconds since it was put. Threads read the clock at slightly different times: not below 0.
    pub(super) fn age(&self, now: u32) -> u32 {
        now.saturating_sub(self.stored_at.load(Relaxed))
    }

    /// Seconds until it expires; 0 when it has.
    pub(super) fn ttl_left(&self, now: u32) -> u32 {
        self.lifetime.load(Relaxed).saturating_sub(self.age(now))
    }

    /// What was given with the answer.
    pub(super) fn facts(&self) -> u64 {
        let [high, low] = &self.facts;
        u64::from(high.load(Relaxed)) << 32 | u64::from(low.load(Relaxed))
    }

    /// Seconds on the cache's clock; 0 before the first hit.
    pub(super) fn hit_at(&self) -> u32 {
        self.hit_at.load(Relaxed)
    }

    /// Notes a hit, at most once a second: the cores that share a popular name should not fight for its cache line.
    pub(super) fn note_hit(&self, now: u32) {
        if self.hit_at() != now {
            self.hit_at.store(now, Relaxed);
        }
    }

    /// Who stays when room is short: the greatest stays longest. What expired is worth nothing, what was hit more than
    /// what was not.
    pub(super) fn worth(&self, now: u32) -> u32 {
        match (self.ttl_left(now), self.hit_at()) {
            (0, _) => 0,
            (_, 0) => self.stored_at.load(Relaxed),
            (_, hit_at) => hit_at.saturating_add(HIT_COUNTS_FOR),
        }
    }
}
