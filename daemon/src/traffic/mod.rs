//! The way of every packet through the house: what the firewall is to do, and the daemon's end of doing it.
//!
//! ```text
//!  policy, who ─► design ─► Plan ──► work ─► link ─► helper (net-helper, a process of its own)
//!  answers ─► gate ─► order ───────► │
//!                                    └─► keeper ─► status
//! ```
//!
//! * [`plan`] and [`protocol`] are what both processes speak of.
//! * [`design`] makes the plan from who may do what just now; [`numbers`] gives each device its place in it.
//! * An answer that needs the firewall gives an [`order`] at the [gate](crate::gate); [`stamps`] spare it that when its
//!   addresses are there. [`holdings`] is what is in the sets, [`kept`] what of it
//!   outlives a stop, and [`atlas`] which service is found where.
//! * [`tunnels`] watches for data that goes through our own answers.
//! * [`tally`] reads the kernel's counters: bytes by device, service and category, for time
//!   budgets, the status and the history.
//! * [`work`] keeps the kernel as the plan wants it, over [`link`]: whatever dies, is flushed or is refused is noticed
//!   within a second and tried again. DNS waits for none of it. [`keeper`] is everybody else's way to it.

pub mod plan;
pub mod protocol;

pub mod design;
pub mod numbers;

pub mod atlas;
pub mod holdings;
pub mod kept;
pub mod order;
pub mod stamps;

pub mod tally;
pub mod tunnels;

pub mod keeper;
pub mod link;
pub mod work;

pub use self::keeper::{Keeper, Standing};
