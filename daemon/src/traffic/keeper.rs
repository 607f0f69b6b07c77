//! Keeps the kernel as the plan wants it.
//!
//! Twice a second, and whenever the house's state changes, the plan is made anew; what differs from what is loaded is
//! loaded. Every second the helper is asked whether the table is whole: one that `fw4 restart` flushed is loaded again.
//! Without a helper everything else goes on, the status says so, and the connection is tried again.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::sync::Notify;
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::design::{Design, Designer};
use super::link::Link;
use super::protocol::{Reply, Request, State};
use crate::clock::Clock;
use crate::config::{Config, FirewallConfig};
use crate::snapshot::Shared;
use crate::who::Directory;

/// How often time is looked at: a bedtime cuts off within this and a load.
const LOOK: Duration = Duration::from_millis(500);
/// How long after a failure it is tried again.
const RETRY: Duration = Duration::from_millis(500);

/// The firewall as `luytre status` and the page show it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct Standing {
    /// `off`; `on`; `away`: no helper answers, what was loaded stays; `refused`: the rules can't be loaded.
    pub state: &'static str,
    /// What is wrong, and what to do about it; empty if nothing is.
    pub trouble: String,
    /// Devices that are treated each by itself.
    pub devices: usize,
    /// Of those, cut off just now.
    pub cut: usize,
    /// Packets refused since the rules were loaded.
    pub refused: u64,
    /// How often the table was found changed or gone, and loaded again.
    pub restored: u32,
    /// Whether the kernel counts the bytes of flows.
    pub counts_bytes: bool,
}

/// Everybody's way to the firewall.
#[derive(Clone, Debug)]
pub struct Keeper {
    shared: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    standing: Mutex<Standing>,
    /// The house's state changed.
    changed: Notify,
    /// The service stops by intent, and then that the table is gone.
    stop: Notify,
    stopped: Notify,
    is_on: bool,
}

/// What the keeper's task works with.
pub struct Work {
    keeper: Keeper,
    helper: PathBuf,
    designer: Designer,
    state: Shared,
    directory: Arc<Directory>,
    clock: Clock,
    /// What the kernel was told last.
    loaded: Option<Design>,
    /// What it was told is not there any more.
    is_lost: bool,
    has_complained: bool,
}

impl Keeper {
    /// For this configuration; does nothing where the firewall is off.
    pub fn new(config: &Config) -> Self {
        let is_on = config.firewall.is_some();
        let state = if is_on { "away" } else { "off" };
        let standing = Mutex::new(Standing { state, ..Standing::default() });
        let (changed, stop, stopped) = Default::default();
        Self { shared: Arc::new(Inner { standing, changed, stop, stopped, is_on }) }
    }

    /// What its task works with; to be run once.
    pub fn work(
        &self,
        (config, firewall): (&Config, &FirewallConfig),
        state: Shared,
        directory: Arc<Directory>,
        clock: Clock,
    ) -> Work {
        Work {
            keeper: self.clone(),
            helper: firewall.helper.clone(),
            designer: Designer::new(config, firewall),
            state,
            directory,
            clock,
            loaded: None,
            is_lost: false,
            has_complained: false,
        }
    }

    /// The house's state changed: what the firewall does may have to.
    pub fn wake(&self) {
        self.shared.changed.notify_one();
    }

    /// How it stands.
    pub fn standing(&self) -> Standing {
        self.shared.standing.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What is wrong.
    pub fn notices(&self) -> Vec<String> {
        Some(self.standing().trouble).filter(|trouble| !trouble.is_empty()).into_iter().collect()
    }

    /// Takes the table away, as the service stops by intent; waits for that a moment at most.
    pub async fn stop(&self) {
        if self.shared.is_on {
            self.shared.stop.notify_one();
            let _ = tokio::time::timeout(Duration::from_secs(2), self.shared.stopped.notified()).await;
        }
    }

    fn set(&self, change: impl FnOnce(&mut Standing)) {
        change(&mut self.shared.standing.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Work {
    /// Goes on until the service stops.
    pub async fn run(mut self) {
        loop {
            let ended = match Link::connect(&self.helper).await {
                Ok(mut link) => self.serve(&mut link).await,
                Err(error) => Err(error),
            };
            let Err(error) = ended else {
                self.keeper.shared.stopped.notify_one();
                return;
            };
            self.loaded = None;
            self.complain(&error);
            let keeper = self.keeper.clone();
            tokio::select! {
                () = sleep(RETRY) => {}
                () = keeper.shared.stop.notified() => {
                    keeper.shared.stopped.notify_one();
                    return;
                }
            }
        }
    }

    /// Works with a helper until it is gone, which is an error, or the service stops.
    async fn serve(&mut self, link: &mut Link) -> io::Result<()> {
        let keeper = self.keeper.clone();
        let mut ticks = interval(LOOK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = keeper.shared.changed.notified() => {}
                _ = ticks.tick() => self.check(link).await?,
                () = keeper.shared.stop.notified() => {
                    link.ask(&Request::Remove).await?;
                    keeper.set(|standing| standing.state = "off");
                    return Ok(());
                }
            }
            self.bring_up_to_date(link).await?;
        }
    }

    /// Asks how the table stands; one that is not whole is loaded again.
    async fn check(&mut self, link: &mut Link) -> io::Result<()> {
        let Reply::State(state) = link.ask(&Request::Check).await? else { return Err(nonsense()) };
        let State { is_whole, counts_bytes, refused } = state;
        if self.loaded.is_some() && !is_whole {
            tracing::warn!("the firewall's table was changed by somebody else; it is loaded again");
            (self.loaded, self.is_lost) = (None, true);
        }
        self.keeper.set(|standing| (standing.counts_bytes, standing.refused) = (counts_bytes, refused));
        Ok(())
    }

    /// Loads the plan of this moment if it is another than the last.
    async fn bring_up_to_date(&mut self, link: &mut Link) -> io::Result<()> {
        let design = {
            let state = self.state.load();
            self.designer.design(&state.policy, &self.directory.roster(), self.clock.best_known())
        };
        if self.loaded.as_ref().is_some_and(|loaded| loaded.plan == design.plan) {
            self.loaded = Some(design);
            return Ok(());
        }
        match link.ask(&Request::Load(design.plan.clone())).await? {
            Reply::Done => self.is_loaded(design),
            Reply::Refused(what) => self.is_refused(what),
            _ => return Err(nonsense()),
        }
        Ok(())
    }

    fn is_loaded(&mut self, design: Design) {
        let (devices, left_out) = (design.members.len(), design.left_out);
        let cut = design.members.iter().filter(|member| member.treatment.cut).count();
        let is_lost = std::mem::take(&mut self.is_lost);
        self.keeper.set(|standing| {
            (standing.state, standing.devices, standing.cut) = ("on", devices, cut);
            standing.restored += u32::from(is_lost);
            standing.trouble = match left_out {
                0 => String::new(),
                _ => format!("{left_out} devices are treated as unknown ones: widen firewall.mark_mask"),
            };
        });
        if self.has_complained || self.loaded.is_none() {
            tracing::info!(devices, "the firewall's rules are in force");
        }
        self.has_complained = false;
        self.loaded = Some(design);
    }

    fn is_refused(&mut self, what: String) {
        if !std::mem::replace(&mut self.has_complained, true) {
            tracing::error!(what, "the firewall's rules can't be loaded; what was in force stays");
        }
        self.keeper.set(|standing| {
            standing.state = "refused";
            standing.trouble = format!("the firewall's rules can't be loaded, older ones stay: {what}");
        });
    }

    fn complain(&mut self, error: &io::Error) {
        let helper = self.helper.display();
        if !std::mem::replace(&mut self.has_complained, true) {
            tracing::warn!(%error, %helper, "no helper answers; the firewall stays as it is");
        }
        self.keeper.set(|standing| {
            standing.state = "away";
            standing.trouble = format!(
                "the firewall's helper does not answer on {helper}: {error}; is `luytre net-helper` running?"
            );
        });
    }
}

fn nonsense() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the helper's answer makes no sense")
}
