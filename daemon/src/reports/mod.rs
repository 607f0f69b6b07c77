//! What people tell the centre: that a site is blocked wrongly, or that one is harmful. Only when somebody presses the
//! button for it, and no more than stands in a [`Report`]: never who or which device, which is not even kept here.
//!
//! ```text
//!  page ─► Daemon::report ─► Reports (reports.json) ─► send ─► the centre: POST /api/v1/reports
//!  API     (verdict, list)      waiting │ ▲ taken, refused ──────┘  again and again while it can't be reached
//! ```
//!
//! Nothing here is on the way of a question. The file is written when a report comes and when the centre has it: tries
//! that fail cost no flash.

mod house;
mod send;
mod store;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::net::IpAddr;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use luytre_lists::{CategoryTable, Domain};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

pub use self::send::{Settings, send};

use self::store::Store;
use crate::clock::Timestamp;
use crate::config::quoted;

/// The reports that are kept, those that the centre has among them; 64 take 20 kB.
const MOST: usize = 64;
/// The reports that one device may make in an hour.
const MOST_OF_A_DEVICE: usize = 10;
/// The reports that all devices may make in an hour: as many as a busy family could mean.
const MOST_AN_HOUR: usize = 30;
/// How long one that was made counts for these.
const HOUR: Duration = Duration::from_secs(3600);

/// What somebody says of a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// It is blocked, and should not be.
    Wrong,
    /// It harms children, and should be blocked.
    Harmful,
}

/// What became of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It has not reached the centre yet.
    Waiting,
    /// The centre has it.
    Taken,
    /// The centre does not want it.
    Refused,
}

/// The body of a report.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Told {
    /// `wrong`: blocked and should not be; `harmful`: should be blocked.
    pub kind: Kind,
    /// The site.
    pub name: String,
    /// A category's key: what a harmful site is about, where somebody knows.
    #[serde(default)]
    pub category: String,
}

/// What the list and the rules make of the name, as somebody saw it who reports it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// `blocked`, `allowed` or `rewritten`.
    pub verdict: &'static str,
    /// The keys of the categories that the list gives the name.
    pub listed: Vec<String>,
}

/// A report as it is kept and shown. The centre gets `kind`, `name`, `category`, `verdict` and `listed`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// Its number; no other ever has it.
    pub id: u64,
    /// What is wrong.
    pub kind: Kind,
    /// The site's name.
    pub name: String,
    /// What it is about, in the reporter's eyes: a category's key, or empty.
    pub category: String,
    /// What the reporter gets for it: `blocked`, `allowed` or `rewritten`.
    pub verdict: String,
    /// What the list says of it: categories' keys.
    pub listed: Vec<String>,
    /// When, in seconds since 1970.
    pub made: Timestamp,
    /// What became of it.
    pub state: State,
    /// The number that the centre gave it, to ask there by; empty before.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub receipt: String,
}

/// Why a report was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotTold {
    /// It makes no sense: where it stands, and what to write instead.
    Wrong(&'static str, String),
    /// There were too many.
    TooMany,
}

/// The reports of a house.
#[derive(Debug)]
pub struct Reports {
    store: Mutex<Store>,
    /// Who made how many, and when by the uptime: for the bounds, and only in memory.
    recent: Mutex<VecDeque<(IpAddr, Duration)>>,
    /// There is something to be sent.
    wake: Notify,
    /// Why the last try failed; empty if it did not.
    trouble: Mutex<String>,
}

impl Told {
    /// The same with its name in one spelling.
    fn checked(self) -> Result<Self, NotTold> {
        let wrong = |error| NotTold::Wrong("/name", format!("{} is not a site: {error}", quoted(&self.name)));
        let site = Domain::parse(self.name.trim().trim_end_matches('.')).map_err(wrong)?;
        if site.as_name().label_count() < 2 {
            return Err(NotTold::Wrong("/name", "write a site, such as \"example.com\"".into()));
        }
        if !self.category.is_empty() && CategoryTable::shipped().by_key(&self.category).is_none() {
            let what = format!("there is no category {}", quoted(&self.category));
            return Err(NotTold::Wrong("/category", what));
        }
        Ok(Self { name: site.to_string(), ..self })
    }
}

impl Reports {
    /// Reads `reports.json` in the state folder.
    pub fn at_start(state: &Path) -> Self {
        Self {
            store: Mutex::new(Store::read(state)),
            recent: Mutex::default(),
            wake: Notify::new(),
            trouble: Mutex::default(),
        }
    }

    /// Keeps a report, to be sent. The same one while it waits is kept once. Writes to the disk.
    ///
    /// `now`: by the clock, and by the uptime.
    pub fn tell(
        &self,
        told: Told,
        seen: Seen,
        from: IpAddr,
        (now, uptime): (Timestamp, Duration),
    ) -> Result<Report, NotTold> {
        let told = told.checked()?;
        let mut store = self.store();
        if let Some(waiting) = store.waiting(told.kind, &told.name) {
            return Ok(waiting.clone());
        }
        if !self.may(from, uptime) {
            return Err(NotTold::TooMany);
        }
        let report = store.add(told, seen, now).ok_or(NotTold::TooMany)?;
        locked(&self.recent).push_back((from, uptime));
        self.wake.notify_one();
        Ok(report)
    }

    /// Everything that is kept, the newest first.
    pub fn all(&self) -> Vec<Report> {
        self.store().items().rev().cloned().collect()
    }

    /// Why the centre could not be reached at the last try; empty if it could.
    pub fn trouble(&self) -> String {
        locked(&self.trouble).clone()
    }

    /// What is wrong with the file.
    pub fn notices(&self) -> Vec<String> {
        self.store().notices()
    }

    fn may(&self, from: IpAddr, uptime: Duration) -> bool {
        let mut recent = locked(&self.recent);
        recent.retain(|(_, made)| *made + HOUR > uptime);
        let own = recent.iter().filter(|(device, _)| *device == from).count();
        recent.len() < MOST_AN_HOUR && own < MOST_OF_A_DEVICE
    }

    /// The oldest one that waits.
    fn next(&self) -> Option<Report> {
        self.store().items().find(|report| report.state == State::Waiting).cloned()
    }

    /// The centre has answered. Writes to the disk.
    fn answered(&self, id: u64, state: State, receipt: String) {
        // First: whoever sees the answer sees no trouble beside it.
        self.failed(String::new());
        self.store().close(id, state, receipt);
    }

    fn failed(&self, trouble: String) {
        *locked(&self.trouble) = trouble;
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        locked(&self.store)
    }
}

/// Whoever panicked left whole values behind.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
