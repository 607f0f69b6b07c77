//! What children ask for: a site, a service, more time. From their own device, without a log-in; so everything that
//! comes in is bounded.
//!
//! ```text
//!  child ─► Requests::ask ─► open ─┬─► Requests::answer ─► Effect ─► family.toml, bonus minutes
//!                                  └─► expired, after a day
//! ```
//!
//! What an answer means is an [`Effect`]; who calls applies it, and only then the answer stands. Nothing here is on the
//! way of a question.

mod answer;
mod house;
mod store;
#[cfg(test)]
mod tests;
mod wish;

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

pub use self::answer::{Answer, Effect};
pub use self::wish::{Asker, Kind, MAX_REASON, Wish};

use self::store::Store;
use crate::clock::Timestamp;

/// So long somebody may answer, in seconds: a day.
pub const OPEN_FOR: u64 = 24 * 3600;
/// The requests of one device that may be open.
const MOST_OPEN: usize = 10;
/// The requests that one device may make in an hour.
const MOST_AN_HOUR: usize = 10;
/// The requests that are kept, answered ones among them.
const MOST: usize = 200;

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It waits for an answer.
    Open,
    /// It was granted.
    Allowed,
    /// It was not.
    Denied,
    /// Nobody answered.
    Expired,
}

/// A request as it is kept, and shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Its number; no other ever has it.
    pub id: u64,
    /// The person who asks; empty for a device that is nobody's.
    pub who: String,
    /// The device, as logs call it.
    pub device: String,
    /// What it is about.
    pub kind: Kind,
    /// The site's name, the service's key, or the budget's id; empty for time as such.
    pub name: String,
    /// Minutes that are asked for, where somebody said so.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub minutes: Option<u32>,
    /// Why, in the child's words. Text, whatever it looks like.
    pub reason: String,
    /// When, in seconds since 1970.
    pub made: Timestamp,
    /// What became of it.
    pub state: State,
    /// Who answered; empty while nobody has.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub by: String,
    /// The answer, where there is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub answer: Option<Answer>,
}

/// Why a request was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotAsked {
    /// It makes no sense; what to write instead.
    Wrong(String),
    /// The device has asked too often.
    TooMany,
}

/// Why there is no answer now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotAnswered<E> {
    /// There is no such request.
    Unknown,
    /// It was answered before, or has expired.
    Closed(State),
    /// That is no answer to such a request; what to write instead.
    Wrong(String),
    /// What it means could not be applied.
    NotApplied(E),
}

/// The requests of a house.
#[derive(Debug)]
pub struct Requests(Mutex<Store>);

impl Requests {
    /// Reads `requests.json` in the state folder.
    pub fn at_start(state: &Path) -> Self {
        Self(Mutex::new(Store::read(state)))
    }

    /// A device asks. Writes to the disk.
    pub fn ask(&self, asker: Asker, wish: Wish, now: Timestamp) -> Result<Request, NotAsked> {
        let mut store = self.store();
        store.expire(now);
        let wish = wish.checked().map_err(NotAsked::Wrong)?;
        let own = || store.items().filter(|request| request.device == asker.device);
        // Were the clock set back, what seems to come later counts too.
        let recent = own().filter(|request| request.made.saturating_add(3600) > now).count();
        let open = own().filter(|request| request.state == State::Open).count();
        if recent >= MOST_AN_HOUR || open >= MOST_OPEN {
            return Err(NotAsked::TooMany);
        }
        store.add(asker, wish, now).ok_or(NotAsked::TooMany)
    }

    /// Answers a request, once. `apply` does what the answer means; where it fails the request stays open. Writes to the
    /// disk.
    ///
    /// `day_ends`: when the house's day does, for [`Answer::Today`].
    pub fn answer<E>(
        &self,
        id: u64,
        (answer, by): (Answer, &str),
        (now, day_ends): (Timestamp, Timestamp),
        apply: impl FnOnce(&Request, Effect) -> Result<(), E>,
    ) -> Result<Request, NotAnswered<E>> {
        let mut store = self.store();
        store.expire(now);
        let request = store.get(id).ok_or(NotAnswered::Unknown)?;
        if request.state != State::Open {
            return Err(NotAnswered::Closed(request.state));
        }
        let effect = answer.effect(request, by, (now, day_ends)).map_err(NotAnswered::Wrong)?;
        apply(request, effect).map_err(NotAnswered::NotApplied)?;
        let state = if answer == Answer::No { State::Denied } else { State::Allowed };
        store.close(id, state, by, answer).ok_or(NotAnswered::Unknown)
    }

    /// What a device asked for, and everything of its person: the newest first.
    pub fn of(&self, asker: &Asker, now: Timestamp) -> Vec<Request> {
        let is_own = |request: &Request| {
            request.device == asker.device || !asker.who.is_empty() && request.who == asker.who
        };
        self.all(now).into_iter().filter(is_own).collect()
    }

    /// Everything that is kept, the newest first.
    pub fn all(&self, now: Timestamp) -> Vec<Request> {
        let mut store = self.store();
        store.expire(now);
        store.items().rev().cloned().collect()
    }

    /// What is wrong with the file.
    pub fn notices(&self) -> Vec<String> {
        self.store().notices()
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        // Whoever panicked left whole requests behind.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
