//! Stands between an answer and its sending.
//!
//! In strict mode a device reaches only addresses that we answered, and one that is cut off only those that were allowed
//! all the same: so an answer waits until the firewall has its addresses. One whose addresses are there already goes out
//! on the hot path, as does every answer where nobody is watched so.

use std::net::IpAddr;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use crate::clock::{Moment, Timestamp};
use crate::inspect;
use crate::outcome::{Outcome, Source};
use crate::policy::{Reason, Verdict};
use crate::traffic::order::{Learning, Order};
use crate::traffic::protocol::{Entry, Set};
use crate::traffic::stamps::Stamps;
use crate::traffic::tunnels::Tunnels;
use crate::usage::Feed;
use crate::who::{Mac, Who};
use crate::wire::Records;

/// The most addresses of one answer that are looked at; clients try the first few.
const MOST: usize = 32;
/// The least that an address stays in a set, in seconds: browsers and phones keep addresses longer than they may.
const LEAST: u32 = 300;
/// The longest, in seconds.
const LONGEST: u32 = 86_400;
/// So long an address stays behind its lifetime, in seconds: a new answer comes in before the old one goes.
const GRACE: u32 = 60;
/// An answer is on time if its addresses stay this much longer than itself, in seconds.
const MARGIN: u32 = 20;
/// So long an answer waits for the firewall. It is sent all the same: DNS goes on whatever the firewall does.
const PATIENCE: Duration = Duration::from_millis(300);
/// The longest lifetime of what is allowed to one who is cut off, in seconds: that may change at any moment.
const BRIEF: u64 = 10;

/// Lets answers out.
#[derive(Clone, Debug, Default)]
pub struct Gate {
    /// `None` where the firewall is off.
    guard: Option<Arc<Guard>>,
    tunnels: Arc<Tunnels>,
}

#[derive(Debug)]
struct Guard {
    watched: Arc<ArcSwap<Watched>>,
    stamps: Arc<Stamps>,
    orders: mpsc::Sender<Order>,
    is_linked: Arc<AtomicBool>,
    counts: Arc<AtomicBool>,
}

/// Who is watched, and how.
#[derive(Clone, Debug, Default)]
pub struct Watched {
    /// By the number of [`Who`].
    pub devices: Box<[Option<Watch>]>,
    /// Whether somebody is kept from a service, so that its addresses matter.
    pub bars: bool,
}

/// How a device is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watch {
    /// The device.
    pub mac: Mac,
    /// It reaches only what was answered to it.
    pub strict: bool,
    /// It is cut off: it reaches only what was allowed to it all the same.
    pub cut: bool,
}

/// What the keeper of the firewall shares with the gate.
#[derive(Clone, Debug, Default)]
pub struct Posts {
    /// Who is watched.
    pub watched: Arc<ArcSwap<Watched>>,
    /// What is in the sets.
    pub stamps: Arc<Stamps>,
    /// Whether a helper answers.
    pub is_linked: Arc<AtomicBool>,
    /// Whether the bytes of flows are counted.
    pub counts: Arc<AtomicBool>,
}

/// The sets that an answer's addresses belong in.
#[derive(Clone, Copy, Debug, Default)]
struct Needs {
    watch: Option<Watch>,
    vital: bool,
}

impl Needs {
    fn is_nothing(self) -> bool {
        !self.vital && self.watch.is_none_or(|watch| !watch.strict && !watch.cut)
    }

    fn sets(self) -> impl Iterator<Item = (Set, Mac)> {
        let watch = self.watch;
        let own = move |set, is: fn(&Watch) -> bool| watch.filter(is).map(|watch| (set, watch.mac));
        let vital = self.vital.then_some((Set::Vital, Mac([0; 6])));
        [own(Set::Named, |watch| watch.strict), own(Set::Open, |watch| watch.cut), vital]
            .into_iter()
            .flatten()
    }
}

impl Gate {
    /// A gate that gives orders there.
    pub fn new(posts: Posts, orders: mpsc::Sender<Order>) -> Self {
        let Posts { watched, stamps, is_linked, counts } = posts;
        let guard = Some(Arc::new(Guard { watched, stamps, orders, is_linked, counts }));
        Self { guard, tunnels: Arc::default() }
    }

    /// Tunnels through our own answers.
    pub fn tunnels(&self) -> &Tunnels {
        &self.tunnels
    }

    /// What shows use of everything: bytes, where they are counted.
    pub fn feed(&self) -> Feed {
        let counts = self.guard.as_ref().is_some_and(|guard| guard.counts.load(Ordering::Relaxed));
        if counts { Feed::Traffic } else { Feed::Dns }
    }

    /// The verdict with no longer a lifetime than it may have: whoever is cut off may be so no longer in a moment, and
    /// what is open to them may be closed.
    pub fn shorten(&self, who: Who, verdict: Verdict, now: Timestamp) -> Verdict {
        let is_cut = self.guard.as_ref().is_some_and(|guard| guard.watch(who).is_some_and(|watch| watch.cut));
        match is_cut && !verdict.is_blocked() {
            true => Verdict { until: verdict.until.into_iter().chain([now + BRIEF]).min(), ..verdict },
            false => verdict,
        }
    }

    /// Whether an answer has to wait until the firewall has its addresses. Neither locks nor allocates.
    pub fn must_wait(&self, who: Who, verdict: &Verdict, answer: &[u8], moment: Moment) -> bool {
        let Some(guard) = &self.guard else { return false };
        let needs = guard.needs(who, verdict);
        if needs.is_nothing() {
            return false;
        }
        let due = moment.seconds.saturating_add(lifetime(answer).min(LONGEST)).saturating_add(MARGIN);
        let missing = inspect::addresses(answer, |address| {
            let is_there = |(set, mac)| guard.stamps.until(set, mac, address) >= due;
            if needs.sets().all(is_there) { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        missing.is_break()
    }

    /// Returns when the answer may be sent.
    pub async fn admit(&self, outcome: &Outcome<'_>, answer: &[u8], moment: Moment) {
        self.tunnels.note(outcome, answer.len(), moment);
        let Some(guard) = &self.guard else { return };
        let Some((order, done)) = guard.order(outcome, answer, moment) else { return };
        let matters = !order.entries.is_empty() || guard.watched.load().bars;
        let is_given = guard.orders.try_send(order).is_ok();
        if is_given && matters && guard.is_linked.load(Ordering::Relaxed) {
            let _ = timeout(PATIENCE, done).await;
        }
    }
}

impl Guard {
    fn watch(&self, who: Who) -> Option<Watch> {
        self.watched.load().devices.get(usize::from(who.0)).copied().flatten()
    }

    fn needs(&self, who: Who, verdict: &Verdict) -> Needs {
        if verdict.is_blocked() {
            return Needs::default();
        }
        let vital = matches!(verdict.reason, Reason::Essential | Reason::Operator);
        Needs { watch: self.watch(who), vital }
    }

    /// What is to be done before the answer may go, and what tells that it is; nothing, for most.
    fn order(
        &self,
        outcome: &Outcome<'_>,
        answer: &[u8],
        moment: Moment,
    ) -> Option<(Order, oneshot::Receiver<()>)> {
        let Outcome { who, verdict, source, .. } = outcome;
        let needs = self.needs(*who, verdict);
        let learns = *source == Source::Upstream && !verdict.is_blocked();
        if needs.is_nothing() && !learns {
            return None;
        }
        let mut addresses = addresses(answer);
        if !verdict.vouched {
            // Who wrote the address into the name chose it: it opens nothing, and shows nothing of what is found there.
            addresses.retain(|address| !inspect::spells(outcome.name, *address));
        }
        if addresses.is_empty() {
            return None;
        }
        let seconds = lifetime(answer).clamp(LEAST, LONGEST) + GRACE;
        let left = verdict.until.map_or(u32::MAX, |until| {
            u32::try_from(until.saturating_sub(outcome.time)).unwrap_or(u32::MAX).max(1)
        });
        let mut entries = Vec::new();
        for (set, mac) in needs.sets() {
            // A lifetime that was cut short says how long what is open stays so; a named one may have flows that stay.
            let seconds = if set == Set::Open { seconds.min(left.saturating_add(GRACE)) } else { seconds };
            entries.extend(addresses.iter().map(|address| Entry { set, mac, address: *address, seconds }));
        }
        let learning = learns.then(|| Learning {
            service: verdict.service,
            category: verdict.categories.iter().next(),
            addresses,
        });
        let (done, is_done) = oneshot::channel();
        Some((Order { entries, learning, given: moment.seconds, done }, is_done))
    }
}

/// The addresses that a client may take from an answer, the first of them.
fn addresses(answer: &[u8]) -> Vec<IpAddr> {
    let mut all = Vec::new();
    let _ = inspect::addresses(answer, |address| {
        if !all.contains(&address) {
            all.push(address);
        }
        if all.len() == MOST { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    all
}

/// The longest lifetime of a record in the answer, in seconds.
fn lifetime(answer: &[u8]) -> u32 {
    let records = Records::of(answer).into_iter().flatten().take_while(|record| record.section == 0);
    records.map(|record| record.ttl).max().unwrap_or_default()
}
