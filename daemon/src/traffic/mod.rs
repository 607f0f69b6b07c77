//! The way of every packet through the house: what the firewall is to do, and the daemon's end of doing it.
//!
//! ```text
//!  policy, who ─► design ─► Plan ─► Keeper ─► link ─► helper (net-helper, a process of its own)
//!  answers ─────► gate ────────────► │
//!                                    └─► status, usage
//! ```
//!
//! * [`plan`] and [`protocol`] are what both processes speak of.
//! * [`design`] makes the plan from who may do what just now; [`numbers`] gives each device its place in it.
//! * [`keeper`] keeps the kernel as the plan wants it, over [`link`]: whatever dies, is flushed or is refused is noticed
//!   within a second and tried again. DNS waits for none of it.

pub mod plan;
pub mod protocol;

pub mod design;
pub mod keeper;
pub mod link;
pub mod numbers;

pub use self::keeper::{Keeper, Standing};
