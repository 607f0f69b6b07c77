//! Totals of a day.

use std::collections::BTreeMap;

use luytre_lists::CategoryTable;
use serde::Serialize;

use super::cells::{Ending, Topic};
use crate::clock::Timestamp;

/// What was counted today.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Totals {
    /// When counting began, in seconds since 1970: midnight or later. `None` if nothing is older than this period.
    pub since: Option<Timestamp>,
    /// Questions that were answered.
    pub allowed: u64,
    /// Questions that were blocked.
    pub blocked: u64,
    /// Questions that were answered otherwise.
    pub rewritten: u64,
    /// Questions by what their name is about.
    pub categories: BTreeMap<String, u64>,
    /// Of those, the blocked ones.
    pub blocked_categories: BTreeMap<String, u64>,
    /// Questions that the ring of recent ones missed.
    pub missed: u32,
}

impl Totals {
    /// Adds a cell. [`Topic::AGAIN`] comes after what it is taken off.
    pub(super) fn add(&mut self, topic: Topic, ending: Ending, count: u32) {
        let count = u64::from(count);
        let questions = match ending {
            Ending::Allowed => &mut self.allowed,
            Ending::Blocked => &mut self.blocked,
            Ending::Rewritten => &mut self.rewritten,
        };
        if topic == Topic::AGAIN {
            *questions = questions.saturating_sub(count);
            return;
        }
        *questions += count;
        let Some(category) = topic.category() else { return };
        let key = CategoryTable::shipped().key(category);
        if ending == Ending::Blocked {
            *self.blocked_categories.entry(key.clone().into_owned()).or_default() += count;
        }
        *self.categories.entry(key.into_owned()).or_default() += count;
    }
}
