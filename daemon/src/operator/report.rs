//! What people are told of the operator's policy.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;

use super::layer::InForce;
use crate::clock::{Clock, Timestamp};
use crate::config::OperatorConfig;
use crate::sync::Trouble;
use crate::sync::bell::Bell;

/// How it went last, shared by who looks and those that tell.
#[derive(Debug, Default)]
pub struct Report {
    last: Mutex<OperatorStatus>,
    /// For who wants to know now.
    pub(super) bell: Bell,
}

/// The word of whoever looks after this router.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct OperatorStatus {
    /// The policy in force; `null`: none came yet.
    pub policy: Option<PolicyStatus>,
    /// When its place was last heard of, in seconds since 1970; `null` before the first time, or while the clock is not set.
    pub heard: Option<Timestamp>,
    /// Looks that failed in a row.
    pub failures: u32,
    /// Why the last one failed, or why the policy that is kept is not in force; empty if all is well.
    pub trouble: String,
    /// Whether that was because of what came, and not because nothing did.
    pub refused: bool,
}

/// The policy in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct PolicyStatus {
    /// Grows with every signing.
    pub version: u64,
    /// Until when routers take it, in seconds since 1970. Here it stays in force until the next one comes.
    pub expires: Timestamp,
    /// The keys of the configuration that it sets.
    pub sets: Vec<String>,
    /// Those of them that the router's own configuration says itself, which stands over it.
    pub overridden: Vec<String>,
}

impl From<InForce> for PolicyStatus {
    fn from(InForce { version, expires, sets, overridden, .. }: InForce) -> Self {
        Self { version, expires: expires.0, sets, overridden }
    }
}

impl Report {
    /// How it went last.
    pub fn status(&self) -> OperatorStatus {
        self.last().clone()
    }

    /// Tells what a configuration that was just read has of it.
    pub fn begin(&self, config: &OperatorConfig) {
        let mut last = self.last();
        last.policy = config.in_force.clone().map(PolicyStatus::from);
        if !config.refused.is_empty() {
            (last.trouble, last.refused) = (config.refused.clone(), true);
        }
    }

    /// Has the place looked at now and waits for what comes of it, no longer than `patience`. Returns whether that is over.
    pub async fn look(&self, patience: Duration) -> bool {
        self.bell.ring(patience).await
    }

    pub(super) fn has_policy(&self) -> bool {
        self.last().policy.is_some()
    }

    /// Tells of a look; returns how many have failed in a row.
    pub(super) fn tell(&self, trouble: Option<&Trouble>, clock: Clock) -> u32 {
        let mut last = self.last();
        last.failures = trouble.map_or(0, |_| last.failures.saturating_add(1));
        last.refused = matches!(trouble, Some(Trouble::Refused(_)));
        last.trouble = trouble.map_or(String::new(), ToString::to_string);
        if trouble.is_none() {
            last.heard = clock.trusted().then(|| clock.now());
        }
        last.failures
    }

    fn last(&self) -> MutexGuard<'_, OperatorStatus> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
