//! The house's time zone: where local time meets seconds since 1970.

use std::fmt;

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase};

use super::{Date, LAST};
use crate::clock::Timestamp;
use crate::config::nearest;

/// Where a family lives, if it does not say.
const VIET_NAM: &str = "Asia/Ho_Chi_Minh";

/// A time zone of the IANA database, which is compiled in: routers have no zoneinfo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone(TimeZone);

impl Zone {
    /// Reads a zone's name, such as `Asia/Ho_Chi_Minh`, in either case. The error names the nearest known zone.
    pub fn parse(name: &str) -> Result<Self, String> {
        let zones = TimeZoneDatabase::bundled();
        if let Ok(zone) = zones.get(name)
            && !zone.is_unknown()
        {
            return Ok(Self(zone));
        }
        let known: Vec<_> = zones.available().collect();
        let nearest = nearest(name, known.iter().map(|zone| zone.as_str())).unwrap_or(VIET_NAM);
        Err(format!("unknown time zone; did you mean \"{nearest}\"? In Viet Nam write \"{VIET_NAM}\""))
    }

    /// The zone's name as the IANA database writes it.
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// The date that the house's calendars show.
    pub fn date(&self, now: Timestamp) -> Date {
        let now = jiff::Timestamp::from_second(now.min(LAST).cast_signed()).unwrap_or_default();
        Date::new(self.0.to_datetime(now).date())
    }

    /// The first moment at which clocks show `minutes` after this day's midnight, or later.
    pub(super) fn first(&self, day: Date, minutes: u16) -> Timestamp {
        self.moment(day.at(minutes), |earlier, _| earlier)
    }

    /// The moment after the last one at which clocks show less than `minutes` after this day's midnight.
    pub(super) fn last(&self, day: Date, minutes: u16) -> Timestamp {
        self.moment(day.at(minutes), |_, later| later)
    }

    /// When clocks show `civil`; of a time that comes twice, the one that is chosen.
    fn moment<O>(&self, civil: DateTime, choose: O) -> Timestamp
    where
        O: FnOnce(jiff::tz::Offset, jiff::tz::Offset) -> jiff::tz::Offset,
    {
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

/// Viet Nam's.
impl Default for Zone {
    fn default() -> Self {
        #[expect(clippy::expect_used, reason = "a constant; a test holds that it is known")]
        Self(TimeZoneDatabase::bundled().get(VIET_NAM).expect("the zone is compiled in"))
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
