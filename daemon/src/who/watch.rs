//! Keeps the directory up to date, and the people in the snapshot with it.
//!
//! None of the sources must be there: without the kernel's table, a lease file or an answer there are fewer names and
//! fewer devices, which is said once, and DNS goes on.

use std::future::pending;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use super::leases::Leases;
use super::name::HostName;
use super::neighbours::{Heard, Neighbours};
use super::{Directory, Mac, People, mdns};
use crate::config::WhoConfig;
use crate::snapshot::Shared;
use crate::tasks;

/// How often the lease files are looked at, and the neighbour table is opened again after an error.
const LOOK: Duration = Duration::from_secs(5);
/// Devices are joined and people made anew at most so often: a flood of news costs no more than this.
const PACE: Duration = Duration::from_millis(200);
/// Devices asked for their names at once.
const ASKED: usize = 8;

/// Watches the network.
#[derive(Clone)]
pub struct Watch {
    /// What is kept up to date.
    pub directory: Arc<Directory>,
    /// Which sources are looked at.
    pub config: WhoConfig,
    /// Whose addresses count: the home's alone.
    pub shared: Shared,
}

/// What a lease file was when it was last read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp(u64, Option<SystemTime>);

impl Watch {
    /// Goes on until it is dropped; `publish` gets the people whenever they changed.
    pub async fn run(self, publish: impl Fn(People)) {
        let (names, mut told) = mpsc::channel(ASKED);
        let mut ticks = interval(LOOK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut stamps = Vec::new();
        let mut neighbours = None;
        let mut complained = false;
        let mut due: Option<Instant> = None;
        let mut next = Instant::now();
        loop {
            let news = tokio::select! {
                heard = self.next(&mut neighbours) => self.follow(heard, &mut neighbours, &mut complained),
                Some((mac, name)) = told.recv() => {
                    self.directory.tell(mac, name);
                    // Nobody is found by a name.
                    false
                }
                _ = ticks.tick() => {
                    if self.config.neighbours && neighbours.is_none() {
                        neighbours = self.open(&mut complained);
                    }
                    self.ask_for_names(&names);
                    self.look_at_leases(&mut stamps).await
                }
                () = at(due) => {
                    (due, next) = (None, Instant::now() + PACE);
                    self.publish(&publish);
                    self.ask_for_names(&names);
                    false
                }
            };
            if news {
                due = due.or(Some(next));
            }
        }
    }

    /// News of the kernel's; none, for ever, without its table.
    async fn next(&self, neighbours: &mut Option<Neighbours>) -> io::Result<bool> {
        let Some(neighbours) = neighbours else { return pending().await };
        let state = self.shared.load_full();
        let mut news = false;
        let tell = |heard: Heard| {
            match heard {
                Heard::At { address, .. } | Heard::Gone(address) if state.lan.contains(address) => {
                    self.directory.hear(heard);
                    news = true;
                }
                // Nobody is found by a port.
                Heard::Port { .. } => self.directory.hear(heard),
                _ => {}
            }
        };
        neighbours.next(tell).await?;
        Ok(news)
    }

    fn follow(
        &self,
        heard: io::Result<bool>,
        neighbours: &mut Option<Neighbours>,
        complained: &mut bool,
    ) -> bool {
        heard.unwrap_or_else(|error| {
            *neighbours = None;
            complain(&error, complained);
            false
        })
    }

    fn open(&self, complained: &mut bool) -> Option<Neighbours> {
        Neighbours::open().map_err(|error| complain(&error, complained)).ok()
    }

    /// Reads the lease files if one of them changed; returns whether it did.
    async fn look_at_leases(&self, stamps: &mut Vec<Option<Stamp>>) -> bool {
        let now: Vec<_> = self.config.leases.iter().map(stamp).collect();
        if now == *stamps {
            return false;
        }
        *stamps = now;
        let files = self.config.leases.clone();
        // Up to a megabyte each: not on the thread that answers TCP.
        let Ok(read) = tokio::task::spawn_blocking(move || read_all(&files)).await else { return false };
        self.directory.set_leases(read.leases);
        if read.malformed > 0 {
            tracing::debug!(
                lines = read.malformed,
                "lines of the lease files make no sense and were left out"
            );
        }
        true
    }

    fn ask_for_names(&self, names: &mpsc::Sender<(Mac, HostName)>) {
        if !self.config.mdns {
            return;
        }
        // Each question that is under way holds a place in the queue that its answer goes into.
        let places = names.capacity();
        for (mac, address) in self.directory.nameless(places) {
            let Ok(place) = names.clone().try_reserve_owned() else { return };
            tasks::spawn("mdns", async move {
                if let Some(name) = mdns::ask(address).await {
                    place.send((mac, name));
                }
            });
        }
    }

    fn publish(&self, publish: impl Fn(People)) {
        let people = self.directory.people();
        if people != *self.shared.load().people {
            publish(people);
        }
    }
}

async fn at(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => pending().await,
    }
}

fn complain(error: &io::Error, complained: &mut bool) {
    if !std::mem::replace(complained, true) {
        tracing::warn!(%error, "the neighbour table can't be read: devices are known by their leases only");
    }
}

/// `None` for a file that is not there.
fn stamp(file: &PathBuf) -> Option<Stamp> {
    let metadata = std::fs::metadata(file).ok()?;
    Some(Stamp(metadata.len(), metadata.modified().ok()))
}

/// The leases of all files; one that can't be read has none.
fn read_all(files: &[PathBuf]) -> Leases {
    let mut all = Leases::default();
    for file in files {
        match Leases::read(file) {
            Ok(read) => {
                all.leases.extend(read.leases);
                all.malformed += read.malformed;
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => tracing::warn!(%error, file = %file.display(), "the leases can't be read"),
        }
    }
    all
}
