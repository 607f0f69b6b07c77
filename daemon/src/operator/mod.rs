//! A fleet's settings: whoever looks after many routers sets some things of all of them, by a signed document.
//!
//! ```text
//!  policy.json ─► look ─► signed? newer? ─► do its servers answer? ─► policy.json ─► Config::load ─► the running state
//!  (a web server, (watch)  (luytre-trust)    (Daemon::take_policy)    in the state    default < policy < file <
//!   or a file)                                                        folder          environment
//! ```
//!
//! What may be set is a type in `luytre-trust`, and nothing of a family is in it. In the order data flows:
//!
//! 1. [`watch`]: looks again and again, about once an hour, and when somebody asks.
//! 2. [`look`]: the document from its place, with the bounds of everything that comes from the network.
//! 3. [`kept`]: the one that was taken last, on flash, written only when another one takes its place.
//! 4. [`layer`]: what it says, as settings under those of the router's own configuration.
//! 5. [`report`]: what people are told of it.
//!
//! Whatever is wrong with a document, the last good one stays in force; and one that was taken stays so when its time is
//! over, when its place is gone, and when whoever signed it is.

pub mod kept;
pub mod layer;
pub mod look;
pub mod report;
pub mod watch;

use std::path::PathBuf;
use std::time::Duration;

use luytre_trust::Operator;

use crate::notify::Target;

/// Whose policies are taken, and from where; `[operator]` of the configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Where the next one comes from.
    pub place: Place,
    /// The keys that sign them.
    pub keys: Operator,
    /// The one that was taken last.
    pub kept: PathBuf,
    /// How often to look; `None`: about once an hour.
    pub check_every: Option<Duration>,
}

/// Where policies come from.
#[derive(Clone, Debug, PartialEq)]
pub enum Place {
    /// A web server.
    Web {
        /// The folder that it lies in.
        folder: Target,
        /// Its name there.
        file: String,
    },
    /// A file on this router, for images and for networks without a way out.
    File(PathBuf),
}
