//! What the gate wants of the keeper.

use std::net::IpAddr;

use luytre_lists::Category;
use tokio::sync::oneshot;

use super::protocol::Entry;
use crate::catalogue::ServiceId;

/// Orders that wait for their turn; an answer that finds no room goes out without.
pub const ORDERS: usize = 512;

/// What is to be done before an answer goes out.
#[derive(Debug)]
pub struct Order {
    /// Addresses that belong into sets.
    pub entries: Vec<Entry>,
    /// What the answer shows of addresses and services.
    pub learning: Option<Learning>,
    /// When it was given, in seconds of uptime.
    pub given: u32,
    /// Told when it is done; dropped if it can't be.
    pub done: oneshot::Sender<()>,
}

/// That names of a service, or of none, lead to these addresses.
#[derive(Clone, Debug)]
pub struct Learning {
    /// The service of the name that was asked.
    pub service: Option<ServiceId>,
    /// What it is about: of several categories the first, as graver ones stand before others.
    pub category: Option<Category>,
    /// Where it leads.
    pub addresses: Vec<IpAddr>,
}
