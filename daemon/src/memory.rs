//! What a machine's memory is enough for, where the configuration leaves it open.

use serde::Serialize;

use crate::cache;
use crate::config::{Config, HistorySpec};
use crate::system;

/// From which memory on, in kB, less than a router's label says because the kernel takes its part first: how many answers
/// and how many questions are kept. An answer takes some 300 bytes, a question 350. Of 64 MB that is 1.7 MB, of 128 MB
/// 3.4 MB; more than that is the user's to say.
const SIZES: [(u64, usize, usize); 3] = [(0, 2_000, 250), (50_000, 5_000, 500), (100_000, 10_000, 1_000)];

/// The memory, and what is kept in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct Memory {
    /// The machine's, or as much of it as we may take, in kB; 0 if the system does not tell.
    pub total_kb: u64,
    /// The most answers that are kept.
    pub answers: usize,
    /// The most questions that are kept.
    pub questions: usize,
}

impl Memory {
    /// What a configuration comes to on this machine.
    pub fn of(config: &Config) -> Self {
        let (answers, questions) = (config.cache.entries, config.history.keep_queries);
        Self { total_kb: system::memory_kb(), answers, questions }
    }
}

/// Fits what the configuration says nothing of, or just what is the default, into so much memory.
pub fn fit(config: &mut Config, total_kb: u64) {
    let (_, answers, questions) = SIZES.into_iter().rfind(|(from, ..)| total_kb >= *from).unwrap_or(SIZES[0]);
    let fitted =
        |said: usize, default: usize, fits: usize| if said == default { fits.min(said) } else { said };
    config.cache.entries = fitted(config.cache.entries, cache::Settings::default().entries, answers);
    let queries = usize::try_from(HistorySpec::default().keep_queries).unwrap_or_default();
    config.history.keep_queries = fitted(config.history.keep_queries, queries, questions);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(text: &str, total_kb: u64) -> (usize, usize) {
        let mut config = Config::parse(text, "luytre.toml", "/".as_ref(), std::iter::empty()).unwrap();
        fit(&mut config, total_kb);
        (config.cache.entries, config.history.keep_queries)
    }

    #[test]
    fn what_is_left_open_fits_the_memory() {
        for (total_kb, expected) in [
            (0, (2_000, 250)),
            (27_000, (2_000, 250)),
            (58_000, (5_000, 500)),
            (123_000, (10_000, 1_000)),
            (24_000_000, (10_000, 1_000)),
        ] {
            assert_eq!(kept("", total_kb), expected, "{total_kb} kB");
        }
    }

    #[test]
    fn what_somebody_wrote_holds() {
        let text = "[cache]\nentries = 50000\n[history]\nkeep_queries = 0\n";
        assert_eq!(kept(text, 58_000), (50_000, 0));
        assert_eq!(kept("[cache]\nentries = 100\n", 58_000), (100, 500));
    }
}
