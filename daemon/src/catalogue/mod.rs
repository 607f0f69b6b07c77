//! What ships with Luytre for a family to choose from: services, safe search and ages. Pure, compiled in.
//!
//! [`Catalogue`] holds the services (`config/services.toml`: Zalo, TikTok, Roblox…), the names that each is reached by
//! and the groups that parents think in. [`SafeSearch`] holds the engines whose answers can be made safe
//! (`config/safesearch.toml`). [`AgeProfiles`] says which age blocks what (`config/profiles.toml`).
//!
//! A router keeps all three for as long as it runs. So they borrow their texts from the files, which are part of the
//! program: what lies on the heap is a few pointers a service.

mod profiles;
mod safe_search;
mod service_set;
mod services;

pub use self::profiles::{AgeProfile, AgeProfiles, Because};
pub use self::safe_search::{Engine, EngineId, Level, SafeSearch};
pub use self::service_set::{ServiceId, ServiceSet};
pub use self::services::{Catalogue, Group, GroupId, MAX_SERVICES, Service};
