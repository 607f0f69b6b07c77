//! Schedules, budgets, rules, grants and pauses.

use std::collections::HashMap;

use super::super::problem::Pointer;
use super::super::spec::{BudgetSpec, GrantSpec, PauseSpec, RuleSpec, ScheduleSpec, Spec};
use super::super::words;
use super::super::{Budget, Grant, MAX_BUDGETS, Mode, OwnRule, Pause, Schedule, Scope, Whom};
use super::Check;
use crate::calendar::{Days, TimeOfDay, Weekdays, Window};
use crate::clock::Timestamp;
use crate::config::{did_you_mean, name_rule};

impl Check {
    fn somebody(&mut self, at: Pointer, ids: &[String]) -> Whom {
        if ids.is_empty() {
            self.refuse(at.clone(), "write for whom: ids of people, or \"*\" for every supervised one");
        }
        self.whom(&at, ids)
    }

    pub(super) fn schedule(&mut self, at: &Pointer, spec: &ScheduleSpec) -> Option<Schedule> {
        self.accept(at.key("id"), words::id(&spec.id));
        let whom = self.somebody(at.key("who"), &spec.who);
        let scope = self.scope(&at.key("of"), &spec.of);
        let mode = match (spec.mode.as_str(), spec.of.is_empty()) {
            ("block", true) => Some(Mode::Block),
            ("block", false) => {
                self.refuse(
                    at.key("of"),
                    "mode \"block\" blocks everything; write \"block-set\" or \"only\"",
                );
                None
            }
            ("only", _) => Some(Mode::Only(scope)),
            ("block-set", false) => Some(Mode::BlockSet(scope)),
            ("block-set", true) => {
                self.refuse(at.key("of"), "write what it blocks, such as [\"group:games\"]");
                None
            }
            (other, _) => {
                let near = did_you_mean(other, ["block", "only", "block-set"].into_iter());
                self.refuse(at.key("mode"), format!("write \"block\", \"only\" or \"block-set\"{near}"));
                None
            }
        };
        let days = match spec.days.is_empty() {
            true => Some(Weekdays::default()),
            false => self.accept(at.key("days"), Weekdays::parse(spec.days.iter().map(String::as_str))),
        };
        let from = self.accept(at.key("from"), TimeOfDay::parse(&spec.from));
        let to = self.accept(at.key("to"), TimeOfDay::parse_end(&spec.to));
        let except = self.days(at.key("except"), &spec.except);
        let during = self.days(at.key("during"), &spec.during);
        let during = (!spec.during.is_empty()).then_some(during);
        let window = Window { days: days?, from: from?, to: to? };
        Some(Schedule { id: spec.id.clone(), whom, mode: mode?, window, during, except })
    }

    fn days(&mut self, at: Pointer, texts: &[String]) -> Days {
        let each = texts.iter().enumerate();
        let wrong: Vec<_> = each
            .filter_map(|(index, text)| Some((index, self.holidays.days([text.as_str()]).err()?)))
            .collect();
        wrong.into_iter().for_each(|(index, what)| self.refuse(at.item(index), what));
        self.holidays.days(texts.iter().map(String::as_str)).unwrap_or_default()
    }

    fn scope(&mut self, at: &Pointer, texts: &[String]) -> Scope {
        let mut scope = Scope::default();
        for (index, text) in texts.iter().enumerate() {
            let added = self.targets.add(text, &mut scope);
            self.accept(at.item(index), added);
        }
        scope
    }

    pub(super) fn budget(&mut self, at: &Pointer, spec: &BudgetSpec) -> Option<Budget> {
        let person = self.person_called(at.key("who"), &spec.who);
        let of = spec.of.as_slice();
        if of.is_empty() {
            self.refuse(at.key("of"), "write what it is about: \"all\", or such as \"service:youtube\"");
        }
        let scope = self.scope(&at.key("of"), of);
        for (key, minutes) in [("minutes", Some(spec.minutes)), ("weekend_minutes", spec.weekend_minutes)] {
            if minutes.is_some_and(|minutes| minutes > 1440) {
                self.refuse(at.key(key), "a day has 1440 minutes; write 0 to 1440");
            }
        }
        let reset = if spec.reset.is_empty() { "04:00" } else { &spec.reset };
        let reset = self.accept(at.key("reset"), TimeOfDay::parse(reset));
        let id = if spec.id.is_empty() { format!("{}-{}", spec.who, of.join("-")) } else { spec.id.clone() };
        let mut warn = spec.warn.clone();
        warn.sort_unstable_by(|one, other| other.cmp(one));
        Some(Budget {
            id,
            person: person?,
            scope,
            minutes: spec.minutes,
            weekend_minutes: spec.weekend_minutes.unwrap_or(spec.minutes),
            reset: reset?,
            warn,
        })
    }

    /// Names the first budget of each person that is one too many.
    pub(super) fn few_budgets(&mut self, specs: &[BudgetSpec]) {
        let mut counts: HashMap<&str, usize> = HashMap::new();
        for (index, spec) in specs.iter().enumerate() {
            let count = counts.entry(&spec.who).or_default();
            *count += 1;
            if *count == MAX_BUDGETS + 1 {
                let at = Pointer::default().key("budget").item(index);
                let who = &spec.who;
                self.refuse(at, format!("{who} has more than {MAX_BUDGETS} budgets; let one be about several things: of = [\"service:…\", \"group:…\"]"));
            }
        }
    }

    pub(super) fn rule(&mut self, at: &Pointer, spec: &RuleSpec) -> Option<OwnRule> {
        let mut whom = self.whom(&at.key("who"), &spec.who);
        whom.house |= spec.who.is_empty();
        let name = self.accept(at.key("name"), name_rule(&spec.name));
        let denied = match spec.action.as_str() {
            "allow" => Some(false),
            "block" => Some(true),
            _ => {
                self.refuse(at.key("action"), "write \"allow\" or \"block\"");
                None
            }
        };
        if denied == Some(true) && spec.over_time {
            self.refuse(at.key("over_time"), "a block holds at any time; only an allow can pass bedtimes");
        }
        Some(OwnRule { whom, name: name?, denied: denied?, over_time: spec.over_time })
    }

    pub(super) fn grant(&mut self, at: &Pointer, spec: &GrantSpec) -> Option<Grant> {
        let whom = self.somebody(at.key("who"), &spec.who);
        let mut scope = Scope::default();
        let added = self.targets.add(&spec.of, &mut scope);
        self.accept(at.key("of"), added);
        let until = self.accept(at.key("until"), words::moment(&spec.until));
        Some(Grant { whom, scope, of: spec.of.clone(), until: until? })
    }

    pub(super) fn pause(&mut self, at: &Pointer, spec: &PauseSpec, whole: &Spec) -> Pause {
        let (mut people, mut devices) = (Vec::new(), Vec::new());
        let is_device = |text: &str| {
            whole.device.iter().any(|device| device.token == text && !text.is_empty())
                || words::mac(text).is_ok()
        };
        for text in spec.who.as_slice() {
            if !self.people.contains_key(text) && is_device(text) {
                devices.push(words::mac(text).map_or_else(|_| text.clone(), |mac| mac.to_string()));
            } else {
                people.push(text.clone());
            }
        }
        if people.is_empty() && devices.is_empty() {
            self.refuse(at.key("who"), "write who: a person, a device's MAC address, \"*\" or \"house\"");
        }
        let whom = self.whom(&at.key("who"), &people);
        let until = match spec.until.as_str() {
            "" => Some(Timestamp::MAX),
            text => self.accept(at.key("until"), words::moment(text)),
        };
        Pause { whom, devices, until: until.unwrap_or(Timestamp::MAX) }
    }
}
