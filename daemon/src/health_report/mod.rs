//! Tells a provider how its routers fare: one coarse report a day, if the provider asks for it and the family agrees.
//!
//! ```text
//!  [health] send_to, by the provider ─┐
//!  consent.json, by a parent ─────────┴► schedule ─► figures ─► send ─► one POST, whose answer is not read
//!                                  an hour: look ─► Looks ─┘
//! ```
//!
//! Without both nothing is sent, and nothing is looked for. What is counted is in memory and gone with it; a report that
//! can't be sent is not sent later: the next day has its own.

mod consent;
mod figures;
mod house;
mod schedule;
mod send;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use tokio::sync::Notify;

pub use self::figures::{Beginning, Edition, Failures, Figures, Firewall, ListAge, MemoryClass, Ran, Start};

use self::consent::Consent;
use self::figures::Looks;
use crate::clock::Timestamp;
use crate::notify::Target;

/// Who is told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// An `https://` address; `None`: nobody is.
    pub to: Option<Target>,
}

/// How the telling goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct Telling {
    /// Who is told if a parent agrees, host and port.
    pub to: String,
    /// Whether one did.
    pub consent: bool,
    /// When they were told last, in seconds since 1970; `null`: not since the start.
    pub sent: Option<Timestamp>,
    /// Why the last report could not be sent; empty if it could. The next day has its own.
    pub trouble: String,
}

/// What is known of it.
#[derive(Debug)]
pub struct HealthReports {
    to: Option<Target>,
    start: Start,
    consent: Mutex<Consent>,
    past: Mutex<Past>,
    /// The clock was moved by hand.
    moved: Notify,
}

#[derive(Debug, Default)]
struct Past {
    looks: Looks,
    sent: Option<Timestamp>,
    trouble: String,
}

impl HealthReports {
    /// Reads `consent.json` in the state folder.
    pub fn at_start(settings: &Settings, state: &Path, start: Start) -> Self {
        let consent = Mutex::new(Consent::read(state));
        Self { to: settings.to.clone(), start, consent, past: Mutex::default(), moved: Notify::new() }
    }

    /// How it goes; `None` where nobody is to be told.
    pub fn telling(&self) -> Option<Telling> {
        let to = self.to.as_ref()?;
        let consent = self.consent().covers(to);
        let past = self.past();
        Some(Telling { to: to.authority.clone(), consent, sent: past.sent, trouble: past.trouble.clone() })
    }

    /// A parent agrees, or no more; `false` if there is nobody to agree to. Writes to the disk.
    pub fn decide(&self, consent: bool) -> bool {
        if consent && self.to.is_none() {
            return false;
        }
        self.consent().give(self.to.as_ref().filter(|_| consent));
        *self.past() = Past::default();
        true
    }

    /// What is wrong with the file.
    pub fn notices(&self) -> Vec<String> {
        self.consent().notices()
    }

    /// The clock was moved by hand: what is due is looked up anew.
    pub fn wake(&self) {
        self.moved.notify_one();
    }

    /// Whom to tell, if that is wanted.
    fn agreed(&self) -> Option<&Target> {
        self.to.as_ref().filter(|to| self.consent().covers(to))
    }

    fn consent(&self) -> MutexGuard<'_, Consent> {
        self.consent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn past(&self) -> MutexGuard<'_, Past> {
        self.past.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
