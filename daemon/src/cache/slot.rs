//! What a page knows of an answer that it holds: where it lies, how old it is, and what it is worth.
//!
//! Each word is an atomic. A reader may see some words of one answer and some of the next one in the same slot, until
//! its page tells it so: nothing here may panic on that.

use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use luytre_lists::CategorySet;

use super::admit::Answer;
use super::{Facts, Settings};

/// A hit keeps an answer in front of all newcomers for so many seconds; half of them once it has expired.
const HIT_COUNTS_FOR: u32 = 600;
/// Asked for in so many different seconds, an answer is popular enough to be renewed before it expires.
const POPULAR: u32 = 3;
/// Seconds for which a failed renewal is not tried again (RFC 8767 §5); and for which one caller alone renews.
pub(super) const RENEW_EVERY: u32 = 30;

/// An answer on its way into a page.
pub(super) struct Newcomer<'a> {
    /// From the name's hash; not 0.
    pub(super) tag: u32,
    /// Type and flags of the question.
    pub(super) kind: u32,
    pub(super) answer: &'a Answer,
    pub(super) facts: Facts,
    /// Seconds on the cache's clock.
    pub(super) now: u32,
}

/// Thirteen words about an answer.
#[repr(C)]
pub(super) struct Slot {
    pub(super) kind: AtomicU32,
    /// The first word in the page's data << 16 | the message's length in bytes.
    place: AtomicU32,
    /// The extended error + 1 of a failure, 0 for an answer << 16 | the number of records.
    records: AtomicU32,
    /// Seconds on the cache's clock.
    stored_at: AtomicU32,
    /// Seconds.
    lifetime: AtomicU32,
    /// Seconds on the cache's clock; 0 before the first hit. This word and the next two are written by readers too,
    /// outside the sequence: a note that lands on the answer that has just taken the slot over does no harm.
    hit_at: AtomicU32,
    /// In how many seconds it was hit; halved with each renewal.
    hits: AtomicU32,
    /// Seconds on the cache's clock: nobody need renew it before.
    renew_at: AtomicU32,
    generation: AtomicU32,
    asked: [AtomicU32; 2],
    answered: [AtomicU32; 2],
}

/// What an answer keeps when it is fetched anew.
#[derive(Clone, Copy, Default)]
pub(super) struct Fame {
    hit_at: u32,
    hits: u32,
}

impl Slot {
    /// Takes an answer that begins at this word of the data, and the fame of an earlier life.
    pub(super) fn fill(&self, new: &Newcomer<'_>, start: usize, fame: Fame) {
        let failure = new.answer.failure().map_or(0, |error| u32::from(error) + 1);
        self.kind.store(new.kind, Relaxed);
        self.place.store((start << 16 | new.answer.message().len()) as u32, Relaxed); // 10 and 12 bits
        self.records.store(failure << 16 | new.answer.ttls().len() as u32, Relaxed);
        self.stored_at.store(new.now, Relaxed);
        self.lifetime.store(new.answer.lifetime(), Relaxed);
        self.hit_at.store(fame.hit_at, Relaxed);
        self.hits.store(fame.hits / 2, Relaxed);
        self.renew_at.store(0, Relaxed);
        self.learn(new.facts);
    }

    pub(super) fn fame(&self) -> Fame {
        Fame { hit_at: self.hit_at(), hits: self.hits.load(Relaxed) }
    }

    /// Replaces the facts.
    pub(super) fn learn(&self, facts: Facts) {
        self.generation.store(facts.generation, Relaxed);
        for (words, set) in [(&self.asked, facts.asked), (&self.answered, facts.answered)] {
            words[0].store((set.bits() >> 32) as u32, Relaxed);
            words[1].store(set.bits() as u32, Relaxed);
        }
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
        ((self.records.load(Relaxed) & 0xffff) as usize).div_ceil(2)
    }

    /// The extended error, if this is no answer but a failure.
    pub(super) fn failure(&self) -> Option<u16> {
        (self.records.load(Relaxed) >> 16).checked_sub(1).map(|error| error as u16) // it was one
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

    /// In seconds.
    pub(super) fn lifetime(&self) -> u32 {
        self.lifetime.load(Relaxed)
    }

    /// Whether it expired, but no longer ago than it may still serve. A failure never does.
    pub(super) fn is_stale(&self, now: u32, settings: &Settings) -> bool {
        let age = self.age(now);
        let within = (self.lifetime()..self.lifetime().saturating_add(settings.stale_for)).contains(&age);
        within && self.failure().is_none()
    }

    /// What is known of the question and the answer.
    pub(super) fn facts(&self) -> Facts {
        let set = |[high, low]: &[AtomicU32; 2]| {
            CategorySet::from_bits(u64::from(high.load(Relaxed)) << 32 | u64::from(low.load(Relaxed)))
        };
        let generation = self.generation.load(Relaxed);
        Facts { generation, asked: set(&self.asked), answered: set(&self.answered) }
    }

    /// Seconds on the cache's clock; 0 before the first hit.
    pub(super) fn hit_at(&self) -> u32 {
        self.hit_at.load(Relaxed)
    }

    /// Notes a hit, at most once a second: the cores that share a popular name should not fight for its cache line.
    pub(super) fn note_hit(&self, now: u32) {
        if self.hit_at() != now {
            self.hit_at.store(now, Relaxed);
            // Another core's hit of this second may be lost.
            self.hits.store(self.hits.load(Relaxed).saturating_add(1), Relaxed);
        }
    }

    /// Whether it should be fetched anew now, by whoever is told so: popular, in the last tenth of its life, and nobody
    /// else was told lately.
    pub(super) fn takes_renewal(&self, now: u32) -> bool {
        let near_the_end = u64::from(self.ttl_left(now)) * 10 <= u64::from(self.lifetime());
        near_the_end && self.hits.load(Relaxed) >= POPULAR && {
            let renew_at = self.renew_at.load(Relaxed);
            let next = now.saturating_add(RENEW_EVERY);
            renew_at <= now && self.renew_at.compare_exchange(renew_at, next, Relaxed, Relaxed).is_ok()
        }
    }

    /// Whether a renewal has failed lately.
    pub(super) fn renewal_failed(&self, now: u32) -> bool {
        self.renew_at.load(Relaxed) > now
    }

    /// Nobody need try again for a while.
    pub(super) fn note_failure(&self, now: u32) {
        self.renew_at.store(now.saturating_add(RENEW_EVERY), Relaxed);
    }

    /// Who stays when room is short: the greatest stays longest. What was hit is worth more than what was not, and what
    /// has expired less than what has not: nothing, if it was never hit or may not serve any more.
    pub(super) fn worth(&self, now: u32, settings: &Settings) -> u32 {
        match (self.ttl_left(now), self.hit_at()) {
            (0, hit_at) if hit_at > 0 && self.is_stale(now, settings) => {
                hit_at.saturating_add(HIT_COUNTS_FOR / 2)
            }
            (0, _) => 0,
            (_, 0) => self.stored_at.load(Relaxed),
            (_, hit_at) => hit_at.saturating_add(HIT_COUNTS_FOR),
        }
    }
}
