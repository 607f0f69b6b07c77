//! Today's minutes on the disk, `usage.jsonl`: written seldom, as flash wears out.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::account::{Account, BRIDGE};
use super::ledger::Key;
use crate::calendar::Date;
use crate::document::from_json;

/// The most minutes that a power cut takes from anybody's budget, or gives back to it.
const STEP: u32 = 2;
/// When nothing was used for so many seconds, what is written is exact: longer than [`BRIDGE`], so that use is over.
const SETTLED: u32 = 60 * (BRIDGE + 2);
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
///
/// Who is at something is likely to go on, so that their minutes are written [`STEP`] ahead: until they are as far behind,
/// twice as long passes as if they were exact, and flash is written half as often.
#[derive(Debug, Default)]
pub(super) struct Saved {
    accounts: Accounts,
    /// What was used when that was written.
    used: BTreeMap<Key, u32>,
    /// The minutes of all when they were looked at last, and since when they are so many, in seconds of uptime.
    seen: (u32, u32),
    failed: Option<u32>,
}

impl Saved {
    /// Understands the document. The error says what is wrong with it.
    pub(super) fn of(document: &str) -> Result<Self, String> {
        let accounts = parse(document)?;
        let used = used_of(&accounts);
        Ok(Self { accounts, used, ..Self::default() })
    }

    pub(super) fn accounts(&self) -> &Accounts {
        &self.accounts
    }

    /// Whether there is something to write.
    pub(super) fn is_off(&self, now: &Accounts) -> bool {
        now.iter().any(|(key, account)| self.deviation(key, account) != 0)
    }

    /// Whether it is time to write, in seconds of uptime.
    pub(super) fn is_due(&mut self, now: &Accounts, uptime: u32) -> bool {
        let all = now.values().map(|account| account.used).sum();
        if self.seen.0 != all {
            self.seen = (all, uptime);
        }
        let is_settled = uptime.saturating_sub(self.seen.1) >= SETTLED;
        let may = self.failed.is_none_or(|failed| uptime.saturating_sub(failed) >= AFTER_FAILURE);
        let is_behind = |(key, account)| self.deviation(key, account) >= STEP as i32;
        may && (now.iter().any(is_behind) || is_settled && self.is_off(now))
    }

    /// What to write: who is at it is ahead then, unless it is settled that nobody is.
    pub(super) fn ahead(&self, now: &Accounts, uptime: u32) -> Accounts {
        let is_settled = uptime.saturating_sub(self.seen.1) >= SETTLED;
        let ahead = |(key, account): (&Key, &Account)| {
            let is_at_it = !is_settled && account.used > self.used.get(key).copied().unwrap_or(0);
            let used = if is_at_it { account.used.saturating_add(STEP) } else { account.used };
            (key.clone(), Account { used, ..*account })
        };
        now.iter().map(ahead).collect()
    }

    /// How many minutes what is on the disk is behind; a bonus is worth writing at once.
    fn deviation(&self, key: &Key, account: &Account) -> i32 {
        let bounded = |minutes| i32::try_from(minutes).unwrap_or(i32::MAX);
        match self.accounts.get(key).filter(|on_disk| on_disk.day == account.day) {
            Some(on_disk) if on_disk.bonus != account.bonus => STEP as i32,
            Some(on_disk) => bounded(account.used) - bounded(on_disk.used),
            None if account.bonus > 0 => STEP as i32,
            None => bounded(account.used),
        }
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

    /// These accounts were written, or could not be, when so much was used.
    pub(super) fn wrote(&mut self, written: Accounts, now: &Accounts, uptime: u32, worked: bool) {
        if worked {
            (self.accounts, self.used, self.failed) = (written, used_of(now), None);
        } else {
            self.failed = Some(uptime);
        }
    }
}

fn used_of(accounts: &Accounts) -> BTreeMap<Key, u32> {
    accounts.iter().map(|(key, account)| (key.clone(), account.used)).collect()
}

fn parse(text: &str) -> Result<Accounts, String> {
    let document: Document = from_json(text.as_bytes())?;
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
