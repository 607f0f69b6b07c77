//! Where lists come from and reports go: what of the configuration those tasks follow that outlive a reload.

use tokio::sync::watch;

use super::fetching::outside;
use crate::clock::Clock;
use crate::config::Config;
use crate::notify::Target;
use crate::sync::{self, Outside};

/// Both, by the configuration in force.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sources {
    /// What is fetched from where; `None`: nothing is.
    pub(super) sync: Option<sync::Settings>,
    /// The centre that takes reports; `None`: they stay here.
    pub(super) centre: Option<Target>,
    /// The way there.
    pub(super) outside: Outside,
}

impl Sources {
    pub(super) fn of(config: &Config, clock: Clock) -> Self {
        let centre = config.reports.centre.clone();
        Self { sync: config.list.sync.clone(), centre, outside: outside(config, clock) }
    }

    /// What a reload makes of them, for a daemon that started with the other configuration: the files of the list stay where
    /// they are, and one that fetches nothing goes on so.
    pub(super) fn reloaded(config: &Config, started_with: &Config, clock: Clock) -> Self {
        let mut sources = Self::of(config, clock);
        if !fetches(started_with) {
            sources.sync = None;
        }
        if let Some(sync) = &mut sources.sync {
            sync.file.clone_from(&started_with.list.file);
        }
        sources
    }
}

/// Whether there is a thread that fetches: for lists, or for a policy that may say where lists are.
pub(super) fn fetches(config: &Config) -> bool {
    config.list.sync.is_some() || config.operator.settings.is_some()
}

/// Runs what is made for a part of the sources, and anew whenever that part is another one; `None`: nothing until then.
pub(super) async fn follow<P: Clone + PartialEq, F: Future<Output = ()>>(
    mut sources: watch::Receiver<Sources>,
    part: impl Fn(&Sources) -> Option<P>,
    make: impl Fn(P) -> F,
) {
    loop {
        let current = part(&sources.borrow_and_update());
        let run = async {
            if let Some(part) = current.clone() {
                make(part).await;
            }
            std::future::pending().await
        };
        let is_over = async { sources.wait_for(|sources| part(sources) != current).await.is_err() };
        tokio::select! {
            () = run => {}
            is_over = is_over => if is_over { return },
        }
    }
}
