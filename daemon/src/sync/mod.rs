//! The list from the centre: fetched, checked, made and put in the place of the one before.
//!
//! Nothing on the way is trusted, and no byte of a list is looked at before its signature is good (`luytre-trust`).
//! Whatever goes wrong, the list in force stays in force, and the status says why.
//!
//! In the order data flows:
//!
//! 1. [`schedule`]: when to ask. Ten million routers don't ask in the same minute, and what fails is not hammered.
//! 2. [`http`]: a file from a mirror, over TLS or in the clear, through a proxy if there is one; names are looked up by
//!    servers of our own, so that our own filter can't cut us off.
//! 3. [`round`]: one mirror after the other, until one has good answers; `visit`: the documents in their order.
//! 4. [`plan`]: which list that means for this router. PURE.
//! 5. [`download`]: the whole list or a delta, resumed where the last try ended.
//! 6. [`make`]: old list and delta become the next list, as a stream, and the next list is tried.
//! 7. [`place`], [`kept`]: it takes the old one's place, which is kept for a way back; a power cut at any step leaves one
//!    of the two. All that must not be forgotten lies beside the list. [`copy`]: where that is memory, a copy is on flash.
//! 8. [`watch`]: all of that for as long as the daemon runs. [`report`]: what people are told of it.
//!    [`bell`]: a look that somebody wants now.

pub mod bell;
pub mod copy;
pub mod download;
pub mod http;
pub mod kept;
pub mod make;
pub mod place;
pub mod plan;
pub mod report;
pub mod round;
pub mod schedule;
mod trouble;
mod visit;
pub mod watch;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use luytre_trust::Ring;
use ring::rand::{SecureRandom, SystemRandom};

use crate::clock::Clock;
use crate::notify::Target;
use crate::upstream::Roots;

pub use self::trouble::Trouble;

/// What is fetched from where; `[list]` of the configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The list in force; everything else lies beside it.
    pub file: PathBuf,
    /// The copy on flash, where the list lies in memory; `None`: there is none.
    pub copy: Option<PathBuf>,
    /// The root.json that was put there by whoever set this router up.
    pub root: PathBuf,
    /// Base addresses of a publication, all with the same files; never empty.
    pub mirrors: Vec<Target>,
    /// Which size; `None`: by the router's memory and flash.
    pub edition: Option<String>,
    /// When a staged rollout reaches this router.
    pub ring: Ring,
    /// How often to ask, and take at once what is new; `None`: as the publisher wants it.
    pub check_every: Option<Duration>,
}

/// What the way out needs to know.
#[derive(Clone, Debug, PartialEq)]
pub struct Outside {
    /// Servers that look up the mirrors' names.
    pub bootstrap: Vec<SocketAddr>,
    /// Certificate authorities that are trusted besides the usual ones.
    pub roots: Roots,
    /// Judges certificates and signatures.
    pub clock: Clock,
}

/// A number that nobody can guess; it spreads routers over time, and over staged rollouts.
pub(crate) fn random() -> u64 {
    let mut bytes = [0; 8];
    // The kernel has some, or rustls would have stopped long before; zero spreads nothing and harms nothing.
    let _ = SystemRandom::new().fill(&mut bytes);
    u64::from_ne_bytes(bytes)
}
