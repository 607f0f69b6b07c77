//! Everybody's way to the firewall: how it stands, and what wakes it. Its [`Work`] is a task of its own.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::sync::{Notify, mpsc};

use super::order::{ORDERS, Order};
use super::protocol::{Nameless, Noted, Server};
use super::tally::Traffic;
use super::work::{House, Work};
use crate::config::{Config, FirewallConfig};
use crate::gate::{Gate, Posts};

/// Places without a name that are shown.
const SHOWN: usize = 256;
/// The number of TCP (IANA).
const TCP: u8 = 6;

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
    /// What strict mode would have cut, where it is observed.
    pub nameless: Unnamed,
    /// What each device moved since the start, by its hardware address; empty where bytes are not counted.
    pub traffic: BTreeMap<String, Traffic>,
    /// Who answers as a DHCP server or announces itself as a router, and is not this one.
    #[serde(skip)]
    pub servers: Servers,
}

/// What strict mode would have cut, had it been on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct Unnamed {
    /// Packets since the rules were loaded.
    pub packets: u64,
    /// Where they went in the last seven days, up to 256 places.
    pub places: Vec<Place>,
}

/// Where a device went without a name that led there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct Place {
    /// The device's hardware address.
    pub device: String,
    /// The address.
    #[cfg_attr(test, schema(value_type = String))]
    pub address: IpAddr,
    /// `tcp` or `udp`.
    pub protocol: &'static str,
    /// The port.
    pub port: u16,
}

/// Servers on the home's networks that are not this router, each as `MAC (address)`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Servers {
    dhcp: Vec<String>,
    routers: Vec<String>,
}

impl Standing {
    /// Takes in what the rules noted.
    pub(super) fn take(&mut self, mut noted: Noted) {
        noted.nameless.sort_unstable();
        let place = |nameless: &Nameless| Place {
            device: nameless.mac.to_string(),
            address: nameless.address,
            protocol: if nameless.protocol == TCP { "tcp" } else { "udp" },
            port: nameless.port,
        };
        self.nameless.places = noted.nameless.iter().take(SHOWN).map(place).collect();
        let called = |mut servers: Vec<Server>| {
            servers.sort_unstable();
            servers.iter().map(|server| format!("{} ({})", server.mac, server.address)).collect()
        };
        self.servers = Servers { dhcp: called(noted.dhcp), routers: called(noted.routers) };
    }
}

impl Servers {
    fn notices(&self) -> impl Iterator<Item = String> {
        let dhcp = self.dhcp.iter().map(|server| {
            format!("{server} answers as a DHCP server: devices that believe it may go past this router; find it and switch that off")
        });
        dhcp.chain(self.routers.iter().map(|server| {
            format!("{server} announces itself as an IPv6 router: devices that believe it go past this one; find it and switch that off")
        }))
    }
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

    /// What is wrong with it; empty if nothing is.
    pub fn trouble(&self) -> String {
        self.standing().trouble
    }

    /// Who else poses as the network's router or gives out addresses.
    pub fn foreign_servers(&self) -> Vec<String> {
        self.standing().servers.notices().collect()
    }

    /// Devices that seem to go round us, by their hardware address in front.
    pub fn tunnels(&self) -> Vec<String> {
        let nameless = self.standing().traffic.into_iter().filter(|(_, traffic)| traffic.has_no_names());
        let told = nameless.map(|(mac, traffic)| {
            let percent = traffic.named.saturating_mul(100) / traffic.bytes.max(1);
            format!(
                "{mac}: only {percent} % of its traffic went where a name led that we answered; it may use a tunnel"
            )
        });
        told.collect()
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
