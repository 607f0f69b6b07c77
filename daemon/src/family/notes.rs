//! What is written and has no effect, each with why: for people who wonder.

use super::problem::{Pointer, Problem};
use super::spec::Spec;
use super::{Family, Mode, OwnRule, Whom};
use crate::policy::Essentials;

/// Looks for what never takes effect.
pub(super) fn of(spec: &Spec, family: &Family) -> Vec<Problem> {
    let (mut notes, essentials) = (Vec::new(), Essentials::shipped());
    let at = |key: &str, index: usize| Pointer::default().key(key).item(index);
    for (index, rule) in family.rules.iter().enumerate() {
        if let Some((first, why)) = shadow(&family.rules, index) {
            let what = format!("rule {} ({}) {why}", first + 1, family.rules[first].name.text); // found there
            notes.push(Problem::new(at("rule", index), what));
        } else if rule.denied && essentials.cover(&rule.name) {
            let scope = &rule.name.text;
            notes.push(Problem::new(
                at("rule", index),
                format!("{scope} is never blocked: an emergency, a bank, a school"),
            ));
        }
    }
    for (index, schedule) in family.schedules.iter().enumerate() {
        if schedule.whom.people != 0
            && schedule.whom.people & supervised(family) == 0
            && !schedule.whom.supervised
        {
            notes.push(Problem::new(
                at("schedule", index),
                "it is about adults alone, who have a schedule all the same",
            ));
        }
        let whole_day = schedule.window.from == schedule.window.to;
        if whole_day && matches!(schedule.mode, Mode::Block) && schedule.during.is_none() {
            notes
                .push(Problem::new(at("schedule", index), "on its days it blocks everything, day and night"));
        }
    }
    for (index, budget) in family.budgets.iter().enumerate() {
        let same = |other: &super::Budget| other.person == budget.person && other.scope == budget.scope;
        if let Some(first) = family.budgets[..index].iter().position(same) {
            let what = format!("budget {} is about the same; the smaller one counts", first + 1);
            notes.push(Problem::new(at("budget", index), what));
        }
    }
    for (index, person) in spec.person.iter().enumerate() {
        if !spec.device.iter().any(|device| device.person == person.id) {
            let what =
                format!("no device is {}'s yet: nothing that is decided for them has an effect", person.id);
            notes.push(Problem::new(at("person", index), what));
        }
    }
    notes
}

fn supervised(family: &Family) -> u64 {
    let of = |person: &super::Person| match person.profile {
        super::Choice::Profile(index) => family.profiles.get(index).is_some_and(|profile| profile.supervised),
        super::Choice::Born(_) => true,
    };
    family
        .people
        .iter()
        .enumerate()
        .filter(|(_, person)| of(person))
        .fold(0, |all, (place, _)| all | 1 << place)
}

/// The rule that decides in this one's place, and how.
fn shadow(rules: &[OwnRule], index: usize) -> Option<(usize, &'static str)> {
    let rule = &rules[index]; // the caller's own
    let same_name =
        |other: &OwnRule| (&other.name.name, other.name.exact) == (&rule.name.name, rule.name.exact);
    rules.iter().enumerate().find_map(|(place, other)| {
        if place == index || !same_name(other) || !covers(other.whom, rule.whom) {
            return None;
        }
        match (rule.denied, other.denied) {
            (same, denied) if same == denied && place < index => Some((place, "says the same already")),
            (false, true) => Some((place, "blocks the same name: a block wins")),
            _ => None,
        }
    })
}

/// Whether everybody of one is of the other too.
fn covers(wide: Whom, narrow: Whom) -> bool {
    wide.house
        || (!narrow.house && (wide.supervised || !narrow.supervised) && narrow.people & !wide.people == 0)
}
