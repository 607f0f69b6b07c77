//! Days of the week.

use super::Date;
use crate::config::{did_you_mean, quoted};

/// What each day is called in files, from Monday.
const KEYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// The same in Vietnamese: the second to the seventh, and *chủ nhật*.
const VIETNAMESE: [&str; 7] = ["t2", "t3", "t4", "t5", "t6", "t7", "cn"];

/// A set of days of the week; at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Weekdays(u8);

impl Weekdays {
    /// Every day.
    pub const FULL: Self = Self(0b111_1111);

    /// Reads `mon` to `sun`, or `t2` to `t7` and `cn`. The error names the word that is neither, and what
    /// it may be a slip for.
    pub fn parse<'t>(texts: impl IntoIterator<Item = &'t str>) -> Result<Self, String> {
        let mut days = 0;
        for text in texts {
            let found = [KEYS, VIETNAMESE].iter().find_map(|keys| keys.iter().position(|&key| key == text));
            days |= 1 << found.ok_or_else(|| unknown(text))?;
        }
        match days {
            0 => Err("no day; name one such as \"mon\", or leave the key out for every day".into()),
            days => Ok(Self(days)),
        }
    }

    /// Whether a date is one of them.
    pub fn contains(self, date: Date) -> bool {
        self.0 & (1 << date.weekday()) != 0
    }

    /// Their keys, `mon` to `sun`.
    pub fn keys(self) -> impl Iterator<Item = &'static str> {
        (0..).zip(KEYS).filter_map(move |(day, key)| (self.0 & (1 << day) != 0).then_some(key))
    }
}

/// Every day.
impl Default for Weekdays {
    fn default() -> Self {
        Self::FULL
    }
}

fn unknown(text: &str) -> String {
    let known = || KEYS.into_iter().chain(VIETNAMESE);
    let all = known().collect::<Vec<_>>().join(", ");
    format!("{} is not one of {all}{}", quoted(text), did_you_mean(text, known()))
}
