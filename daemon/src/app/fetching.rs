//! What goes to and fro between house and centre: a thread of its own fetches lists, and what it has made is put in force
//! here; reports go out.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Builder;

use super::Daemon;
use super::reload::upstream_settings;
use super::sources::{Sources, fetches, follow};
use crate::clock::Clock;
use crate::config::{Config, ListConfig};
use crate::list::LoadedList;
use crate::sync::copy::Copy;
use crate::sync::kept::Kept;
use crate::sync::place::Place;
use crate::sync::report::SyncStatus;
use crate::sync::round::Syncer;
use crate::sync::watch::watch;
use crate::sync::{Outside, Trouble};
use crate::{reports, tasks};

/// Before the list is read: brings it back from its copy if it is gone, counts the start, and goes back to the list before
/// if this one seems to be our death. Returns what is to be told of it, and whether it went back.
pub(super) fn before_start(list: &ListConfig) -> (Vec<String>, bool) {
    let copy = list.sync.as_ref().and_then(|sync| sync.copy.as_deref());
    let restored = copy.map(|copy| Copy::at(copy).restore(&Place::of(&list.file)));
    if let Some(Ok(true)) = restored {
        tracing::info!("the list was lost with the power, and is back from its copy");
    }
    let not_restored = restored.and_then(Result::err).map(|trouble| trouble.to_string());
    let half_written = Some(list.half_written).filter(|what| !what.is_empty()).map(str::to_owned);
    let counted = Place::of(&list.file).count_start();
    let is_rolled_back = matches!(counted, Ok(Some(_)));
    let rolled_back = counted.unwrap_or_else(|trouble| Some(trouble.to_string()));
    (half_written.into_iter().chain(not_restored).chain(rolled_back).collect(), is_rolled_back)
}

/// Whom to ask for the mirrors' names, and whom to believe.
pub fn outside(config: &Config, clock: Clock) -> Outside {
    let settings = upstream_settings(config, clock);
    let mut bootstrap = settings.bootstrap;
    // Plain servers can look up a name as well as those that are named for it.
    let plain = config.upstream.servers.iter().filter_map(|server| server.address());
    plain.for_each(|address| {
        if !bootstrap.contains(&address) {
            bootstrap.push(address)
        }
    });
    Outside { bootstrap, roots: settings.roots, clock }
}

impl Daemon {
    /// Starts to fetch lists and policies, if the configuration says from where. All of it happens in a thread that steps back
    /// behind those that answer: it reads and writes files, and to make a list takes a second of a router's processor or more.
    pub(super) fn start_fetching(&self) {
        if !fetches(&self.started_with) {
            return;
        }
        self.tell_what_is_kept();
        let daemon = self.clone();
        let run = move || {
            tasks::step_back();
            let runtime = match Builder::new_current_thread().enable_all().build() {
                Ok(runtime) => runtime,
                Err(error) => return tracing::error!(%error, "lists can't be fetched"),
            };
            let lists = tasks::keep("sync", || Some(daemon.clone().fetch_lists()));
            let policies = tasks::keep("operator", || daemon.clone().fetch_policies());
            runtime.block_on(async { tokio::join!(lists, policies) });
        };
        // What it does can be cut off at any time, as by a power cut: nobody waits for it at the end.
        if let Err(error) = std::thread::Builder::new().name("sync".to_owned()).spawn(run) {
            tracing::error!(%error, "lists can't be fetched");
        }
    }

    /// Fetches lists from where they are published now; never ends.
    async fn fetch_lists(self) {
        let part = |sources: &Sources| Some((sources.sync.clone()?, sources.outside.clone()));
        let fetch = |(settings, outside)| {
            let (syncer, daemon) = (Arc::new(Syncer::new(settings, outside)), self.clone());
            watch(syncer, Arc::clone(&self.fetching), move || daemon.take_list())
        };
        follow(self.sources.subscribe(), part, fetch).await;
    }

    /// Starts to send reports where the configuration says that they go.
    pub(super) fn send_reports(&self) {
        let (reports, sources) = (Arc::clone(&self.reports), self.sources.subscribe());
        let part = |sources: &Sources| Some((sources.centre.clone()?, sources.outside.clone()));
        tasks::spawn("reports", async move {
            let send = |(centre, outside)| reports::send(Arc::clone(&reports), centre, outside, None);
            follow(sources, part, send).await;
        });
    }

    /// Where reports go, as people know it; `None`: nowhere.
    pub fn centre(&self) -> Option<String> {
        self.sources.borrow().centre.as_ref().map(|centre| centre.authority.clone())
    }

    /// Whether lists are fetched.
    pub(super) fn fetches_lists(&self) -> bool {
        self.sources.borrow().sync.is_some()
    }

    /// Starts to tell how the router fares, if the configuration says whom; the family has its word there.
    pub(super) fn send_health(&self) {
        if self.started_with.health.to.is_some() {
            let outside = outside(&self.started_with, self.resolver.clock);
            tasks::spawn("health", self.clone().tell_health(outside));
        }
    }

    /// Asks the centre at once, and waits as long as that takes, or as `patience` lasts. Returns how it went, and whether it is
    /// over; nothing if no lists are fetched.
    pub async fn look_for_list(&self, patience: Duration) -> Option<(SyncStatus, bool)> {
        if !self.fetches_lists() {
            return None;
        }
        Some(self.fetching.look(patience).await)
    }

    /// Puts the list in force that lies in its place. One that can't be read is rolled back from.
    pub(super) fn take_list(&self) {
        let ListConfig { file, .. } = &self.started_with.list;
        let state = &self.started_with.state.dir;
        match LoadedList::from_file(file, state) {
            Ok(list) => {
                self.swap_list(list);
                self.tell_what_is_kept();
            }
            Err(error) => {
                tracing::error!(refused = %error, "the new list can't be read; going back to the one before");
                if let Err(trouble) = self.roll_back() {
                    tracing::error!(%trouble, "the list in force stays");
                }
            }
        }
    }

    /// What this or another process has written down of the list that lies here.
    fn tell_what_is_kept(&self) {
        if let Ok(kept) = Kept::read(&self.started_with.list.file) {
            self.fetching.begin(kept);
        }
    }

    fn roll_back(&self) -> Result<(), Trouble> {
        let ListConfig { file, .. } = &self.started_with.list;
        let place = Place::of(file);
        let (_turn, mut kept) = place.turn()?;
        place.roll_back(&mut kept)?;
        let list = LoadedList::from_file(file, &self.started_with.state.dir);
        self.swap_list(list.map_err(|error| Trouble::Local(error.to_string()))?);
        Ok(())
    }

    fn swap_list(&self, list: LoadedList) {
        let info = list.info();
        // It takes the place of the old one between two questions: each is answered by one of them.
        self.swap(|before| before.with_list(Arc::new(list)));
        tracing::info!(serial = info.serial, names = info.names, "a new list is in force");
    }
}
