//! The days that budgets are counted by.

use super::{Date, LAST, Span, TimeOfDay, Zone};
use crate::clock::Timestamp;

/// A budget's day: from one reset to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BudgetDay {
    /// The date on which it began.
    pub date: Date,
    /// From its reset until the next; 23 to 25 hours.
    pub span: Span,
    /// It began on a Saturday or a Sunday.
    pub weekend: bool,
}

/// The budget's day that `now` lies in, which begins at `reset` by the house's clocks. Days follow each other without
/// gap or overlap. A date that a country skipped has what `reset` leaves of it, or is no day.
pub fn budget_day(zone: &Zone, reset: TimeOfDay, now: Timestamp) -> BudgetDay {
    let now = now.min(LAST);
    // Where clocks are set back over midnight, tomorrow may have begun already.
    let mut date = zone.date(now).next();
    let mut end = zone.first(date.next(), reset.minutes());
    loop {
        let begin = zone.first(date, reset.minutes());
        if begin <= now {
            return BudgetDay { date, span: Span { from: begin, to: end }, weekend: date.is_weekend() };
        }
        (date, end) = (date.previous(), begin);
    }
}
