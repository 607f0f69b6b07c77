//! Looks for new lists for as long as the daemon runs.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::report::Report;
use super::round::{Done, Outcome, Syncer, Taking};
use super::{Trouble, random, schedule};

/// How long the daemon has to run with a new list before that counts as good.
const TRIAL: Duration = Duration::from_secs(10 * 60);

/// Looks again and again; `take` puts in force what was made. Never ends.
pub async fn watch(syncer: Arc<Syncer>, report: Arc<Report>, take: impl Fn() + Send) {
    let every = syncer.settings().check_every;
    let has_list = syncer.place().list().exists();
    let mut next = Instant::now() + schedule::after_start(has_list, every, random());
    let mut taking = None;
    let mut trial = Some(Instant::now() + TRIAL);
    loop {
        let until = [Some(next), taking, trial].into_iter().flatten().min().unwrap_or(next);
        tokio::select! {
            () = tokio::time::sleep_until(until) => {}
            () = report.bell.rung() => taking = Some(Instant::now()),
        }
        let now = Instant::now();
        if trial.is_some_and(|end| end <= now) {
            trial = None;
            // Next time, then.
            let _ = syncer.place().end_trial();
        }
        if next > now && taking.is_none_or(|time| time > now) {
            continue;
        }
        let is_due = every.is_some() || taking.is_some_and(|time| time <= now);
        let round = syncer.round(if is_due { Taking::Now } else { Taking::IfUrgent }).await;
        let failures = report.tell(&round);
        // Next time, then, if the disk does not let us.
        let ended = syncer.end_lifts().unwrap_or(false);
        let lifted = ended || round.as_ref().is_ok_and(|done| done.lifted);
        match &round {
            Ok(Done { outcome: Outcome::Updated { .. }, .. }) => {
                take();
                (taking, trial) = (None, Some(Instant::now() + TRIAL));
            }
            Ok(Done { outcome: Outcome::Waits, .. }) => {
                taking.get_or_insert_with(|| Instant::now() + schedule::before_taking(every, random()));
            }
            Ok(_) => taking = None,
            Err(trouble) => tell(trouble, failures),
        }
        if lifted && !matches!(&round, Ok(Done { outcome: Outcome::Updated { .. }, .. })) {
            take();
        }
        report.bell.look_is_over();
        next = Instant::now() + wait(&round, failures, every);
        if round.is_err() {
            taking = taking.map(|time| time.max(next));
        }
    }
}

fn wait(round: &Result<Done, Trouble>, failures: u32, every: Option<Duration>) -> Duration {
    match round {
        Ok(done) => schedule::after_success(every, done.min_wait, random()),
        Err(_) => schedule::after_failure(failures, every, random()),
    }
}

fn tell(trouble: &Trouble, failures: u32) {
    match trouble {
        Trouble::Refused(_) => {
            tracing::error!(%trouble, failures, "a new list was refused; the one in force stays")
        }
        _ => tracing::warn!(%trouble, failures, "no new list can be had; the one in force stays"),
    }
}
