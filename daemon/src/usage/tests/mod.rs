//! Budgets through their public face: a household whose minutes pass one by one.

mod clocks;
mod days;
mod file;
mod rules;

use std::path::Path;
use std::sync::Arc;

use tempfile::TempDir;

use super::{Allowance, Meters, Time, Usage};
use crate::clock::Timestamp;
use crate::family::Family;

/// Saturday, 21 November 2026, noon in Viet Nam.
const NOON: Timestamp = 1_795_237_200;
const HOUR: u64 = 3600;

const AN: &str = "person = [{ id = \"an\", name = \"An\", birth_year = 2015 }]\n";

/// Three children with three budgets each.
fn three_children() -> String {
    let people = ["an", "binh", "chi"];
    let list = people.map(|id| format!("{{ id = \"{id}\", name = \"{id}\", birth_year = 2014 }}")).join(", ");
    let budget = |id: &str| {
        ["all", "group:games", "service:youtube"]
            .map(|of| format!("{{ who = \"{id}\", of = \"{of}\", minutes = 600 }}"))
            .join(", ")
    };
    let budgets = people.map(budget).join(", ");
    format!("person = [{list}]\nbudget = [{budgets}]")
}

/// An evening of theirs, for who counts what reaches the disk.
pub(crate) struct Evening {
    usage: Usage,
    meters: Meters,
    time: Time,
}

impl Evening {
    /// It is written down in this folder.
    pub(crate) fn begin(folder: &Path) -> Self {
        let (_, family) = Family::parse("family.toml", &three_children()).unwrap();
        let time = Time { now: NOON, trusted: true, uptime: 0 };
        Self { usage: Usage::at_start(folder), meters: Meters::of(Arc::new(family)), time }
    }

    /// All of them are at it for two minutes from then on; what was used is written when it is time.
    pub(crate) fn two_minutes(&mut self, from: Timestamp) {
        self.time.now = from;
        for _ in 0..2 {
            (0..3).for_each(|child| self.meters.note(child, 0b111, self.time.minute()));
            (self.time.now, self.time.uptime) = (self.time.now + 60, self.time.uptime + 60);
            self.usage.tick(&self.meters, self.time, &[]);
        }
        if self.usage.is_due(self.time) {
            self.usage.save(self.time);
        }
    }
}

/// A house with one child, An, and a state folder.
struct House {
    folder: TempDir,
    usage: Usage,
    meters: Meters,
    time: Time,
    /// Whether it has a disk: tests of arithmetic need none, and it is slow.
    saves: bool,
}

impl House {
    /// A house whose children have these budgets; the clock can be believed.
    fn new(budgets: &str, now: Timestamp) -> Self {
        Self::reading(&format!("{AN}{budgets}"), now)
    }

    fn reading(family: &str, now: Timestamp) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (_, family) = Family::parse("family.toml", family).unwrap();
        let usage = Usage::at_start(folder.path());
        let meters = Meters::of(Arc::new(family));
        let mut house =
            Self { folder, usage, meters, time: Time { now, trusted: true, uptime: 0 }, saves: true };
        house.tick();
        house
    }

    fn tick(&mut self) {
        self.usage.tick(&self.meters, self.time, &[]);
        if self.saves && self.usage.is_due(self.time) {
            self.usage.save(self.time);
        }
    }

    /// A minute passes, in which An uses the budgets of these bits unless they are used up.
    fn minute(&mut self, budgets: u16) {
        let spent = self.usage.spent(self.meters.family(), self.time);
        let is_open = |bit: &usize| spent.get(*bit).is_some_and(Option::is_none);
        let open = (0..16).filter(is_open).fold(0, |all: u16, bit| all | 1 << bit);
        if budgets & open != 0 {
            self.meters.note(0, budgets & open, self.time.minute());
        }
        self.pass(1);
    }

    fn minutes(&mut self, count: u32, budgets: u16) {
        (0..count).for_each(|_| self.minute(budgets));
    }

    /// So many minutes pass, in each of which nothing happens.
    fn pass(&mut self, minutes: u32) {
        for _ in 0..minutes {
            (self.time.now, self.time.uptime) = (self.time.now + 60, self.time.uptime + 60);
            self.tick();
        }
    }

    /// The power goes, and comes back.
    fn power_cut(&mut self) {
        self.usage = Usage::at_start(self.folder.path());
        self.meters = Meters::of(Arc::clone(self.meters.family()));
        self.time.uptime = 0;
        self.tick();
    }

    fn allowance(&self, place: usize) -> Allowance {
        self.usage.allowances(self.meters.family(), self.time)[place].clone()
    }

    fn used(&self) -> u32 {
        self.allowance(0).used
    }

    /// Until when there is nothing left of the first budget.
    fn spent(&self) -> Option<Timestamp> {
        self.usage.spent(self.meters.family(), self.time)[0]
    }

    fn give(&self, budget: &str, minutes: u32) -> Result<(), String> {
        self.usage.give(self.meters.family(), budget, minutes, self.time)
    }

    fn folder(&self) -> &Path {
        self.folder.path()
    }
}
