//! The last questions, one by one, in RAM only: as much of each as its subject's privacy lets be kept.

use std::net::IpAddr;

use luytre_lists::{CategorySet, CategoryTable, Name, NameBuf};
use serde::Serialize;

use super::Roll;
use crate::clock::Timestamp;
use crate::config::Privacy;
use crate::outcome::Outcome;
use crate::policy::{Policy, Verdict};
use crate::who::Who;

/// One question in the ring.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record {
    /// 0 in one that was forgotten.
    pub(super) time: Timestamp,
    /// The root where privacy hides it.
    pub(super) name: NameBuf,
    rtype: u16,
    pub(super) who: Who,
    /// `None` where privacy hides name and client.
    client: Option<IpAddr>,
    pub(super) verdict: Verdict,
}

impl Default for Record {
    fn default() -> Self {
        let verdict = Verdict::nothing_against(CategorySet::EMPTY);
        Self { time: 0, name: NameBuf::new(), rtype: 0, who: Who::UNKNOWN, client: None, verdict }
    }
}

impl Record {
    /// Becomes the record of this question. In place: a name is short, and the room for the longest one is not.
    pub(super) fn set(&mut self, outcome: &Outcome<'_>) {
        self.time = outcome.time;
        self.name.copy_from(match outcome.privacy {
            Privacy::Full => outcome.name,
            Privacy::Domain => site(outcome.name),
            Privacy::Category | Privacy::Off => Name::ROOT,
        });
        self.rtype = outcome.rtype;
        self.who = outcome.who;
        self.client = (outcome.privacy != Privacy::Category).then_some(outcome.client);
        self.verdict = outcome.verdict;
    }

    /// The site that was asked for; `None` where privacy hides it.
    pub(super) fn site(&self) -> Option<String> {
        self.client.map(|_| site(self.name.as_name()).to_string())
    }

    pub(super) fn show(&self, policy: &Policy, roll: &dyn Roll) -> Recent {
        let table = CategoryTable::shipped();
        let verdict = &self.verdict;
        Recent {
            time: crate::status::rfc3339(self.time),
            name: self.client.map_or_else(String::new, |_| self.name.as_name().to_string()),
            rtype: crate::status::type_word(self.rtype),
            who: self.client.map_or_else(String::new, |client| who(roll, self.who, client)),
            verdict: verdict.word(),
            reason: verdict.reason.word(),
            rule: policy.describe(verdict.rule),
            categories: verdict.categories.iter().map(|category| table.key(category).into_owned()).collect(),
        }
    }
}

/// A person's id, else the device's key, else the address.
fn who(roll: &dyn Roll, who: Who, client: IpAddr) -> String {
    let subject = roll.subject(who);
    let known = [subject.person, subject.device].into_iter().find(|name| !name.is_empty());
    known.unwrap_or_else(|| client.to_string())
}

/// The name's last two labels, or three where the second is a public one such as `com.vn`.
pub(crate) fn site(name: Name<'_>) -> Name<'_> {
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
    /// Who asked: a person's id, else the device, else the address; empty where privacy hides it.
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
