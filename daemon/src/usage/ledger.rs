//! Everybody's minutes: what was used, what is left, and until when there is nothing left. PURE: time comes in.

use std::collections::BTreeMap;

use serde::Serialize;

use super::account::{Account, Feed};
use super::meters::{KEPT, Meters, Minute};
use crate::calendar::{BudgetDay, Date, budget_day};
use crate::clock::{Clock, Timestamp};
use crate::family::{Budget, Family, MAX_BUDGETS, MAX_PEOPLE};

/// The most accounts: those of a family, and as many of budgets that were taken away today.
const MAX_ACCOUNTS: usize = 2 * MAX_PEOPLE * MAX_BUDGETS;
/// The most minutes that are given besides, on one day: a day.
const MAX_BONUS: u32 = 1440;

/// A reading of the clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Time {
    /// The wall clock, which says what day it is.
    pub now: Timestamp,
    /// Whether it can be believed.
    pub trusted: bool,
    /// Seconds since the start, which say what passed.
    pub uptime: u32,
}

impl Time {
    /// What a clock says.
    pub fn of(clock: &Clock) -> Self {
        let moment = clock.moment();
        Self { now: moment.now, trusted: clock.trusted(), uptime: moment.seconds }
    }

    /// The minute that is not over yet.
    pub fn minute(self) -> Minute {
        self.uptime / 60
    }

    /// What the wall clock showed when a minute began, if nobody set it since.
    fn when(self, minute: Minute) -> Timestamp {
        self.now.saturating_sub(u64::from(self.uptime.saturating_sub(minute.saturating_mul(60))))
    }
}

/// A budget as people see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct Allowance {
    /// Whose.
    pub who: String,
    /// Which.
    pub budget: String,
    /// Minutes for today, without the bonus.
    pub minutes: u32,
    /// Minutes given besides, today.
    pub bonus: u32,
    /// Minutes used today.
    pub used: u32,
    /// Minutes left today.
    pub left: u32,
    /// The step of `warn` that is reached, if one is and something is left.
    pub warning: Option<u32>,
    /// When the next day begins, RFC 3339.
    pub resets: String,
}

/// Whose, and which.
pub(super) type Key = (String, String);

/// Everybody's accounts.
#[derive(Debug)]
pub(super) struct Ledger {
    pub(super) accounts: BTreeMap<Key, Account>,
    /// The first minute that was not counted.
    next: Minute,
    /// What shows use of everything.
    pub(super) feed: Feed,
}

impl Ledger {
    pub(super) fn new(accounts: BTreeMap<Key, Account>, feed: Feed) -> Self {
        Self { accounts, next: 0, feed }
    }

    /// Counts the minutes that are over.
    pub(super) fn pass(&mut self, meters: &Meters, time: Time) {
        let (family, current) = (meters.family(), time.minute());
        let first = self.next.max(current.saturating_sub(KEPT - 1));
        for (place, budget) in family.budgets.iter().enumerate() {
            let Some(key) = key_of(family, budget) else { continue };
            let account = self.accounts.entry(key).or_default();
            for minute in first..current {
                let when = time.when(minute);
                date(account, family, budget, Time { now: when, ..time });
                let active = meters.is_active(place, minute);
                let limit = limit(account, family, budget, when);
                // What one thing takes of it, bytes show only where its addresses are its own.
                let feed = if budget.scope.all { self.feed } else { Feed::Dns };
                account.pass(minute, active, feed, limit, time.trusted);
            }
            date(account, family, budget, time);
        }
        self.next = self.next.max(current);
        self.forget(family, time);
    }

    /// Drops what no budget stands for any more; what was used today stays, as a budget that was taken away by mistake
    /// may come back.
    fn forget(&mut self, family: &Family, time: Time) {
        let few = self.accounts.len() <= MAX_ACCOUNTS;
        let today = family.zone.date(time.now);
        let stands =
            |key: &Key| family.budgets.iter().any(|budget| key_of(family, budget).as_ref() == Some(key));
        self.accounts.retain(|key, account| (few && account.day >= Some(today)) || stands(key));
    }

    /// For each budget of the family, until when there is nothing left of it.
    pub(super) fn spent(&self, family: &Family, time: Time) -> Vec<Option<Timestamp>> {
        let spent = |budget: &Budget| {
            let account = self.account(family, budget);
            let is_spent = account.used >= limit(&account, family, budget, time.now);
            is_spent.then(|| day_of(&account, family, budget, time.now).span.to)
        };
        family.budgets.iter().map(spent).collect()
    }

    /// Every budget as people see it, in the order of the family.
    pub(super) fn allowances(&self, family: &Family, time: Time) -> Vec<Allowance> {
        let shown = |budget: &Budget| {
            let account = self.account(family, budget);
            let limit = limit(&account, family, budget, time.now);
            let left = limit.saturating_sub(account.used);
            let reached = |step: &&u32| left <= **step && left > 0;
            let (who, id) = key_of(family, budget)?;
            Some(Allowance {
                who,
                budget: id,
                minutes: limit.saturating_sub(account.bonus),
                bonus: account.bonus,
                used: account.used,
                left,
                warning: budget.warn.iter().filter(reached).min().copied(),
                resets: crate::status::rfc3339(day_of(&account, family, budget, time.now).span.to),
            })
        };
        family.budgets.iter().filter_map(shown).collect()
    }

    /// Gives minutes besides, for today; the error says why not.
    pub(super) fn give(&mut self, family: &Family, id: &str, minutes: u32, time: Time) -> Result<(), String> {
        let budget = family.budgets.iter().find(|budget| budget.id == id);
        let (budget, key) = budget
            .and_then(|budget| Some((budget, key_of(family, budget)?)))
            .ok_or_else(|| format!("there is no budget {}", crate::config::quoted(id)))?;
        let account = self.accounts.entry(key).or_default();
        date(account, family, budget, time);
        match account.bonus.checked_add(minutes) {
            Some(bonus @ 1..=MAX_BONUS) if minutes > 0 => {
                account.bonus = bonus;
                Ok(())
            }
            _ => Err(format!("write 1 to {} minutes", MAX_BONUS.saturating_sub(account.bonus))),
        }
    }

    fn account(&self, family: &Family, budget: &Budget) -> Account {
        let key = key_of(family, budget);
        key.and_then(|key| self.accounts.get(&key)).copied().unwrap_or_default()
    }
}

fn key_of(family: &Family, budget: &Budget) -> Option<Key> {
    Some((family.people.get(budget.person)?.id.clone(), budget.id.clone()))
}

fn date(account: &mut Account, family: &Family, budget: &Budget, time: Time) {
    if time.trusted {
        account.date(budget_day(&family.zone, budget.reset, time.now).date);
    }
}

/// Minutes for the day of the account, with those given besides.
fn limit(account: &Account, family: &Family, budget: &Budget, now: Timestamp) -> u32 {
    let today = || budget_day(&family.zone, budget.reset, now).date;
    let is_weekend = account.day.unwrap_or_else(today).is_weekend();
    let minutes = if is_weekend { budget.weekend_minutes } else { budget.minutes };
    minutes.saturating_add(account.bonus)
}

/// The day that the account is in: the calendar's, or the next where the clock was set back over a reset.
fn day_of(account: &Account, family: &Family, budget: &Budget, now: Timestamp) -> BudgetDay {
    let day = budget_day(&family.zone, budget.reset, now);
    let is_ahead = |ahead: Date| ahead == day.date.next();
    match account.day.is_some_and(is_ahead) {
        true => budget_day(&family.zone, budget.reset, day.span.to),
        false => day,
    }
}
