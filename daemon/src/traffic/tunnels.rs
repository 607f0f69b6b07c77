//! Tunnels through our own answers: whoever has a zone of their own can write data into names and read more from what is
//! answered, past every rule about addresses. What shows it is much data in names that nobody asked before, or in TXT
//! and NULL records, under one zone.
//!
//! Only questions that went upstream count, so nothing here is on the way of a cached answer.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use luytre_lists::{Domain, Name};

use crate::clock::Moment;
use crate::history::site;
use crate::outcome::{Outcome, Source};
use crate::wire::rtype;

/// Bytes of data a minute, of one device under one zone, that are a tunnel's: some hundred long names, or twenty large
/// records. What content networks and virus scanners ask so is a tenth of it.
const MUCH: u32 = 20_000;
/// Names shorter than this before their zone hold no data, in bytes: they are words.
const SHORT: usize = 24;
/// Pairs of a device and a zone that are counted in a minute.
const MOST: usize = 1024;
/// Tunnels that are remembered, and for how many minutes.
const TOLD: usize = 16;
const TOLD_FOR: u32 = 60;

/// What was asked in this minute, and the tunnels that were seen.
#[derive(Debug, Default)]
pub struct Tunnels(Mutex<Minute>);

#[derive(Debug, Default)]
struct Minute {
    minute: u32,
    /// By device and the zone's hash: a question that goes upstream allocates nothing here.
    bytes: HashMap<(IpAddr, u64), u32>,
    seen: Vec<Tunnel>,
}

/// A tunnel that was seen.
#[derive(Clone, Debug, PartialEq)]
pub struct Tunnel {
    /// The device's address.
    pub client: IpAddr,
    /// The zone that it goes to.
    pub zone: Domain,
    /// When it was last seen, in minutes of uptime.
    minute: u32,
}

impl Tunnels {
    /// An answer of this length goes out.
    pub fn note(&self, outcome: &Outcome<'_>, length: usize, moment: Moment) {
        let Outcome { name, rtype, client, source, .. } = outcome;
        let went_upstream = matches!(source, Source::Upstream | Source::Failed);
        let zone = site(*name);
        let written = name.as_wire().len() - zone.as_wire().len();
        let read = if matches!(*rtype, rtype::TXT | rtype::NULL) { length } else { 0 };
        if !went_upstream || outcome.verdict.is_blocked() || written < SHORT && read == 0 {
            return;
        }
        let bytes = if written < SHORT { read } else { read + written };
        let mut minute = self.minute(moment.minute());
        let key = (*client, minute.bytes.hasher().hash_one(zone.as_wire()));
        if minute.bytes.len() >= MOST && !minute.bytes.contains_key(&key) {
            return;
        }
        let sum = minute.bytes.entry(key).or_default();
        *sum = sum.saturating_add(u32::try_from(bytes).unwrap_or(u32::MAX));
        if *sum >= MUCH {
            minute.tell(Tunnel { client: *client, zone: zone.to_domain(), minute: moment.minute() });
        }
    }

    /// Whether this device's questions under the zone of this name look like a tunnel in this minute.
    pub fn is_one(&self, client: IpAddr, name: Name<'_>, moment: Moment) -> bool {
        let minute = self.minute(moment.minute());
        let is_it = |tunnel: &Tunnel| tunnel.client == client && name.is_in(tunnel.zone.as_name());
        minute.seen.iter().any(|tunnel| tunnel.minute == moment.minute() && is_it(tunnel))
    }

    /// What a parent should know.
    pub fn notices(&self, moment: Moment) -> Vec<String> {
        let tell = |Tunnel { client, zone, .. }: Tunnel| {
            format!(
                "{client} sends data through names under {}: this looks like a tunnel through DNS; block that name, or ask who uses it",
                zone.as_name()
            )
        };
        self.seen(moment).into_iter().map(tell).collect()
    }

    /// Those that were seen in the last hour.
    pub fn seen(&self, moment: Moment) -> Vec<Tunnel> {
        self.minute(moment.minute()).seen.clone()
    }

    fn minute(&self, now: u32) -> MutexGuard<'_, Minute> {
        // Whole after each change, whoever panics.
        let mut minute = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if minute.minute != now {
            minute.minute = now;
            minute.bytes.clear();
            minute.seen.retain(|tunnel| now.saturating_sub(tunnel.minute) < TOLD_FOR);
        }
        minute
    }
}

impl Minute {
    fn tell(&mut self, tunnel: Tunnel) {
        let is_same = |seen: &&mut Tunnel| seen.client == tunnel.client && seen.zone == tunnel.zone;
        match self.seen.iter_mut().find(is_same) {
            Some(seen) => seen.minute = tunnel.minute,
            None => {
                if self.seen.len() == TOLD {
                    self.seen.remove(0);
                }
                tracing::warn!(client = %tunnel.client, zone = %tunnel.zone.as_name(), "this looks like a tunnel through DNS");
                self.seen.push(tunnel);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use luytre_lists::{CategorySet, NameBuf};

    use super::*;
    use crate::config::Privacy;
    use crate::policy::Verdict;
    use crate::who::Who;

    const CHILD: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 168, 1, 7));

    fn at(minute: u32) -> Moment {
        Moment { now: 0, seconds: minute * 60, micros: 0 }
    }

    /// Answers to so many questions for names with this before their zone; whether that was a tunnel.
    fn asks(count: usize, before: &str, rtype: u16, (source, length): (Source, usize)) -> bool {
        let tunnels = Tunnels::default();
        for number in 0..count {
            let name = NameBuf::parse(&format!("{number}{before}.t.example.com")).unwrap();
            let outcome = Outcome {
                time: 0,
                name: name.as_name(),
                rtype,
                who: Who::UNKNOWN,
                client: CHILD,
                privacy: Privacy::Full,
                verdict: Verdict::nothing_against(CategorySet::EMPTY),
                source,
            };
            tunnels.note(&outcome, length, at(0));
        }
        let seen = tunnels.seen(at(0));
        let zone = NameBuf::parse("other.example.com").unwrap();
        assert_eq!(tunnels.is_one(CHILD, zone.as_name(), at(0)), !seen.is_empty());
        assert!(!tunnels.is_one(CHILD, zone.as_name(), at(1)), "in a minute it may ask again");
        assert_eq!(tunnels.seen(at(TOLD_FOR)), []);
        !seen.is_empty()
    }

    const DATA: &str = "mfzwizltoqqgs4zamfzwizltoqqgs4zamfzwizltoqqgs4zamfzwizlto";

    #[test]
    fn data_in_names_or_records_is_a_tunnel_and_a_busy_page_is_not() {
        let upstream = (Source::Upstream, 100);
        assert!(asks(400, DATA, rtype::A, upstream));
        assert!(!asks(60, DATA, rtype::A, upstream));
        assert!(!asks(1000, "-cdn", rtype::A, upstream), "short names");
        assert!(!asks(400, DATA, rtype::A, (Source::Cache, 100)), "nothing leaves the house");
        assert!(asks(40, "", rtype::TXT, (Source::Upstream, 1200)));
        assert!(!asks(40, "", rtype::A, (Source::Upstream, 1200)));
    }
}
