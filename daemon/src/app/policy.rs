//! The operator's policy: tried, kept and put in force.

use std::sync::Arc;
use std::time::Duration;

use luytre_trust::Moment;
use luytre_trust::policy::Taken;

use super::Daemon;
use super::fetching::outside;
use super::reload::upstream_settings;
use crate::clock::BUILT;
use crate::config::Config;
use crate::operator::report::OperatorStatus;
use crate::operator::{Settings, kept, watch};
use crate::sync::Trouble;
use crate::system;
use crate::upstream::{self, probe};

impl Daemon {
    /// Looks for policies, if there is an operator; never ends then.
    pub(super) fn fetch_policies(self) -> Option<impl Future<Output = ()> + Send + 'static> {
        let settings = self.started_with.operator.settings.clone()?;
        let outside = outside(&self.started_with, self.resolver.clock);
        let report = Arc::clone(&self.operator);
        let whose = settings.clone();
        let take = move |document| self.clone().take_policy(whose.clone(), document);
        Some(watch::watch(settings, outside, report, take))
    }

    /// Has the operator's place looked at, and waits for what comes of it, no longer than `patience`. Nothing where nobody looks
    /// after this router.
    pub async fn look_for_policy(&self, patience: Duration) {
        if self.started_with.operator.settings.is_some() {
            self.operator.look(patience).await;
        }
    }

    /// What is known of the operator; `None`: nobody looks after this router.
    pub(super) fn operator(&self) -> Option<OperatorStatus> {
        let config = &self.started_with.operator;
        (config.settings.is_some() || !config.refused.is_empty()).then(|| self.operator.status())
    }

    /// Puts a policy in force, unless it is: signed, newer, sound as a configuration, and of servers that answer. In all other
    /// cases nothing changes.
    async fn take_policy(self, settings: Settings, document: Vec<u8>) -> Result<Taken, Trouble> {
        let before = match kept::read(&settings) {
            // One that is damaged, or signed by keys that no longer count, gives way to any that is good.
            Err(Trouble::Refused(_)) => None,
            read => read?,
        };
        let clock = self.resolver.clock;
        let now = clock.trusted().then(|| Moment(clock.now()));
        let taken = settings.keys.take(&document, before.as_ref(), now, Moment(BUILT))?;
        if before.is_some_and(|before| before.digest == taken.digest) {
            return Ok(taken);
        }
        let taken = kept::sound(taken)?;
        let version = taken.policy.version;
        let config = Config::load_under(&taken, &self.config_file, system::environment())
            .map_err(|error| Trouble::Local(error.to_string()))?;
        let (next, current) =
            (upstream_settings(&config, clock), self.resolver.shared.load().upstream.clone());
        if next.servers != current.servers {
            answers(&next).await.map_err(|trouble| trouble.at(format_args!("policy {version}")))?;
        }
        kept::replace(&settings, &document)?;
        tracing::info!(version, "the operator's policy is taken");
        self.reload().await;
        Ok(taken)
    }
}

/// Whether any of the servers answers: else a slip of the operator's would leave every home without DNS.
async fn answers(settings: &upstream::Settings) -> Result<(), Trouble> {
    let mut troubles = Vec::new();
    for server in &settings.servers {
        match probe(server, settings).await {
            Ok(_) => return Ok(()),
            Err(trouble) if trouble.starts_with(&server.to_string()) => troubles.push(trouble),
            Err(trouble) => troubles.push(format!("{server}: {trouble}")),
        }
    }
    let troubles = troubles.join("; ");
    Err(Trouble::Unreachable(format!("none of its servers answers ({troubles}); those in force stay")))
}
