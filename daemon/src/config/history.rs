//! `[history]`: what is remembered of questions.

use serde::{Deserialize, Serialize};

use super::read::Refusal;
use super::read::values::{choice, number};

/// `[history]` as it is written.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "config/luytre.toml says it of every key")]
pub struct HistorySpec {
    pub path: String,
    pub keep_queries: i64,
    pub keep_counters: i64,
    pub privacy: String,
}

/// What is remembered of questions.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryConfig {
    /// The last questions kept in memory, at most 100,000; 0 keeps none.
    pub keep_queries: usize,
    /// For how many hours counters by category are kept; 1 to 8784, a leap year.
    pub keep_counters: usize,
    /// What a record says of the question.
    pub privacy: Privacy,
}

/// What a record says of the question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Privacy {
    /// The whole name.
    Full,
    /// The registered domain, without what stands in front of it.
    Domain,
    /// The categories only.
    Category,
    /// Nothing: no record is kept.
    Off,
}

impl Default for HistorySpec {
    fn default() -> Self {
        Self { path: String::new(), keep_queries: 1000, keep_counters: 168, privacy: "full".into() }
    }
}

impl HistorySpec {
    pub(super) fn resolve(self) -> Result<HistoryConfig, Refusal> {
        let levels = [
            ("full", Privacy::Full),
            ("domain", Privacy::Domain),
            ("category", Privacy::Category),
            ("off", Privacy::Off),
        ];
        Ok(HistoryConfig {
            keep_queries: number("history.keep_queries", self.keep_queries, 0..=100_000, "questions")?,
            keep_counters: number("history.keep_counters", self.keep_counters, 1..=8784, "hours")?,
            privacy: choice("history.privacy", &self.privacy, &levels)?,
        })
    }
}
