//! `[history]`: what is remembered of questions.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::StateConfig;
use super::read::Refusal;
use super::read::values::{choice, number};

/// `[history]` as it is written.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "config/luytre.toml says it of every key")]
pub struct HistorySpec {
    pub path: String,
    pub keep_queries: i64,
    pub keep_queries_for: i64,
    pub keep_counters: i64,
    pub privacy: String,
}

/// What is remembered of questions.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryConfig {
    /// The folder of the counters on disk.
    pub path: PathBuf,
    /// The last questions kept in memory, at most 100,000; 0 keeps none.
    pub keep_queries: usize,
    /// Seconds that a question is kept; up to 604,800, a week.
    pub keep_queries_for: u64,
    /// For how many days counters are kept on disk, at most 366, a leap year; 0 keeps none there.
    pub keep_counters: usize,
    /// What a record says of the question.
    pub privacy: Privacy,
}

/// What a record says of the question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
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
        Self {
            path: String::new(),
            keep_queries: 1000,
            keep_queries_for: 86_400,
            keep_counters: 366,
            privacy: "full".into(),
        }
    }
}

impl HistorySpec {
    pub(super) fn resolve(self, folder: &Path, state: &StateConfig) -> Result<HistoryConfig, Refusal> {
        let levels = [
            ("full", Privacy::Full),
            ("domain", Privacy::Domain),
            ("category", Privacy::Category),
            ("off", Privacy::Off),
        ];
        Ok(HistoryConfig {
            path: match self.path.as_str() {
                "" => state.dir.join("history"),
                path => folder.join(path),
            },
            keep_queries: number("history.keep_queries", self.keep_queries, 0..=100_000, "questions")?,
            keep_queries_for: number(
                "history.keep_queries_for",
                self.keep_queries_for,
                0..=604_800,
                "seconds",
            )?,
            keep_counters: number("history.keep_counters", self.keep_counters, 0..=366, "days")?,
            privacy: choice("history.privacy", &self.privacy, &levels)?,
        })
    }
}
