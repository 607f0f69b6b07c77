//! The daemon: builds the state, opens the sockets, runs, reloads. The only module that swaps the snapshot.

mod asked;
mod edit;
mod fetching;
mod found;
mod household;
mod known_time;
mod line;
mod policy;
mod reload;
mod report;
mod sources;
mod starts;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use arc_swap::ArcSwap;
use tokio::sync::{Semaphore, watch};

use crate::accounts::Accounts;
use crate::audit::Audit;
use crate::cache::Cache;
use crate::certificate::Certificates;
use crate::clock::Clock;
use crate::config::Config;
use crate::control;
use crate::health_report::HealthReports;
use crate::history::{self, History};
use crate::home::Home;
use crate::listen::open::StartError;
use crate::listen::rate::Rate;
use crate::listen::{Desk, Listeners, Streams};
use crate::notify::Notifier;
use crate::operator::report as operator;
use crate::process::{Process, Signals, Wish};
use crate::reports::Reports;
use crate::requests::Requests;
use crate::resolver::Resolver;
use crate::snapshot::Snapshot;
use crate::sync::report::Report;
use crate::traffic::Keeper;
use crate::upstream::Outlet;
use crate::usage::{Time, Usage};
use crate::who::Directory;
use crate::{settle, system, tasks, web};

use self::found::Found;
use self::household::{circumstances, watch_clock};
use self::known_time::KnownTime;
use self::reload::{not_found, upstream_settings, validation};
use self::sources::Sources;
use self::starts::Starts;

pub use self::edit::ChangeError;
pub use self::fetching::outside;

/// A daemon with its sockets open, about to run.
pub struct App {
    daemon: Daemon,
    listeners: Listeners,
    web: web::Sockets,
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
    reports: Arc<Reports>,
    health: Arc<HealthReports>,
    audit: Arc<Audit>,
    /// Tells nobody before the daemon runs.
    notifier: Notifier,
    /// How lists are fetched.
    fetching: Arc<Report>,
    /// How policies are.
    operator: Arc<operator::Report>,
    /// Where lists come from and reports go.
    sources: Arc<watch::Sender<Sources>>,
    firewall: Keeper,
    starts: Starts,
    /// Held by whoever makes the next state from the one before.
    swapping: Arc<Mutex<()>>,
}

impl App {
    /// Builds the state and opens every socket; nothing is answered yet.
    pub fn start(config: Config, config_file: PathBuf, clock: Clock) -> Result<Self, StartError> {
        let Found { config, clock, starts, kind, list, mut notices } = Found::at_start(config, clock);
        let state = &config.state.dir;
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
        let family = home.family();
        let spent = usage.spent(&family, Time::of(&clock));
        let circumstances = circumstances(clock, &spent);
        let snapshot = Snapshot::build(&config, list, upstream, (&home, family), &circumstances);
        let firewall = Keeper::new(&config);
        let resolver = Resolver {
            shared: Arc::new(ArcSwap::from_pointee(snapshot)),
            cache: Arc::new(Cache::new(&config.cache, seed())),
            flights: Arc::default(),
            waiting: Arc::new(Semaphore::new(config.limits.in_flight)),
            dnssec: Arc::default(),
            portal: Arc::default(),
            places: Arc::new(Semaphore::new(config.limits.in_flight)),
            history: Arc::new(History::new(&config.history, Arc::clone(&directory) as _)),
            clock,
            gate: firewall.gate(),
        };
        resolver.dnssec.configure(validation(&config, &resolver.shared.load().upstream));
        // A port that is taken is no crash.
        let opened = Listeners::open(&config.listen, &config.limits);
        let listeners = opened.inspect_err(|_| starts.forget())?;
        let web = web::Sockets::open(&config.web).inspect_err(|_| starts.forget())?;
        let outlets = (0..=config.limits.workers).map(|_| Arc::new(resolver.outlet())).collect();
        let accounts = Arc::new(Accounts::new(&config, clock));
        let (started_with, notices) = (Arc::new(config), Arc::new(notices));
        let (home, usage, swapping) = (Arc::new(home), Arc::new(usage), Arc::default());
        let state = &started_with.state.dir;
        let sources = Arc::new(watch::Sender::new(Sources::of(&started_with, clock)));
        let operator = Arc::<operator::Report>::default();
        operator.begin(&started_with.operator);
        let (requests, audit) = (Arc::new(Requests::at_start(state)), Arc::new(Audit::at(state)));
        let reports = Arc::new(Reports::at_start(state));
        let health = HealthReports::at_start(&started_with.health, state, kind);
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
            reports,
            health: Arc::new(health),
            audit,
            notifier: Notifier::default(),
            fetching: Arc::default(),
            operator,
            sources,
            firewall,
            starts,
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
        web: web::Sockets,
        mut signals: Signals,
    ) -> Result<(), StartError> {
        let (notify, roots) = (&self.started_with.notify, self.started_with.upstream.roots.clone());
        self.notifier = Notifier::start(notify, roots, self.resolver.clock);
        let failed = |error: std::io::Error| StartError(format!("a socket can't be served: {error}"));
        streams.serve(&self.desk(0, &rate), self.certificates.as_ref()).map_err(failed)?;
        web.serve(&self, self.certificates.as_ref()).map_err(failed)?;
        tasks::spawn(
            "clock",
            watch_clock(self.resolver.clone(), KnownTime::of(&self.started_with.state.dir)),
        );
        tasks::spawn("family", self.clone().watch_family());
        tasks::spawn("usage", self.clone().watch_usage());
        let Resolver { dnssec, shared, cache, .. } = self.resolver.clone();
        tasks::spawn("dnssec", dnssec.watch(Arc::clone(&self.outlets[0]), shared, cache)); // never empty
        self.watch_devices();
        self.keep_firewall();
        let socket = control::path(&self.started_with.state.dir);
        match control::bind(&socket) {
            Ok(listener) => {
                let daemon = self.clone();
                let answer = move |request| {
                    let daemon = daemon.clone();
                    async move { daemon.answer(request).await }
                };
                tasks::spawn("control", control::serve(listener, answer));
            }
            Err(error) => {
                tracing::warn!(%error, socket = %socket.display(), "no control socket: `luytre status` won't work")
            }
        }
        self.log_start();
        self.watch_line();
        self.start_fetching();
        let starts = self.starts.clone();
        tasks::spawn("starts", async move { starts.last().await });
        self.send_reports();
        self.send_health();
        let history = Arc::clone(&self.resolver.history);
        let home = Arc::clone(&self.home);
        let calendar = move || home.calendar();
        let keeper = history::Keeper::start(history, self.resolver.clock, calendar);
        settle::give_back_code();
        while signals.next().await == Wish::Reload {
            self.reload().await;
        }
        self.starts.forget();
        self.firewall.stop().await;
        keeper.stop().await;
        let (usage, time) = (Arc::clone(&self.usage), Time::of(&self.resolver.clock));
        // It may take a while, and nobody waits any more.
        let _ = tokio::task::spawn_blocking(move || usage.save_exactly(time)).await;
        tracing::info!("stopped");
        let _ = std::fs::remove_file(socket);
        Ok(())
    }

    /// What the listeners of a runtime work with: the main one is number 0, then come the UDP threads.
    fn desk(&self, runtime: usize, rate: &Arc<Rate>) -> Desk {
        let outlet = Arc::clone(&self.outlets[runtime]); // one for each was made at the start
        Desk { resolver: self.resolver.clone(), rate: Arc::clone(rate), outlet }
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
            memory_mb = system::memory_kb() / 1024,
            answers = self.started_with.cache.entries,
            upstream = %servers.join(" "),
            "answering"
        );
    }

    /// The family.
    pub fn home(&self) -> &Arc<Home> {
        &self.home
    }

    /// The minutes of budgets; [`Daemon::give`] gives more.
    pub fn usage(&self) -> &Usage {
        &self.usage
    }

    /// What children ask for.
    pub fn requests(&self) -> &Requests {
        &self.requests
    }

    /// What the centre is told.
    pub fn reports(&self) -> &Arc<Reports> {
        &self.reports
    }

    /// What a provider is told of the router.
    pub fn health_reports(&self) -> &Arc<HealthReports> {
        &self.health
    }

    /// Who did what.
    pub fn audit(&self) -> &Audit {
        &self.audit
    }

    /// Tells a parent's phone.
    pub fn notifier(&self) -> &Notifier {
        &self.notifier
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
}

/// Eight bytes that nobody outside can know: keys of tables that clients could otherwise crowd.
fn seed() -> [u8; 8] {
    use std::hash::{BuildHasher, Hasher};
    std::collections::hash_map::RandomState::new().build_hasher().finish().to_ne_bytes()
}
