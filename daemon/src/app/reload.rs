//! Reading configuration and list again.

use std::sync::{Arc, PoisonError};

use super::Daemon;
use super::household::circumstances;
use super::sources::{Sources, fetches};
use crate::clock::Clock;
use crate::config::Config;
use crate::list::LoadedList;
use crate::snapshot::Snapshot;
use crate::{dnssec, system, upstream};

impl Daemon {
    /// Reads configuration and list again. What is wrong is logged, and the running state stays as it is.
    pub(super) async fn reload(&self) {
        let daemon = self.clone();
        // Checking a list reads all of it: not on the thread that answers TCP.
        let done = tokio::task::spawn_blocking(move || daemon.reload_now()).await;
        if let Ok(Err(error)) = done {
            tracing::error!(%error, "not reloaded; the running configuration stays in force");
        }
    }

    fn reload_now(&self) -> Result<(), crate::config::ConfigError> {
        let mut config = Config::load(&self.config_file, system::environment())?;
        let sources = Sources::reloaded(&config, &self.started_with, self.resolver.clock);
        for key in needs_restart(&self.started_with, &config) {
            tracing::warn!("{key} has changed: restart luytre for it");
        }
        config.listen = config.listen.with_sockets_of(&self.started_with.listen);
        if let Some(certificates) = &self.certificates {
            certificates.reload(&config);
        }
        self.home.look();
        let _turn = self.swapping.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.resolver.shared.load_full();
        let state = &self.started_with.state.dir;
        let (list, refused) = match LoadedList::from_file(&config.list.file, state) {
            Ok(list) => (Arc::new(list), None),
            Err(error) if error.is_missing() && !config.list.must_be_there() => {
                (Arc::new(LoadedList::starter()), None)
            }
            Err(error) => {
                tracing::error!(refused = %error, "the list was refused; the one in force stays");
                (Arc::clone(&before.list), Some(error.to_string()))
            }
        };
        let settings = upstream_settings(&config, self.resolver.clock);
        let settings = upstream::Settings { window: before.upstream.window.clone(), ..settings };
        let same = settings == *before.upstream;
        let upstream = if same { Arc::clone(&before.upstream) } else { Arc::new(settings) };
        let family = self.home.family();
        let spent = self.spent(&family);
        let circumstances = circumstances(self.resolver.clock, &spent);
        let after = Snapshot::build(&config, (list, refused), upstream, (&self.home, family), &circumstances);
        let after = Arc::new(after);
        let same = same && after.inspects_as(&before);
        self.resolver.dnssec.configure(validation(&config, &after.upstream));
        self.resolver.shared.store(after);
        self.firewall.wake();
        if !same {
            // Other servers may give other answers, and other rules find other things in them.
            self.resolver.cache.clear();
        }
        // Told when it is so: whoever reads of a policy finds it in force.
        self.operator.begin(&config.operator);
        self.sources.send_if_modified(|before| {
            let is_other = *before != sources;
            *before = sources;
            is_other
        });
        tracing::info!("reloaded");
        Ok(())
    }
}

/// Keys that are read at the start only.
fn needs_restart(before: &Config, after: &Config) -> Vec<&'static str> {
    let changed = [
        ("listen.dns", before.listen.dns != after.listen.dns),
        ("listen.tls", before.listen.tls != after.listen.tls),
        ("listen.https", before.listen.https != after.listen.https),
        ("listen.quic", before.listen.quic != after.listen.quic),
        ("[notify]", before.notify != after.notify),
        ("[operator]", before.operator.settings != after.operator.settings),
        ("[list]", !fetches(before) && fetches(after)),
        ("list.file", after.list.sync.is_some() && before.list.file != after.list.file),
        ("web.listen", before.web.listen != after.web.listen),
        ("web.tls", before.web.tls != after.web.tls),
        ("web.setup_code_file", before.web.setup_code_file != after.web.setup_code_file),
        ("state.dir", before.state != after.state),
        ("upstream.portal_check", before.upstream.portal_check != after.upstream.portal_check),
        ("[cache]", before.cache != after.cache),
        ("[history]", before.history != after.history),
        ("limits.workers", before.limits.workers != after.limits.workers),
        ("limits.in_flight", before.limits.in_flight != after.limits.in_flight),
        ("limits.clients", before.limits.clients != after.limits.clients),
        ("limits.devices", before.limits.devices != after.limits.devices),
        ("[who]", before.who != after.who),
        ("[firewall]", before.firewall != after.firewall),
        ("health.send_to", before.health != after.health),
    ];
    changed.iter().filter(|(_, changed)| *changed).map(|(key, _)| *key).collect()
}

pub(super) fn upstream_settings(config: &Config, clock: Clock) -> upstream::Settings {
    let announced = || system::resolvers(&config.listen.dns);
    let mut servers = config.upstream.servers.clone();
    if servers.is_empty() {
        servers = announced();
    }
    let mut bootstrap = config.upstream.bootstrap.clone();
    if bootstrap.is_empty() {
        bootstrap = announced().iter().filter_map(upstream::Server::address).collect();
    }
    let zones = config.upstream.zones.iter().map(|zone| (zone.name.clone(), zone.servers.clone()));
    upstream::Settings {
        servers,
        strategy: config.upstream.strategy,
        zones: zones.collect(),
        window: Vec::new(),
        timeout: config.upstream.timeout,
        bootstrap,
        roots: config.upstream.roots.clone(),
        clock,
    }
}

/// A notice for servers whose name nobody can look up. Not an error: the uplink may announce its resolvers later.
pub(super) fn not_found(settings: &upstream::Settings) -> Option<String> {
    let zones = settings.zones.iter().flat_map(|(_, servers)| servers);
    let sought = settings.servers.iter().chain(zones).find(|server| server.sought().is_some())?;
    settings.bootstrap.is_empty().then(|| {
        format!(
            "nobody can look up the host of {sought}: write [upstream] bootstrap, or its address behind an @"
        )
    })
}

/// What validation goes by; `None` when it is turned off.
pub(super) fn validation(config: &Config, upstream: &upstream::Settings) -> Option<dnssec::Settings> {
    config.upstream.validate.as_ref().map(|anchors| dnssec::Settings::new(anchors.clone(), upstream))
}
