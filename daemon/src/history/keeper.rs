//! The task behind the history: takes in what was counted every ten minutes, and saves it every four hours and at the end.
//!
//! Four hours and not ten minutes: each save costs a file system 20 to 40 kB of its own, whatever it saves
//! (`tests/flash.rs`). A power cut loses the counters since; settings, budgets and protection are not in here.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use super::History;
use super::level::{Calendar, PERIOD};
use crate::clock::Clock;
use crate::tasks;

/// How often the clock is looked at.
const LOOK: Duration = Duration::from_secs(1);
/// How long a thread may take between choosing a table and counting in it.
const SETTLE: Duration = Duration::from_secs(1);
/// How long the end of the program waits for the last save.
const PATIENCE: Duration = Duration::from_secs(5);
/// Periods between two saves.
pub(super) const PERIODS_A_SAVE: u64 = 24;

/// A keeper at work.
pub struct Keeper {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Keeper {
    /// Starts to keep a history, by the house's calendar of the moment. The store is opened now, on a thread of its own:
    /// call it when questions are answered already.
    pub fn start(
        history: Arc<History>,
        clock: Clock,
        calendar: impl Fn() -> Calendar + Send + Sync + 'static,
    ) -> Self {
        let (stop, stopped) = oneshot::channel();
        let task = tasks::spawn("history", keep(history, clock, calendar, stopped));
        Self { stop, task }
    }

    /// Saves what was counted and ends, within some seconds.
    pub async fn stop(self) {
        let Self { stop, task } = self;
        // It may have panicked; then the log says so.
        let _ = stop.send(());
        if timeout(PATIENCE, task).await.is_err() {
            tracing::warn!("the last hours of the history was not saved: the disk is too slow");
        }
    }
}

async fn keep(
    history: Arc<History>,
    clock: Clock,
    calendar: impl Fn() -> Calendar,
    mut stopped: oneshot::Receiver<()>,
) {
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    // Known from when the clock can be believed; what was counted before belongs to that period.
    let mut current = None;
    loop {
        let is_over = tokio::select! {
            _ = &mut stopped => true,
            _ = looks.tick() => false,
        };
        if clock.trusted() {
            let (now, calendar) = (clock.now(), calendar());
            let next = now / PERIOD;
            let period = *current.get_or_insert(next);
            if period != next || is_over {
                history.turn();
                if !is_over {
                    sleep(SETTLE).await;
                }
                history.take_in(period as u32, &calendar, now); // fits for 80,000 years
            }
            let is_first = !history.is_opened();
            current = Some(next);
            if is_over || is_first || period / PERIODS_A_SAVE != next / PERIODS_A_SAVE {
                let history = Arc::clone(&history);
                // Only a panic ends it early, and the log has that.
                let _ = spawn_blocking(move || history.save(&calendar, now)).await;
            }
        }
        if is_over {
            return;
        }
    }
}
