//! A household's time: zone, days, windows over midnight, holidays, the days of budgets. PURE arithmetic, no clock.
//!
//! What a parent writes is local ("21:30 on school days, but not at Tết"); what the policy compares is a [`Timestamp`].
//! Here one becomes the other:
//!
//! ```text
//!  time_zone ──► Zone ─────────────────────────┐
//!  days, from, to ──► Window ──────────────────┼─► spans() ──► [from, to) in seconds since 1970
//!  "tet", "2026-12-31" ──► Holidays ──► Days ──┘
//!  reset ──► TimeOfDay ── budget_day() ──► the budget's day: its date, its span, whether it is a weekend
//! ```
//!
//! # When clocks change
//!
//! A time of day begins at the first moment at which the clocks show it *or a later one*, and ends when they show less
//! *for the last time*. So:
//!
//! * A time that is skipped in spring is the first moment after the gap, for a beginning and for an end. What lies in
//!   the gap whole never is.
//! * Of a time that comes twice in autumn a beginning takes the earlier, an end the later: what is blocked stays so in
//!   between. Only an end to which the clocks are set back exactly is the earlier: they never show less again.
//! * A budget's day begins at the earlier moment and ends where the next begins: 23 to 25 hours.
//!
//! Nothing here panics, whatever the time: moments after the year 9998 count as its last.

use crate::clock::Timestamp;

pub use self::budget::{BudgetDay, budget_day};
pub use self::date::Date;
pub use self::days::Days;
pub use self::holidays::Holidays;
pub use self::time_of_day::TimeOfDay;
pub use self::weekdays::Weekdays;
pub use self::window::{Span, Window, spans};
pub use self::zone::Zone;

mod budget;
mod date;
mod days;
mod holidays;
#[cfg(test)]
mod tests;
mod time_of_day;
mod weekdays;
mod window;
mod zone;

/// The last moment that is told from others: 9999-01-01 UTC, so that a day more still is a date.
const LAST: Timestamp = 253_370_764_800;
