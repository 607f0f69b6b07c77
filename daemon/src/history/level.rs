//! The three lengths of time that rows stand for, and how long each is kept.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp as Instant};

use crate::clock::Timestamp;

/// Seconds that the shortest rows stand for.
pub(super) const PERIOD: u64 = 600;

/// How long a row lasts. Rows are kept by number: a jump of the clock alone makes none of them go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    /// Ten minutes; two days of them are kept.
    TenMinutes,
    /// An hour of the house's clock; eight days of them are kept.
    Hour,
    /// A day of the house's calendar; as many are kept as the configuration says.
    Day,
}

impl Level {
    pub(super) const ALL: [Self; 3] = [Self::TenMinutes, Self::Hour, Self::Day];
}

/// Says which day of the house a moment belongs to.
#[derive(Clone, Debug)]
pub struct Calendar(TimeZone);

impl Calendar {
    /// The calendar of a time zone.
    pub fn new(zone: TimeZone) -> Self {
        Self(zone)
    }

    /// The number of the row that a moment belongs to, counted from 1970.
    pub(super) fn period(&self, level: Level, time: Timestamp) -> u32 {
        // All of them fit for another 80,000 years.
        match level {
            Level::TenMinutes => (time / PERIOD) as u32,
            Level::Hour => (time.saturating_add(self.minutes(time)) / 3600) as u32,
            Level::Day => (time.saturating_add_signed(self.offset(time)) / 86_400) as u32,
        }
    }

    /// When a row begins.
    pub(super) fn start(&self, level: Level, period: u32) -> Timestamp {
        match level {
            Level::TenMinutes => u64::from(period) * PERIOD,
            Level::Hour => (u64::from(period) * 3600).saturating_sub(self.minutes(u64::from(period) * 3600)),
            Level::Day => self.midnight(period).unwrap_or(u64::from(period) * 86_400),
        }
    }

    /// Seconds that the house is ahead of UTC.
    fn offset(&self, time: Timestamp) -> i64 {
        let instant = i64::try_from(time).ok().and_then(|seconds| Instant::from_second(seconds).ok());
        instant.map_or(0, |instant| self.0.to_offset(instant).seconds().into())
    }

    /// Seconds that the house's hours begin before those of UTC: half an hour's worth in India.
    fn minutes(&self, time: Timestamp) -> u64 {
        self.offset(time).rem_euclid(3600).unsigned_abs()
    }

    /// When a day begins: where the clock skips midnight, an hour later.
    fn midnight(&self, day: u32) -> Option<Timestamp> {
        let date = Date::constant(1970, 1, 1).checked_add(Span::new().try_days(day).ok()?).ok()?;
        date.to_zoned(self.0.clone()).ok()?.timestamp().as_second().try_into().ok()
    }
}

impl Default for Calendar {
    fn default() -> Self {
        Self(TimeZone::UTC)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_the_houses_midnight_in_every_zone() {
        for zone in ["UTC", "Asia/Ho_Chi_Minh", "Europe/Berlin", "America/Sao_Paulo", "Pacific/Apia"] {
            let calendar = Calendar::new(TimeZone::get(zone).unwrap());
            for time in (1_500_000_000..1_560_000_000).step_by(5 * 3601) {
                let day = calendar.period(Level::Day, time);
                let (start, end) = (calendar.start(Level::Day, day), calendar.start(Level::Day, day + 1));
                assert!(start <= time && time < end, "{zone} {time}");
                assert_eq!(calendar.period(Level::Day, start), day, "{zone} {time}");
                assert!((23 * 3600..=25 * 3600).contains(&(end - start)), "{zone} {time}");
            }
        }
    }

    #[test]
    fn an_hour_lies_within_a_day_even_where_clocks_are_half_an_hour_off() {
        let calendar = Calendar::new(TimeZone::get("Asia/Kolkata").unwrap());
        for time in (1_795_219_200..1_795_219_200 + 3 * 86_400).step_by(600) {
            let start = calendar.start(Level::Hour, calendar.period(Level::Hour, time));
            assert!(start <= time && time < start + 3600);
            assert_eq!(calendar.period(Level::Day, start), calendar.period(Level::Day, time));
        }
    }

    #[test]
    fn a_vietnamese_day_begins_at_seventeen_utc() {
        let calendar = Calendar::new(TimeZone::get("Asia/Ho_Chi_Minh").unwrap());
        let day = calendar.period(Level::Day, 1_795_219_200);
        assert_eq!(calendar.start(Level::Day, day), 1_795_219_200 - 7 * 3600);
        assert_eq!(calendar.period(Level::Day, 1_795_219_200 + 17 * 3600), day + 1);
    }
}
