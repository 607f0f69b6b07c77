//! The house's rules in words that a child reads.

use luytre_lists::{Category, CategorySet, CategoryTable};

use crate::catalogue::{AgeProfiles, Because, Catalogue};
use crate::clock::Timestamp;
use crate::family::{Family, Profile, Spec};
use crate::web::language::Language;
use crate::web::texts::Texts;

/// One rule: what, when.
pub(super) struct Line {
    pub(super) what: String,
    pub(super) when: String,
}

/// The profiles that are spoken to in short words.
pub(super) const YOUNG: [&str; 2] = ["age-0-6", "age-7-12"];

/// What is blocked for one reason.
pub(super) struct Blocked {
    /// Empty for who is too young for these words.
    pub(super) what: String,
    pub(super) why: &'static str,
}

/// The profile of a person, by id.
pub(super) fn profile_of<'f>(family: &'f Family, who: &str, now: Timestamp) -> Option<&'f Profile> {
    let person = family.people.iter().find(|person| person.id == who)?;
    family.profile_of(person, family.zone.date(now).year())
}

/// The hours and limits of a person.
pub(super) fn of(spec: &Spec, who: &str, supervised: bool, language: Language) -> Vec<Line> {
    let texts = language.texts();
    let concerns = |whom: &String| whom == who || (whom == "*" && supervised);
    let schedules = spec.schedule.iter().filter(|schedule| schedule.who.iter().any(concerns));
    let schedules = schedules.map(|schedule| {
        let name = schedule_name(texts, &schedule.id);
        let of = scope(&schedule.of, language);
        let what = match schedule.mode.as_str() {
            "only" => format!("{name}: {} {of}", texts.my_mode_only),
            "block-set" => format!("{name}: {} {of}", texts.my_mode_set),
            _ => format!("{name}: {}", texts.my_mode_block),
        };
        let (from, to, days) = (&schedule.from, &schedule.to, days(texts, &schedule.days));
        Line { what, when: format!("{from}–{to}, {days}") }
    });
    let budgets = spec.budget.iter().filter(|budget| budget.who == who).map(|budget| {
        let mut when = format!("{} {}", budget.minutes, texts.my_a_day);
        if let Some(minutes) = budget.weekend_minutes.filter(|&minutes| minutes != budget.minutes) {
            when = format!("{when}, {minutes} {}", texts.my_weekend);
        }
        Line { what: scope(budget.of.as_slice(), language), when }
    });
    schedules.chain(budgets).collect()
}

/// What a schedule is called: the first run and the page give ids that say it.
pub(super) fn schedule_name(texts: &Texts, id: &str) -> String {
    match id {
        _ if id.contains("bedtime") => texts.my_bedtime.to_owned(),
        _ if id.contains("school") || id.contains("homework") => texts.my_study.to_owned(),
        _ => id.replace('-', " "),
    }
}

fn days(texts: &Texts, keys: &[String]) -> String {
    let all = [
        ("mon", texts.day_mon),
        ("tue", texts.day_tue),
        ("wed", texts.day_wed),
        ("thu", texts.day_thu),
        ("fri", texts.day_fri),
        ("sat", texts.day_sat),
        ("sun", texts.day_sun),
    ];
    let chosen = all.iter().filter(|(key, _)| keys.iter().any(|chosen| chosen == key));
    let chosen: Vec<_> = chosen.map(|(_, name)| *name).collect();
    if chosen.is_empty() || chosen.len() == all.len() { texts.my_every_day.into() } else { chosen.join(", ") }
}

/// What a rule is about: `service:youtube` by the name that people know.
pub(super) fn scope(of: impl IntoIterator<Item = impl AsRef<str>>, language: Language) -> String {
    let (catalogue, table) = (Catalogue::shipped(), CategoryTable::shipped());
    let name = |of: &str| match of.split_once(':') {
        Some(("service", key)) => {
            let service = catalogue.by_key(key).and_then(|id| catalogue.service(id));
            service.map(|service| language.of(service.vi, service.en).to_owned())
        }
        Some(("group", key)) => {
            let group = catalogue.group_by_key(key).and_then(|id| catalogue.group(id));
            group.map(|group| language.of(group.vi, group.en).to_owned())
        }
        Some(("category", key)) => {
            let info = table.by_key(key).and_then(|category| table.info(category));
            info.map(|info| language.name_of(info).to_owned())
        }
        Some((_, name)) => Some(name.to_owned()),
        None => Some(language.texts().my_all.to_owned()),
    };
    let names = of.into_iter().map(|of| name(of.as_ref()).unwrap_or_else(|| of.as_ref().to_owned()));
    names.collect::<Vec<_>>().join(", ")
}

/// What an age is kept from, and why; of a profile of the family's own, as far as it goes by one that ships.
pub(super) fn blocked(profile: &Profile, language: Language) -> Vec<Blocked> {
    let shipped = AgeProfiles::shipped().by_id(&profile.id);
    let because = shipped.map(|shipped| &*shipped.because).unwrap_or_default();
    let young = YOUNG.contains(&profile.id.as_str());
    because
        .iter()
        .map(|because| Blocked {
            what: if young { String::new() } else { names(because, language) },
            why: language.of(because.vi, because.en),
        })
        .collect()
}

fn names(because: &Because, language: Language) -> String {
    let (catalogue, table) = (Catalogue::shipped(), CategoryTable::shipped());
    // What `always` is about is not for a child to read.
    let always = CategorySet::from(Category::ALWAYS);
    let categories = because.categories.iter().filter(|&category| !always.contains(category));
    let categories = categories.filter_map(|category| table.info(category));
    let mut names: Vec<&str> = categories.map(|info| language.name_of(info)).collect();
    if names.is_empty() {
        let services = because.services.iter().filter_map(|id| catalogue.service(id));
        names.extend(services.map(|service| language.of(service.vi, service.en)));
    }
    names.join(", ")
}

/// A moment as the house's clocks show it: the time, and the day if it is another one.
pub(super) fn clock(family: &Family, moment: Timestamp, now: Timestamp) -> String {
    let (then, today) = (family.zone.rfc3339(moment), family.zone.rfc3339(now));
    let time = then.get(11..16).unwrap_or_default();
    match (then.get(..10), then.get(8..10), then.get(5..7)) {
        (date, Some(day), Some(month)) if date != today.get(..10) => format!("{time}, {day}/{month}"),
        _ => time.to_owned(),
    }
}
