//! Time budgets: how many minutes of its day each person's budget has left.
//!
//! ```text
//!  an allowed question ─► Meters (marks, on the hot path) ─┐   each minute
//!  traffic counters (crate::traffic) ─► Meters ────────────┴─► Ledger ─► spent ─► Circumstances ─► policy
//!                                                               │  └────► allowances, warnings ─► page, API
//!                                                               └─► usage.jsonl, every 4 minutes of use
//! ```
//!
//! * A minute of a budget is active when somebody used what it is about: [`Meters::note`]. `docs/budgets.md` says what
//!   counts and why.
//! * What passed is told by the uptime, which never goes back; the wall clock says only which day it was, and only while
//!   it can be believed. So no setting of the clock gives minutes back.
//! * Nothing here can keep an answer waiting: a question marks an atomic word, and the file is written beside.

mod account;
mod ledger;
mod meters;
mod preset;
mod saved;
#[cfg(test)]
pub(crate) mod tests;
mod turns;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

pub use self::account::{BRIDGE, Feed};
pub use self::ledger::{Allowance, Time};
pub use self::meters::{Meters, Minute};
pub use self::preset::Preset;

use self::account::Account;
use self::ledger::{Key, Ledger};
use self::saved::Saved;
use self::turns::Turns;
use crate::clock::Timestamp;
use crate::family::Family;
use crate::files;

/// Everybody's minutes, shared by who counts and who asks.
#[derive(Debug)]
pub struct Usage {
    state: Mutex<State>,
    /// Held while it is written, which may take its time.
    file: Mutex<Turns>,
}

#[derive(Debug)]
struct State {
    ledger: Ledger,
    saved: Saved,
    /// When it was counted last.
    counted: Option<Time>,
    /// What was wrong with the file at the start.
    damaged: Option<String>,
    /// Why it can't be written.
    unwritten: Option<String>,
}

impl Usage {
    /// Reads what was used before the start, from `usage.jsonl` in the state folder. A file that can't be understood is
    /// moved aside.
    pub fn at_start(state: &Path) -> Self {
        let (mut file, read) = Turns::read(state.join("usage.jsonl"));
        let read = read.map_or(Ok(Saved::default()), |read| read.and_then(|document| Saved::of(&document)));
        let (saved, damaged) = match read {
            Ok(saved) => (saved, None),
            Err(what) => {
                let aside = files::set_aside(file.path(), &what);
                (file, _) = Turns::read(state.join("usage.jsonl"));
                (Saved::default(), Some(format!("{aside}, and today's budgets begin anew")))
            }
        };
        if let Some(notice) = &damaged {
            tracing::warn!("{notice}");
        }
        let ledger = Ledger::new(saved.accounts().clone(), Feed::Dns);
        let state = State { ledger, saved, counted: None, damaged, unwritten: None };
        Self { state: Mutex::new(state), file: Mutex::new(file) }
    }

    /// What shows use of everything from now on: bytes, where they are counted.
    pub fn feed_by(&self, feed: Feed) {
        self.state().ledger.feed = feed;
    }

    /// Counts the minutes that are over. Returns whether something is used up, or no longer is, that the policy in force
    /// does not know of: `in_force` is what it was compiled with.
    pub fn tick(&self, meters: &Meters, time: Time, in_force: &[Option<Timestamp>]) -> bool {
        let mut state = self.state();
        let known = |before: Time| (before.minute(), before.trusted) == (time.minute(), time.trusted);
        if state.counted.is_some_and(known) {
            return false;
        }
        state.counted = Some(time);
        state.ledger.pass(meters, time);
        state.ledger.spent(meters.family(), time) != in_force
    }

    /// For each budget of the family, until when there is nothing left of it.
    pub fn spent(&self, family: &Family, time: Time) -> Vec<Option<Timestamp>> {
        self.state().ledger.spent(family, time)
    }

    /// Every budget as people see it.
    pub fn allowances(&self, family: &Family, time: Time) -> Vec<Allowance> {
        self.state().ledger.allowances(family, time)
    }

    /// Gives a budget minutes besides, for today. The error says why not. The policy is to be compiled anew then.
    pub fn give(&self, family: &Family, budget: &str, minutes: u32, time: Time) -> Result<(), String> {
        self.state().ledger.give(family, budget, minutes, time)
    }

    /// Whether [`Usage::save`] is due: what is on the disk is two minutes behind for somebody, or not exact although
    /// nobody is at anything any more.
    pub fn is_due(&self, time: Time) -> bool {
        let mut state = self.state();
        let State { ledger, saved, .. } = &mut *state;
        saved.is_due(&ledger.accounts, time.uptime)
    }

    /// Writes what is not on the disk, two minutes ahead for who is at something. Waits for that, and keeps nobody
    /// waiting who asks or counts.
    pub fn save(&self, time: Time) {
        self.write(time, |state| state.saved.ahead(&state.ledger.accounts, time.uptime));
    }

    /// Writes what is not on the disk, as it is: at the end.
    pub fn save_exactly(&self, time: Time) {
        self.write(time, |state| state.ledger.accounts.clone());
    }

    fn write(&self, time: Time, what: impl FnOnce(&State) -> BTreeMap<Key, Account>) {
        let mut file = lock(&self.file);
        let (accounts, now) = {
            let state = self.state();
            if !state.saved.is_off(&state.ledger.accounts) {
                return;
            }
            (what(&state), state.ledger.accounts.clone())
        };
        let written = file.write(&Saved::document(&accounts));
        let mut state = self.state();
        state.saved.wrote(accounts, &now, time.uptime, written.is_ok());
        let notice = written.err().map(|error| {
            format!(
                "{} can't be written: {error}; a restart forgets what was used of budgets",
                file.path().display()
            )
        });
        if let Some(notice) = notice.as_ref().filter(|_| state.unwritten.is_none()) {
            tracing::warn!("{notice}");
        }
        state.unwritten = notice;
    }

    /// What is wrong with the file.
    pub fn notices(&self) -> Vec<String> {
        let state = self.state();
        state.damaged.iter().chain(&state.unwritten).cloned().collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Whoever panicked left whole numbers behind.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
