//! `[cache]`: answers kept for the next one who asks.

use serde::{Deserialize, Serialize};

use super::read::Refusal;
use super::read::values::number;
use crate::cache::{MAX_ENTRIES, Settings};

/// `[cache]` as it is written.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "config/luytre.toml says it of every key")]
pub struct CacheSpec {
    pub entries: i64,
    pub min_ttl: i64,
    pub max_ttl: i64,
    pub stale_for: i64,
    pub prefetch: bool,
}

impl Default for CacheSpec {
    fn default() -> Self {
        Self { entries: 10_000, min_ttl: 0, max_ttl: 86_400, stale_for: 86_400, prefetch: true }
    }
}

impl CacheSpec {
    pub(super) fn resolve(self) -> Result<Settings, Refusal> {
        let min_ttl = number("cache.min_ttl", self.min_ttl, 0..=3600, "seconds")?;
        let max_ttl = number("cache.max_ttl", self.max_ttl, 0..=604_800, "seconds")?;
        if max_ttl < min_ttl {
            let what = format!("{max_ttl} is below cache.min_ttl; write {min_ttl} to 604800 seconds");
            return Err(Refusal::new("cache.max_ttl", what));
        }
        Ok(Settings {
            entries: number("cache.entries", self.entries, 0..=MAX_ENTRIES as i64, "answers")?,
            min_ttl,
            max_ttl,
            stale_for: number("cache.stale_for", self.stale_for, 0..=604_800, "seconds")?,
            prefetch: self.prefetch,
        })
    }
}
