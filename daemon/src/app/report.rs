//! What the daemon says about itself.

use std::sync::Arc;

use super::Daemon;
use crate::clock::Clock;
use crate::dnssec::ability::Standing;
use crate::snapshot::Snapshot;
use crate::status::{CacheStatus, ListStatus, ServerStatus, Status};
use crate::sync::report::SyncStatus;
use crate::upstream::{self, ServerHealth};

/// Devices in the status: more than a home has, and within what a page can show.
const DEVICES_SHOWN: usize = 256;
/// A day in seconds.
const DAY: u64 = 24 * 3600;

/// Why the last list was refused, here or when it came.
fn refused(state: &Snapshot, sync: Option<&SyncStatus>) -> String {
    let on_the_way = || sync.filter(|sync| sync.refused).map(|sync| sync.trouble.clone());
    state.refused.clone().or_else(on_the_way).unwrap_or_default()
}

fn list_state(state: &Snapshot, refused: &str, sync: Option<&SyncStatus>, clock: &Clock) -> &'static str {
    match state.list.state() {
        _ if !refused.is_empty() => "refused",
        "current" if is_stale(sync, clock) => "stale",
        state => state,
    }
}

/// Whether the centre was last heard of so long ago that somebody may be keeping it away.
fn is_stale(sync: Option<&SyncStatus>, clock: &Clock) -> bool {
    sync.and_then(|sync| sync.good_until).is_none_or(|until| clock.best_known() >= until)
}

/// A failure now and then is nothing to worry a family with; a list that grows old is.
fn fetching_notice(sync: &SyncStatus, state: &Snapshot, clock: &Clock) -> Option<String> {
    let published = state.list.state() == "current";
    if sync.trouble.is_empty() || sync.refused || (published && !is_stale(Some(sync), clock)) {
        return None;
    }
    let age = clock.now().saturating_sub(state.list.info().created) / DAY;
    let old =
        if published { format!("the list is {age} days old") } else { "no list was fetched yet".to_owned() };
    Some(format!("{old}: {}; the one in force stays so", sync.trouble))
}

impl Daemon {
    /// The status with the last `recent` questions.
    pub fn status(&self, recent: usize) -> Status {
        let state = self.resolver.shared.load();
        let totals = self.resolver.history.totals();
        let info = state.list.info();
        let clock = &self.resolver.clock;
        let cache = self.resolver.cache.stats();
        let sync = self.started_with.list.sync.as_ref().map(|_| self.fetching.status());
        let refused = refused(&state, sync.as_ref());
        let mut notices = (*self.notices).clone();
        if !refused.is_empty() {
            notices.push(format!("the list was refused: {refused}; an older one is in force"));
        }
        notices.extend(sync.as_ref().and_then(|sync| fetching_notice(sync, &state, clock)));
        if let Some(refused) = self.home.refused() {
            notices.push(format!("the family was refused; the last good one is in force: {refused}"));
        }
        notices.extend(self.accounts.trouble());
        notices.extend(self.directory.notices());
        notices.extend(self.usage.notices());
        notices.extend(self.requests.notices());
        notices.extend(self.reports.notices());
        notices.extend(self.firewall.notices());
        notices.extend(self.resolver.gate.tunnels().notices(clock.moment()));
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
                state: list_state(&state, &refused, sync.as_ref(), clock),
                file: state.list.file(),
                refused,
                sync,
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
