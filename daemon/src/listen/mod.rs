//! Sockets: where questions come in and answers go out.
//!
//! * [`open`]: every socket, before anything is answered.
//! * [`udp`]: our own hot path, a thread a core, batches in and batches out ([`mmsg`]).
//! * [`tcp`]: hickory's framing behind our own acceptor, which counts connections.
//! * [`rate`]: how much one client may ask.

mod mmsg;
pub mod open;
pub mod rate;
pub mod tcp;
pub mod udp;

use std::net::SocketAddr;
use std::sync::Arc;

use self::rate::{Allowance, Rate};
use crate::clock::Moment;
use crate::resolver::{Pending, Resolver};
use crate::snapshot::Snapshot;
use crate::upstream::Outlet;

/// What every listener of one runtime works with.
#[derive(Clone)]
pub struct Desk {
    /// Answers.
    pub resolver: Resolver,
    /// How much each client has asked, wherever it asked.
    pub rate: Arc<Rate>,
    /// The runtime's way upstream.
    pub outlet: Arc<Outlet>,
}

impl Desk {
    /// Whether a client may ask now.
    fn allows(&self, state: &Snapshot, client: SocketAddr, moment: Moment) -> bool {
        Allowance::of(&state.limits)
            .is_none_or(|allowance| self.rate.allows(client.ip(), moment.micros, allowance))
    }

    /// Fetches an answer anew; the one that the client got expires soon.
    fn renew(&self, state: &Snapshot, pending: &Pending, message: &[u8]) {
        self.resolver.renew(&self.outlet.forwarder(&state.upstream), pending, message);
    }
}
