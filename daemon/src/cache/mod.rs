//! The answers we have seen, shared by all worker threads: a hit allocates nothing, locks nothing, waits for nothing.
//!
//! An answer comes in by [`Cache::put`]: `admit` judges whether and for how long it may be kept (RFC 2181,
//! RFC 2308), then it goes as wire bytes, with the places of its TTLs, into one of the 4 KiB pages of a table that
//! never grows. [`Cache::get`] hashes the question to its page, copies the bytes out under the page's sequence lock
//! and subtracts the age from each TTL. Writers, who have just waited milliseconds for an upstream, take turns.
//!
//! An answer that has expired stays until its room is needed, and may serve for a while if no server has a newer one
//! (RFC 8767); a popular one is renewed before it expires; and that no server had an answer is remembered too
//! (RFC 9520). [`Hit::state`] tells which it is.
//!
//! That a name does not exist is kept once for all of its types (RFC 2308 §5): [`Cache::absence`].
//!
//! What the list says of a name is kept with its answer ([`Facts`]); of a blocked name, which has no answer, in a small
//! table of its own (`names`). [`Cache::look_up`] finds either.
//!
//! Only upstream answers and the list's words are here, never a decision about a person (design invariant 3). Class IN
//! only.

mod admit;
mod counters;
mod hash;
mod names;
mod page;
mod slot;

#[cfg(test)]
mod tests;

use std::ops::ControlFlow;
use std::sync::{Mutex, MutexGuard, TryLockError};

use luytre_lists::{CategorySet, Name};

use self::admit::Answer;
use self::counters::Counters;
use self::hash::NameHash;
use self::names::Names;
use self::page::{Page, Pen};
use self::slot::Newcomer;
use crate::wire::{HEADER_LEN, rtype, set_u16};

pub use self::admit::{MAX_ANSWER, NotKept};
pub use self::page::{Hit, State};

/// The most that `[cache] entries` may ask for: 240 MB.
pub const MAX_ENTRIES: usize = 1_000_000;

/// `[cache]`: how much is kept, and for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Room for so many answers of 240 bytes, bookkeeping included: smaller ones are more, larger ones fewer. 0 turns
    /// the cache off; at most [`MAX_ENTRIES`]. For as many blocked names it is remembered what the list says of them.
    pub entries: usize,
    /// Shorter TTLs are raised to this, in seconds; 0 of the origin too.
    pub min_ttl: u32,
    /// Longer TTLs are lowered to this, in seconds; it wins over `min_ttl`.
    pub max_ttl: u32,
    /// For so many seconds an expired answer may serve while no server answers (RFC 8767); 0 for never.
    pub stale_for: u32,
    /// Whether popular answers are renewed before they expire.
    pub prefetch: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { entries: 10_000, min_ttl: 0, max_ttl: 86_400, stale_for: 86_400, prefetch: true }
    }
}

/// How long servers may fail at a question before they are asked again, in seconds: at first, and at most, twice as
/// long each time (RFC 9520 §3.2; it allows five minutes, which is long for a family).
const FAILED: std::ops::RangeInclusive<u32> = 5..=60;
/// The same when no server could be reached, which is not about the question: the least that RFC 9520 allows.
const UNREACHED: u32 = 1;

/// Asked for this type some servers say of existing names that they don't exist (RFC 4074 §4.2): believed of this type
/// alone.
const DOUBTFUL: u16 = rtype::AAAA;

/// What an answer is found by. DO and CD are part of it: they change what an upstream answers; so is the form that an
/// answer is kept in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key<'a> {
    /// The name asked, in lower case.
    pub name: Name<'a>,
    /// The type asked.
    pub rtype: u16,
    /// Whether DNSSEC records were asked for (RFC 3225).
    pub dnssec_ok: bool,
    /// Whether data that fails validation was asked for too (RFC 4035 §3.2.2).
    pub checking_disabled: bool,
    /// Whether it is the answer without encrypted ClientHello.
    pub without_ech: bool,
}

/// A type that nothing has (RFC 6895 §3.1). That a name does not exist is kept under it.
const EVERY_TYPE: u16 = 0;

impl Key<'_> {
    /// The place of what is so for every type of the name.
    fn of_every_type(self) -> Self {
        // Where nothing is, there is no ECH to be left out.
        Self { rtype: EVERY_TYPE, without_ech: false, ..self }
    }

    /// All but the name, in one word.
    fn kind(&self) -> u32 {
        u32::from(self.rtype) << 16
            | u32::from(self.without_ech) << 2
            | u32::from(self.checking_disabled) << 1
            | u32::from(self.dnssec_ok)
    }

    /// Whether the question that begins behind the header is this one, in any case.
    fn is_asked_in(&self, message: &[u8]) -> bool {
        // A label's length is at most 63, no letter: comparing without case can't take it for one.
        self.is_question_of(message, <[u8]>::eq_ignore_ascii_case)
    }

    /// The same of a message that is kept, whose question is in lower case.
    fn is_kept_in(&self, message: &[u8]) -> bool {
        self.is_question_of(message, <[u8]>::eq)
    }

    fn is_question_of(&self, message: &[u8], is_same: impl Fn(&[u8], &[u8]) -> bool) -> bool {
        let name = self.name.as_wire();
        let (type_high, type_low) = ((self.rtype >> 8) as u8, self.rtype as u8);
        let fixed = [0, type_high, type_low, 0, 1]; // the root's octet, the type, class IN
        let question = message.get(HEADER_LEN..).and_then(|rest| rest.split_at_checked(name.len()));
        question.is_some_and(|(asked, rest)| rest.starts_with(&fixed) && is_same(asked, name))
    }

    /// Where in a message the type asked begins.
    fn type_at(&self) -> usize {
        HEADER_LEN + self.name.as_wire().len() + 1 // the root's octet
    }
}

/// What is known of a question and its answer, found once for all who ask.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The state of rules and list by which they were found; 0: nothing is known.
    pub generation: u32,
    /// What the list says of the name asked.
    pub asked: CategorySet,
    /// What the list says of the aliases and addresses in the answer.
    pub answered: CategorySet,
}

/// What became of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    /// It is kept.
    Kept {
        /// For so many seconds.
        ttl: u32,
    },
    /// It is not.
    Not(NotKept),
}

/// The cache in figures. The counters wrap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Answers held, those that expired but whose room was not needed yet included.
    pub entries: usize,
    /// Bytes that they take, of `capacity_bytes`.
    pub bytes: usize,
    /// Bytes that the tables may take, of answers and of blocked names; the system gives them as they are first used.
    pub capacity_bytes: usize,
    /// Questions answered.
    pub hits: u32,
    /// Questions not answered.
    pub misses: u32,
    /// Answers that made room for others; expired ones don't count.
    pub evictions: u32,
}

/// The cache. Share it by reference or `Arc`.
pub struct Cache {
    settings: Settings,
    hash: NameHash,
    pages: Box<[Page]>,
    names: Names,
    /// The right to write; held for about a microsecond, never across `.await`.
    pen: Mutex<Pen>,
    counters: Counters,
}

impl Cache {
    /// An empty cache. The seed must be random and secret.
    pub fn new(settings: &Settings, seed: [u8; 8]) -> Self {
        let entries = settings.entries.min(MAX_ENTRIES);
        Self {
            settings: settings.clone(),
            hash: NameHash::new(seed),
            pages: Page::table(entries.div_ceil(Page::ENTRIES)),
            names: Names::new(entries),
            pen: Mutex::default(),
            counters: Counters::default(),
        }
    }

    /// Copies the answer into `out`, each TTL reduced by the time since it was put; `None` if there is none, or it
    /// does not fit ([`MAX_ANSWER`] bytes always do). [`Hit::state`] says what it is good for. The ID is 0, the name
    /// asked in lower case and the flags the upstream's, so that the caller puts the client's ID, RD, CD and letters in.
    /// `now`: seconds on a monotonic clock.
    ///
    /// While the page is being written we try again for a few microseconds and then call it a miss: correct, and
    /// better than waiting for a thread that may have lost its core. What `out` holds after a miss is meaningless.
    pub fn get(&self, key: &Key<'_>, now: u32, out: &mut [u8]) -> Option<Hit> {
        self.read_and_count(key, self.hash.of(key.name), now, out).or_else(|| self.absence(key, now, out))
    }

    /// The answer that this name does not exist, whatever type that was heard for; to be asked for once there is no
    /// answer to the question itself. With aliases before it, it is about the last of them, and kept as any other.
    pub fn absence(&self, key: &Key<'_>, now: u32, out: &mut [u8]) -> Option<Hit> {
        let hit = self.read(&key.of_every_type(), self.hash.of(key.name), now, out)?;
        set_u16(out, key.type_at(), key.rtype);
        if hit.is_answer() {
            self.counters.count_after_all();
        }
        Some(hit)
    }

    /// [`get`](Self::get), with what is known of the name in this generation, be there an answer or not; the default
    /// facts if that is nothing. The name is hashed once for both.
    pub fn look_up(&self, key: &Key<'_>, generation: u32, now: u32, out: &mut [u8]) -> (Option<Hit>, Facts) {
        let hash = self.hash.of(key.name);
        let hit = self.read_and_count(key, hash, now, out);
        let by_answer = hit.map(|hit| hit.facts).filter(|facts| facts.generation == generation);
        let by_name = || {
            let asked = self.names.recall(hash, generation)?;
            Some(Facts { generation, asked, ..Facts::default() })
        };
        (hit, by_answer.or_else(by_name).unwrap_or_default())
    }

    /// Notes what the list says of a name that has no answer to note it with, since it is blocked.
    pub fn note(&self, name: Name<'_>, facts: Facts) {
        if facts.generation != 0 {
            self.names.note(self.hash.of(name), facts.generation, facts.asked);
        }
    }

    fn read_and_count(&self, key: &Key<'_>, hash: u64, now: u32, out: &mut [u8]) -> Option<Hit> {
        let hit = self.read(key, hash, now, out);
        self.counters.count(hit.is_some_and(|hit| hit.is_answer()));
        hit
    }

    fn read(&self, key: &Key<'_>, hash: u64, now: u32, out: &mut [u8]) -> Option<Hit> {
        let (page, tag) = self.locate_hashed(key, hash)?;
        let found = page.read((tag, key.kind()), now, &self.settings, out);
        // Another name may have this tag, once in 2³² times.
        found.filter(|hit| out.get(..hit.len).is_some_and(|answer| key.is_kept_in(answer)))
    }

    /// Keeps an answer to this question if the RFCs allow, in place of the one before. The message must have no OPT
    /// record; `facts` come back with each hit. `now`: seconds on the clock of [`get`](Self::get).
    pub fn put(&self, key: &Key<'_>, message: &[u8], facts: Facts, now: u32) -> Stored {
        if self.pages.is_empty() {
            return Stored::Not(NotKept::Off);
        }
        let mut answer = match admit::admit(key, message, &self.settings) {
            Ok(answer) => answer,
            Err(reason) => return Stored::Not(reason),
        };
        // What was said before of this type, or of all, is no longer so.
        let (mut place, mut outdated) = (*key, key.of_every_type());
        if answer.denies_name() && key.rtype != DOUBTFUL {
            (place, outdated) = (outdated, place);
            answer.change_type(key, EVERY_TYPE);
        }
        let mut pen = self.pen();
        if let Some((page, tag)) = self.locate(&outdated) {
            page.remove_kind(&mut pen, (tag, outdated.kind()));
        }
        if let Some((page, tag)) = self.locate(&place) {
            let newcomer = Newcomer { tag, kind: place.kind(), answer: &answer, facts, now };
            page.insert(&mut pen, &newcomer, &self.settings);
        }
        Stored::Kept { ttl: answer.lifetime() }
    }

    /// Notes that no server had an answer, for the reason of this extended error; `reached` is whether any was heard.
    /// An answer that may still serve does so for the next 30 seconds; without one the failure itself is kept.
    pub fn fail(&self, key: &Key<'_>, error: u16, reached: bool, now: u32) {
        let everywhere = key.of_every_type();
        let (Some((page, tag)), Some((shared, _))) = (self.locate(key), self.locate(&everywhere)) else {
            return;
        };
        let mut pen = self.pen();
        if shared.note_failure((tag, everywhere.kind()), now, &self.settings).is_break() {
            return;
        }
        let noted = page.note_failure((tag, key.kind()), now, &self.settings);
        let ControlFlow::Continue(before) = noted else { return };
        let again = before.saturating_mul(2).clamp(*FAILED.start(), *FAILED.end());
        let answer = Answer::failed(key, error, if reached { again } else { UNREACHED });
        let newcomer = Newcomer { tag, kind: key.kind(), answer: &answer, facts: Facts::default(), now };
        page.insert(&mut pen, &newcomer, &self.settings);
    }

    /// Replaces the facts about an answer. Does not wait: if somebody is writing, the next who asks finds them again.
    pub fn learn(&self, key: &Key<'_>, facts: Facts) {
        let Some((page, tag)) = self.locate(key) else { return };
        match self.pen.try_lock() {
            Ok(mut pen) => page.learn(&mut pen, (tag, key.kind()), facts),
            Err(TryLockError::Poisoned(_) | TryLockError::WouldBlock) => {}
        }
    }

    /// Forgets a name, all types of it; how many answers that were.
    pub fn remove(&self, name: Name<'_>) -> usize {
        let (tag, _) = tag_and_spread(self.hash.of(name));
        // A look without the pen, so that a flush does not keep writers waiting for the whole table.
        let pages = self.pages.iter().filter(|page| page.may_hold(tag));
        pages.map(|page| page.remove(&mut self.pen(), tag)).sum()
    }

    /// Forgets all answers. What the list says of names does not change with them.
    pub fn clear(&self) {
        self.pages.iter().for_each(|page| page.clear(&mut self.pen()));
    }

    /// Counts what is there: a walk over the table, for status pages, not for each packet.
    pub fn stats(&self) -> Stats {
        let (hits, misses) = self.counters.sum();
        let capacity_bytes = size_of_val(&*self.pages) + self.names.bytes();
        let evictions = self.pen().evictions;
        let mut stats = Stats { entries: 0, bytes: 0, capacity_bytes, hits, misses, evictions };
        self.pages.iter().for_each(|page| page.add_to(&mut stats));
        stats
    }

    /// The page that holds this question's answer if any does, and the tag to look for. `None` if the cache is off.
    fn locate(&self, key: &Key<'_>) -> Option<(&Page, u32)> {
        self.locate_hashed(key, self.hash.of(key.name))
    }

    fn locate_hashed(&self, key: &Key<'_>, hash: u64) -> Option<(&Page, u32)> {
        let (tag, spread) = tag_and_spread(hash);
        // The types of a name go to different pages, for an even load; 0x9e37_79b9 is 2³² over the golden ratio.
        let spread = spread.wrapping_add(key.kind().wrapping_mul(0x9e37_79b9));
        let index = (u64::from(spread) * self.pages.len() as u64) >> 32; // less than the number of pages
        Some((self.pages.get(index as usize)?, tag))
    }

    /// Waits for the right to write.
    fn pen(&self) -> MutexGuard<'_, Pen> {
        self.pen.lock().unwrap_or_else(|poisoned| {
            // A writer panicked and may have left a page half written: nothing in there is believed any more.
            let mut pen = poisoned.into_inner();
            self.pages.iter().for_each(|page| page.clear(&mut pen));
            self.pen.clear_poison();
            pen
        })
    }
}

/// Two words from a name's hash: the tag, never 0, and what spreads it over the pages.
fn tag_and_spread(hash: u64) -> (u32, u32) {
    ((hash as u32).max(1), (hash >> 32) as u32)
}
