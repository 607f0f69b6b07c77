//! What the daemon says about itself.

use std::sync::Arc;

use luytre_trust::Version;

use super::Daemon;
use crate::clock::{BUILT, Clock};
use crate::dnssec::ability::Standing;
use crate::memory::Memory;
use crate::operator::report::OperatorStatus;
use crate::snapshot::Snapshot;
use crate::status::{Area, CacheStatus, Concern, ListStatus, ServerStatus, Status};
use crate::sync::report::SyncStatus;
use crate::upstream::{self, ServerHealth};

/// Devices in the status: more than a home has, and within what a page can show.
const DEVICES_SHOWN: usize = 256;
/// A file in the state folder that the service's script, which is root, leaves there while root has no password: we may
/// not look into the shadow.
const ROOT_IS_OPEN: &str = "root-has-no-password";
/// What holds while the date can't be believed.
const NO_DATE: &str = "the router's clock is not set yet: until it is, every schedule counts as in force";
/// This program's version.
const VERSION: &str = env!("CARGO_PKG_VERSION");
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

/// Whether it is newer than this program.
fn is_newer(version: &Version) -> bool {
    VERSION.parse().is_ok_and(|ours: Version| *version > ours)
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
        let sync = self.fetches_lists().then(|| self.fetching.status());
        let operator = self.operator();
        let refused = refused(&state, sync.as_ref());
        let concerns = self.concerns(&state, &refused, (sync.as_ref(), operator.as_ref()));
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
            version: VERSION,
            built: BUILT,
            update: sync.as_ref().and_then(|sync| sync.newest).filter(is_newer),
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
            memory: Memory::of(&self.started_with),
            health_report: self.health.telling(),
            upstream: servers.map(with_ability).collect(),
            devices: self.directory.status(DEVICES_SHOWN),
            firewall: self.firewall.standing(),
            root_is_open: self.started_with.state.dir.join(ROOT_IS_OPEN).exists(),
            provider: state.provider.to_string(),
            operator,
            privacy: self.resolver.history.privacy(),
            notices: concerns.iter().map(|concern| concern.text.clone()).collect(),
            concerns,
        }
    }

    /// What is wrong, the most general first.
    fn concerns(
        &self,
        state: &Snapshot,
        refused: &str,
        (sync, operator): (Option<&SyncStatus>, Option<&OperatorStatus>),
    ) -> Vec<Concern> {
        let refused = (!refused.is_empty())
            .then(|| format!("the list was refused: {refused}; an older one is in force"));
        let fetching = sync.and_then(|sync| fetching_notice(sync, state, &self.resolver.clock));
        let family = self
            .home
            .refused()
            .map(|refused| format!("the family was refused; the last good one is in force: {refused}"));
        let standing = self.resolver.dnssec.standing();
        let unvalidated = matches!(standing, Standing::Unknown | Standing::Stripped);
        let through_dns = self.resolver.gate.tunnels().notices(self.resolver.clock.moment());
        let some = |text: String| (!text.is_empty()).then_some(text);
        let kept = [self.usage.notices(), self.requests.notices(), self.reports.notices()].concat();
        // Looks that only failed harm nobody: what was taken stays.
        let operator = operator.filter(|operator| operator.refused);
        let operator =
            operator.map(|operator| format!("the operator's policy was refused: {}", operator.trouble));
        let all = [
            (Area::Setup, (*self.notices).iter().cloned().chain(operator).collect()),
            (Area::List, refused.into_iter().chain(fetching).collect()),
            (Area::Family, family.into_iter().collect()),
            (Area::Accounts, self.accounts.trouble().into_iter().collect()),
            (Area::Devices, self.directory.notices()),
            (Area::State, kept.into_iter().chain(some(self.resolver.history.trouble())).collect()),
            (Area::State, self.health.notices()),
            (Area::Firewall, some(self.firewall.trouble()).into_iter().collect()),
            (Area::Network, self.firewall.foreign_servers()),
            (Area::Tunnel, [self.firewall.tunnels(), through_dns].concat()),
            (Area::Line, self.window_concern(state).into_iter().collect()),
            (Area::Dnssec, unvalidated.then(|| standing.to_string()).into_iter().collect()),
        ];
        let clock = (!self.resolver.clock.trusted()).then(|| NO_DATE.to_owned());
        let all = all.into_iter().chain([(Area::Clock, clock.into_iter().collect())]);
        let concerns = all.flat_map(|(area, texts): (_, Vec<String>)| {
            texts.into_iter().map(move |text| Concern { area, text })
        });
        concerns.collect()
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
