//! The words that values are written in. Each refusal says what to write instead.

use std::net::IpAddr;

use luytre_lists::{Category, CategoryTable};

use super::{MAX_NAMES, Profile, Scope};
use crate::catalogue::{AgeProfiles, Catalogue, Level, ServiceSet};
use crate::clock::Timestamp;
use crate::config::{Privacy, did_you_mean, name_rule, quoted};
use crate::policy::NameRule;
use crate::status;
use crate::text::turns;
use crate::who::Mac;

pub(super) const LEVELS: [(&str, Level); 3] =
    [("strict", Level::Strict), ("moderate", Level::Moderate), ("off", Level::Off)];

pub(super) const PRIVACIES: [(&str, Privacy); 4] = [
    ("full", Privacy::Full),
    ("domain", Privacy::Domain),
    ("category", Privacy::Category),
    ("off", Privacy::Off),
];

/// The longest name of a person or a device, in characters.
const MAX_LABEL: usize = 64;
/// The longest note, in characters.
const MAX_NOTE: usize = 500;
/// The longest id, in bytes.
const MAX_ID: usize = 48;

/// One of a few words.
pub(super) fn choice<T: Copy>(text: &str, choices: &[(&str, T)]) -> Result<T, String> {
    let found = choices.iter().find(|(word, _)| *word == text).map(|(_, meaning)| *meaning);
    found.ok_or_else(|| {
        let words: Vec<_> = choices.iter().map(|(word, _)| quoted(word)).collect();
        format!("{} is not one of {}", quoted(text), words.join(", "))
    })
}

/// What things are called in rules, addresses and logs.
pub(super) fn id(text: &str) -> Result<(), String> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let good = !text.is_empty() && text.len() <= MAX_ID && text.chars().all(plain);
    if good && text != "house" {
        return Ok(());
    }
    Err(format!("{} can't be an id; write small letters, digits and dashes, such as \"an-2\"", quoted(text)))
}

/// What people call things.
pub(super) fn label(text: &str) -> Result<(), String> {
    shown(text, MAX_LABEL)
}

/// What people want to remember.
pub(super) fn note(text: &str) -> Result<(), String> {
    shown(text, MAX_NOTE)
}

fn shown(text: &str, most: usize) -> Result<(), String> {
    if text.chars().count() > most {
        return Err(format!("longer than {most} characters"));
    }
    match text.chars().any(|c| c.is_control() || turns(c)) {
        true => Err("has characters that can't be shown".into()),
        false => Ok(()),
    }
}

pub(super) fn colour(text: &str) -> Result<(), String> {
    let digits = text.strip_prefix('#').unwrap_or_default();
    let good = digits.len() == 6 && digits.chars().all(|c| c.is_ascii_hexdigit());
    if text.is_empty() || good { Ok(()) } else { Err("write a colour such as \"#2e7d32\"".into()) }
}

pub(super) fn mac(text: &str) -> Result<Mac, String> {
    text.parse().map_err(|_| format!("{} is not a MAC address; write \"02:00:00:00:00:10\"", quoted(text)))
}

pub(super) fn address(text: &str) -> Result<IpAddr, String> {
    let address: Result<IpAddr, _> = text.parse();
    let wrong = |_| format!("{} is not an address; write \"192.168.1.7\" or \"fd00::7\"", quoted(text));
    Ok(address.map_err(wrong)?.to_canonical())
}

/// A moment with its zone (RFC 3339).
pub fn moment(text: &str) -> Result<Timestamp, String> {
    status::moment(text)
        .ok_or_else(|| format!("{} is no moment; write \"2026-11-21T21:00:00+07:00\"", quoted(text)))
}

pub(super) fn category(text: &str) -> Result<Category, String> {
    let table = CategoryTable::shipped();
    match table.by_key(text) {
        Some(Category::ESSENTIAL) => Err("\"essential\" is never blocked; leave it out".into()),
        Some(category) => Ok(category),
        None => {
            let near = did_you_mean(text, table.iter().map(|(_, info)| info.key.as_str()));
            Err(format!("there is no category {}{near}", quoted(text)))
        }
    }
}

/// A service, or all of a group (`group:games`).
pub(super) fn services(text: &str) -> Result<ServiceSet, String> {
    match text.strip_prefix("group:") {
        Some(key) => group(key),
        None => service(text.strip_prefix("service:").unwrap_or(text)),
    }
}

fn service(key: &str) -> Result<ServiceSet, String> {
    let catalogue = Catalogue::shipped();
    let found = catalogue.by_key(key).map(|id| ServiceSet::default().with(id));
    found.ok_or_else(|| {
        let near = did_you_mean(key, catalogue.services().map(|(_, service)| service.key));
        format!("there is no service {}{near}", quoted(key))
    })
}

fn group(key: &str) -> Result<ServiceSet, String> {
    let catalogue = Catalogue::shipped();
    let found = catalogue.group_by_key(key).map(|id| catalogue.services_of(id));
    found.ok_or_else(|| {
        let near = did_you_mean(key, catalogue.groups().map(|(_, group)| group.key));
        format!("there is no group {}{near}", quoted(key))
    })
}

/// The names that schedules, budgets and grants are about, each with its place.
#[derive(Default)]
pub(super) struct Targets {
    pub(super) names: Vec<NameRule>,
}

impl Targets {
    /// Adds what a text means: `all`, `category:…`, `service:…`, `group:…`, `name:…`.
    pub(super) fn add(&mut self, text: &str, scope: &mut Scope) -> Result<(), String> {
        match text.split_once(':') {
            None if text == "all" => scope.all = true,
            Some(("category", key)) => scope.categories = scope.categories.with(category(key)?),
            Some(("service", key)) => scope.services = scope.services.union(service(key)?),
            Some(("group", key)) => {
                scope.services = scope.services.union(group(key)?);
                // A group that is called as a category is means what the list says too: not every game is a service.
                if let Ok(category) = category(key) {
                    scope.categories = scope.categories.with(category);
                }
            }
            Some(("name", text)) => scope.names |= 1 << self.place_of(name_rule(text)?)?,
            _ => {
                return Err(format!("{} is not all, category:…, service:…, group:… or name:…", quoted(text)));
            }
        }
        Ok(())
    }

    fn place_of(&mut self, name: NameRule) -> Result<usize, String> {
        if let Some(place) = self.names.iter().position(|known| *known == name) {
            return Ok(place);
        }
        if self.names.len() == MAX_NAMES {
            return Err(format!("more than {MAX_NAMES} names in schedules, budgets and grants"));
        }
        self.names.push(name);
        Ok(self.names.len() - 1)
    }
}

/// The profiles that ship, as a family uses them.
pub(super) fn shipped_profiles() -> Vec<Profile> {
    let shipped = AgeProfiles::shipped().iter();
    let profile = |shipped: &crate::catalogue::AgeProfile| Profile {
        id: shipped.id.to_owned(),
        block: shipped.block.with(Category::ALWAYS),
        services: shipped.services,
        safe_search: shipped.safe_search,
        youtube: shipped.youtube,
        suspected: shipped.suspected,
        supervised: shipped.supervised,
    };
    shipped.map(profile).collect()
}
