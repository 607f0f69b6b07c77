//! What the control socket says.

use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use super::Daemon;
use crate::control::{self, Request};
use crate::family::{OneOrMany, edit};
use crate::health::Health;
use crate::status::rfc3339;

/// How long who asks over the socket waits for the centre: less than either side of it waits for the other.
const LOOK_PATIENCE: Duration = Duration::from_secs(4);

impl Daemon {
    /// Answers one request.
    pub(super) async fn answer(&self, request: Request) -> String {
        match request {
            Request::Status(recent) => document(&self.status(recent)),
            Request::Health => document(&Health::from(self.status(0))),
            Request::Flush(name) => {
                let flushed = self.resolver.cache.remove(name.as_name());
                json!({ "flushed": flushed }).to_string()
            }
            Request::Pause(minutes) => self.pause_house(minutes).await,
            Request::TakeList => {
                let daemon = self.clone();
                // Checking a list reads all of it; how it went is in the status.
                tokio::task::spawn_blocking(move || daemon.take_list());
                json!({ "taking": true }).to_string()
            }
            Request::Look => self.look().await,
            Request::Trust => {
                self.resolver.clock.trust();
                json!({ "trusted": self.resolver.clock.trusted() }).to_string()
            }
            Request::Advance(seconds) => match self.resolver.clock.advance(seconds) {
                Some(uptime) => {
                    // Who steers the clock finds done what time does.
                    self.count_usage();
                    self.health.wake();
                    json!({ "uptime_s": uptime }).to_string()
                }
                None => control::error("the clock runs by itself; start with --clock steered"),
            },
        }
    }

    /// Looks for a policy, where there is an operator, and for a list, where they are fetched.
    async fn look(&self) -> String {
        let began = Instant::now();
        self.look_for_policy(LOOK_PATIENCE / 2).await;
        let policy = self.operator().map(|operator| operator.trouble);
        let left = LOOK_PATIENCE.saturating_sub(began.elapsed());
        match (self.look_for_list(left).await, policy) {
            (Some((sync, over)), policy) => {
                let troubles = [policy.unwrap_or_default(), sync.trouble];
                let troubles: Vec<_> = troubles.into_iter().filter(|trouble| !trouble.is_empty()).collect();
                json!({ "over": over, "trouble": troubles.join("; ") }).to_string()
            }
            (None, Some(trouble)) => json!({ "over": true, "trouble": trouble }).to_string(),
            (None, None) => control::error("lists are not fetched: write [list] urls and root"),
        }
    }

    /// Cuts the whole house off for a while, as a parent can on the page, who finds it in the log there.
    async fn pause_house(&self, minutes: u32) -> String {
        let house = OneOrMany::One("house".to_owned());
        let paused = self.change_family(move |spec, now| edit::pause(spec, &house, minutes, now)).await;
        if let Err(error) = paused {
            return control::error(&error.to_string());
        }
        self.note("pause", "router".to_owned(), format!("house: {minutes} minutes")).await;
        let end = self.resolver.clock.now() + u64::from(minutes) * 60;
        json!({ "until": (minutes > 0).then(|| rfc3339(end)) }).to_string()
    }
}

fn document(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|error| control::error(&error.to_string()))
}
