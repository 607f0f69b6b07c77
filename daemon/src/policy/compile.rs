//! From what people wrote to tables and masks.
//!
//! [`Names`] is what is said about names; it changes when somebody edits. [`Policy::compile`] adds the people and the
//! time, which change by the hour, and costs microseconds.

use std::sync::Arc;

use luytre_lists::Category;

use super::plan::{Circumstances, Plan};
use super::rulebook::Rulebook;
use super::special::{self, Special};
use super::table::{NameTable, Own, Stated, Statement};
use super::{Policy, Profile, Rules, Subject, essentials};
use crate::catalogue::{Catalogue, SafeSearch};
use crate::clock::Timestamp;
use crate::family::{Family, Owner, Person, Whom};
use crate::who::{self, Key};

/// What is known about names, and whose rules they are.
#[derive(Debug)]
pub struct Names {
    /// The document that the table's marks are numbered by.
    pub(super) family: Arc<Family>,
    pub(super) book: Arc<Rulebook>,
    pub(super) table: NameTable,
    /// Whether the operator denies anything.
    pub(super) denies: bool,
}

impl Names {
    /// Compiles what the standards, what ships, the operator and the family say about names.
    pub fn compile(rules: &Rules, family: Arc<Family>, book: Arc<Rulebook>) -> Self {
        let mut table = NameTable::default();
        special::add_to(&mut table);
        if rules.dns64 {
            special::add_dns64_to(&mut table);
        }
        for essential in essentials() {
            table.entry(&essential.name).essential.set(essential.exact, true);
        }
        let operator = rules.allow.iter().map(|rule| (false, "allow", rule));
        for (denied, list, rule) in operator.chain(rules.deny.iter().map(|rule| (true, "deny", rule))) {
            let id = book.number(&format!("{list}:{}", rule.text));
            let slot = &mut table.entry(&rule.name).operator;
            // Deny wins a tie.
            if denied || !slot.get(rule.exact).is_some_and(|(denied, _)| denied) {
                slot.set(rule.exact, (denied, id));
            }
        }
        for zone in &rules.zones {
            table.entry(zone).forwarded = true;
        }
        for own in &rules.own_names {
            table.entry(own).special = Some(Special::OwnName);
        }
        for (name, owner) in Catalogue::shipped().owners() {
            table.entry(&name.name).service.set(name.exact, owner);
        }
        for (id, engine) in SafeSearch::shipped().engines() {
            for name in engine.names() {
                table.entry(&name).engine = Some(id);
            }
        }
        table.state(statements(&family, &book));
        Self { family, book, table, denies: !rules.deny.is_empty() }
    }
}

/// What the family says about names.
fn statements(family: &Family, book: &Rulebook) -> Vec<(luytre_lists::Domain, Statement)> {
    let rules = family.rules.iter().map(|rule| {
        let id = book.number(&format!("{}:{}", if rule.denied { "block" } else { "allow" }, rule.name.text));
        let own = Own { denied: rule.denied, over_time: rule.over_time, id };
        let kind = Stated::Rule { whom: rule.whom, rule: own };
        (rule.name.name.clone(), Statement { exact: rule.name.exact, kind })
    });
    let marks = (0_u8..)
        .zip(&family.names)
        .map(|(bit, name)| (name.name.clone(), Statement { exact: name.exact, kind: Stated::Mark(bit) }));
    rules.chain(marks).collect()
}

impl Policy {
    /// Compiles who may do what in these circumstances. `subjects` are those of the roll, by number.
    pub fn compile(
        names: Arc<Names>,
        rules: &Rules,
        subjects: &[who::Subject],
        circumstances: &Circumstances<'_>,
    ) -> Self {
        let Names { family, book, .. } = &*names;
        let profiles = profiles(rules, family);
        let compiler = Compiler { family, profiles: &profiles, book, circumstances };
        let plan = |whom| Plan::of(family, whom, circumstances, book);
        let people = 0..family.people.len();
        let plans = people
            .map(|person| plan(compiler.person(person).1))
            .chain([plan(Whom::default()), plan(Whom { supervised: true, ..Whom::default() })]);
        let plans = plans.collect();
        let unknown = compiler.subject(&who::Subject::default());
        let known = subjects.iter().skip(1).map(|subject| compiler.subject(subject));
        let subjects = std::iter::once(unknown).chain(known).collect();
        let standing = [].into();
        let policy = Self { plans, subjects, standing, profiles, spent: circumstances.spent.into(), names };
        Self { standing: policy.stand(circumstances.now), ..policy }
    }
}

/// The house's own profile, then the family's.
fn profiles(rules: &Rules, family: &Family) -> Box<[Profile]> {
    let house = Profile { block: rules.block.with(Category::ALWAYS), ..Profile::default() };
    let of_family = family.profiles.iter().map(|profile| Profile {
        block: if profile.supervised { profile.block.union(rules.supervised) } else { profile.block },
        services: profile.services,
        safe_search: profile.safe_search,
        youtube: profile.youtube,
        suspected: profile.suspected,
        supervised: profile.supervised,
    });
    std::iter::once(house).chain(of_family).collect()
}

struct Compiler<'a> {
    family: &'a Family,
    profiles: &'a [Profile],
    book: &'a Rulebook,
    circumstances: &'a Circumstances<'a>,
}

impl Compiler<'_> {
    /// The compiled profile of a person, and their bits.
    fn person(&self, place: usize) -> (u16, Whom) {
        let person: Option<&Person> = self.family.people.get(place);
        let year = self.family.zone.date(self.circumstances.now).year();
        let profile = person.and_then(|person| self.family.profile_of(person, year));
        let index = profile.and_then(|own| self.family.profiles.iter().position(|known| known.id == own.id));
        // Behind the house's. Who has none is treated as unknown devices are.
        let index = index.or(self.family.unknown).map_or(0, |index| index + 1);
        (index as u16, Whom { people: 1 << place, supervised: self.supervised(index), house: false }) // few profiles
    }

    fn supervised(&self, profile: usize) -> bool {
        self.profiles.get(profile).is_some_and(|profile| profile.supervised)
    }

    fn subject(&self, subject: &who::Subject) -> Subject {
        let family = self.family;
        let person = family.people.iter().position(|person| *person.id == *subject.person);
        let nobodys = |profile: Option<usize>| {
            let index = profile.map_or(0, |index| index + 1);
            let supervised = self.supervised(index);
            // The two plans behind those of the people.
            let plan = family.people.len() + usize::from(supervised);
            (index as u16, Whom { supervised, ..Whom::default() }, plan)
        };
        let (profile, whom, plan) = match (person, self.owner(&subject.device)) {
            (Some(place), _) => {
                let (profile, whom) = self.person(place);
                (profile, whom, place)
            }
            (None, Some(Owner::Profile(index))) => nobodys(Some(index)),
            (None, _) => nobodys(family.unknown),
        };
        let privacy = person.and_then(|place| family.people.get(place)?.privacy);
        Subject { whom, profile, plan: plan as u16, paused: self.paused(whom, subject), privacy }
    }

    fn owner(&self, key: &Key) -> Option<Owner> {
        let mut devices = self.family.devices.iter();
        devices.find(|device| *key != Key::None && device.known.key() == *key).map(|device| device.owner)
    }

    /// The pause that holds longest.
    fn paused(&self, whom: Whom, subject: &who::Subject) -> Option<(Timestamp, super::RuleId)> {
        let device = subject.device.to_string();
        let pauses = self.family.pauses.iter().filter(|pause| pause.until > self.circumstances.now);
        let hit = pauses.filter_map(|pause| {
            let named = pause.devices.contains(&device);
            let who = match (named, pause.whom.house) {
                (true, _) => device.as_str(),
                (false, true) => "house",
                (false, false) => &*subject.person,
            };
            let hit = named || pause.whom.includes(whom);
            hit.then(|| (pause.until, self.book.number(&format!("pause:{who}"))))
        });
        hit.max_by_key(|(until, _)| *until)
    }
}
