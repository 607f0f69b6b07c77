//! Keeps the kernel as the plan wants it. [`answers`] does what answers wait for, [`counting`] reads what is counted and
//! noted.
//!
//! Twice a second, and whenever the house's state changes, the plan is made anew; what differs from what is loaded is
//! loaded. As often the helper is asked whether the table is whole: one that `fw4 restart` flushed is loaded again, and
//! what was in its sets is put back. Without a helper everything else goes on, the status says so, and the connection is
//! tried again.

mod answers;
mod counting;

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::design::{Design, Designer};
use super::holdings::Holdings;
use super::keeper::Keeper;
use super::kept;
use super::link::Link;
use super::order::Order;
use super::plan::Plan;
use super::protocol::{Reply, Request, Set, State};
use super::tally::Tally;
use crate::clock::Clock;
use crate::config::{Config, FirewallConfig};
use crate::family::Family;
use crate::files;
use crate::history::History;
use crate::snapshot::Shared;
use crate::usage::{Feed, Minute, Usage};
use crate::who::Directory;

/// How often time is looked at: a bedtime cuts off within this and a load.
const LOOK: Duration = Duration::from_millis(500);
/// How long after a failure it is tried again.
const RETRY: Duration = Duration::from_millis(500);

/// What the firewall is about.
pub struct House {
    /// The state of the house.
    pub state: Shared,
    /// Its devices.
    pub directory: Arc<Directory>,
    /// Its time budgets.
    pub usage: Arc<Usage>,
    /// What flowed and when.
    pub history: Arc<History>,
    /// The time.
    pub clock: Clock,
}

/// What the task works with.
pub struct Work {
    keeper: Keeper,
    helper: PathBuf,
    /// Where the plan lies for the next boot, and what was answered for the next start.
    file: PathBuf,
    answers: PathBuf,
    designer: Designer,
    state: Shared,
    directory: Arc<Directory>,
    clock: Clock,
    orders: mpsc::Receiver<Order>,
    holdings: Holdings,
    /// The family that what is open was decided by.
    family: Arc<Family>,
    usage: Arc<Usage>,
    history: Arc<History>,
    tally: Tally,
    /// The last minute whose traffic was counted.
    counted: Option<Minute>,
    /// When what the rules noted was read, in seconds of uptime.
    noted: Option<u32>,
    /// Whether what an earlier daemon left was taken over.
    has_inherited: bool,
    /// What the kernel was told last.
    loaded: Option<Design>,
    /// What it was told is not there any more.
    is_lost: bool,
    has_complained: bool,
}

impl Work {
    pub(super) fn new(
        keeper: Keeper,
        (config, firewall): (&Config, &FirewallConfig),
        House { state, directory, usage, history, clock }: House,
        orders: mpsc::Receiver<Order>,
    ) -> Self {
        let family = Arc::clone(state.load().policy.family());
        Self {
            keeper,
            helper: firewall.helper.clone(),
            file: config.state.dir.join("firewall.json"),
            answers: config.state.dir.join("firewall-answers.json"),
            designer: Designer::new(config, firewall),
            state,
            directory,
            clock,
            orders,
            holdings: Holdings::default(),
            family,
            usage,
            history,
            tally: Tally::default(),
            counted: None,
            noted: None,
            has_inherited: false,
            loaded: None,
            is_lost: false,
            has_complained: false,
        }
    }

    /// Goes on until the service stops.
    pub async fn run(mut self) {
        let keeper = self.keeper.clone();
        loop {
            let ended = match Link::connect(&self.helper).await {
                Ok(mut link) => {
                    keeper.posts().is_linked.store(true, Ordering::Relaxed);
                    self.serve(&mut link).await
                }
                Err(error) => Err(error),
            };
            keeper.posts().is_linked.store(false, Ordering::Relaxed);
            // What nobody counts, questions show.
            keeper.posts().counts.store(false, Ordering::Relaxed);
            self.usage.feed_by(Feed::Dns);
            let Err(error) = ended else { break };
            self.loaded = None;
            self.complain(&error);
            tokio::select! {
                () = sleep(RETRY) => self.note_orders(),
                () = keeper.signals().stop.notified() => break,
            }
        }
        keeper.signals().stopped.notify_one();
    }

    /// Works with a helper until it is gone, which is an error, or the service stops.
    async fn serve(&mut self, link: &mut Link) -> io::Result<()> {
        let keeper = self.keeper.clone();
        let signals = keeper.signals();
        self.inherit(link).await?;
        let mut ticks = interval(LOOK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                Some(order) = self.orders.recv() => {
                    self.fulfil(link, order).await?;
                    continue;
                }
                () = signals.changed.notified() => {}
                _ = ticks.tick() => {
                    self.check(link).await?;
                    self.count(link).await?;
                    self.look_at_notes(link).await?;
                }
                () = signals.stop.notified() => {
                    self.leave_answers().await;
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
        let State { is_whole, counts_bytes, refused, nameless } = state;
        if self.loaded.is_some() && !is_whole {
            tracing::warn!("the firewall's table was changed by somebody else; it is loaded again");
            (self.loaded, self.is_lost) = (None, true);
        }
        self.keeper.set(|standing| {
            (standing.counts_bytes, standing.refused) = (counts_bytes, refused);
            standing.nameless.packets = nameless;
        });
        Ok(())
    }

    /// Loads the plan of this moment if it is another than the last.
    async fn bring_up_to_date(&mut self, link: &mut Link) -> io::Result<()> {
        let (design, family) = {
            let state = self.state.load();
            let now = self.clock.best_known();
            let design = self.designer.design(&state.policy, &self.directory.roster(), now);
            (design, Arc::clone(state.policy.family()))
        };
        if self.loaded.as_ref() == Some(&design) && Arc::ptr_eq(&family, &self.family) {
            return Ok(());
        }
        // First who is watched: no answer may pass by that the rules will be about.
        self.keeper.posts().watched.store(Arc::new(design.watched()));
        let mut is_fresh = self.loaded.is_none();
        let is_new = self.loaded.as_ref().is_none_or(|loaded| loaded.plan != design.plan);
        if is_new {
            match link.ask(&Request::Load(design.plan.clone())).await? {
                Reply::Done => {}
                // Somebody took the table away, or changed it, since it was looked at.
                Reply::Anew => {
                    self.is_lost |= !is_fresh;
                    is_fresh = true;
                }
                Reply::Refused(what) => {
                    self.is_refused(what);
                    return Ok(());
                }
                _ => return Err(nonsense()),
            }
        }
        if !Arc::ptr_eq(&family, &self.family) {
            // What is open was decided by rules that are not in force any more.
            self.family = family;
            self.holdings.close();
            self.keeper.posts().stamps.forget();
            self.ask(link, Request::Clear(Set::Open)).await?;
        }
        let mut changes = self.holdings.redesign(&design.members);
        if is_fresh {
            self.keeper.posts().stamps.forget();
            changes.put = self.holdings.all(self.clock.moment().seconds);
        }
        self.apply(link, &changes).await?;
        if is_new {
            self.keep(&design.plan).await;
        }
        self.is_loaded(design);
        Ok(())
    }

    /// Takes over what was answered by an earlier daemon: one that stopped left a file, one that crashed the kernel's sets.
    async fn inherit(&mut self, link: &mut Link) -> io::Result<()> {
        if std::mem::replace(&mut self.has_inherited, true) {
            return Ok(());
        }
        let (file, now) = (self.answers.clone(), self.clock.best_known());
        let left = tokio::task::spawn_blocking(move || kept::take(&file, now)).await.unwrap_or_default();
        let held = match link.ask(&Request::Held).await? {
            Reply::Held(held) => held,
            // There is no table yet.
            Reply::Refused(_) => Vec::new(),
            _ => return Err(nonsense()),
        };
        let seconds = self.clock.moment().seconds;
        self.holdings.hold(&left, seconds);
        self.holdings.hold(&held, seconds);
        Ok(())
    }

    /// Leaves what was answered for the next start.
    async fn leave_answers(&self) {
        let entries = self.holdings.all(self.clock.moment().seconds);
        let (file, now) = (self.answers.clone(), self.clock.best_known());
        let kept = tokio::task::spawn_blocking(move || kept::write(&file, entries, now));
        if let Ok(Err(error)) = kept.await {
            tracing::debug!(%error, "what was answered is not kept for the next start");
        }
    }

    /// Leaves the plan for the next boot, where it is another than the one that lies there: flash wears out.
    async fn keep(&self, plan: &Plan) {
        let (file, plan) = (self.file.clone(), plan.clone());
        let kept = tokio::task::spawn_blocking(move || {
            let text = serde_json::to_vec(&plan)?;
            match std::fs::read(&file) {
                Ok(before) if before == text => Ok(()),
                _ => files::replace_secret(&file, |file| file.write_all(&text)),
            }
        });
        if let Ok(Err(error)) = kept.await {
            tracing::debug!(%error, "the firewall's plan is not kept for the next boot");
        }
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
