//! Questions go upstream here, and answers come back as bytes.
//!
//! In the order data flows:
//!
//! 1. [`Settings`] name the servers ([`Server`]), in a default group and in groups for zones.
//! 2. [`Forwarder::exchange`] finds the group for a name; `choice` ranks its servers by what `health` knows of them.
//! 3. `race` tries up to three of them, one after the other or at once, until one has a good answer.
//! 4. `attempt` is one try at one server, with the second query that some servers need.
//! 5. `message` dresses the query and tells which answers fit it.
//! 6. `udp` carries both in datagrams; `line` does over a connection, with the certificates that `trust` believes and
//!    the addresses that `bootstrap` finds.
//!
//! A server that is to be spoken to in secret is never asked in the clear: when all of them fail, the question fails.
//!
//! One [`Forwarder`] serves one worker: its sockets belong to the runtime that it is first used in.

mod attempt;
mod bootstrap;
mod choice;
mod health;
mod line;
pub(crate) mod lock;
mod message;
mod probe;
mod race;
mod random;
mod server;
#[cfg(test)]
mod tests;
mod trust;
mod udp;

use std::collections::HashMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use luytre_lists::{Domain, Name};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

use self::attempt::{Inquiry, Outcome, Upstream};
pub(crate) use self::bootstrap::Bootstrap;
pub use self::choice::Strategy;
pub use self::health::ServerHealth;
use self::line::Dialler;
use self::lock::Lock;
use self::message::Question;
pub use self::probe::probe;
use self::random::Random;
pub use self::server::{Host, Server, ServerError, Transport, plain_address};
pub use self::trust::Roots;
pub(crate) use self::trust::Tls;
use crate::clock::Clock;

/// Whom to ask, and how hard to try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The servers for every name that no zone covers.
    pub servers: Vec<Server>,
    /// Which of several servers is asked first.
    pub strategy: Strategy,
    /// Servers for a zone and all below it; the longest match counts. No fallback to the others: what is asked of
    /// `corp.example` stays in the house, and nobody else could answer it.
    pub zones: Vec<(Domain, Vec<Server>)>,
    /// The same, while a line wants a sign-in ([`portal`](crate::portal)); what stands in `zones` comes first.
    pub window: Vec<(Domain, Vec<Server>)>,
    /// The longest wait for an answer, all tries together; for a connection, too.
    pub timeout: Duration,
    /// Plain servers that find the hosts of encrypted ones, and are asked nothing else.
    pub bootstrap: Vec<SocketAddr>,
    /// Certificate authorities to trust besides the usual ones.
    pub roots: Roots,
    /// The date that certificates are judged by.
    pub clock: Clock,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            servers: Vec::new(),
            strategy: Strategy::default(),
            zones: Vec::new(),
            window: Vec::new(),
            timeout: Duration::from_secs(5),
            bootstrap: Vec::new(),
            roots: Roots::default(),
            clock: Clock::default(),
        }
    }
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExchangeError {
    /// No server is configured for the name.
    NoServer,
    /// No server answered in time.
    Timeout,
    /// Too many questions are on their way.
    Busy,
    /// Every server asked failed; what the last one said, server first.
    Failed(String),
}

impl fmt::Display for ExchangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoServer => f.write_str("no upstream server is configured for this name"),
            Self::Timeout => f.write_str("no upstream server answered in time"),
            Self::Busy => f.write_str("too many questions are waiting for upstream servers"),
            Self::Failed(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for ExchangeError {}

impl Settings {
    /// The zones with servers of their own, those of a window among them.
    pub fn apart(&self) -> impl Iterator<Item = &Domain> {
        self.zones.iter().chain(&self.window).map(|(zone, _)| zone)
    }
}

/// Asks the upstream servers. Cheap to clone; the clones share sockets and what is known of the servers.
#[derive(Clone)]
pub struct Forwarder(Arc<Inner>);

struct Inner {
    settings: Arc<Settings>,
    /// Every server once, in the order of the configuration.
    upstreams: Vec<Arc<Upstream>>,
    default: Group,
    /// By the zone's name as on the wire.
    zones: HashMap<Box<[u8]>, Group>,
    places: Arc<Semaphore>,
    random: Random,
}

type Group = Vec<Arc<Upstream>>;

impl Forwarder {
    /// Opens no socket yet. `places` bounds the questions on their way, whichever forwarder they take.
    pub fn new(settings: Arc<Settings>, places: Arc<Semaphore>) -> Self {
        Self::with_random(settings, places, Random::new())
    }

    fn with_random(settings: Arc<Settings>, places: Arc<Semaphore>, random: Random) -> Self {
        let dialler = Arc::new(Dialler::new(Arc::clone(&settings)));
        let mut upstreams = Upstreams { in_order: Vec::new(), by_server: HashMap::new(), dialler };
        let default = upstreams.group(&settings.servers);
        let zone = |(name, servers): &(Domain, Vec<Server>)| {
            (name.as_name().as_wire().into(), upstreams.group(servers))
        };
        let zones = settings.window.iter().chain(&settings.zones).map(zone).collect();
        Self(Arc::new(Inner { settings, upstreams: upstreams.in_order, default, zones, places, random }))
    }

    /// What it was made with.
    pub fn settings(&self) -> &Arc<Settings> {
        &self.0.settings
    }

    /// Asks `query`, a complete message about `name`, and returns the answer's bytes.
    ///
    /// ID, flags and the case of the question in the answer are the server's; the question is otherwise the query's.
    /// The answer may be an error such as SERVFAIL if no server had a better one, and truncated if the rest was not to
    /// be had. Fails within [`Settings::timeout`].
    pub async fn exchange(&self, name: Name<'_>, query: &[u8]) -> Result<Vec<u8>, ExchangeError> {
        self.exchange_avoiding(name, query, &[]).await
    }

    /// The same, without these servers if there are others for the name.
    pub async fn exchange_avoiding(
        &self,
        name: Name<'_>,
        query: &[u8],
        avoided: &[Server],
    ) -> Result<Vec<u8>, ExchangeError> {
        let inner = &*self.0;
        let _place = inner.places.try_acquire().map_err(|_| ExchangeError::Busy)?;
        let inquiry = inner.inquiry(query, Instant::now() + inner.settings.timeout)?;
        let group = inner.group(name);
        if !avoided.is_empty() {
            let is_welcome = |upstream: &&Arc<Upstream>| !avoided.contains(upstream.server());
            let welcome: Group = group.iter().filter(is_welcome).cloned().collect();
            if !welcome.is_empty() {
                return race::run(&welcome, &inquiry, &inner.settings).await;
            }
        }
        race::run(group, &inquiry, &inner.settings).await
    }

    /// Asks one server of the settings, once, whatever is known of it.
    pub async fn exchange_with(
        &self,
        server: &Server,
        query: &[u8],
        deadline: Instant,
    ) -> Result<Vec<u8>, ExchangeError> {
        let upstream = self.0.upstreams.iter().find(|upstream| upstream.server() == server);
        let upstream = upstream.ok_or(ExchangeError::NoServer)?;
        let inquiry = self.0.inquiry(query, deadline)?;
        match timeout_at(deadline, upstream.attempt(&inquiry)).await {
            Ok(Outcome::Answer(answer) | Outcome::Error(answer)) => Ok(answer),
            Ok(Outcome::Failed(why)) => Err(ExchangeError::Failed(why)),
            Err(_) => Err(ExchangeError::Timeout),
        }
    }

    /// Whether every server for a name proves who it is, so that its word on what it validated can be passed on.
    pub fn is_authenticated(&self, name: Name<'_>) -> bool {
        let mut servers = self.0.group(name).iter().map(|upstream| upstream.server());
        servers.all(|server| server.transport.is_authenticated())
    }

    /// Whether no server for the names that no zone covers answers any more.
    pub fn is_cut_off(&self) -> bool {
        let now = Instant::now();
        self.0.default.iter().all(|upstream| upstream.show(now).down)
    }

    /// What is known of every server, in the order of the configuration.
    pub fn health(&self) -> Vec<ServerHealth> {
        let now = Instant::now();
        self.0.upstreams.iter().map(|upstream| upstream.show(now)).collect()
    }
}

/// A runtime's forwarder, made anew when the settings are. Everybody in a runtime shares it, so that all learn from
/// each other's questions.
pub struct Outlet {
    current: Lock<Forwarder>,
    places: Arc<Semaphore>,
}

impl Outlet {
    /// An outlet of the runtime that it is first used in.
    pub fn new(settings: Arc<Settings>, places: Arc<Semaphore>) -> Self {
        Self { current: Lock::new(Forwarder::new(settings, Arc::clone(&places))), places }
    }

    /// The forwarder for these settings. What is on its way by an older one ends there.
    pub fn forwarder(&self, settings: &Arc<Settings>) -> Forwarder {
        let mut current = self.current.hold();
        if !Arc::ptr_eq(current.settings(), settings) {
            *current = Forwarder::new(Arc::clone(settings), Arc::clone(&self.places));
        }
        current.clone()
    }

    /// What is known here of every server of these settings.
    pub fn health(&self, settings: &Arc<Settings>) -> Vec<ServerHealth> {
        self.forwarder(settings).health()
    }
}

impl Inner {
    fn inquiry<'q>(&'q self, query: &'q [u8], deadline: Instant) -> Result<Inquiry<'q>, ExchangeError> {
        let no_question = || ExchangeError::Failed("the query has not exactly one question".to_owned());
        let question = Question::of(query).ok_or_else(no_question)?;
        Ok(Inquiry { question, random: &self.random, deadline, sent: AtomicUsize::new(0) })
    }

    /// The servers for a name: those of the longest zone above it.
    fn group(&self, name: Name<'_>) -> &Group {
        if self.zones.is_empty() {
            return &self.default;
        }
        name.suffixes().find_map(|suffix| self.zones.get(suffix.as_wire())).unwrap_or(&self.default)
    }
}

/// Gives each server one place, however many groups name it, so that all learn from each other's questions.
struct Upstreams {
    in_order: Vec<Arc<Upstream>>,
    by_server: HashMap<Server, Arc<Upstream>>,
    dialler: Arc<Dialler>,
}

impl Upstreams {
    fn group(&mut self, servers: &[Server]) -> Group {
        servers.iter().map(|server| self.one(server)).collect()
    }

    fn one(&mut self, server: &Server) -> Arc<Upstream> {
        if let Some(known) = self.by_server.get(server) {
            return Arc::clone(known);
        }
        let upstream = Arc::new(Upstream::new(server.clone(), &self.dialler));
        self.in_order.push(Arc::clone(&upstream));
        self.by_server.insert(server.clone(), Arc::clone(&upstream));
        upstream
    }
}
