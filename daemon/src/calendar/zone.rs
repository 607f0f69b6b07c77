//! The house's time zone: where local time meets seconds since 1970.

use std::fmt;

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone, TimeZoneDatabase};

use super::{Date, LAST};
use crate::clock::Timestamp;
use crate::config::{did_you_mean, quoted};

/// Where a family lives, if it does not say.
const VIET_NAM: &str = "Asia/Ho_Chi_Minh";

/// A time zone of the IANA database, which is compiled in: routers have no zoneinfo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone(TimeZone);

impl Zone {
    /// Reads a zone's name, such as `Asia/Ho_Chi_Minh`, in either case. The error names the known zone that it
    /// may be a slip for.
    pub fn parse(name: &str) -> Result<Self, String> {
        let zones = TimeZoneDatabase::bundled();
        if let Ok(zone) = zones.get(name)
            && !zone.is_unknown()
        {
            return Ok(Self(zone));
        }
        let known: Vec<_> = zones.available().collect();
        let nearest = did_you_mean(name, known.iter().map(|zone| zone.as_str()));
        Err(format!("{} is not a time zone such as \"{VIET_NAM}\"{nearest}", quoted(name)))
    }

    /// The zone's name as the IANA database writes it.
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// The rules behind it.
    pub fn rules(&self) -> &TimeZone {
        &self.0
    }

    /// The date that the house's calendars show.
    pub fn date(&self, now: Timestamp) -> Date {
        Date::new(self.clock(now).date())
    }

    /// What the house's clocks show.
    fn clock(&self, now: Timestamp) -> DateTime {
        let now = jiff::Timestamp::from_second(now.min(LAST).cast_signed()).unwrap_or_default();
        self.0.to_datetime(now)
    }

    /// A moment as the house's clocks show it, with their distance from UTC (RFC 3339).
    pub fn rfc3339(&self, now: Timestamp) -> String {
        let now = jiff::Timestamp::from_second(now.min(LAST).cast_signed()).unwrap_or_default();
        now.display_with_offset(self.0.to_offset(now)).to_string()
    }

    /// The first moment at which clocks show `minutes` after this day's midnight, or later.
    pub(super) fn first(&self, day: Date, minutes: u16) -> Timestamp {
        self.moment(day.at(minutes), |earlier, _| earlier)
    }

    /// The moment after the last one at which clocks show less than `minutes` after this day's midnight.
    pub(super) fn last(&self, day: Date, minutes: u16) -> Timestamp {
        let civil = day.at(minutes);
        let later = self.moment(civil, |_, later| later);
        // Clocks that are set back exactly to it were past it already, and never show less again.
        if self.clock(later.saturating_sub(1)) < civil {
            later
        } else {
            self.moment(civil, |earlier, _| earlier)
        }
    }

    /// When clocks show `civil`; of a time that comes twice, the one that is chosen.
    fn moment(&self, civil: DateTime, choose: impl FnOnce(Offset, Offset) -> Offset) -> Timestamp {
        let (offset, skipped) = match self.0.to_ambiguous_timestamp(civil).offset() {
            AmbiguousOffset::Unambiguous { offset } => (offset, false),
            AmbiguousOffset::Fold { before, after } => (choose(before, after), false),
            // By the offset after the gap, a time within it is a moment before the gap.
            AmbiguousOffset::Gap { after, .. } => (after, true),
        };
        let moment = offset.to_timestamp(civil).unwrap_or_default();
        let moment = if skipped { self.after_gap(civil, moment) } else { moment };
        moment.as_second().try_into().unwrap_or(0)
    }

    /// The end of the gap that holds `civil` and begins at `before` or soon after it.
    fn after_gap(&self, civil: DateTime, before: jiff::Timestamp) -> jiff::Timestamp {
        let mut changes = self.0.following(before).map(|change| change.timestamp());
        changes.find(|&change| self.0.to_datetime(change) >= civil).unwrap_or(before)
    }
}

/// Viet Nam's, which is compiled in: a test holds that it is.
impl Default for Zone {
    fn default() -> Self {
        Self(TimeZoneDatabase::bundled().get(VIET_NAM).unwrap_or(TimeZone::UTC))
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
