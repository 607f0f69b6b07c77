//! `family.toml` as it is written, which the JSON of `/api/v1/family` mirrors key by key.
//!
//! Texts and numbers only; what they mean is [`Family`](super::Family). Every key may be left out but those that a
//! thing is known by; a key that says nothing is not written.

use serde::{Deserialize, Serialize};

/// The version of the format that this program writes.
pub const VERSION: u32 = 1;

/// The whole document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Spec {
    /// The version of the format.
    pub version: u32,
    /// The house's time zone, by its name in the tz database.
    pub time_zone: String,
    /// The profile of devices that nobody named; empty: what `[house] block` says.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub unknown_devices: String,
    /// Who lives here.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub person: Vec<PersonSpec>,
    /// Whose devices are these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub device: Vec<DeviceSpec>,
    /// Profiles besides those that ship.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub profile: Vec<ProfileSpec>,
    /// When what is blocked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub schedule: Vec<ScheduleSpec>,
    /// How long a day.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub budget: Vec<BudgetSpec>,
    /// Names that are allowed or blocked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rule: Vec<RuleSpec>,
    /// What was allowed for a while.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub grant: Vec<GrantSpec>,
    /// Who is cut off for a while.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pause: Vec<PauseSpec>,
    /// Days that schedules leave out, or are about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub holiday: Vec<HolidaySpec>,
}

impl Default for Spec {
    fn default() -> Self {
        Self {
            version: VERSION,
            time_zone: "Asia/Ho_Chi_Minh".into(),
            unknown_devices: String::new(),
            person: Vec::new(),
            device: Vec::new(),
            profile: Vec::new(),
            schedule: Vec::new(),
            budget: Vec::new(),
            rule: Vec::new(),
            grant: Vec::new(),
            pause: Vec::new(),
            holiday: Vec::new(),
        }
    }
}

/// Somebody who lives here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct PersonSpec {
    /// What rules call them: small letters, digits and dashes.
    pub id: String,
    /// What people call them.
    pub name: String,
    /// The year of birth, which chooses the profile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birth_year: Option<u16>,
    /// The profile, where the age does not choose it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub profile: String,
    /// The language of their page: `vi` or `en`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub language: String,
    /// The colour that they have on the page: `#rrggbb`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub colour: String,
    /// What is kept of their questions: `full`, `domain`, `category` or `off`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub privacy: String,
}

/// A device, known by its MAC address, its addresses, or the token that it puts in encrypted questions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct DeviceSpec {
    /// The MAC address.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub mac: String,
    /// Addresses that are always this device's.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<String>,
    /// The token in its DoH path and DoT name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub token: String,
    /// What people call it.
    pub name: String,
    /// Whose it is.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub person: String,
    /// The profile of a device that is nobody's alone.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub profile: String,
    /// What parents want to remember of it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub notes: String,
}

/// A profile of the family's own, by what it does differently.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ProfileSpec {
    /// What people and devices call it.
    pub id: String,
    /// The profile that it starts from.
    pub base: String,
    /// Categories blocked besides.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub block: Vec<String>,
    /// Categories no longer blocked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub permit: Vec<String>,
    /// Services switched off besides.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub block_services: Vec<String>,
    /// Services no longer switched off.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub permit_services: Vec<String>,
    /// Safe search: `strict`, `moderate` or `off`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub safe_search: String,
    /// YouTube's restricted mode: `strict`, `moderate` or `off`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub youtube: String,
}

/// When what is blocked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ScheduleSpec {
    /// What it is called.
    pub id: String,
    /// Ids of people; `*`: every supervised one.
    pub who: Vec<String>,
    /// `block` (everything), `only` (everything but `of`) or `block-set` (`of`).
    pub mode: String,
    /// What `only` and `block-set` are about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub of: Vec<String>,
    /// Days of the week that it begins on, `mon` to `sun`; none: every day.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub days: Vec<String>,
    /// When it begins, `HH:MM`.
    pub from: String,
    /// When it ends; not later than `from`: on the next day.
    pub to: String,
    /// Holidays and dates without it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub except: Vec<String>,
    /// Holidays and dates that it is about; none: all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub during: Vec<String>,
}

/// How long a day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct BudgetSpec {
    /// What it is called; empty: by whom and what it is about.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// Whose it is, pooled over all their devices.
    pub who: String,
    /// What it is about: `all`, `service:…`, `group:…`, `category:…`, `name:…`, or a list of these.
    pub of: OneOrMany,
    /// Minutes on a working day, 0 to 1440.
    pub minutes: u32,
    /// Minutes on Saturday and Sunday, where they differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weekend_minutes: Option<u32>,
    /// When a new day begins, `HH:MM`; empty: 04:00.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reset: String,
    /// Minutes left at which to warn.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warn: Vec<u32>,
}

/// One text, or a list of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(untagged)]
pub enum OneOrMany {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl Default for OneOrMany {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl OneOrMany {
    /// All of them.
    pub fn as_slice(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }

    pub(super) fn as_mut_slice(&mut self) -> &mut [String] {
        match self {
            Self::One(one) => std::slice::from_mut(one),
            Self::Many(many) => many,
        }
    }
}

/// A name that is allowed or blocked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct RuleSpec {
    /// Ids of people; none: the whole house.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub who: Vec<String>,
    /// `example.com` (it and all below) or `=example.com` (it alone).
    pub name: String,
    /// `allow` or `block`.
    pub action: String,
    /// An allow that passes bedtimes and budgets.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub over_time: bool,
}

/// What was allowed for a while.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct GrantSpec {
    /// Ids of people.
    pub who: Vec<String>,
    /// `all` (bedtimes and budgets), `name:…` or `service:…`.
    pub of: String,
    /// Its end, RFC 3339.
    pub until: String,
    /// Who gave it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub by: String,
}

/// Who is cut off for a while.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct PauseSpec {
    /// Ids of people, devices by MAC address or token; `*`: every supervised one; `house`: everybody.
    pub who: OneOrMany,
    /// Its end, RFC 3339; empty: until it is lifted.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub until: String,
}

/// Days that schedules leave out, or are about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct HolidaySpec {
    /// What schedules call them; one that ships is replaced.
    pub id: String,
    /// The first day, `YYYY-MM-DD`.
    pub from: String,
    /// The last one.
    pub to: String,
}
