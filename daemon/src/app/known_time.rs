//! The latest time that was believed, kept on flash: a router without a battery that waits for NTP knows at least that it
//! is no earlier, so that what had an end does not begin anew at each power cut.

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::clock::{BUILT, Clock, Timestamp};
use crate::files;

/// Seconds between two writes: flash wears.
pub(super) const EVERY: u64 = 24 * 3600;
/// A time so many seconds after the build is nobody's: the file is damaged.
const LONGEST: u64 = 30 * 366 * 24 * 3600;
/// The longest file that is read, in bytes.
const MAX_FILE: usize = 32;

/// The file that the time lies in.
#[derive(Clone, Debug)]
pub(super) struct KnownTime(PathBuf);

impl KnownTime {
    /// The one of this state folder.
    pub(super) fn of(state: &Path) -> Self {
        Self(state.join("time"))
    }

    /// What was kept, in seconds since 1970; 0 if nothing was, or if it makes no sense.
    pub(super) fn read(&self) -> Timestamp {
        let text = files::read_text(&self.0, MAX_FILE).unwrap_or_default();
        text.trim().parse().ok().filter(|time| *time <= BUILT + LONGEST).unwrap_or(0)
    }

    /// Keeps the time, if it is believed and a day later than what is kept. One that can't be written is not kept.
    pub(super) fn keep(&self, clock: &Clock) {
        if !clock.trusted() || clock.now() < self.read().saturating_add(EVERY) {
            return;
        }
        if let Err(error) = files::replace(&self.0, |file| writeln!(file, "{}", clock.now())) {
            tracing::debug!(%error, "the time is not kept");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 24 * 3600;

    #[test]
    fn a_router_without_a_clock_knows_the_day_that_it_went_out() {
        let folder = tempfile::tempdir().unwrap();
        let kept = KnownTime::of(folder.path());
        assert_eq!(kept.read(), 0);
        kept.keep(&Clock::new(0, false));
        assert_eq!(kept.read(), 0, "nobody believes it");
        let before = Clock::default();
        kept.keep(&before);
        let time = kept.read();
        assert!((before.now() - 60..=before.now()).contains(&time));

        let lost = Clock::new(-9999 * DAY, false).no_earlier_than(time);
        assert_eq!(lost.best_known(), time.max(BUILT));
        assert_eq!(lost.moment().now, lost.now(), "only what asks for the best known time has it");
        lost.trust();
        assert!(lost.best_known() < BUILT, "who sets the clock is believed");
    }

    #[test]
    fn it_is_written_once_a_day() {
        let folder = tempfile::tempdir().unwrap();
        let kept = KnownTime::of(folder.path());
        kept.keep(&Clock::default());
        let first = kept.read();
        kept.keep(&Clock::new(DAY - 60, true));
        assert_eq!(kept.read(), first);
        kept.keep(&Clock::new(DAY + 60, true));
        assert!(kept.read() > first);
    }

    #[test]
    fn what_makes_no_sense_is_no_time() {
        let folder = tempfile::tempdir().unwrap();
        let kept = KnownTime::of(folder.path());
        for text in ["", "-1", "soon", "99999999999999", "1793491200 1"] {
            files::replace(&kept.0, |file| file.write_all(text.as_bytes())).unwrap();
            assert_eq!(kept.read(), 0, "{text}");
        }
    }
}
