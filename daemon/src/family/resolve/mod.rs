//! From what is written to what is meant: every thing checked against every other, all problems collected.

mod people;
mod rules;

use std::collections::HashMap;

use super::problem::{Pointer, Problem};
use super::spec::Spec;
use super::words::{self, Targets};
use super::{Family, notes};
use crate::calendar::{Date, Holidays, Zone};

impl Family {
    /// What a spec means, or everything that is wrong with it.
    pub fn resolve(spec: &Spec) -> Result<Self, Vec<Problem>> {
        let mut check = Check {
            problems: Vec::new(),
            people: HashMap::new(),
            profiles: HashMap::new(),
            holidays: Holidays::shipped(),
            targets: Targets::default(),
        };
        let family = check.family(spec);
        if !check.problems.is_empty() {
            return Err(check.problems);
        }
        let notes = notes::of(spec, &family);
        Ok(Self { notes, names: check.targets.names, ..family })
    }
}

/// What is collected on the way.
struct Check {
    problems: Vec<Problem>,
    people: HashMap<String, usize>,
    profiles: HashMap<String, usize>,
    holidays: Holidays,
    targets: Targets,
}

impl Check {
    fn family(&mut self, spec: &Spec) -> Family {
        let top = Pointer::default();
        let zone = self.accept(top.key("time_zone"), Zone::parse(&spec.time_zone)).unwrap_or_default();
        self.learn_holidays(spec);
        let profiles = self.learn_profiles(spec);
        self.learn_people(spec);
        let unknown = self.profile(top.key("unknown_devices"), &spec.unknown_devices);
        let people = self.each("person", &spec.person, Self::person);
        let devices = self.devices(&spec.device);
        let schedules = self.each("schedule", &spec.schedule, Self::schedule);
        let budgets = self.each("budget", &spec.budget, Self::budget);
        self.unique("schedule", schedules.iter().map(|schedule| schedule.id.as_str()));
        self.unique("budget", budgets.iter().map(|budget| budget.id.as_str()));
        self.few_budgets(&spec.budget);
        let rules = self.each("rule", &spec.rule, Self::rule);
        let grants = self.each("grant", &spec.grant, Self::grant);
        let pauses = self.each("pause", &spec.pause, |check, at, pause| Some(check.pause(at, pause, spec)));
        let (names, notes) = Default::default();
        Family {
            zone,
            unknown,
            people,
            devices,
            profiles,
            schedules,
            budgets,
            rules,
            grants,
            pauses,
            names,
            notes,
        }
    }

    /// Keeps what is good, and the words for what is not.
    fn accept<T>(&mut self, at: Pointer, result: Result<T, String>) -> Option<T> {
        result.map_err(|what| self.problems.push(Problem::new(at, what))).ok()
    }

    fn refuse(&mut self, at: Pointer, what: impl Into<String>) {
        self.problems.push(Problem::new(at, what));
    }

    fn each<S, T>(
        &mut self,
        key: &str,
        specs: &[S],
        one: impl Fn(&mut Self, &Pointer, &S) -> Option<T>,
    ) -> Vec<T> {
        let list = Pointer::default().key(key);
        let entries = specs.iter().enumerate();
        entries.filter_map(|(index, spec)| one(self, &list.item(index), spec)).collect()
    }

    /// Names the second of two things with one id.
    fn unique<'a>(&mut self, key: &str, ids: impl Iterator<Item = &'a str>) {
        let mut seen = HashMap::new();
        for (index, id) in ids.enumerate() {
            if let Some(first) = seen.insert(id, index) {
                let at = Pointer::default().key(key).item(index).key("id");
                self.refuse(at, format!("{key} {} is called \"{id}\" too; choose another id", first + 1));
            }
        }
    }

    fn learn_holidays(&mut self, spec: &Spec) {
        for (index, holiday) in spec.holiday.iter().enumerate() {
            let at = Pointer::default().key("holiday").item(index);
            self.accept(at.key("id"), words::id(&holiday.id));
            let from = self.accept(at.key("from"), Date::parse(&holiday.from));
            let to = self.accept(at.key("to"), Date::parse(&holiday.to));
            if let (Some(from), Some(to)) = (from, to) {
                let added = self.holidays.add(&holiday.id, from, to);
                self.accept(at.clone(), added);
            }
        }
    }
}
