//! What a clock on the wall shows.

use std::fmt;

use crate::config::quoted;

/// A day's minutes, where clocks don't change.
pub(super) const DAY: u16 = 24 * 60;

/// A time of day to the minute, from 00:00 to 24:00, which is the end of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeOfDay(u16);

impl TimeOfDay {
    /// The beginning of a day.
    pub const MIDNIGHT: Self = Self(0);

    /// Reads `00:00` to `23:59`: when something begins.
    pub fn parse(text: &str) -> Result<Self, String> {
        match Self::parse_end(text)? {
            Self(DAY) => Err("24:00 can only be an end; write \"00:00\"".into()),
            time => Ok(time),
        }
    }

    /// Reads `00:00` to `24:00`: when something ends.
    pub fn parse_end(text: &str) -> Result<Self, String> {
        let two_digits = |part: &str| match part.as_bytes() {
            &[tens @ b'0'..=b'9', ones @ b'0'..=b'9'] => {
                Some(u16::from(tens - b'0') * 10 + u16::from(ones - b'0'))
            }
            _ => None,
        };
        let parts =
            text.split_once(':').and_then(|(hour, minute)| Some((two_digits(hour)?, two_digits(minute)?)));
        match parts {
            Some((hour, minute)) if minute < 60 && hour * 60 + minute <= DAY => Ok(Self(hour * 60 + minute)),
            Some(_) => Err(format!("{text} is out of range; write 00:00 to 23:59")),
            None => Err(format!("{} is not a time of day; write \"21:30\" or \"06:30\"", quoted(text))),
        }
    }

    /// Minutes since midnight, 0 to 1,440.
    pub fn minutes(self) -> u16 {
        self.0
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}
