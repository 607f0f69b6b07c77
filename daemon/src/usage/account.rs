//! One budget's minutes. PURE: minutes and dates come in.

use crate::calendar::Date;

use super::meters::Minute;

/// How active minutes become used ones, by what shows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feed {
    /// Questions, of which a film asks few: see [`BRIDGE`].
    Dns,
    /// Bytes that flowed, which show each minute by itself.
    Traffic,
}

/// Between two active minutes that lie at most so many minutes apart everything was use, too. Less than the 15 minutes
/// that phones leave between what apps do by themselves.
pub const BRIDGE: Minute = 10;

/// What was used of one budget, today.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Account {
    /// The day that the minutes belong to; `None` until the date can be believed.
    pub(super) day: Option<Date>,
    /// Minutes used.
    pub(super) used: u32,
    /// Minutes given besides.
    pub(super) bonus: u32,
    /// Those of `used` whose day is not known, as the date could not be believed.
    pub(super) undated: u32,
    pub(super) last: Option<Last>,
}

/// The last active minute.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Last {
    minute: Minute,
    /// No other stands near it, so far: it may have been no use at all.
    lone: bool,
}

impl Account {
    /// A minute is over. `limit`: minutes for today; `dated`: whether the date can be believed.
    pub(super) fn pass(&mut self, minute: Minute, active: bool, feed: Feed, limit: u32, dated: bool) {
        match self.last {
            Some(last) if feed == Feed::Dns && minute.saturating_sub(last.minute) > BRIDGE => {
                self.take_back(last, limit);
            }
            _ => {}
        }
        if !active {
            return;
        }
        let (minutes, lone) = match (feed, self.last) {
            (Feed::Dns, Some(last)) => (minute.saturating_sub(last.minute), false),
            (Feed::Dns, None) => (1, true),
            (Feed::Traffic, _) => (1, false),
        };
        self.used = self.used.saturating_add(minutes);
        if !dated {
            self.undated = self.undated.saturating_add(minutes);
        }
        self.last = Some(Last { minute, lone });
    }

    /// A lone minute was what apps do by themselves. But one that used up the budget stays: else there would be one
    /// more for everybody who waits.
    fn take_back(&mut self, last: Last, limit: u32) {
        self.last = None;
        if last.lone && self.used < limit {
            self.used = self.used.saturating_sub(1);
            self.undated = self.undated.min(self.used);
        }
    }

    /// What the calendar shows, by a clock that can be believed. A new day begins with nothing used but what was used
    /// while nobody knew the day; a clock that was set back begins none, and gives nothing back.
    pub(super) fn date(&mut self, today: Date) {
        match self.day {
            Some(day) if day < today => {
                *self = Self { day: Some(today), used: self.undated, ..Self::default() };
            }
            // Set back over a reset: the day that began goes on, until the calendar comes to its end.
            Some(day) if day > today && day <= today.next() => {}
            // Further back: what showed that day was wrong.
            _ => self.day = Some(today),
        }
        self.undated = 0;
    }

    /// Whether there is something worth remembering.
    pub(super) fn is_empty(&self) -> bool {
        self.used == 0 && self.bonus == 0
    }
}
