//! Sockets: where questions come in and answers go out.
//!
//! * [`listeners`]: every socket, opened ([`open`]) before anything is answered, then served.
//! * [`udp`]: our own hot path, a thread a core, batches in and batches out ([`mmsg`]).
//! * [`accept`]: connections over TCP, within the bounds of [`connections`]. hickory-server's own listeners bound
//!   neither their number nor their time, and encode every answer anew.
//! * [`framed`], [`https`], [`quic`]: what is spoken on them: DNS over TCP and TLS, over HTTPS, over QUIC.
//! * [`session`]: how a question on any of them is answered; the same bytes that UDP would send.
//! * [`rate`]: how much one client may ask.

mod listeners;
pub mod open;

mod mmsg;
pub mod udp;

mod accept;
mod connections;

mod framed;
mod https;
mod quic;

mod session;

pub mod rate;

use std::net::SocketAddr;
use std::sync::Arc;

pub use self::listeners::{Listeners, Streams};

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
