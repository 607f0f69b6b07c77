//! Looks for the next policy for as long as the daemon runs.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use luytre_trust::policy::Taken;

use super::look::Looker;
use super::report::Report;
use super::{Place, Settings};
use crate::sync::{Outside, Trouble, random, schedule};

/// Looks again and again; `take` puts in force what was found, or says why not. Never ends.
pub async fn watch<F>(
    settings: Settings,
    outside: Outside,
    report: Arc<Report>,
    take: impl Fn(Vec<u8>) -> F + Send,
) where
    F: Future<Output = Result<Taken, Trouble>> + Send,
{
    let mut looker = Looker::new(&settings, &outside);
    let mut wait = match &settings.place {
        // Nobody else looks at this file.
        Place::File(_) => Duration::ZERO,
        Place::Web { .. } => schedule::after_start(report.has_policy(), settings.check_every, random()),
    };
    loop {
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = report.bell.rung() => {}
        }
        let looked = look(&mut looker, &take).await;
        let failures = report.tell(looked.as_ref().err(), outside.clock);
        wait = match looked {
            Ok(()) => schedule::after_success(settings.check_every, Duration::ZERO, random()),
            Err(trouble) => {
                tell(&trouble, failures);
                schedule::after_failure(failures, settings.check_every, random())
            }
        };
        report.bell.look_is_over();
    }
}

async fn look<F>(looker: &mut Looker, take: &(impl Fn(Vec<u8>) -> F + Send)) -> Result<(), Trouble>
where
    F: Future<Output = Result<Taken, Trouble>> + Send,
{
    if let Some(found) = looker.look().await? {
        take(found.document.clone()).await?;
        looker.settle(found);
    }
    Ok(())
}

fn tell(trouble: &Trouble, failures: u32) {
    match trouble {
        Trouble::Refused(_) => {
            tracing::error!(%trouble, failures, "a policy was refused; the one in force stays")
        }
        _ => tracing::warn!(%trouble, failures, "no policy can be had; the one in force stays"),
    }
}
