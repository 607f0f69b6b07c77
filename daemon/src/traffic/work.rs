//! Keeps the kernel as the plan wants it.
//!
//! Twice a second, and whenever the house's state changes, the plan is made anew; what differs from what is loaded is
//! loaded. As often the helper is asked whether the table is whole: one that `fw4 restart` flushed is loaded again, and
//! what was in its sets is put back. Without a helper everything else goes on, the status says so, and the connection is
//! tried again.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::design::{Design, Designer};
use super::holdings::{Changes, Holdings};
use super::keeper::Keeper;
use super::link::Link;
use super::order::Order;
use super::plan::Plan;
use super::protocol::{Entry, MAX_ENTRIES, Reply, Request, Set, State};
use super::tally::{self, Tally};
use crate::catalogue::Catalogue;
use crate::clock::Clock;
use crate::config::{Config, FirewallConfig};
use crate::family::Family;
use crate::files;
use crate::snapshot::Shared;
use crate::usage::{Feed, Minute, Usage};
use crate::who::Directory;

/// How often time is looked at: a bedtime cuts off within this and a load.
const LOOK: Duration = Duration::from_millis(500);
/// How long after a failure it is tried again.
const RETRY: Duration = Duration::from_millis(500);
/// Orders that go into one transaction.
const TOGETHER: usize = 64;

/// The seconds of a minute from which on its traffic is counted: before the minute is over, as budgets are counted then.
const LATE: u32 = 50;

/// What the firewall is about.
pub struct House {
    /// The state of the house.
    pub state: Shared,
    /// Its devices.
    pub directory: Arc<Directory>,
    /// Its time budgets.
    pub usage: Arc<Usage>,
    /// The time.
    pub clock: Clock,
}

/// What the task works with.
pub struct Work {
    keeper: Keeper,
    helper: PathBuf,
    /// Where the plan lies for the next boot.
    file: PathBuf,
    designer: Designer,
    state: Shared,
    directory: Arc<Directory>,
    clock: Clock,
    orders: mpsc::Receiver<Order>,
    holdings: Holdings,
    /// The family that what is open was decided by.
    family: Arc<Family>,
    usage: Arc<Usage>,
    tally: Tally,
    /// The last minute whose traffic was counted.
    counted: Option<Minute>,
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
        House { state, directory, usage, clock }: House,
        orders: mpsc::Receiver<Order>,
    ) -> Self {
        let family = Arc::clone(state.load().policy.family());
        Self {
            keeper,
            helper: firewall.helper.clone(),
            file: config.state.dir.join("firewall.json"),
            designer: Designer::new(config, firewall),
            state,
            directory,
            clock,
            orders,
            holdings: Holdings::default(),
            family,
            usage,
            tally: Tally::default(),
            counted: None,
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
                }
                () = signals.stop.notified() => {
                    link.ask(&Request::Remove).await?;
                    keeper.set(|standing| standing.state = "off");
                    return Ok(());
                }
            }
            self.bring_up_to_date(link).await?;
        }
    }

    /// Does what answers wait for, those of several together.
    async fn fulfil(&mut self, link: &mut Link, order: Order) -> io::Result<()> {
        let mut orders = vec![order];
        while orders.len() < TOGETHER
            && let Ok(order) = self.orders.try_recv()
        {
            orders.push(order);
        }
        let members = self.loaded.as_ref().map_or(&[][..], |design| &design.members);
        let mut changes = Changes::default();
        for order in &orders {
            self.holdings.hold(&order.entries, order.given);
            if let Some(learning) = &order.learning {
                let Changes { put, take, evict } = self.holdings.learn(learning, members);
                changes.put.extend(put);
                changes.take.extend(take);
                changes.evict.extend(evict);
            }
        }
        changes.put.extend(orders.iter().flat_map(|order| &order.entries));
        if self.apply(link, &changes).await? {
            for order in &orders {
                self.stamp(&order.entries, order.given);
            }
        }
        for order in orders {
            // It may have gone out without waiting.
            let _ = order.done.send(());
        }
        Ok(())
    }

    /// Without a helper nothing can be done for answers; what they show is remembered for when one is there.
    fn note_orders(&mut self) {
        while let Ok(order) = self.orders.try_recv() {
            self.holdings.hold(&order.entries, order.given);
            if let Some(learning) = &order.learning {
                self.holdings.learn(learning, &[]);
            }
        }
    }

    /// Changes sets; returns whether it was done.
    async fn apply(&mut self, link: &mut Link, changes: &Changes) -> io::Result<bool> {
        let mut is_done = true;
        for (entries, request) in
            [(&changes.take, Request::Take as fn(Vec<Entry>) -> Request), (&changes.put, Request::Put)]
        {
            for entries in entries.chunks(MAX_ENTRIES) {
                is_done &= self.ask(link, request(entries.to_vec())).await?;
            }
        }
        for (number, addresses) in &changes.evict {
            for addresses in addresses.chunks(MAX_ENTRIES) {
                let request = Request::Evict { number: *number, addresses: addresses.to_vec() };
                is_done &= self.ask(link, request).await?;
            }
        }
        Ok(is_done)
    }

    async fn ask(&mut self, link: &mut Link, request: Request) -> io::Result<bool> {
        match link.ask(&request).await? {
            Reply::Done => Ok(true),
            Reply::Refused(what) => {
                // The table may be gone, which the next look shows.
                tracing::debug!(what, "the helper refused");
                Ok(false)
            }
            _ => Err(nonsense()),
        }
    }

    fn stamp(&self, entries: &[Entry], given: u32) {
        let stamps = &self.keeper.posts().stamps;
        for Entry { set, mac, address, seconds } in entries {
            stamps.set(*set, *mac, *address, given.saturating_add(*seconds));
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

    /// Once a minute, near its end: reads what flowed, and marks the budgets that it counts towards.
    async fn count(&mut self, link: &mut Link) -> io::Result<()> {
        let moment = self.clock.moment();
        let is_due = moment.seconds % 60 >= LATE && self.counted != Some(moment.minute());
        if !is_due || self.loaded.is_none() {
            return Ok(());
        }
        self.counted = Some(moment.minute());
        let Reply::Flows(flows) = link.ask(&Request::Flows).await? else { return Err(nonsense()) };
        let counts = self.keeper.standing().counts_bytes;
        self.keeper.posts().counts.store(counts, Ordering::Relaxed);
        self.usage.feed_by(if counts { Feed::Traffic } else { Feed::Dns });
        let gains = self.tally.read(&flows, &self.holdings.atlas);
        let members = self.loaded.as_ref().map_or(&[][..], |design| &design.members);
        let state = self.state.load();
        let (policy, meters) = (&state.policy, &state.meters);
        for member in members {
            let Some(gain) = gains.get(&member.number) else { continue };
            let (who, place) = (member.who, policy.place(member.who));
            let of = |service| policy.budgets(who, service, self.clock.best_known());
            if gain.bytes >= tally::USE {
                meters.mark(place, of(None), moment.minute());
            }
            for (service, _) in gain.services.iter().filter(|(_, bytes)| **bytes >= tally::SERVICE_USE) {
                meters.mark(place, of(Some(*service)) & meters.narrow(place), moment.minute());
            }
            let key = |service| Catalogue::shipped().service(service).map(|service| service.key);
            self.keeper.set(|standing| {
                standing.traffic.entry(member.mac.to_string()).or_default().add(gain, key);
            });
        }
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
        let is_fresh = self.loaded.is_none();
        let is_new = self.loaded.as_ref().is_none_or(|loaded| loaded.plan != design.plan);
        if is_new {
            match link.ask(&Request::Load(design.plan.clone())).await? {
                Reply::Done => {}
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
