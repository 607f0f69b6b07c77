//! One page of the cache: 4 KiB that hold up to 28 answers and are read without a lock.
//!
//! ```text
//! word    0 sequence | 1 filled     what a look-up reads first, with the tags 120 bytes
//!         2..30    tags: of the names, 0 where a slot is free
//!         30..394  slots: type, place, age and facts of each answer
//!         394..    the answers one behind the other, no gaps: TTL offsets (two a word), then the message
//! ```
//!
//! **The sequence lock.** A writer makes `sequence` odd, changes the page, and makes it the next even number. A reader
//! notes the number, copies, and believes its copy only if the number was even and is still the same. All words are
//! atomics, so that the race between the two is defined; the orderings are those of H.-J. Boehm, "Can seqlocks get
//! along with programming language memory models?" (2012):
//!
//! - writer: the release fence behind the odd number keeps each later store behind it: a reader that sees one of them
//!   and passes its acquire fence sees at least the odd number. The last, releasing store keeps them all in front.
//! - reader: the first, acquiring load sees all of the write that it names; the acquire fence keeps the second load
//!   behind the copy.
//!
//! 2³² sequence numbers pass in no copy. Until the check a copy can be a mixture of two answers, so no offset found in
//! a page is trusted: each access is checked, and what does not fit is a miss that the check throws away.
//!
//! **Eviction** is by page, in two levels: first what expired, then the answers that nobody asked for again, oldest
//! first; only then those hit, the one hit longest ago first. A newcomer gets into the second level by its first hit, so
//! that a flood of random names drives out the rest of the flood.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU32, Ordering, Ordering::Relaxed, fence};

use super::admit::{Answer, MAX_ANSWER, MAX_RECORDS, map_ttl};
use super::slot::{Fame, Newcomer, Slot};
use super::{Facts, Settings, Stats};

const SLOTS: usize = 28;
const DATA_WORDS: usize = 630;
/// How often a reader tries while a writer is at work: longer than a write lasts, by a factor of a few.
const ATTEMPTS: usize = 64;
/// The TTL of an expired answer, in seconds (RFC 8767 §4).
const STALE_TTL: u32 = 30;
/// What fills a pair of TTL offsets up: behind the end of each message, so that no TTL is there.
const NO_TTL: u16 = u16::MAX;

const _: () = assert!(size_of::<Page>() == 4096);
const _: () =
    assert!(MAX_ANSWER / 4 + MAX_RECORDS / 2 <= DATA_WORDS, "the largest answer fits an empty page");

/// A found answer, copied out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The message's length in bytes.
    pub len: usize,
    /// What is known of the question and the answer.
    pub facts: Facts,
    /// Seconds since it was put.
    pub age: u32,
    /// Seconds until it expires; with `age` this is its lifetime. 0 if it has expired.
    pub ttl_left: u32,
    /// The longest TTL of its records, in seconds.
    pub longest_ttl: u32,
    /// What it is good for.
    pub state: State,
}

/// What a hit is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// An answer to give.
    Fresh,
    /// An answer to give, and to fetch anew before it expires. One caller is told so, the others hear `Fresh`.
    Due,
    /// An expired answer, to give if no server has a newer one soon (RFC 8767).
    Stale,
    /// An expired answer, to give at once: no server had a newer one a moment ago.
    StaleStill,
    /// No answer: servers have just failed at this question, for the reason of this extended error (RFC 9520).
    Failed(u16),
}

impl Hit {
    /// Whether it is an upstream's answer, however old.
    pub fn is_message(&self) -> bool {
        !matches!(self.state, State::Failed(_))
    }

    /// Whether it has not expired.
    pub fn is_fresh(&self) -> bool {
        matches!(self.state, State::Fresh | State::Due)
    }

    /// Whether the message can be given without asking anybody.
    pub fn is_answer(&self) -> bool {
        matches!(self.state, State::Fresh | State::Due | State::StaleStill)
    }
}

/// The right to write to the pages: a cache has one, so that whoever holds it is the only writer.
#[derive(Default)]
pub(super) struct Pen {
    /// How many answers had to go before they expired; wraps.
    pub(super) evictions: u32,
}

/// See the module. All zeros is an empty page.
#[repr(C)]
pub(super) struct Page {
    sequence: AtomicU32,
    filled: AtomicU32,
    tags: [AtomicU32; SLOTS],
    slots: [Slot; SLOTS],
    data: [AtomicU32; DATA_WORDS],
}

impl Page {
    /// How many answers of 240 bytes fill a page, bookkeeping included. The 28 slots leave room for chance: names don't spread evenly.
    pub(super) const ENTRIES: usize = 17;

    /// Empty pages; the system gives the memory as they are first written to.
    pub(super) fn table(pages: usize) -> Box<[Self]> {
        // SAFETY: a page is nothing but `AtomicU32`s, for which all zeros is a valid value.
        unsafe { Box::new_zeroed_slice(pages).assume_init() }
    }

    /// Copies an answer into `out` and ages its TTLs, unless it is missing, too old or does not fit, or writers keep
    /// the page busy.
    pub(super) fn read(
        &self,
        (tag, kind): (u32, u32),
        now: u32,
        settings: &Settings,
        out: &mut [u8],
    ) -> Option<Hit> {
        for _ in 0..ATTEMPTS {
            let before = self.sequence.load(Ordering::Acquire);
            if before.is_multiple_of(2) {
                let copied = self.copy((tag, kind), now, settings, out);
                fence(Ordering::Acquire);
                if self.sequence.load(Relaxed) == before {
                    let (slot, mut hit) = copied?;
                    slot.note_hit(now);
                    if settings.prefetch && hit.state == State::Fresh && slot.takes_renewal(now) {
                        hit.state = State::Due;
                    }
                    return Some(hit);
                }
            }
            std::hint::spin_loop();
        }
        None
    }

    /// [`read`](Self::read), before it is known whether a writer came between.
    fn copy(
        &self,
        (tag, kind): (u32, u32),
        now: u32,
        settings: &Settings,
        out: &mut [u8],
    ) -> Option<(&Slot, Hit)> {
        let slot = &self.slots[self.find(tag, kind)?];
        let (age, ttl_left) = (slot.age(now), slot.ttl_left(now));
        let state = match slot.failure() {
            Some(error) if ttl_left > 0 => State::Failed(error),
            None if ttl_left > 0 => State::Fresh,
            None if slot.is_stale(now, settings) && slot.renewal_failed(now) => State::StaleStill,
            None if slot.is_stale(now, settings) => State::Stale,
            _ => return None,
        };
        let len = slot.message_len();
        let words = self.data.get(slot.words())?;
        let (ttls, message) = words.split_at_checked(slot.ttl_words())?;
        let out = out.get_mut(..len)?;
        load_bytes(message, out);
        let mut longest_ttl = 0;
        let mut aged = |ttl: u32| {
            let ttl = if ttl_left > 0 { ttl.saturating_sub(age) } else { STALE_TTL };
            longest_ttl = longest_ttl.max(ttl);
            ttl
        };
        for pair in ttls {
            let pair = pair.load(Relaxed);
            map_ttl(out, (pair >> 16) as u16, &mut aged);
            map_ttl(out, pair as u16, &mut aged);
        }
        Some((slot, Hit { len, facts: slot.facts(), age, ttl_left, longest_ttl, state }))
    }
}

/// What writers do, all of it between the two sequence numbers of [`Page::write`].
impl Page {
    /// Puts an answer in, in place of the one with the same tag and kind.
    pub(super) fn insert(&self, pen: &mut Pen, new: &Newcomer<'_>, settings: &Settings) {
        self.write(pen, |pen| {
            // What was asked for often stays so when it is fetched anew.
            let before = self.find(new.tag, new.kind);
            let fame = before.map_or(Fame::default(), |slot| self.slots[slot].fame());
            before.into_iter().for_each(|slot| self.take_out(slot));

            let words = new.answer.ttls().len().div_ceil(2) + new.answer.message().len().div_ceil(4);
            let Some(slot) = self.make_room(words, new.now, settings, pen) else { return };
            let start = self.filled();
            store_answer(new.answer, &self.data[start..start + words]);
            self.filled.store((start + words) as u32, Relaxed);
            self.slots[slot].fill(new, start, fame);
            self.tags[slot].store(new.tag, Relaxed);
        });
    }

    /// What stands in the way of remembering a failure: an answer that may still serve, which is told that its renewal
    /// failed. Else how long the failure shortly before this one was kept, in seconds; 0 if there was none.
    pub(super) fn note_failure(
        &self,
        (tag, kind): (u32, u32),
        now: u32,
        settings: &Settings,
    ) -> ControlFlow<(), u32> {
        let Some(slot) = self.find(tag, kind).map(|slot| &self.slots[slot]) else {
            return ControlFlow::Continue(0);
        };
        if slot.failure().is_some() {
            let lately = slot.age(now) <= slot.lifetime().saturating_mul(3);
            return ControlFlow::Continue(if lately { slot.lifetime() } else { 0 });
        }
        if slot.ttl_left(now) == 0 && !slot.is_stale(now, settings) {
            return ControlFlow::Continue(0);
        }
        slot.note_failure(now);
        ControlFlow::Break(())
    }

    /// Replaces the facts about an answer, if it is here.
    pub(super) fn learn(&self, pen: &mut Pen, (tag, kind): (u32, u32), facts: Facts) {
        self.write(pen, |_| {
            if let Some(slot) = self.find(tag, kind) {
                self.slots[slot].learn(facts);
            }
        });
    }

    /// Takes out all answers with this tag; returns how many. If that is another name's, it costs that name a look-up.
    pub(super) fn remove(&self, pen: &mut Pen, tag: u32) -> usize {
        self.write(pen, |_| {
            let found = self.taken().filter(|&slot| self.tags[slot].load(Relaxed) == tag);
            found.map(|slot| self.take_out(slot)).count()
        })
    }

    /// Takes out the answer with this tag and kind, if it is here.
    pub(super) fn remove_kind(&self, pen: &mut Pen, (tag, kind): (u32, u32)) {
        if let Some(slot) = self.find(tag, kind) {
            self.write(pen, |_| self.take_out(slot));
        }
    }

    /// Empties the page, whatever its state.
    pub(super) fn clear(&self, pen: &mut Pen) {
        self.write(pen, |_| {
            self.tags.iter().for_each(|tag| tag.store(0, Relaxed));
            self.filled.store(0, Relaxed);
        });
    }

    /// Keeps readers out during a change. Should the change panic, they stay out: `Cache::pen` clears
    /// all pages before the next one.
    fn write<T>(&self, pen: &mut Pen, change: impl FnOnce(&mut Pen) -> T) -> T {
        let odd = self.sequence.load(Relaxed) | 1;
        self.sequence.store(odd, Relaxed);
        fence(Ordering::Release);
        let result = change(pen);
        self.sequence.store(odd.wrapping_add(1), Ordering::Release);
        result
    }

    /// Evicts until so many words are free behind the last answer; returns a free slot. Never `None`, since an empty
    /// page has room for each answer.
    fn make_room(&self, words: usize, now: u32, settings: &Settings, pen: &mut Pen) -> Option<usize> {
        loop {
            let free = self.tags.iter().position(|tag| tag.load(Relaxed) == 0);
            if free.is_some() && self.filled() + words <= DATA_WORDS {
                return free;
            }
            let victim = self.taken().min_by_key(|&slot| self.slots[slot].worth(now, settings))?;
            let living = self.slots[victim].ttl_left(now) > 0;
            pen.evictions = pen.evictions.wrapping_add(u32::from(living));
            self.take_out(victim);
        }
    }

    /// Frees a slot and closes its gap in the data.
    fn take_out(&self, slot: usize) {
        self.tags[slot].store(0, Relaxed);
        let gone = self.slots[slot].words();
        let (gap, filled) = (gone.len(), self.filled());
        for at in gone.end..filled {
            self.data[at - gap].store(self.data[at].load(Relaxed), Relaxed);
        }
        self.filled.store((filled - gap) as u32, Relaxed);
        let slots = self.taken().map(|slot| &self.slots[slot]);
        slots.filter(|slot| slot.words().start > gone.start).for_each(|slot| slot.move_down(gap));
    }
}

/// What needs no sequence: single words, each right by itself.
impl Page {
    /// Adds this page to the figures.
    pub(super) fn add_to(&self, stats: &mut Stats) {
        let taken = self.taken().count();
        stats.entries += taken;
        stats.bytes += taken * (size_of::<Slot>() + 4) + self.filled() * 4;
    }

    /// Whether an answer with this tag seems to be here.
    pub(super) fn may_hold(&self, tag: u32) -> bool {
        self.tags.iter().any(|found| found.load(Relaxed) == tag)
    }

    /// The slots that hold something.
    fn taken(&self) -> impl Iterator<Item = usize> {
        (0..SLOTS).filter(|&slot| self.tags[slot].load(Relaxed) != 0)
    }

    /// How many words of data are in use.
    fn filled(&self) -> usize {
        self.filled.load(Relaxed) as usize
    }

    /// The slot of the answer to this question, but for the name itself.
    fn find(&self, tag: u32, kind: u32) -> Option<usize> {
        let is_it = |&slot: &usize| {
            self.tags[slot].load(Relaxed) == tag && self.slots[slot].kind.load(Relaxed) == kind
        };
        (0..SLOTS).find(is_it)
    }
}

/// Writes an answer as it lies in the data: two TTL offsets a word, then the message.
fn store_answer(answer: &Answer, data: &[AtomicU32]) {
    let pairs = answer.ttls().chunks(2).map(|pair| {
        let second = pair.get(1).copied().unwrap_or(NO_TTL);
        u32::from(pair[0]) << 16 | u32::from(second)
    });
    let words = answer.message().chunks(4).map(|bytes| {
        let mut word = [0; 4];
        word[..bytes.len()].copy_from_slice(bytes);
        u32::from_ne_bytes(word)
    });
    data.iter().zip(pairs.chain(words)).for_each(|(to, word)| to.store(word, Relaxed));
}

/// Reads bytes back as [`store_answer`] wrote them.
fn load_bytes(words: &[AtomicU32], out: &mut [u8]) {
    let (whole, rest) = out.as_chunks_mut::<4>();
    let (head, tail) = words.split_at(whole.len().min(words.len()));
    whole.iter_mut().zip(head).for_each(|(bytes, word)| *bytes = word.load(Relaxed).to_ne_bytes());
    if let Some(last) = tail.first() {
        rest.copy_from_slice(&last.load(Relaxed).to_ne_bytes()[..rest.len()]);
    }
}
