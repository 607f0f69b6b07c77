//! Which upstream servers give DNSSEC records at all.
//!
//! Old routers' forwarders and some providers' servers strip signatures: behind them every signed name would be bogus.
//! Each server is asked for the root's keys, which must come signed. Those that strip are avoided while another gives
//! signatures; if all strip, validation is off and the status says so: a house without DNS turns its filter off.
//!
//! While nothing is known (the first moments, or no line yet) answers are given unvalidated, without AD; what was
//! cached of them goes when validation begins. Waiting would hold up the house for as long as the line is slow, and
//! would win nothing: whoever can strip an answer can strip the probe's.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use luytre_lists::NameBuf;
use tokio::time::{Instant, sleep, timeout};

use super::{Current, Dnssec, chain};
use crate::cache::Cache;
use crate::snapshot::Shared;
use crate::upstream::lock::Lock;
use crate::upstream::{Forwarder, Outlet, Server};
use crate::wire::{Records, rtype};

/// How long a server may take for the root's keys.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long until servers are asked again: while one has not answered at all, and when all is known.
const UNTIL_ANSWERED: Duration = Duration::from_secs(15);
const WHEN_KNOWN: Duration = Duration::from_secs(600);
/// The shortest time from one probe to the next, however often answers fail.
const PAUSE: Duration = Duration::from_secs(1);

/// What is known of each server.
pub(super) struct Abilities(Lock<Vec<(Server, Option<bool>)>>);

impl Abilities {
    pub(super) fn unknown(servers: &[Server]) -> Self {
        Self(Lock::new(servers.iter().map(|server| (server.clone(), None)).collect()))
    }

    /// Whether some server gives signatures, so that answers can be validated.
    pub(super) fn suffice(&self) -> bool {
        self.0.hold().iter().any(|(_, gives)| *gives == Some(true))
    }

    /// Whether it may still turn out that some server gives signatures.
    pub(super) fn are_unknown(&self) -> bool {
        let known = self.0.hold();
        known.iter().all(|(_, gives)| *gives != Some(true)) && known.iter().any(|(_, gives)| gives.is_none())
    }

    /// The servers that have not shown that they give signatures, if others have.
    pub(super) fn avoided(&self) -> Vec<Server> {
        let known = self.0.hold();
        let gives = |gives: &Option<bool>| *gives == Some(true);
        if !known.iter().any(|(_, given)| gives(given)) {
            return Vec::new();
        }
        known.iter().filter(|(_, given)| !gives(given)).map(|(server, _)| server.clone()).collect()
    }

    fn of(&self, server: &Server) -> Option<bool> {
        self.0.hold().iter().find(|(known, _)| known == server).and_then(|(_, gives)| *gives)
    }

    fn learn(&self, learned: Vec<(Server, Option<bool>)>) {
        *self.0.hold() = learned;
    }
}

impl Clone for Abilities {
    fn clone(&self) -> Self {
        Self(Lock::new(self.0.hold().clone()))
    }
}

/// How validation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Turned off.
    Off,
    /// No server has answered yet.
    Unknown,
    /// Answers are validated.
    On,
    /// No server gives signatures.
    Stripped,
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Off => "answers are not validated (DNSSEC): [upstream] validate is false",
            Self::Unknown => "answers are not validated (DNSSEC) yet: no upstream server has given signatures so far",
            Self::On => "answers are validated (DNSSEC)",
            Self::Stripped => {
                "answers are not validated (DNSSEC): every upstream server strips the signatures; use others in \
                 [upstream] servers, such as a public resolver's"
            }
        })
    }
}

impl Dnssec {
    /// How validation stands.
    pub fn standing(&self) -> Standing {
        match self.current.load().as_ref() {
            None => Standing::Off,
            Some(current) if current.abilities.suffice() => Standing::On,
            Some(current) if current.abilities.are_unknown() => Standing::Unknown,
            Some(_) => Standing::Stripped,
        }
    }

    /// Whether a server gives DNSSEC records; `None` while that is not known or nobody wants to know.
    pub fn ability(&self, server: &Server) -> Option<bool> {
        self.current.load().as_ref().and_then(|current| current.abilities.of(server))
    }

    /// Asks the servers of the settings in force, at once, when an answer fails, and from time to time. Never ends.
    pub async fn watch(self: Arc<Self>, outlet: Arc<Outlet>, shared: Shared, cache: Arc<Cache>) {
        let mut told = Standing::Unknown;
        loop {
            if let Some(current) = self.current.load_full() {
                let before = self.standing();
                let forwarder = outlet.forwarder(&shared.load().upstream);
                current.probe(&forwarder).await;
                let standing = self.standing();
                if standing == Standing::On && before != Standing::On {
                    cache.clear(); // what came before was not validated
                }
                if standing != told {
                    told = standing;
                    match standing {
                        Standing::On => tracing::info!("{standing}"),
                        _ => tracing::warn!("{standing}"),
                    }
                }
            }
            sleep(PAUSE).await;
            let known = matches!(self.standing(), Standing::On | Standing::Stripped | Standing::Off);
            let next = if known { WHEN_KNOWN } else { UNTIL_ANSWERED };
            let _ = timeout(next, self.doubt.notified()).await;
        }
    }
}

impl Current {
    async fn probe(&self, forwarder: &Forwarder) {
        let probes = self.settings.servers.iter().map(|server| async move {
            // A single packet may be lost; twice in a row it is the server.
            let first = gives_signatures(forwarder, server).await;
            let gives = if first == Some(true) { first } else { gives_signatures(forwarder, server).await };
            (server.clone(), gives)
        });
        self.abilities.learn(join_all(probes).await);
    }
}

/// Whether a server gives the root's keys with their signatures; `None` without an answer.
async fn gives_signatures(forwarder: &Forwarder, server: &Server) -> Option<bool> {
    let query = chain::query(&NameBuf::new(), rtype::DNSKEY);
    let answer = forwarder.exchange_with(server, &query, Instant::now() + PATIENCE).await.ok()?;
    let signed = |message: &[u8]| Some(Records::of(message)?.any(|record| record.rtype == rtype::RRSIG));
    Some(signed(&answer).unwrap_or(false))
}
