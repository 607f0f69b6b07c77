//! Who is asking: the address of a packet becomes a small number, and that a device of a person.
//!
//! ```text
//!  neighbours (kernel) ─┐
//!  leases (DHCP) ───────┼─► devices ─┐
//!  mdns (the client) ───┘            ├─► people ─► snapshot
//!  known (family.toml) ── roll ──────┘
//! ```
//!
//! * [`neighbours`], [`leases`] and [`mdns`] are what the network shows; [`devices`] joins it: one device a [`mac`] with
//!   all its addresses. A [`name`] is cleaned once, where it comes in; [`vendor`] knows who made a device, and
//!   [`doubles`] sees that two go by one hardware address.
//! * [`known`] is what a parent wrote about a device; a [`proposal`] says which of them a new one may be.
//! * [`roll`] gives the numbers: a [`Who`] is one device of one person, the same for the whole run.
//! * [`people`] is what a question looks at: from address or token to [`Who`] by one look-up.
//! * [`directory`] holds all of it for everybody who wants to know, and [`watch`] keeps it up to date.

pub mod leases;
pub mod mdns;
pub mod neighbours;

pub mod devices;
pub mod doubles;
pub mod mac;
pub mod name;
pub mod vendor;

pub mod known;
pub mod proposal;

pub mod roll;

mod hash;
pub mod people;

pub mod directory;
pub mod watch;

pub use self::directory::Directory;
pub use self::known::Known;
pub use self::mac::Mac;
pub use self::people::People;
pub use self::roll::{Key, Roll, Subject, Who};
