//! The services that a family can name: `config/services.toml`.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::LazyLock;

use luytre_lists::{AddressBlock, Category, CategoryTable, Domain};
use serde::Deserialize;

use super::{ServiceId, ServiceSet};
use crate::policy::NameRule;

/// The most services that a catalogue has: a [`ServiceSet`] holds 256, and a few stay free.
pub const MAX_SERVICES: usize = 250;

/// A group of services, by its place in the [`Catalogue`]; for one run only, as a [`ServiceId`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupId(pub u8);

/// What parents think of as one kind of thing: chat, games, shopping.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// The key in files, logs and the API.
    pub key: &'static str,
    /// The Vietnamese name.
    pub vi: &'static str,
    /// The English name.
    pub en: &'static str,
}

/// Something that people use under one name, on whatever host names.
#[derive(Clone, Debug)]
pub struct Service {
    /// The key in files, logs and the API; never changed.
    pub key: &'static str,
    /// The group that it belongs to.
    pub group: GroupId,
    /// The Vietnamese name.
    pub vi: &'static str,
    /// The English name.
    pub en: &'static str,
    /// The category of the list that it mostly falls in.
    pub category: Option<Category>,
    /// All its names are essentials: it is known and shown, and switching it off does nothing.
    pub essential: bool,
    /// Addresses that serve it and nothing else, as its operator publishes them.
    pub addresses: Box<[AddressBlock]>,
    names: Box<[&'static str]>,
    except: Box<[&'static str]>,
}

/// The services and their groups.
#[derive(Debug)]
pub struct Catalogue {
    groups: Box<[Group]>,
    services: Box<[Service]>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, bound(deserialize = "'de: 'static"))]
struct File {
    version: u32,
    group: Vec<Group>,
    service: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    key: &'static str,
    group: &'static str,
    vi: &'static str,
    en: &'static str,
    names: Vec<&'static str>,
    #[serde(default)]
    except: Vec<&'static str>,
    #[serde(default)]
    addresses: Vec<&'static str>,
    category: Option<&'static str>,
    #[serde(default)]
    essential: bool,
}

impl Service {
    /// The names that it is reached by.
    pub fn names(&self) -> impl Iterator<Item = NameRule> {
        parsed(&self.names)
    }

    /// Names below those that don't belong to it, nor to any other service.
    pub fn exceptions(&self) -> impl Iterator<Item = NameRule> {
        parsed(&self.except)
    }
}

/// Names are kept as text, which is a tenth of the room; a catalogue with one that doesn't parse is refused.
fn parsed(texts: &[&'static str]) -> impl Iterator<Item = NameRule> {
    texts.iter().filter_map(|text| NameRule::parse(text).ok())
}

impl Catalogue {
    /// The catalogue that this build ships with.
    pub fn shipped() -> &'static Self {
        static SHIPPED: LazyLock<Catalogue> = LazyLock::new(|| {
            #[expect(clippy::expect_used, reason = "compiled in; a test holds that the shipped file parses")]
            Catalogue::parse(include_str!("../../../config/services.toml")).expect("services.toml parses")
        });
        &SHIPPED
    }

    /// Reads a catalogue; the error says which service is wrong and why.
    pub fn parse(text: &'static str) -> Result<Self, String> {
        let file: File = luytre_lists::written::from_toml(text)?;
        if file.version != 1 {
            return Err(format!("version {} of the catalogue is unknown; this build reads 1", file.version));
        }
        if file.service.len() > MAX_SERVICES || file.group.len() > MAX_SERVICES {
            return Err(format!("there are more than {MAX_SERVICES} services or groups"));
        }
        if let Some(twice) = stands_twice(file.group.iter().map(|group| group.key)) {
            return Err(format!("group {twice} stands twice"));
        }
        if let Some(twice) = stands_twice(file.service.iter().map(|row| row.key)) {
            return Err(format!("service {twice} stands twice"));
        }
        let mut owners = HashMap::new();
        let services = file.service.into_iter().map(|row| {
            let key = row.key;
            let service = row.check_names(&mut owners).and_then(|()| row.into_service(&file.group));
            service.map_err(|why| format!("service {key}: {why}"))
        });
        let services = services.collect::<Result<_, _>>()?;
        Ok(Self { groups: file.group.into(), services })
    }

    /// The services in the order of the file, which is the order to show them in.
    pub fn services(&self) -> impl Iterator<Item = (ServiceId, &Service)> {
        (0..=u8::MAX).map(ServiceId).zip(&self.services)
    }

    /// Whose each name is: `None` where a service excepts it. A name stands here once, and the most specific one
    /// decides about a host.
    pub fn owners(&self) -> impl Iterator<Item = (NameRule, Option<ServiceId>)> {
        self.services().flat_map(|(id, service)| {
            let names = service.names().map(move |name| (name, Some(id)));
            names.chain(service.exceptions().map(|name| (name, None)))
        })
    }

    /// A service; `None` for a number that this catalogue has not given.
    pub fn service(&self, id: ServiceId) -> Option<&Service> {
        self.services.get(usize::from(id.0))
    }

    /// The service with this key.
    pub fn by_key(&self, key: &str) -> Option<ServiceId> {
        self.services().find(|(_, service)| service.key == key).map(|(id, _)| id)
    }

    /// The groups in the order of the file.
    pub fn groups(&self) -> impl Iterator<Item = (GroupId, &Group)> {
        (0..=u8::MAX).map(GroupId).zip(&self.groups)
    }

    /// A group; `None` for a number that this catalogue has not given.
    pub fn group(&self, id: GroupId) -> Option<&Group> {
        self.groups.get(usize::from(id.0))
    }

    /// The group with this key.
    pub fn group_by_key(&self, key: &str) -> Option<GroupId> {
        self.groups().find(|(_, group)| group.key == key).map(|(id, _)| id)
    }

    /// The services that can't be switched off.
    pub fn essential(&self) -> ServiceSet {
        self.services().filter(|(_, service)| service.essential).map(|(id, _)| id).collect()
    }

    /// The services of a group.
    pub fn services_of(&self, group: GroupId) -> ServiceSet {
        self.services().filter(|(_, service)| service.group == group).map(|(id, _)| id).collect()
    }
}

impl Row {
    /// Whether its names are names, and nobody else's; they are this service's in `owners` then.
    fn check_names(&self, owners: &mut HashMap<Domain, &'static str>) -> Result<(), String> {
        if self.names.is_empty() {
            return Err("it has no names".to_owned());
        }
        let rule = |text| NameRule::parse(text).map_err(|error| format!("{text}: {error}"));
        for text in self.names.iter().chain(&self.except) {
            // `example.com` of one service and `=example.com` of another would be one host of two.
            if let Some(owner) = owners.insert(rule(text)?.name, self.key) {
                return Err(format!("{text} belongs to {owner} already"));
            }
        }
        for text in &self.except {
            let excepted = rule(text)?.name;
            let mut names = parsed(&self.names).filter(|name| !name.exact);
            if !names.any(|name| excepted.as_name().is_in(name.name.as_name())) {
                return Err(format!("{text} is excepted, but lies below none of its names"));
            }
        }
        Ok(())
    }

    fn into_service(self, groups: &[Group]) -> Result<Service, String> {
        let group = groups.iter().position(|group| group.key == self.group);
        let group = group.and_then(|place| u8::try_from(place).ok()).map(GroupId);
        let category = self.category.map(|key| {
            let category = CategoryTable::shipped().by_key(key);
            category.ok_or_else(|| format!("there is no category {key}"))
        });
        let addresses = self.addresses.iter().map(|text| {
            blocks(text).ok_or_else(|| format!("{text} is no prefix of /16 to /24, or of IPv6 /32 to /48"))
        });
        let addresses = addresses.collect::<Result<Vec<_>, _>>()?;
        Ok(Service {
            key: self.key,
            group: group.ok_or_else(|| format!("there is no group {}", self.group))?,
            vi: self.vi,
            en: self.en,
            category: category.transpose()?,
            essential: self.essential,
            addresses: addresses.into_iter().flatten().collect(),
            names: self.names.into(),
            except: self.except.into(),
        })
    }
}

/// A prefix as operators publish it, in blocks that end at a whole octet or hexadecimal digit. `None` for what is no
/// prefix, is as good as a whole network operator, or has bits set behind its length.
fn blocks(prefix: &str) -> Option<Vec<AddressBlock>> {
    let (first, length) = prefix.split_once('/')?;
    let length: u8 = length.parse().ok()?;
    match first.parse().ok()? {
        IpAddr::V4(first) if (16..=24).contains(&length) => {
            let within = if length == 16 { 16 } else { 24 };
            let step = 1_u32 << (32 - within);
            let blocks = (0..1_u32 << (within - length)).map(|n| {
                let first = first.to_bits().checked_add(n * step)?;
                AddressBlock::new(IpAddr::V4(first.into()), within).ok()
            });
            // The first must be the prefix's own, or the last would lie outside.
            let aligned = first.to_bits().trailing_zeros() >= u32::from(32 - length);
            blocks.collect::<Option<Vec<_>>>().filter(|_| aligned)
        }
        first @ IpAddr::V6(_) if (32..=48).contains(&length) => {
            AddressBlock::new(first, length).ok().map(|block| vec![block])
        }
        _ => None,
    }
}

/// A key that is there more than once.
fn stands_twice(keys: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    let mut seen = std::collections::HashSet::new();
    keys.into_iter().find(|&key| !seen.insert(key))
}

#[cfg(test)]
mod real_data;
#[cfg(test)]
mod tests;
