//! Everybody's way to the firewall: how it stands, and what wakes it. Its [`Work`] is a task of its own.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::sync::{Notify, mpsc};

use super::order::{ORDERS, Order};
use super::tally::Traffic;
use super::work::{House, Work};
use crate::config::{Config, FirewallConfig};
use crate::gate::{Gate, Posts};

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
    /// What each device moved since the start, by its hardware address; empty where bytes are not counted.
    pub traffic: BTreeMap<String, Traffic>,
}

/// Everybody's way to the firewall.
#[derive(Clone, Debug)]
pub struct Keeper {
    shared: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    standing: Mutex<Standing>,
    signals: Signals,
    posts: Posts,
    gate: Gate,
    /// Until the task takes it; `None` where the firewall is off.
    orders: Mutex<Option<mpsc::Receiver<Order>>>,
}

/// What wakes the task, and what it says at its end.
#[derive(Debug, Default)]
pub(super) struct Signals {
    /// The house's state changed.
    pub(super) changed: Notify,
    /// The service stops by intent.
    pub(super) stop: Notify,
    /// The table is gone.
    pub(super) stopped: Notify,
}

impl Keeper {
    /// For this configuration; does nothing where the firewall is off.
    pub fn new(config: &Config) -> Self {
        let posts = Posts::default();
        let (state, gate, orders) = match config.firewall {
            None => ("off", Gate::default(), None),
            Some(_) => {
                let (sender, orders) = mpsc::channel(ORDERS);
                ("away", Gate::new(posts.clone(), sender), Some(orders))
            }
        };
        let standing = Mutex::new(Standing { state, ..Standing::default() });
        let (signals, orders) = (Signals::default(), Mutex::new(orders));
        Self { shared: Arc::new(Inner { standing, signals, posts, gate, orders }) }
    }

    /// What stands between answers and their sending.
    pub fn gate(&self) -> Gate {
        self.shared.gate.clone()
    }

    /// Its task, once; `None` where the firewall is off.
    pub fn work(&self, (config, firewall): (&Config, &FirewallConfig), house: House) -> Option<Work> {
        let orders = self.shared.orders.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        Some(Work::new(self.clone(), (config, firewall), house, orders))
    }

    /// The house's state changed: what the firewall does may have to.
    pub fn wake(&self) {
        self.shared.signals.changed.notify_one();
    }

    /// How it stands.
    pub fn standing(&self) -> Standing {
        self.shared.standing.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What is wrong.
    pub fn notices(&self) -> Vec<String> {
        let Standing { trouble, traffic, .. } = self.standing();
        let nameless = traffic.into_iter().filter(|(_, traffic)| traffic.has_no_names()).map(|(mac, traffic)| {
            let percent = traffic.named.saturating_mul(100) / traffic.bytes.max(1);
            format!(
                "{mac}: only {percent} % of its traffic went where a name led that we answered; it may use a tunnel"
            )
        });
        Some(trouble).filter(|trouble| !trouble.is_empty()).into_iter().chain(nameless).collect()
    }

    /// Takes the table away, as the service stops by intent; waits for that a moment at most.
    pub async fn stop(&self) {
        if self.standing().state != "off" {
            self.shared.signals.stop.notify_one();
            let stopped = self.shared.signals.stopped.notified();
            let _ = tokio::time::timeout(Duration::from_secs(2), stopped).await;
        }
    }

    pub(super) fn set(&self, change: impl FnOnce(&mut Standing)) {
        change(&mut self.shared.standing.lock().unwrap_or_else(PoisonError::into_inner));
    }

    pub(super) fn signals(&self) -> &Signals {
        &self.shared.signals
    }

    pub(super) fn posts(&self) -> &Posts {
        &self.shared.posts
    }
}
