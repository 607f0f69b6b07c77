//! Safe mode: a daemon that dies again and again soon after its start begins once more with as little as answers
//! questions by the family's rules: the starter list, no history, no fetching. So what a broken list or a broken disk
//! does can't keep a home without DNS.

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::clock::Timestamp;
use crate::config::Config;
use crate::health_report::{Beginning, Start};
use crate::{control, files, system};

/// So many starts within [`SOON`] that did not end well are too many.
const CRASHES: usize = 3;
/// Seconds that a daemon runs until its start counts as good.
const SOON: u64 = 120;
/// The longest file that is read, in bytes.
const MAX_FILE: usize = 4096;

/// The starts that did not end well yet, this one among them.
#[derive(Clone, Debug)]
pub(super) struct Starts {
    file: PathBuf,
    /// Earlier ones, within the last two minutes.
    crashes: usize,
}

impl Starts {
    /// Notes a start at this time. A folder that can't be written counts none.
    pub(super) fn note(state: &Path, now: Timestamp) -> Self {
        let file = state.join("starts");
        let text = files::read_text(&file, MAX_FILE).unwrap_or_default();
        let is_recent = |start: &Timestamp| (now.saturating_sub(SOON)..=now).contains(start);
        let mut starts: Vec<Timestamp> =
            text.lines().filter_map(|line| line.parse().ok()).filter(is_recent).collect();
        let crashes = starts.len();
        starts.push(now);
        let text: String = starts.iter().rev().take(2 * CRASHES).map(|start| format!("{start}\n")).collect();
        if let Err(error) = files::replace(&file, |file| file.write_all(text.as_bytes())) {
            tracing::debug!(%error, "the start is not noted");
        }
        Self { file, crashes }
    }

    /// The configuration of safe mode.
    pub(super) fn safe(&self, mut config: Config, notices: &mut Vec<String>) -> Config {
        (config.list.sync, config.operator.settings) = (None, None);
        config.history.keep_counters = 0;
        notices.push(format!(
            "safe mode, after {} starts in two minutes that did not last: the starter list, no history on disk, no \
             fetching of lists or policies; the log says what happened, and the next start is an ordinary one",
            self.crashes
        ));
        config
    }

    /// How this run began, by what the one before left behind: a socket, if it did not end in order.
    pub(super) fn kind(&self, is_safe_mode: bool, state: &Path) -> Start {
        Start::of(Beginning {
            is_safe_mode,
            after_early_death: self.crashes > 0,
            left_behind: control::path(state).exists(),
            router_up: system::uptime(),
        })
    }

    /// Returns when this start has lasted long enough to count as good, and it is forgotten.
    pub(super) async fn last(&self) {
        tokio::time::sleep(std::time::Duration::from_secs(SOON)).await;
        self.forget();
    }

    /// Whether this is safe mode.
    pub(super) fn are_too_many(&self) -> bool {
        self.crashes >= CRASHES
    }

    /// All is well: this start, and those before it, count no more.
    pub(super) fn forget(&self) {
        let _ = std::fs::remove_file(&self.file);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crashes(times: &[Timestamp]) -> usize {
        let folder = tempfile::tempdir().unwrap();
        times.iter().fold(0, |_, now| Starts::note(folder.path(), *now).crashes)
    }

    #[test]
    fn starts_in_two_minutes_count_and_older_ones_do_not() {
        assert_eq!(crashes(&[1000]), 0);
        assert_eq!(crashes(&[1000, 1010, 1020, 1030]), 3);
        assert_eq!(crashes(&[1000, 1010, 1020, 1125]), 2);
        assert_eq!(crashes(&[1000, 1010, 1020, 500]), 0, "the clock went back");
    }

    #[test]
    fn a_good_start_ends_it() {
        let folder = tempfile::tempdir().unwrap();
        for now in [1000, 1010, 1020] {
            assert!(!Starts::note(folder.path(), now).are_too_many());
        }
        let fourth = Starts::note(folder.path(), 1030);
        assert!(fourth.are_too_many());
        fourth.forget();
        assert!(!Starts::note(folder.path(), 1031).are_too_many());
    }

    #[test]
    fn a_damaged_file_and_a_folder_that_is_not_there_count_nothing() {
        let folder = tempfile::tempdir().unwrap();
        files::replace(&folder.path().join("starts"), |file| file.write_all(b"\xff\n12x\n-1\n")).unwrap();
        assert_eq!(Starts::note(folder.path(), 10).crashes, 0);
        let nowhere = Starts::note(&folder.path().join("none"), 10);
        nowhere.forget();
        assert_eq!(nowhere.crashes, 0);
    }
}
