//! The family: people, their devices, and what they may do when, as `family.toml` says it.
//!
//! Three steps, as data flows:
//!
//! 1. `read`: text or JSON becomes a [`Spec`], which mirrors the document key by key; one of an older version is brought
//!    up to date by `migrate`.
//! 2. `resolve`: the spec becomes a [`Family`], with everything checked against everything: ids, categories, services,
//!    times, dates. All problems are told at once, each with its line.
//! 3. [`crate::policy`] compiles the family, with the time and what is used up, to masks.
//!
//! And back: [`edit`] makes a new spec of one, and [`render`] the document's text that says it.
//!
//! A document with a problem is refused whole; [`Family::notes`] are what is allowed and has no effect.

pub mod edit;
mod etag;
mod migrate;
mod notes;
mod problem;
mod read;
mod resolve;
mod save;
mod spec;
#[cfg(test)]
mod tests;
mod words;

use std::path::Path;

use luytre_lists::CategorySet;

pub use self::etag::Etag;
pub use self::problem::{Pointer, Problem};
pub use self::read::{MAX_DOCUMENT, Refused};
pub use self::save::render;
pub use self::spec::{
    BudgetSpec, DeviceSpec, GrantSpec, HolidaySpec, OneOrMany, PauseSpec, PersonSpec, ProfileSpec, RuleSpec,
    ScheduleSpec, Spec, VERSION,
};
pub use self::words::moment;
use crate::calendar::{Days, TimeOfDay, Window, Zone};
use crate::catalogue::{AgeProfiles, Level, ServiceSet};
use crate::clock::Timestamp;
use crate::config::Privacy;
use crate::policy::NameRule;
use crate::who::Known;

/// The most people: each is one bit of a word.
pub const MAX_PEOPLE: usize = 64;
/// The most devices that are named.
pub const MAX_DEVICES: usize = 1024;
/// The most budgets of one person: each is one bit of a verdict.
pub const MAX_BUDGETS: usize = 16;
/// The most names that schedules, budgets and grants are about: each is one bit.
pub const MAX_NAMES: usize = 128;

/// What the family decided, checked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Family {
    /// The house's time zone.
    pub zone: Zone,
    /// The profile of devices that nobody named, by its place in `profiles`; `None`: what `[house] block` says.
    pub unknown: Option<usize>,
    /// Who lives here; at most [`MAX_PEOPLE`].
    pub people: Vec<Person>,
    /// Their devices; at most [`MAX_DEVICES`].
    pub devices: Vec<Device>,
    /// The profiles that ship, youngest first, then the family's own.
    pub profiles: Vec<Profile>,
    /// When what is blocked.
    pub schedules: Vec<Schedule>,
    /// How long a day.
    pub budgets: Vec<Budget>,
    /// Names that are allowed or blocked.
    pub rules: Vec<OwnRule>,
    /// What was allowed for a while.
    pub grants: Vec<Grant>,
    /// Who is cut off for a while.
    pub pauses: Vec<Pause>,
    /// The names that schedules, budgets and grants are about; at most [`MAX_NAMES`].
    pub names: Vec<NameRule>,
    /// What is written and has no effect: a rule that another shadows, a person without devices.
    pub notes: Vec<Problem>,
}

/// Somebody who lives here.
#[derive(Clone, Debug, PartialEq)]
pub struct Person {
    /// What rules and logs call them.
    pub id: String,
    /// What people call them.
    pub name: String,
    /// Which profile is theirs.
    pub profile: Choice,
    /// What is kept of their questions; `None`: what `[history] privacy` says.
    pub privacy: Option<Privacy>,
}

/// How a profile is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// By its place in [`Family::profiles`].
    Profile(usize),
    /// By the age, from the year of birth.
    Born(u16),
}

/// A device.
#[derive(Clone, Debug, PartialEq)]
pub struct Device {
    /// How it is known.
    pub known: Known,
    /// Whose it is.
    pub owner: Owner,
}

/// Whose a device is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// A person, by their place in [`Family::people`].
    Person(usize),
    /// Nobody's alone, with this profile.
    Profile(usize),
    /// Not said: as a device that nobody named.
    Nobody,
}

/// A profile with all that it takes from its base.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// What people and devices call it.
    pub id: String,
    /// The categories that it blocks.
    pub block: CategorySet,
    /// The services that it switches off.
    pub services: ServiceSet,
    /// Safe search.
    pub safe_search: Level,
    /// YouTube's restricted mode.
    pub youtube: Level,
    /// Whether what the name model suspects is blocked.
    pub suspected: bool,
    /// Whether schedules for everybody hold.
    pub supervised: bool,
}

/// People, as one bit each by their place, and who else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Whom {
    /// By their place in [`Family::people`].
    pub people: u64,
    /// Everybody who is supervised, devices without a person included.
    pub supervised: bool,
    /// Everybody.
    pub house: bool,
}

/// What a schedule, a budget or a grant is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// Everything.
    pub all: bool,
    /// What the list says so of.
    pub categories: CategorySet,
    /// What belongs to these services.
    pub services: ServiceSet,
    /// Names by their places in [`Family::names`].
    pub names: u128,
}

/// What a schedule does while it is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Blocks everything.
    Block,
    /// Blocks everything else.
    Only(Scope),
    /// Blocks this.
    BlockSet(Scope),
}

/// When what is blocked.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    /// What it is called.
    pub id: String,
    /// For whom.
    pub whom: Whom,
    /// What it does.
    pub mode: Mode,
    /// When it is in force, on the days that it is about.
    pub window: Window,
    /// The days that it is about; `None`: all.
    pub during: Option<Days>,
    /// Days without it.
    pub except: Days,
}

/// How long a day.
#[derive(Clone, Debug, PartialEq)]
pub struct Budget {
    /// What it is called.
    pub id: String,
    /// Whose, by their place in [`Family::people`].
    pub person: usize,
    /// What it is about.
    pub scope: Scope,
    /// Minutes on a working day.
    pub minutes: u32,
    /// Minutes on Saturday and Sunday.
    pub weekend_minutes: u32,
    /// When a new day begins.
    pub reset: TimeOfDay,
    /// Minutes left at which to warn, the most first.
    pub warn: Vec<u32>,
}

/// A name that is allowed or blocked.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnRule {
    /// For whom.
    pub whom: Whom,
    /// The name.
    pub name: NameRule,
    /// Whether it is blocked.
    pub denied: bool,
    /// Whether an allow passes bedtimes and budgets.
    pub over_time: bool,
}

/// What was allowed for a while.
#[derive(Clone, Debug, PartialEq)]
pub struct Grant {
    /// Whom.
    pub whom: Whom,
    /// What; everything means all that time alone forbids.
    pub scope: Scope,
    /// As it is written.
    pub of: String,
    /// Until when.
    pub until: Timestamp,
}

/// Who is cut off for a while.
#[derive(Clone, Debug, PartialEq)]
pub struct Pause {
    /// People.
    pub whom: Whom,
    /// Devices, by their MAC address or token.
    pub devices: Vec<String>,
    /// Until when; the end of time where nobody said.
    pub until: Timestamp,
}

impl Whom {
    /// Whether a rule for these is for one who has these bits.
    pub fn includes(self, asking: Self) -> bool {
        self.house || self.people & asking.people != 0 || (self.supervised && asking.supervised)
    }
}

impl Family {
    /// Reads a file's text. `name` is the file's in the refusal, which tells every problem with its line.
    pub fn parse(name: &str, text: &str) -> Result<(Spec, Self), Refused> {
        let (text, spec) = read::document(name, text)?;
        let family = Self::resolve(&spec).map_err(|problems| text.refuse(&problems))?;
        Ok((spec, family))
    }

    /// Reads what came as JSON.
    pub fn from_json(value: &serde_json::Value) -> Result<(Spec, Self), Vec<Problem>> {
        let spec = read::spec(value.clone()).map_err(|problem| vec![problem])?;
        let family = Self::resolve(&spec)?;
        Ok((spec, family))
    }

    /// Reads a file; a missing one is an empty family.
    pub fn load(path: &Path) -> Result<(Spec, Self), Refused> {
        let (name, text) = read::file(path)?;
        Self::parse(&name, &text)
    }

    /// Checks a file; returns [`Family::notes`], each with its line.
    pub fn check(path: &Path) -> Result<Vec<String>, Refused> {
        let (name, text) = read::file(path)?;
        let (_, family) = Self::parse(&name, &text)?;
        Ok(read::Text::parse(&name, &text)?.refuse(&family.notes).0)
    }

    /// A house without a `family.toml`.
    pub fn nobody() -> (Spec, Self) {
        let spec = Spec::default();
        // An empty document has nothing that could be wrong; without its profiles a house would still be one.
        let family = Self::resolve(&spec).unwrap_or_default();
        (spec, family)
    }

    /// The profile of a person in this year.
    pub fn profile_of(&self, person: &Person, year: i16) -> Option<&Profile> {
        let id = match person.profile {
            Choice::Profile(index) => return self.profiles.get(index),
            Choice::Born(born) => AgeProfiles::shipped().of_age(age(year, born)).id,
        };
        self.profiles.iter().find(|profile| profile.id == id)
    }
}

/// The age that somebody reaches in a year.
fn age(year: i16, born: u16) -> u8 {
    let years = i32::from(year) - i32::from(born);
    u8::try_from(years.max(0)).unwrap_or(u8::MAX)
}
