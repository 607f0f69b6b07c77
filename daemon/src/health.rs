//! What an operator may know of a router: how the service is, and nothing about anybody who lives there.
//!
//! `luytre health`, and by it `ubus call luytre status` and LuCI. Counts of questions are left out too: they tell when
//! somebody is at home.

use luytre_trust::Version;
use serde::Serialize;

use crate::status::{Area, Status};

/// How the service is.
#[derive(Clone, Debug, Serialize)]
pub struct Health {
    /// This build.
    pub version: &'static str,
    /// A newer version, if the centre tells of one.
    pub update: Option<Version>,
    /// Seconds since the start.
    pub uptime_s: u64,
    /// The list in force.
    pub list: ListHealth,
    /// The operator's policy; `null`: nobody looks after this router.
    pub policy: Option<PolicyHealth>,
    /// The upstream servers in use.
    pub upstream: UpstreamHealth,
    /// The firewall's state: `on`, `off`, `away` or `refused`, as in the status.
    pub firewall: &'static str,
    /// What something is wrong with, each once; the text may name a device and stays in the house.
    pub concerns: Vec<Area>,
    /// Whether root has no password, as far as it was told.
    pub root_is_open: bool,
}

/// The list in force.
#[derive(Clone, Debug, Serialize)]
pub struct ListHealth {
    /// Its state, serial, age and size are those of the status.
    pub state: &'static str,
    /// Grows with every publication.
    pub serial: u64,
    /// Seconds; `null` if not known.
    pub age_s: Option<u64>,
    /// How many names it holds.
    pub names: u32,
    /// The edition; empty before the first one was fetched.
    pub edition: String,
    /// When the centre was last heard of, in seconds since 1970; `null` before the first time.
    pub heard: Option<u64>,
    /// Questions to the centre that failed in a row.
    pub failures: u32,
}

/// The operator's policy.
#[derive(Clone, Debug, Serialize)]
pub struct PolicyHealth {
    /// Its version; `null` before the first one.
    pub version: Option<u64>,
    /// Looks for the next one that failed in a row.
    pub failures: u32,
    /// Whether the last document was refused.
    pub refused: bool,
}

/// The upstream servers.
#[derive(Clone, Debug, Serialize)]
pub struct UpstreamHealth {
    /// How many there are.
    pub servers: usize,
    /// How many of them are left alone for now, because they did not answer.
    pub down: usize,
}

impl From<Status> for Health {
    fn from(status: Status) -> Self {
        let sync = status.list.sync.unwrap_or_default();
        let mut concerns: Vec<Area> = Vec::new();
        for area in status.concerns.iter().map(|concern| concern.area).filter(|area| is_operators(*area)) {
            if !concerns.contains(&area) {
                concerns.push(area);
            }
        }
        Self {
            version: status.version,
            update: status.update,
            uptime_s: status.uptime_s,
            list: ListHealth {
                state: status.list.state,
                serial: status.list.serial,
                age_s: status.list.age_s,
                names: status.list.names,
                edition: sync.edition,
                heard: sync.heard,
                failures: sync.failures,
            },
            policy: status.operator.map(|operator| PolicyHealth {
                version: operator.policy.map(|policy| policy.version),
                failures: operator.failures,
                refused: operator.refused,
            }),
            upstream: UpstreamHealth {
                servers: status.upstream.len(),
                down: status.upstream.iter().filter(|server| server.down).count(),
            },
            firewall: status.firewall.state,
            concerns,
            root_is_open: status.root_is_open,
        }
    }
}

/// Whether it is about the router and not about those who use it.
fn is_operators(area: Area) -> bool {
    match area {
        Area::Setup | Area::List | Area::State | Area::Firewall | Area::Line | Area::Dnssec | Area::Clock => {
            true
        }
        Area::Family | Area::Accounts | Area::Devices | Area::Network | Area::Tunnel => false,
    }
}
