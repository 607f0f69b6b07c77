//! What a report says. PURE, and made of [`Health`] alone, which has nothing about anybody: two homes whose routers fare
//! alike send the same, however many people and devices are in them and whatever they ask.
//!
//! Every figure is one of a few, so that none singles a router out; docs/for-isps.md says what each means, and a test
//! holds that it names every one of them.

use std::time::Duration;

use serde::Serialize;

use crate::health::Health;

/// A day, in seconds.
const DAY: u64 = 24 * 3600;

/// A report: all that is sent, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct Figures {
    /// This build of Luytre, such as `0.1.0`.
    pub version: &'static str,
    /// What processor it was built for, such as `mips`.
    pub arch: &'static str,
    /// The router's memory.
    pub memory: MemoryClass,
    /// Which edition of the list is in force.
    pub edition: Edition,
    /// How old the list is.
    pub list_age: ListAge,
    /// How often the last question to the centre had failed, of one look an hour.
    pub list_failures: Failures,
    /// How often no upstream server answered a question of the router's own, of one look an hour.
    pub upstream_failures: Failures,
    /// How the service's present run began.
    pub start: Start,
    /// Whether it has run for a day.
    pub ran: Ran,
    /// The firewall's state.
    pub firewall: Firewall,
}

/// The machine's memory, by the label: the kernel's part of it is not seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum MemoryClass {
    /// The system does not tell.
    Unknown,
    /// 64 MB or less.
    Mb64,
    /// 128 MB.
    Mb128,
    /// 256 MB.
    Mb256,
    /// 512 MB or more.
    More,
}

/// The edition of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Edition {
    /// None was fetched yet.
    None,
    /// For 64 MB.
    Small,
    /// Up to a million names.
    Standard,
    /// All.
    Full,
    /// One of another name.
    Other,
}

/// How long ago the list was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ListAge {
    /// It is not from the centre.
    None,
    /// The clock is not set.
    Unknown,
    /// Up to two days.
    Days,
    /// Up to a week.
    Week,
    /// Up to 31 days.
    Month,
    /// More.
    Older,
}

/// Which share of looks found something failing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Failures {
    /// Nobody has looked yet.
    Unknown,
    /// No look.
    None,
    /// Up to a quarter.
    Some,
    /// More.
    Many,
}

/// How the service's present run began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Start {
    /// With the router.
    Boot,
    /// Later, and the run before it had ended in order: settings, an upgrade.
    Restart,
    /// The run before it had died.
    Crash,
    /// In safe mode, after several that died.
    SafeMode,
}

/// For how long the service has run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Ran {
    /// For a day or more, or for as long as the router.
    Day,
    /// It began within the last day, after the router.
    Part,
}

/// The firewall's state, as in the status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Firewall {
    /// Its rules are in force.
    On,
    /// It is not wanted.
    Off,
    /// Its helper does not answer.
    Away,
    /// Its rules can't be loaded.
    Refused,
}

/// What looks found, one an hour, since the last report. In memory alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Looks {
    all: u32,
    list_failed: u32,
    upstream_failed: u32,
}

impl Looks {
    /// Counts one.
    pub(super) fn count(&mut self, list_fails: bool, upstream_fails: bool) {
        self.all = self.all.saturating_add(1);
        self.list_failed = self.list_failed.saturating_add(list_fails.into());
        self.upstream_failed = self.upstream_failed.saturating_add(upstream_fails.into());
    }
}

impl Figures {
    /// Of a router with so much memory, in kB.
    pub(super) fn of(health: &Health, memory_kb: u64, start: Start, looks: Looks) -> Self {
        Self {
            version: health.version,
            arch: std::env::consts::ARCH,
            memory: MemoryClass::of(memory_kb),
            edition: Edition::of(&health.list.edition),
            list_age: ListAge::of(health.list.state, health.list.age_s),
            list_failures: Failures::of(looks.list_failed, looks.all),
            upstream_failures: Failures::of(looks.upstream_failed, looks.all),
            start,
            ran: if start == Start::Boot || health.uptime_s >= DAY { Ran::Day } else { Ran::Part },
            firewall: Firewall::of(health.firewall),
        }
    }
}

impl MemoryClass {
    fn of(total_kb: u64) -> Self {
        match total_kb {
            0 => Self::Unknown,
            1..100_000 => Self::Mb64,
            100_000..200_000 => Self::Mb128,
            200_000..400_000 => Self::Mb256,
            _ => Self::More,
        }
    }
}

impl Edition {
    fn of(name: &str) -> Self {
        match name {
            "" => Self::None,
            "small" => Self::Small,
            "standard" => Self::Standard,
            "full" => Self::Full,
            _ => Self::Other,
        }
    }
}

impl ListAge {
    fn of(state: &str, age_s: Option<u64>) -> Self {
        match age_s.map(|age_s| age_s / DAY) {
            _ if matches!(state, "starter" | "local") => Self::None,
            None => Self::Unknown,
            Some(..2) => Self::Days,
            Some(..7) => Self::Week,
            Some(..31) => Self::Month,
            Some(_) => Self::Older,
        }
    }
}

impl Failures {
    fn of(failed: u32, looks: u32) -> Self {
        match failed {
            _ if looks == 0 => Self::Unknown,
            0 => Self::None,
            failed if failed <= looks / 4 => Self::Some,
            _ => Self::Many,
        }
    }
}

impl Firewall {
    fn of(state: &str) -> Self {
        match state {
            "on" => Self::On,
            "off" => Self::Off,
            "refused" => Self::Refused,
            _ => Self::Away,
        }
    }
}

/// What a run finds when it begins.
#[derive(Clone, Copy, Debug)]
pub struct Beginning {
    /// Earlier runs died soon after their start, too many of them.
    pub is_safe_mode: bool,
    /// One died soon after its start.
    pub after_early_death: bool,
    /// The run before has left something behind that it takes away at an end in order.
    pub left_behind: bool,
    /// For how long the router has run.
    pub router_up: Duration,
}

/// A service that begins later than this is not begun by the router's own start.
const BOOT: Duration = Duration::from_secs(10 * 60);

impl Start {
    /// How it began. What a power cut left behind is no crash.
    pub fn of(beginning: Beginning) -> Self {
        match beginning {
            Beginning { is_safe_mode: true, .. } => Self::SafeMode,
            Beginning { after_early_death: true, .. } => Self::Crash,
            Beginning { router_up, .. } if router_up < BOOT => Self::Boot,
            Beginning { left_behind: true, .. } => Self::Crash,
            _ => Self::Restart,
        }
    }
}
