//! What was asked, by category: counters by the hour and a ring of the last questions. Both in RAM, both bounded;
//! nothing is written to flash for a query.

mod cells;
mod coder;
mod counters;
mod dictionary;
mod level;
mod ring;
mod row;
mod store;
#[cfg(test)]
mod tests;

pub use self::dictionary::Subject;

use std::net::IpAddr;
use std::sync::Mutex;

use luytre_lists::{CategorySet, CategoryTable, Name, NameBuf};
use serde::Serialize;

use self::cells::Cell;
use self::counters::Counters;
use self::dictionary::Dictionary;
use self::row::Row;
use crate::who::Who;
use self::ring::Ring;
use crate::clock::Timestamp;
use crate::config::{HistoryConfig, Privacy};
use crate::outcome::Outcome;
use crate::policy::{Policy, Verdict};
use crate::who::{Roll, Who};

/// The history of this run. Recording never waits: a record that meets a reader is counted and left out of the ring.
#[derive(Debug)]
pub struct History {
    privacy: Privacy,
    counters: Counters,
    ring: Mutex<Ring<Record>>,
}

/// One question in the ring.
#[derive(Clone, Copy, Debug)]
struct Record {
    time: Timestamp,
    name: NameBuf,
    rtype: u16,
    who: Who,
    /// `None` where privacy hides name and client.
    client: Option<IpAddr>,
    verdict: Verdict,
}

impl Default for Record {
    fn default() -> Self {
        let verdict = Verdict::nothing_against(CategorySet::EMPTY);
        Self { time: 0, name: NameBuf::new(), rtype: 0, who: Who::UNKNOWN, client: None, verdict }
    }
}

impl History {
    /// An empty history.
    pub fn new(config: &HistoryConfig) -> Self {
        Self {
            privacy: config.privacy,
            counters: Counters::new(config.keep_counters),
            ring: Mutex::new(Ring::new(config.keep_queries)),
        }
    }

    /// Records how a question ended. Allocates nothing and never waits.
    pub fn record(&self, outcome: &Outcome<'_>) {
        let verdict = &outcome.verdict;
        self.counters.count(outcome.time, verdict.is_blocked(), verdict.categories);
        if self.privacy == Privacy::Off {
            return;
        }
        let Ok(mut ring) = self.ring.try_lock() else { return self.counters.missed() };
        let Some(record) = ring.advance() else { return };
        record.time = outcome.time;
        // In place: a name is short, and the room for the longest one is not.
        record.name.copy_from(match self.privacy {
            Privacy::Full => outcome.name,
            Privacy::Domain => site(outcome.name),
            Privacy::Category | Privacy::Off => Name::ROOT,
        });
        record.rtype = outcome.rtype;
        record.who = outcome.who;
        record.client = (self.privacy != Privacy::Category).then_some(outcome.client);
        record.verdict = *verdict;
    }

    /// The totals of the hours kept.
    pub fn totals(&self) -> Totals {
        self.counters.totals()
    }

    /// The last `most` questions, the newest first; `roll` knows who asked them.
    pub fn recent(&self, most: usize, policy: &Policy, roll: &Roll) -> Vec<Recent> {
        let records: Vec<Record> = match self.ring.lock() {
            Ok(ring) => ring.newest_first().take(most).copied().collect(),
            // A writer can't panic while it holds the lock; if it did, what it left is still a ring.
            Err(poisoned) => poisoned.into_inner().newest_first().take(most).copied().collect(),
        };
        records.iter().map(|record| record.show(policy, roll)).collect()
    }
}

/// Gives the numbers of this run their lasting names.
pub trait Roll: Send + Sync {
    /// Who this is.
    fn subject(&self, who: Who) -> Subject;
    /// The key of a service.
    fn service(&self, number: u8) -> String;
}

/// What was counted in a period, by lasting numbers.
fn row_of(counted: &[(Cell, u32)], roll: &dyn Roll, dictionary: &mut Dictionary) -> Row {
    let mut row = Row::default();
    for (cell, count) in counted {
        let subject = dictionary.subject(roll.subject(cell.who));
        let service = cell.service.map_or_else(String::new, |number| roll.service(number));
        row.add(subject, dictionary.kind(cell.topic, cell.ending, &service), *count);
    }
    row.bounded(dictionary)
}

/// The name's last two labels, or three where the second is a public one such as `com.vn`.
fn site(name: Name<'_>) -> Name<'_> {
    const PUBLIC: [&[u8]; 9] = [b"com", b"co", b"net", b"org", b"edu", b"gov", b"ac", b"or", b"go"];
    let under_public = name.with_labels(2).first_label().is_some_and(|label| PUBLIC.contains(&label));
    name.with_labels(if under_public { 3 } else { 2 })
}

/// A question in the ring, as people and programs read it.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct Recent {
    /// When, RFC 3339 in UTC.
    pub time: String,
    /// The name; empty where privacy hides it.
    pub name: String,
    /// The type, as a word or `TYPEn`.
    #[serde(rename = "type")]
    pub rtype: String,
    /// Who asked: the person's id, else the device's MAC, else the address; empty where privacy hides it.
    pub who: String,
    /// `blocked` or `allowed`.
    pub verdict: &'static str,
    /// Why.
    pub reason: &'static str,
    /// Which rule, `<kind>:<id>`.
    pub rule: String,
    /// What the name is about.
    pub categories: Vec<String>,
}

impl Record {
    fn show(&self, policy: &Policy, roll: &Roll) -> Recent {
        let table = CategoryTable::shipped();
        let verdict = &self.verdict;
        Recent {
            time: crate::status::rfc3339(self.time),
            name: self.client.map_or_else(String::new, |_| self.name.as_name().to_string()),
            rtype: crate::status::type_word(self.rtype),
            who: self.client.map_or_else(String::new, |client| roll.subject(self.who).text(client)),
            verdict: verdict.word(),
            reason: verdict.reason.word(),
            rule: policy.describe(verdict.rule),
            categories: verdict.categories.iter().map(|category| table.key(category).into_owned()).collect(),
        }
    }
}

pub use self::counters::Totals;
pub use self::follow::News;

