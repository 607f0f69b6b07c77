//! Today's minutes on the disk, `usage.jsonl`: written seldom, as flash wears out.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::account::Account;
use super::ledger::Key;
use crate::calendar::Date;

/// Minutes that nobody's power cut takes: as soon as somebody has so many that are not on the disk, they are written.
const STEP: u32 = 2;
/// After so many seconds a single minute is written, too.
const PATIENCE: u32 = 120;
/// So many seconds pass after a failure before it is tried again.
const AFTER_FAILURE: u32 = 600;
const VERSION: u32 = 1;

type Accounts = BTreeMap<Key, Account>;

#[derive(Serialize, Deserialize)]
struct Document {
    version: u32,
    budget: Vec<Row>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Row {
    who: String,
    id: String,
    /// Empty while it is not known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    day: String,
    used: u32,
    #[serde(default, skip_serializing_if = "is_zero")]
    bonus: u32,
    #[serde(default, skip_serializing_if = "is_zero")]
    undated: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's way to call it")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// What is on the disk.
#[derive(Debug, Default)]
pub(super) struct Saved {
    accounts: Accounts,
    /// Since when there is something to write, in seconds of uptime.
    since: Option<u32>,
    failed: Option<u32>,
}

impl Saved {
    /// Understands the document. The error says what is wrong with it.
    pub(super) fn of(document: &str) -> Result<Self, String> {
        Ok(Self { accounts: parse(document)?, ..Self::default() })
    }

    pub(super) fn accounts(&self) -> &Accounts {
        &self.accounts
    }

    /// Whether there is something to write.
    pub(super) fn is_behind(&self, now: &Accounts) -> bool {
        self.lost(now) > 0
    }

    /// Whether it is time to write, in seconds of uptime.
    pub(super) fn is_due(&mut self, now: &Accounts, uptime: u32) -> bool {
        let lost = self.lost(now);
        if lost == 0 {
            self.since = None;
            return false;
        }
        let since = *self.since.get_or_insert(uptime);
        let may = self.failed.is_none_or(|failed| uptime.saturating_sub(failed) >= AFTER_FAILURE);
        may && (lost >= STEP || uptime.saturating_sub(since) >= PATIENCE)
    }

    /// The most minutes that a power cut would take from anybody.
    fn lost(&self, now: &Accounts) -> u32 {
        now.iter().map(|(key, account)| lost(account, self.accounts.get(key))).max().unwrap_or(0)
    }

    /// What to write; [`Saved::wrote`] hears what became of it.
    pub(super) fn document(now: &Accounts) -> String {
        let kept = now.iter().filter(|(_, account)| !account.is_empty());
        let budget = kept.map(|((who, id), account)| Row {
            who: who.clone(),
            id: id.clone(),
            day: account.day.map_or_else(String::new, |day| day.to_string()),
            used: account.used,
            bonus: account.bonus,
            undated: account.undated,
        });
        let document = Document { version: VERSION, budget: budget.collect() };
        // Texts and numbers: nothing that JSON has no words for.
        serde_json::to_string(&document).unwrap_or_default()
    }

    pub(super) fn wrote(&mut self, accounts: Accounts, uptime: u32, worked: bool) {
        if worked {
            (self.accounts, self.since, self.failed) = (accounts, None, None);
        } else {
            self.failed = Some(uptime);
        }
    }
}

/// Minutes that a power cut would take; a bonus is worth writing at once.
fn lost(account: &Account, on_disk: Option<&Account>) -> u32 {
    match on_disk.filter(|on_disk| on_disk.day == account.day) {
        Some(on_disk) if on_disk.bonus != account.bonus => STEP,
        Some(on_disk) => account.used.saturating_sub(on_disk.used),
        None if account.bonus > 0 => STEP,
        None => account.used,
    }
}

fn parse(text: &str) -> Result<Accounts, String> {
    let document: Document = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if document.version != VERSION {
        return Err(format!("version {} is unknown", document.version));
    }
    let account = |row: Row| {
        let day = if row.day.is_empty() { None } else { Some(Date::parse(&row.day)?) };
        let Row { who, id, used, bonus, undated, .. } = row;
        Ok(((who, id), Account { day, used, bonus, undated, ..Account::default() }))
    };
    document.budget.into_iter().map(account).collect()
}
