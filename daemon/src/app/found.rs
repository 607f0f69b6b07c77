//! What a start finds, before anything is built of it: the run before, the date, the list.

use std::sync::Arc;

use super::fetching;
use super::known_time::KnownTime;
use super::starts::Starts;
use crate::clock::Clock;
use crate::config::Config;
use crate::health_report::Start;
use crate::list::LoadedList;

/// What a daemon is built of.
pub(super) struct Found {
    /// The configuration, or as much of it as safe mode keeps.
    pub(super) config: Config,
    /// No earlier than a time that was believed before.
    pub(super) clock: Clock,
    pub(super) starts: Starts,
    /// How this run began.
    pub(super) kind: Start,
    /// The list to filter by, and why a newer one was refused.
    pub(super) list: (Arc<LoadedList>, Option<String>),
    /// What people are to be told.
    pub(super) notices: Vec<String>,
}

impl Found {
    /// Looks. A list that seems to be the death of the daemon gives way to the one before; after several deaths the start is
    /// in safe mode, with the starter list.
    pub(super) fn at_start(config: Config, clock: Clock) -> Self {
        let mut notices = Vec::new();
        let state = &config.state.dir;
        if let Err(error) = std::fs::create_dir_all(state) {
            notices.push(format!("the state folder {} can't be made: {error}", state.display()));
        }
        let clock = clock.no_earlier_than(KnownTime::of(state).read());
        let (told, is_rolled_back) = fetching::before_start(&config.list);
        notices.extend(told);
        let starts = Starts::note(state, clock.best_known());
        if is_rolled_back {
            // What it died of may be gone with the list.
            starts.forget();
        }
        let is_safe = starts.are_too_many() && !is_rolled_back;
        let kind = starts.kind(is_safe, state);
        let (list, refused) = match is_safe {
            true => (LoadedList::starter(), None),
            false => LoadedList::at_start(&config.list.file, config.list.must_be_there(), state),
        };
        if let Some(refused) = &refused {
            tracing::error!(%refused, in_force = list.state(), "the list was refused; an older one is in force");
        }
        let config = if is_safe { starts.safe(config, &mut notices) } else { config };
        Self { config, clock, starts, kind, list: (Arc::new(list), refused), notices }
    }
}
