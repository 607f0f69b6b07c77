//! Keys and delegations of the chain, kept as they came: the next name of a zone costs no query.
//!
//! Bounded by entries and bytes. An entry that went into a failed validation and into no successful one is dropped, so
//! that one damaged or forged message doesn't fail a zone for its whole TTL.

use std::collections::HashMap;
use std::sync::Arc;

use luytre_lists::Name;
use tokio::sync::{Mutex, MutexGuard};

use super::inquiry::Seen;
use crate::upstream::lock::Lock;
use crate::wire::{Header, Records, flags, rtype};

/// Entries kept: the chain of some 400 signed zones.
const MAX_ENTRIES: usize = 1024;
/// The largest message kept, in bytes; the whole is then below 4 MB and usually a tenth of it.
const MAX_MESSAGE: usize = 4096;
/// The longest that an entry is kept, in seconds: a day as the answers' cache.
const MAX_TTL: u32 = 86_400;
/// The longest that a denial is kept, in seconds (RFC 2308 §5: one to three hours).
const MAX_NEGATIVE_TTL: u32 = 3600;
/// Questions of the chain on their way at once, as far as their names fall on different places.
const LANES: usize = 16;

/// The messages of chains, by what was asked.
pub(super) struct Store {
    entries: Lock<HashMap<Key, Entry>>,
    /// Whoever fetches holds a lane, so that many questions at once fetch a zone's keys once.
    lanes: [Mutex<()>; LANES],
}

type Key = (Box<[u8]>, u16);

struct Entry {
    message: Arc<[u8]>,
    /// Seconds of uptime.
    stored: u32,
    ttl: u32,
    /// When it was last used, for eviction.
    used: u32,
    /// Part of a chain that held.
    proven: bool,
    /// A DS that was proven not to exist below a signed zone, so that nothing below is signed.
    insecure: bool,
}

impl Store {
    pub(super) fn new() -> Self {
        Self { entries: Lock::default(), lanes: std::array::from_fn(|_| Mutex::new(())) }
    }

    /// The message kept for a question, and its age in seconds.
    pub(super) fn get(&self, name: Name<'_>, rtype: u16, uptime: u32) -> Option<(Arc<[u8]>, u32)> {
        let mut entries = self.entries.hold();
        let entry = entries.get_mut(&(Box::from(name.as_wire()), rtype))?;
        let age = uptime.wrapping_sub(entry.stored);
        entry.used = uptime;
        (age < entry.ttl).then(|| (Arc::clone(&entry.message), age))
    }

    /// Keeps an answer, if it may be kept.
    pub(super) fn put(&self, name: Name<'_>, rtype: u16, message: &Arc<[u8]>, uptime: u32) {
        let Some(ttl) = lifetime(message).filter(|ttl| *ttl > 0 && message.len() <= MAX_MESSAGE) else {
            return;
        };
        let mut entries = self.entries.hold();
        if entries.len() >= MAX_ENTRIES {
            // Rare, and 1,024 entries are looked through in microseconds.
            let oldest = entries.iter().max_by_key(|(_, entry)| uptime.wrapping_sub(entry.used));
            if let Some(key) = oldest.map(|(key, _)| key.clone()) {
                entries.remove(&key);
            }
        }
        let message = Arc::clone(message);
        let entry = Entry { message, stored: uptime, ttl, used: uptime, proven: false, insecure: false };
        entries.insert((name.as_wire().into(), rtype), entry);
    }

    /// Waits until nobody else fetches on the question's lane.
    pub(super) async fn lane(&self, name: Name<'_>, rtype: u16) -> MutexGuard<'_, ()> {
        let sum =
            name.as_wire().iter().fold(usize::from(rtype), |sum, byte| sum * 31 % 8191 + usize::from(*byte));
        self.lanes[sum % LANES].lock().await
    }

    /// A chain held: these were part of it.
    pub(super) fn proven(&self, seen: &[Seen]) {
        self.each(seen, |entry| entry.proven = true);
    }

    /// A chain broke: what no other chain has vouched for is fetched anew next time.
    pub(super) fn doubted(&self, seen: &[Seen]) {
        let mut entries = self.entries.hold();
        for one in seen {
            let key = (one.name.clone(), one.rtype);
            if entries.get(&key).is_some_and(|entry| !entry.proven) {
                entries.remove(&key);
            }
        }
    }

    /// Nothing below this zone is signed, as its parent has proven.
    pub(super) fn mark_insecure(&self, zone: &Seen) {
        self.each(std::slice::from_ref(zone), |entry| entry.insecure = true);
    }

    /// Whether a name is known to lie below a delegation without DS.
    pub(super) fn is_insecure(&self, name: Name<'_>, uptime: u32) -> bool {
        let entries = self.entries.hold();
        name.suffixes().any(|zone| {
            let known = entries.get(&(Box::from(zone.as_wire()), rtype::DS));
            known.is_some_and(|entry| entry.insecure && uptime.wrapping_sub(entry.stored) < entry.ttl)
        })
    }

    fn each(&self, seen: &[Seen], change: impl Fn(&mut Entry)) {
        let mut entries = self.entries.hold();
        for one in seen {
            if let Some(entry) = entries.get_mut(&(one.name.clone(), one.rtype)) {
                change(entry);
            }
        }
    }
}

/// How long an answer may be kept, in seconds; `None` for what is no answer.
fn lifetime(message: &[u8]) -> Option<u32> {
    let header = Header::read(message)?;
    let code = header.flags & flags::RCODE;
    if !matches!(code, 0 | 3) || header.has(flags::TC) {
        return None;
    }
    let records = Records::of(message)?.filter(|record| record.section < 2);
    let ttl = records.map(|record| record.ttl).min()?;
    Some(ttl.min(if header.counts[1] == 0 { MAX_NEGATIVE_TTL } else { MAX_TTL }))
}

#[cfg(test)]
mod tests {
    use luytre_lists::Domain;

    use super::*;

    /// A DS answer with this TTL.
    fn answer(ttl: u8) -> Arc<[u8]> {
        let mut bytes = vec![0, 0, 0x81, 0x80, 0, 0, 0, 1, 0, 0, 0, 0];
        bytes.extend([0, 0, 43, 0, 1, 0, 0, 0, ttl, 0, 4, 1, 0, 13, 2]);
        bytes.into()
    }

    fn seen(name: &Domain) -> Seen {
        Seen { name: name.as_name().as_wire().into(), rtype: rtype::DS, message: answer(1) }
    }

    #[test]
    fn what_is_kept_ages_and_ends() {
        let (store, name) = (Store::new(), Domain::parse("example.com").unwrap());
        store.put(name.as_name(), rtype::DS, &answer(60), 100);
        assert_eq!(store.get(name.as_name(), rtype::DS, 130).unwrap().1, 30);
        assert!(store.get(name.as_name(), rtype::DS, 160).is_none());
        assert!(store.get(name.as_name(), rtype::DNSKEY, 100).is_none());
    }

    #[test]
    fn a_doubted_message_goes_unless_a_chain_with_it_held() {
        let store = Store::new();
        let names = ["good.example", "bad.example"].map(|name| Domain::parse(name).unwrap());
        names.iter().for_each(|name| store.put(name.as_name(), rtype::DS, &answer(60), 0));
        store.proven(&[seen(&names[0])]);
        store.doubted(&names.each_ref().map(seen));
        let kept = names.map(|name| store.get(name.as_name(), rtype::DS, 0).is_some());
        assert_eq!(kept, [true, false]);
    }

    #[test]
    fn below_an_insecure_delegation_nothing_is_signed() {
        let (store, zone) = (Store::new(), Domain::parse("plain.example").unwrap());
        store.put(zone.as_name(), rtype::DS, &answer(60), 0);
        let below = Domain::parse("a.b.plain.example").unwrap();
        assert!(!store.is_insecure(below.as_name(), 0));
        store.mark_insecure(&seen(&zone));
        assert!(store.is_insecure(below.as_name(), 59));
        assert!(!store.is_insecure(below.as_name(), 60));
        assert!(!store.is_insecure(Domain::parse("example").unwrap().as_name(), 0));
    }

    #[test]
    fn the_longest_unused_makes_room() {
        let store = Store::new();
        let name = |number: usize| Domain::parse(&format!("n{number}.example")).unwrap();
        for number in 0..MAX_ENTRIES {
            store.put(name(number).as_name(), rtype::DS, &answer(255), number as u32 / 100);
        }
        assert!(store.get(name(0).as_name(), rtype::DS, 20).is_some());
        store.put(name(MAX_ENTRIES).as_name(), rtype::DS, &answer(255), 21);
        assert_eq!(store.entries.hold().len(), MAX_ENTRIES);
        assert!(store.get(name(0).as_name(), rtype::DS, 21).is_some());
    }
}
