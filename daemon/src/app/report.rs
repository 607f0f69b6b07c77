//! What the daemon says about itself.

use std::sync::Arc;

use super::Daemon;
use crate::dnssec::ability::Standing;
use crate::status::{CacheStatus, ListStatus, ServerStatus, Status};
use crate::upstream::{self, ServerHealth};

/// Devices in the status: more than a home has, and within what a page can show.
const DEVICES_SHOWN: usize = 256;

impl Daemon {
    /// The status with the last `recent` questions.
    pub fn status(&self, recent: usize) -> Status {
        let state = self.resolver.shared.load();
        let totals = self.resolver.history.totals();
        let info = state.list.info();
        let clock = &self.resolver.clock;
        let cache = self.resolver.cache.stats();
        let refused = state.refused.clone().unwrap_or_default();
        let mut notices = (*self.notices).clone();
        if !refused.is_empty() {
            notices.push(format!("the list was refused: {refused}; an older one is in force"));
        }
        if let Some(refused) = self.home.refused() {
            notices.push(format!("the family was refused; the last good one is in force: {refused}"));
        }
        notices.extend(self.accounts.trouble());
        notices.extend(self.directory.notices());
        notices.extend(self.usage.notices());
        notices.extend(self.requests.notices());
        notices.extend(self.firewall.notices());
        let standing = self.resolver.dnssec.standing();
        if matches!(standing, Standing::Unknown | Standing::Stripped) {
            notices.push(standing.to_string());
        }
        notices.extend(Some(self.resolver.history.trouble()).filter(|trouble| !trouble.is_empty()));
        let servers = self.server_health(&state.upstream).into_iter();
        let with_ability = |health: ServerHealth| {
            let dnssec = self.resolver.dnssec.ability(&health.server);
            ServerStatus { dnssec, ..ServerStatus::from(health) }
        };
        // Rewriting is for some: it is told where it happened.
        let rewritten = Some(("rewritten", totals.rewritten)).filter(|(_, count)| *count > 0);
        let verdicts =
            [("allowed", totals.allowed), ("blocked", totals.blocked)].into_iter().chain(rewritten);
        Status {
            version: env!("CARGO_PKG_VERSION"),
            uptime_s: self.resolver.clock.uptime().as_secs(),
            since: totals.since,
            verdicts: verdicts.collect(),
            categories: totals.categories,
            blocked_categories: totals.blocked_categories,
            recent: self.resolver.history.recent(recent, &state.policy, clock.now()),
            missed: totals.missed,
            list: ListStatus {
                serial: info.serial,
                age_s: (info.created > 0 && clock.trusted())
                    .then(|| clock.now().saturating_sub(info.created)),
                names: info.names,
                state: if refused.is_empty() { state.list.state() } else { "refused" },
                file: state.list.file(),
                refused,
            },
            cache: CacheStatus {
                entries: cache.entries,
                bytes: cache.bytes,
                hits: cache.hits,
                misses: cache.misses,
            },
            upstream: servers.map(with_ability).collect(),
            devices: self.directory.status(DEVICES_SHOWN),
            firewall: self.firewall.standing(),
            notices,
        }
    }

    /// What all threads know of the servers, the worst of each.
    fn server_health(&self, settings: &Arc<upstream::Settings>) -> Vec<ServerHealth> {
        let views = self.outlets.iter().map(|outlet| outlet.health(settings));
        let worse = |one: Vec<ServerHealth>, other: Vec<ServerHealth>| {
            one.into_iter().zip(other).map(|(one, other)| one.worse(other)).collect()
        };
        views.reduce(worse).unwrap_or_default()
    }
}
