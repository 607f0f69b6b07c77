//! People, their profiles and their devices.

use std::collections::HashMap;

use super::super::problem::Pointer;
use super::super::spec::{DeviceSpec, PersonSpec, ProfileSpec, Spec};
use super::super::words;
use super::super::{Choice, Device, MAX_DEVICES, MAX_PEOPLE, Owner, Person, Profile, Whom};
use super::Check;
use crate::config::did_you_mean;
use crate::who::Known;

impl Check {
    pub(super) fn learn_people(&mut self, spec: &Spec) {
        let list = Pointer::default().key("person");
        for (index, person) in spec.person.iter().enumerate() {
            self.accept(list.item(index).key("id"), words::id(&person.id));
            self.people.entry(person.id.clone()).or_insert(index);
        }
        self.unique("person", spec.person.iter().map(|person| person.id.as_str()));
        if spec.person.len() > MAX_PEOPLE {
            self.refuse(list, format!("more than {MAX_PEOPLE} people; a shared profile serves a group"));
        }
    }

    /// The profiles that ship, then the family's, each from one that stands before it.
    pub(super) fn learn_profiles(&mut self, spec: &Spec) -> Vec<Profile> {
        let mut profiles = words::shipped_profiles();
        for (index, profile) in profiles.iter().enumerate() {
            self.profiles.insert(profile.id.clone(), index);
        }
        for (index, own) in spec.profile.iter().enumerate() {
            let at = Pointer::default().key("profile").item(index);
            self.accept(at.key("id"), words::id(&own.id));
            if self.profiles.contains_key(&own.id) {
                self.refuse(
                    at.key("id"),
                    format!("there is a profile \"{}\" already; choose another id", own.id),
                );
                continue;
            }
            let Some(base) = self.profile(at.key("base"), &own.base) else {
                if own.base.is_empty() {
                    self.refuse(
                        at.key("base"),
                        "write the profile that it starts from, such as \"age-7-12\"",
                    );
                }
                continue;
            };
            let profile = self.own_profile(&at, own, &profiles[base]); // a place that was given out here
            self.profiles.insert(own.id.clone(), profiles.len());
            profiles.push(profile);
        }
        profiles
    }

    fn own_profile(&mut self, at: &Pointer, own: &ProfileSpec, base: &Profile) -> Profile {
        let block = self.items(at.key("block"), &own.block, words::category);
        let permit = self.items(at.key("permit"), &own.permit, words::category);
        let off = self.items(at.key("block_services"), &own.block_services, words::services);
        let on = self.items(at.key("permit_services"), &own.permit_services, words::services);
        let block = base.block.union(block.into_iter().collect()).difference(permit.into_iter().collect());
        let services = off.into_iter().fold(base.services, |all, some| all.union(some));
        let level = |check: &mut Self, key: &str, text: &str, base| match text {
            "" => base,
            text => check.accept(at.key(key), words::choice(text, &words::LEVELS)).unwrap_or(base),
        };
        Profile {
            id: own.id.clone(),
            block: block.with(luytre_lists::Category::ALWAYS),
            services: on.into_iter().fold(services, |all, some| all.difference(some)),
            safe_search: level(self, "safe_search", &own.safe_search, base.safe_search),
            youtube: level(self, "youtube", &own.youtube, base.youtube),
            ..base.clone()
        }
    }

    pub(super) fn items<T>(
        &mut self,
        at: Pointer,
        texts: &[String],
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Vec<T> {
        let items = texts.iter().enumerate();
        items.filter_map(|(index, text)| self.accept(at.item(index), parse(text))).collect()
    }

    /// The place of a profile; none for no text.
    pub(super) fn profile(&mut self, at: Pointer, id: &str) -> Option<usize> {
        if id.is_empty() {
            return None;
        }
        let found = self.profiles.get(id).copied().ok_or_else(|| {
            let near = did_you_mean(id, self.profiles.keys().map(String::as_str));
            format!("there is no profile \"{id}\"{near}")
        });
        self.accept(at, found)
    }

    /// The place of a person.
    pub(super) fn person_called(&mut self, at: Pointer, id: &str) -> Option<usize> {
        let found = self.people.get(id).copied().ok_or_else(|| {
            let near = did_you_mean(id, self.people.keys().map(String::as_str));
            format!("there is no person \"{id}\"{near}")
        });
        self.accept(at, found)
    }

    pub(super) fn person(&mut self, at: &Pointer, spec: &PersonSpec) -> Option<Person> {
        let year = spec.birth_year;
        if year.is_some_and(|year| !(1900..=2100).contains(&year)) {
            self.refuse(at.key("birth_year"), "write a year such as 2015");
        }
        let chosen = self.profile(at.key("profile"), &spec.profile);
        let profile = match (chosen, year) {
            (Some(index), _) => Choice::Profile(index),
            (None, Some(year)) => Choice::Born(year),
            (None, None) => {
                if spec.profile.is_empty() {
                    self.refuse(at.clone(), "write birth_year, or profile: one of them says what is blocked");
                }
                return None;
            }
        };
        if !matches!(spec.language.as_str(), "" | "vi" | "en") {
            self.refuse(at.key("language"), "write \"vi\" or \"en\"");
        }
        self.accept(at.key("colour"), words::colour(&spec.colour));
        self.accept(at.key("name"), words::label(&spec.name));
        let privacy = match spec.privacy.as_str() {
            "" => None,
            text => self.accept(at.key("privacy"), words::choice(text, &words::PRIVACIES)),
        };
        let name = if spec.name.is_empty() { &spec.id } else { &spec.name };
        Some(Person { id: spec.id.clone(), name: name.clone(), profile, privacy })
    }

    pub(super) fn devices(&mut self, specs: &[DeviceSpec]) -> Vec<Device> {
        let list = Pointer::default().key("device");
        if specs.len() > MAX_DEVICES {
            self.refuse(list, format!("more than {MAX_DEVICES} devices; leave out those that are gone"));
            return Vec::new();
        }
        let devices = self.each("device", specs, Self::device);
        let mut seen = HashMap::new();
        for (index, device) in devices.iter().enumerate() {
            for mark in marks(&device.known) {
                if let Some(first) = seen.insert(mark.clone(), index) {
                    let what = format!("device {} is known by {mark} too; leave one out", first + 1);
                    self.refuse(list.item(index), what);
                }
            }
        }
        devices
    }

    fn device(&mut self, at: &Pointer, spec: &DeviceSpec) -> Option<Device> {
        let mac = match spec.mac.as_str() {
            "" => None,
            text => self.accept(at.key("mac"), words::mac(text)),
        };
        let addresses = self.items(at.key("addresses"), &spec.addresses, words::address);
        let token = match spec.token.as_str() {
            "" => None,
            text => self.accept(at.key("token"), words::id(text)).map(|()| text.to_owned()),
        };
        self.accept(at.key("name"), words::label(&spec.name));
        self.accept(at.key("notes"), words::note(&spec.notes));
        let owner = match (spec.person.as_str(), spec.profile.as_str()) {
            ("", "") => Owner::Nobody,
            (person, "") => self.person_called(at.key("person"), person).map(Owner::Person)?,
            ("", profile) => self.profile(at.key("profile"), profile).map(Owner::Profile)?,
            _ => {
                self.refuse(at.key("profile"), "its person has a profile; leave out person or profile");
                return None;
            }
        };
        let has_mark = mac.is_some() || !addresses.is_empty() || token.is_some();
        if !has_mark && spec.mac.is_empty() && spec.token.is_empty() && spec.addresses.is_empty() {
            self.refuse(at.clone(), "write how it is known: mac, addresses or token");
        }
        let (person, profile) = (spec.person.clone(), spec.profile.clone());
        let [person, profile] = [person, profile].map(|id| Some(id).filter(|id| !id.is_empty()));
        Some(Device {
            known: Known { mac, addresses, token, name: spec.name.clone(), person, profile },
            owner,
        })
    }

    /// Who is meant: ids of people, `*`.
    pub(super) fn whom(&mut self, at: &Pointer, ids: &[String]) -> Whom {
        let mut whom = Whom::default();
        for (index, id) in ids.iter().enumerate() {
            match id.as_str() {
                "*" => whom.supervised = true,
                "house" => whom.house = true,
                id => {
                    let person = self.person_called(at.item(index), id);
                    whom.people |= person.map_or(0, |person| 1 << (person % MAX_PEOPLE));
                }
            }
        }
        whom
    }
}

/// Everything that a device is known by.
fn marks(known: &Known) -> impl Iterator<Item = String> {
    let mac = known.mac.iter().map(ToString::to_string);
    mac.chain(known.addresses.iter().map(ToString::to_string)).chain(known.token.clone())
}
