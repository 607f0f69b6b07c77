//! A day of the calendar.

use std::fmt;

use jiff::civil::DateTime;

use crate::config::quoted;

/// A day, wherever it is spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(jiff::civil::Date);

impl Date {
    /// The years that a file may name.
    pub const YEARS: std::ops::RangeInclusive<i16> = 1970..=2100;

    /// Reads `2026-12-31`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let [year, month, day] = numbers(text).ok_or_else(|| {
            format!("{} is not a date; write year-month-day, such as \"2026-12-31\"", quoted(text))
        })?;
        let date = jiff::civil::Date::new(year, month as i8, day as i8); // two digits each
        let date = date.map_err(|_| format!("there is no day {text}"))?;
        if !Self::YEARS.contains(&year) {
            return Err(format!(
                "{text} is out of range; write a year from {} to {}",
                Self::YEARS.start(),
                Self::YEARS.end()
            ));
        }
        Ok(Self(date))
    }

    pub(super) fn new(date: jiff::civil::Date) -> Self {
        Self(date)
    }

    /// The year.
    pub fn year(self) -> i16 {
        self.0.year()
    }

    /// Days since Monday, 0 to 6.
    pub(super) fn weekday(self) -> u8 {
        self.0.weekday().to_monday_zero_offset().cast_unsigned()
    }

    /// Whether it is a Saturday or a Sunday.
    pub fn is_weekend(self) -> bool {
        self.weekday() >= 5
    }

    /// The next day; the last there is has none but itself.
    pub fn next(self) -> Self {
        Self(self.0.tomorrow().unwrap_or(self.0))
    }

    /// The day before; the first there is has none but itself.
    pub(super) fn previous(self) -> Self {
        Self(self.0.yesterday().unwrap_or(self.0))
    }

    /// What clocks show so many minutes after this day's midnight, by clocks that never change; less than a week.
    pub(super) fn at(self, minutes: u16) -> DateTime {
        let day = (0..minutes / super::time_of_day::DAY).fold(self, |day, _| day.next());
        let minutes = minutes % super::time_of_day::DAY;
        // Below 24 and below 60.
        day.0.at((minutes / 60) as i8, (minutes % 60) as i8, 0, 0)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // By hand: jiff's own printer and parser, with all that they can, are 100 kB.
        write!(f, "{:04}-{:02}-{:02}", self.0.year(), self.0.month(), self.0.day())
    }
}

/// Year, month and day of a text with four, two and two digits; whether there is such a day is another question.
fn numbers(text: &str) -> Option<[i16; 3]> {
    let mut parts = text.split('-');
    let mut number = |digits: usize| {
        let part = parts.next().filter(|part| part.len() == digits)?;
        part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok())?
    };
    let numbers = [number(4)?, number(2)?, number(2)?];
    parts.next().is_none().then_some(numbers)
}
