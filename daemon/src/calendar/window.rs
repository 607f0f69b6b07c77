//! Hours of the day that come again on days of the week, and when exactly that is.

use super::time_of_day::DAY;
use super::{Date, Days, LAST, TimeOfDay, Weekdays, Zone};
use crate::clock::Timestamp;

/// The longest time that [`spans`] looks at: two hundred years, so that a wrong clock costs 1 MB at most.
const LONGEST: Timestamp = 200 * 366 * 24 * 3600;

/// Hours that come again on days of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Window {
    /// The days it starts on.
    pub days: Weekdays,
    /// When it starts.
    pub from: TimeOfDay,
    /// When it ends: if not later than `from`, on the next day. So a window that ends when it starts has 24 hours.
    pub to: TimeOfDay,
}

/// A stretch of time: from its first moment until before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Span {
    /// Its first moment.
    pub from: Timestamp,
    /// The moment after its last.
    pub to: Timestamp,
}

impl Span {
    /// Whether a moment is in it.
    pub fn contains(self, now: Timestamp) -> bool {
        (self.from..self.to).contains(&now)
    }
}

/// When a window is in force between two moments: in order, apart from each other, cut at both moments.
///
/// The days it starts on are in `on` (`None`: every day) and not in `except`; over midnight it goes on whatever the next
/// day is. What lies more than 200 years after `between.from` is left out.
pub fn spans(zone: &Zone, window: Window, on: Option<&Days>, except: &Days, between: Span) -> Vec<Span> {
    let to = between.to.min(between.from.saturating_add(LONGEST)).min(LAST);
    let starts_on = |day: Date| {
        window.days.contains(day) && on.is_none_or(|on| on.contains(day)) && !except.contains(day)
    };
    let mut spans: Vec<Span> = Vec::new();
    // A window reaches into the next day at most; the day more is for clocks that are set over midnight.
    let mut day = zone.date(between.from).previous().previous();
    let last = zone.date(to).next();
    while day <= last {
        if starts_on(day) {
            let span = window.on(zone, day);
            add(&mut spans, Span { from: span.from.max(between.from), to: span.to.min(to) });
        }
        day = day.next();
    }
    spans
}

impl Window {
    /// When the window that starts on this day is in force; ends where it begins if clocks skip it.
    fn on(self, zone: &Zone, day: Date) -> Span {
        let (from, to) = (self.from.minutes(), self.to.minutes());
        let next_day = if to <= from { DAY } else { 0 };
        Span { from: zone.first(day, from), to: zone.last(day, to + next_day) }
    }
}

/// Adds a span that begins no earlier than those before it.
fn add(spans: &mut Vec<Span>, span: Span) {
    if span.from >= span.to {
        return;
    }
    match spans.last_mut() {
        Some(before) if span.from <= before.to => before.to = before.to.max(span.to),
        _ => spans.push(span),
    }
}
