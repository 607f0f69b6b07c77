//! The daemon: builds the state, opens the sockets, runs, reloads. The only module that swaps the snapshot.

mod edit;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::Semaphore;

use crate::accounts::Accounts;
use crate::audit::Audit;
use crate::cache::Cache;
use crate::certificate::Certificates;
use crate::clock::{Clock, Timestamp};
use crate::config::Config;
use crate::control::{self, Request};
use crate::dnssec::ability::Standing;
use crate::gate::Gate;
use crate::history::{Calendar, History, Keeper};
use crate::home::{Home, Look};
use crate::list::LoadedList;
use crate::listen::open::{self, StartError};
use crate::listen::rate::Rate;
use crate::listen::{Desk, Listeners, Streams};
use crate::notify::Notifier;
use crate::policy::Circumstances;
use crate::process::{Process, Signals, Wish};
use crate::requests::Requests;
use crate::resolver::Resolver;
use crate::snapshot::Snapshot;
use crate::status::{CacheStatus, ListStatus, ServerStatus, Status};
use crate::upstream::{Outlet, ServerHealth};
use crate::who::watch::Watch;
use crate::who::{Directory, People};
use crate::usage::{Time, Usage};
use crate::{dnssec, system, tasks, upstream, web};

/// Devices in the status: more than a home has, and within what a page can show.
const DEVICES_SHOWN: usize = 256;

pub use self::edit::ChangeError;

/// A daemon with its sockets open, about to run.
pub struct App {
    daemon: Daemon,
    listeners: Listeners,
    web: Vec<std::net::TcpListener>,
}

/// What the tasks of a daemon share.
#[derive(Clone)]
pub struct Daemon {
    config_file: PathBuf,
    /// As it was at the start: what can't change without a restart.
    started_with: Arc<Config>,
    resolver: Resolver,
    /// What encrypted listeners prove themselves by, if there are any.
    certificates: Option<Arc<Certificates>>,
    /// The main runtime's way upstream, then each UDP thread's: never empty.
    outlets: Arc<[Arc<Outlet>]>,
    accounts: Arc<Accounts>,
    notices: Arc<Vec<String>>,
    /// Everything that is known of devices and people.
    directory: Arc<Directory>,
    home: Arc<Home>,
    usage: Arc<Usage>,
    requests: Arc<Requests>,
    audit: Arc<Audit>,
    /// Tells nobody before the daemon runs.
    notifier: Notifier,
    /// Held by whoever makes the next state from the one before.
    swapping: Arc<Mutex<()>>,
}

impl App {
    /// Builds the state and opens every socket; nothing is answered yet.
    pub fn start(config: Config, config_file: PathBuf, clock: Clock) -> Result<Self, StartError> {
        let mut notices = Vec::new();
        let state = &config.state.dir;
        if let Err(error) = std::fs::create_dir_all(state) {
            notices.push(format!("the state folder {} can't be made: {error}", state.display()));
        }
        let (list, refused) = LoadedList::at_start(&config.list.file, config.list.named, state);
        if let Some(refused) = &refused {
            tracing::error!(%refused, in_force = list.state(), "the list was refused; an older one is in force");
        }
        let upstream = Arc::new(upstream_settings(&config, clock));
        if upstream.servers.is_empty() {
            notices.push("no upstream server is known: write [upstream] servers".into());
        }
        notices.extend(not_found(&upstream));
        let certificates = Certificates::at_start(&config, &mut notices)?;
        notices.iter().for_each(|notice| tracing::warn!("{notice}"));
        let directory = Arc::new(Directory::new(config.limits.devices, clock));
        let home = Home::at_start(&config, Arc::clone(&directory));
        if let Some(refused) = home.refused() {
            tracing::error!(%refused, "the family was refused; the last good one is in force");
        }
        let usage = Usage::at_start(state);
        let spent = usage.spent(&home.family(), Time::of(&clock));
        let circumstances = circumstances(clock, &spent);
        let snapshot = Snapshot::build(&config, (Arc::new(list), refused), upstream, &home, &circumstances);
        let resolver = Resolver {
            shared: Arc::new(ArcSwap::from_pointee(snapshot)),
            cache: Arc::new(Cache::new(&config.cache, seed())),
            flights: Arc::default(),
            waiting: Arc::new(Semaphore::new(config.limits.in_flight)),
            dnssec: Arc::default(),
            places: Arc::new(Semaphore::new(config.limits.in_flight)),
            history: Arc::new(History::new(&config.history, Arc::clone(&directory) as _)),
            clock,
            gate: Gate::default(),
        };
        resolver.dnssec.configure(validation(&config, &resolver.shared.load().upstream));
        let listeners = Listeners::open(&config.listen, &config.limits)?;
        let web = open::tcp(&config.web.listen)?;
        let outlets = (0..=config.limits.workers).map(|_| Arc::new(resolver.outlet())).collect();
        let accounts = Arc::new(Accounts::new(&config, clock));
        let (started_with, notices) = (Arc::new(config), Arc::new(notices));
        let (home, usage, swapping) = (Arc::new(home), Arc::new(usage), Arc::default());
        let state = &started_with.state.dir;
        let (requests, audit) = (Arc::new(Requests::at_start(state)), Arc::new(Audit::at(state)));
        let daemon = Daemon {
            config_file,
            started_with,
            resolver,
            certificates,
            outlets,
            accounts,
            notices,
            directory,
            home,
            usage,
            requests,
            audit,
            notifier: Notifier::default(),
            swapping,
        };
        Ok(Self { daemon, listeners, web })
    }

    /// What the tasks will share.
    pub fn daemon(&self) -> &Daemon {
        &self.daemon
    }

    /// Answers until SIGTERM or SIGINT; SIGHUP reloads.
    pub fn run(self, process: Process) -> Result<(), StartError> {
        let Self { daemon, listeners, web } = self;
        let rate = Arc::new(Rate::new(daemon.started_with.limits.clients, seed()));
        let workers = daemon.started_with.limits.workers; // at least 1
        let streams = listeners
            .answer_udp(workers, |index| daemon.desk(index + 1, &rate))
            .map_err(|error| StartError(format!("a thread can't start: {error}")))?;
        let Process { runtime, signals } = process;
        let ended = runtime.block_on(daemon.serve(rate, streams, web, signals));
        // A flash that hangs must not keep the program from its end.
        runtime.shutdown_background();
        ended
    }
}

impl Daemon {
    async fn serve(
        mut self,
        rate: Arc<Rate>,
        streams: Streams,
        web: Vec<std::net::TcpListener>,
        mut signals: Signals,
    ) -> Result<(), StartError> {
        let (notify, roots) = (&self.started_with.notify, self.started_with.upstream.roots.clone());
        self.notifier = Notifier::start(notify, roots, self.resolver.clock);
        let failed = |error: std::io::Error| StartError(format!("a socket can't be served: {error}"));
        streams.serve(&self.desk(0, &rate), self.certificates.as_ref()).map_err(failed)?;
        for listener in web {
            let listener = tokio::net::TcpListener::from_std(listener).map_err(failed)?;
            tasks::spawn("web", web::serve(listener, self.clone()));
        }
        tasks::spawn("clock", watch_clock(self.resolver.clone()));
        tasks::spawn("family", self.clone().watch_family());
        tasks::spawn("usage", self.clone().watch_usage());
        let Resolver { dnssec, shared, cache, .. } = self.resolver.clone();
        tasks::spawn("dnssec", dnssec.watch(Arc::clone(&self.outlets[0]), shared, cache)); // never empty
        self.watch_devices();
        let socket = control::path(&self.started_with.state.dir);
        match control::bind(&socket) {
            Ok(listener) => {
                let daemon = self.clone();
                tasks::spawn("control", control::serve(listener, move |request| daemon.answer(request)));
            }
            Err(error) => {
                tracing::warn!(%error, socket = %socket.display(), "no control socket: `luytre status` won't work")
            }
        }
        self.log_start();
        let history = Arc::clone(&self.resolver.history);
        let home = Arc::clone(&self.home);
        let calendar = move || Calendar::new(home.family().zone.rules().clone());
        let keeper = Keeper::start(history, self.resolver.clock, calendar);
        while signals.next().await == Wish::Reload {
            self.reload().await;
        }
        keeper.stop().await;
        let (usage, time) = (Arc::clone(&self.usage), Time::of(&self.resolver.clock));
        // It may take a while, and nobody waits any more.
        let _ = tokio::task::spawn_blocking(move || usage.save(time)).await;
        tracing::info!("stopped");
        let _ = std::fs::remove_file(socket);
        Ok(())
    }

    /// What the listeners of a runtime work with: the main one is number 0, then come the UDP threads.
    fn desk(&self, runtime: usize, rate: &Arc<Rate>) -> Desk {
        let outlet = Arc::clone(&self.outlets[runtime]); // one for each was made at the start
        Desk { resolver: self.resolver.clone(), rate: Arc::clone(rate), outlet }
    }

    /// Follows who is who on the network.
    fn watch_devices(&self) {
        let watch = Watch {
            directory: Arc::clone(&self.directory),
            config: self.started_with.who.clone(),
            shared: Arc::clone(&self.resolver.shared),
        };
        let daemon = self.clone();
        let follow = move || {
            let (watch, daemon) = (watch.clone(), daemon.clone());
            Some(watch.run(move |people| daemon.set_people(people)))
        };
        tasks::spawn("who", tasks::keep("who is who", follow));
    }

    /// Puts other people into the state; all else stays, what is remembered of names too.
    fn set_people(&self, people: People) {
        self.swap(|before| before.with_people(Arc::new(people)));
    }

    fn log_start(&self) {
        let (state, listen) = (self.resolver.shared.load(), &self.started_with.listen);
        let servers: Vec<String> = state.upstream.servers.iter().map(ToString::to_string).collect();
        tracing::info!(
            dns = ?listen.dns,
            tls = ?listen.tls,
            https = ?listen.https,
            quic = ?listen.quic,
            web = ?self.started_with.web.listen,
            list = state.list.state(),
            names = state.list.info().names,
            upstream = %servers.join(" "),
            "answering"
        );
    }

    /// Reads configuration and list again. What is wrong is logged, and the running state stays as it is.
    async fn reload(&self) {
        let daemon = self.clone();
        // Checking a list reads all of it: not on the thread that answers TCP.
        let done = tokio::task::spawn_blocking(move || daemon.reload_now()).await;
        if let Ok(Err(error)) = done {
            tracing::error!(%error, "not reloaded; the running configuration stays in force");
        }
    }

    fn reload_now(&self) -> Result<(), crate::config::ConfigError> {
        let mut config = Config::load(&self.config_file, system::environment())?;
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
            Err(error) if error.is_missing() && !config.list.named => (Arc::new(LoadedList::starter()), None),
            Err(error) => {
                tracing::error!(refused = %error, "the list was refused; the one in force stays");
                (Arc::clone(&before.list), Some(error.to_string()))
            }
        };
        let settings = upstream_settings(&config, self.resolver.clock);
        let same = settings == *before.upstream;
        let upstream = if same { Arc::clone(&before.upstream) } else { Arc::new(settings) };
        let spent = self.spent();
        let circumstances = circumstances(self.resolver.clock, &spent);
        let after = Snapshot::build(&config, (list, refused), upstream, &self.home, &circumstances);
        let after = Arc::new(after);
        let same = same && after.inspects_as(&before);
        self.resolver.dnssec.configure(validation(&config, &after.upstream));
        self.resolver.shared.store(after);
        if !same {
            // Other servers may give other answers, and other rules find other things in them.
            self.resolver.cache.clear();
        }
        tracing::info!("reloaded");
        Ok(())
    }

    /// The family.
    pub fn home(&self) -> &Arc<Home> {
        &self.home
    }

    /// The state in force, or as it would be at another time.
    pub fn state_at(&self, at: Option<Timestamp>) -> Arc<Snapshot> {
        let state = self.resolver.shared.load_full();
        match at {
            None => state,
            Some(now) => {
                let circumstances =
                    Circumstances { now, trusted: true, ..circumstances(self.resolver.clock) };
                Arc::new(state.at(&self.home, &circumstances))
            }
        }
    }

    /// Puts a state in force that is made from the one before.
    fn swap(&self, next: impl FnOnce(&Snapshot) -> Snapshot) {
        let _turn = self.swapping.lock().unwrap_or_else(PoisonError::into_inner);
        let after = next(&self.resolver.shared.load());
        self.resolver.shared.store(Arc::new(after));
    }

    /// Takes in what the family wrote, and what time does to it; never ends.
    async fn watch_family(self) {
        let clock = self.resolver.clock;
        let mut compiled = (clock.trusted(), clock.now());
        loop {
            tokio::time::sleep(LOOK).await;
            let home = Arc::clone(&self.home);
            let Ok(look) = tokio::task::spawn_blocking(move || home.look()).await else { continue };
            let now = (clock.trusted(), clock.now());
            let is_old = compiled.0 != now.0 || !(compiled.1..compiled.1 + RECOMPILE).contains(&now.1);
            match look {
                Look::Same if !is_old => continue,
                Look::Same => self.recompile(),
                Look::Taken => {
                    let spent = self.spent();
                    self.swap(|before| before.with_family(&self.home, &circumstances(clock, &spent)));
                    tracing::info!("the family's new rules are in force");
                }
                Look::Refused(refused) => {
                    tracing::error!(%refused, "the family was refused; what was in force stays so");
                    continue;
                }
            }
            compiled = now;
        }
    }

    /// Puts the same rules in force for the time that it is now, and what is used up.
    pub fn recompile(&self) {
        let spent = self.spent();
        self.swap(|before| before.at(&self.home, &circumstances(self.resolver.clock, &spent)));
    }

    fn spent(&self) -> Vec<Option<Timestamp>> {
        self.usage.spent(&self.home.family(), Time::of(&self.resolver.clock))
    }

    /// Counts the minutes of budgets and writes them down; never ends.
    async fn watch_usage(self) {
        loop {
            tokio::time::sleep(LOOK).await;
            self.count_usage();
            let (usage, time) = (Arc::clone(&self.usage), Time::of(&self.resolver.clock));
            if usage.is_due(time) {
                // A disk may take seconds, a panic is logged, and the next round comes.
                let _ = tokio::task::spawn_blocking(move || usage.save(time)).await;
            }
        }
    }

    fn count_usage(&self) {
        let meters = Arc::clone(&self.resolver.shared.load().meters);
        if self.usage.tick(&meters, Time::of(&self.resolver.clock)) {
            self.recompile();
        }
    }

    /// The minutes of budgets; [`Daemon::give`] gives more.
    pub fn usage(&self) -> &Usage {
        &self.usage
    }

    /// What children ask for.
    pub fn requests(&self) -> &Requests {
        &self.requests
    }

    /// Who did what.
    pub fn audit(&self) -> &Audit {
        &self.audit
    }

    /// Tells a parent's phone.
    pub fn notifier(&self) -> &Notifier {
        &self.notifier
    }

    /// The family in force.
    pub fn home(&self) -> &Home {
        &self.home
    }

    /// What answers questions.
    pub fn resolver(&self) -> &Resolver {
        &self.resolver
    }

    /// Who may come in.
    pub fn accounts(&self) -> &Arc<Accounts> {
        &self.accounts
    }

    /// The configuration of the start.
    pub fn config(&self) -> &Config {
        &self.started_with
    }

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

    /// What the control socket says.
    fn answer(&self, request: Request) -> String {
        match request {
            Request::Status(recent) => serde_json::to_string(&self.status(recent))
                .unwrap_or_else(|error| control::error(&error.to_string())),
            Request::Flush(name) => {
                let flushed = self.resolver.cache.remove(name.as_name());
                serde_json::json!({ "flushed": flushed }).to_string()
            }
            Request::Trust => {
                self.resolver.clock.trust();
                serde_json::json!({ "trusted": self.resolver.clock.trusted() }).to_string()
            }
            Request::Advance(seconds) => match self.resolver.clock.advance(seconds) {
                Some(uptime) => {
                    // Who steers the clock finds done what time does.
                    self.count_usage();
                    serde_json::json!({ "uptime_s": uptime }).to_string()
                }
                None => control::error("the clock runs by itself; start with --clock steered"),
            },
        }
    }
}

/// How often the family's file is looked at.
const LOOK: Duration = Duration::from_secs(1);
/// Seconds after which schedules are worked out anew, far within what was worked out.
const RECOMPILE: u64 = 3600;

/// What the family's rules are compiled for.
fn circumstances(clock: Clock, spent: &[Option<Timestamp>]) -> Circumstances<'_> {
    Circumstances { now: clock.best_known(), trusted: clock.trusted(), spent }
}

/// Waits until the date can be believed; then what was accepted at another time is judged anew.
async fn watch_clock(resolver: Resolver) {
    if resolver.clock.trusted() {
        return;
    }
    tracing::warn!("the clock is not set; the dates of signatures and certificates are judged leniently");
    while !resolver.clock.trusted() {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    tracing::info!("the clock is set");
    resolver.time_was_set();
}

/// Keys that are read at the start only.
fn needs_restart(before: &Config, after: &Config) -> Vec<&'static str> {
    let changed = [
        ("listen.dns", before.listen.dns != after.listen.dns),
        ("listen.tls", before.listen.tls != after.listen.tls),
        ("listen.https", before.listen.https != after.listen.https),
        ("listen.quic", before.listen.quic != after.listen.quic),
        ("[notify]", before.notify != after.notify),
        ("web.listen", before.web.listen != after.web.listen),
        ("web.setup_code_file", before.web.setup_code_file != after.web.setup_code_file),
        ("state.dir", before.state != after.state),
        ("[cache]", before.cache != after.cache),
        ("[history]", before.history != after.history),
        ("limits.workers", before.limits.workers != after.limits.workers),
        ("limits.in_flight", before.limits.in_flight != after.limits.in_flight),
        ("limits.clients", before.limits.clients != after.limits.clients),
        ("limits.devices", before.limits.devices != after.limits.devices),
        ("[who]", before.who != after.who),
    ];
    changed.iter().filter(|(_, changed)| *changed).map(|(key, _)| *key).collect()
}

fn upstream_settings(config: &Config, clock: Clock) -> upstream::Settings {
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
        timeout: config.upstream.timeout,
        bootstrap,
        roots: config.upstream.roots.clone(),
        clock,
    }
}

/// A notice for servers whose name nobody can look up. Not an error: the uplink may announce its resolvers later.
fn not_found(settings: &upstream::Settings) -> Option<String> {
    let zones = settings.zones.iter().flat_map(|(_, servers)| servers);
    let sought = settings.servers.iter().chain(zones).find(|server| server.sought().is_some())?;
    settings.bootstrap.is_empty().then(|| {
        format!(
            "nobody can look up the host of {sought}: write [upstream] bootstrap, or its address behind an @"
        )
    })
}

/// What validation goes by; `None` when it is turned off.
fn validation(config: &Config, upstream: &upstream::Settings) -> Option<dnssec::Settings> {
    config.upstream.validate.as_ref().map(|anchors| dnssec::Settings::new(anchors.clone(), upstream))
}

/// Eight bytes that nobody outside can know: keys of tables that clients could otherwise crowd.
fn seed() -> [u8; 8] {
    use std::hash::{BuildHasher, Hasher};
    std::collections::hash_map::RandomState::new().build_hasher().finish().to_ne_bytes()
}
