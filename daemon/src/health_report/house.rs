//! The router looks at itself, and tells.

use super::figures::Figures;
use super::schedule::Schedule;
use super::{Past, send};
use crate::app::Daemon;
use crate::health::Health;
use crate::sync::{Outside, random};
use crate::system;
use crate::upstream::probe;

impl Daemon {
    /// The report as it would be sent now.
    pub fn figures(&self) -> Figures {
        let reports = self.health_reports();
        let looks = reports.past().looks;
        Figures::of(&self.health(), system::memory_kb(), reports.start, looks)
    }

    /// Looks and tells for as long as the daemon runs, while the family agrees.
    pub(crate) async fn tell_health(self, outside: Outside) {
        let (clock, reports) = (self.resolver().clock, self.health_reports());
        let mut schedule = Schedule::new(clock.uptime(), random());
        loop {
            tokio::select! {
                () = tokio::time::sleep(schedule.wait(clock.uptime())) => {}
                () = reports.moved.notified() => {}
            }
            let due = schedule.due(clock.uptime(), random());
            if reports.agreed().is_none() {
                if due.tell {
                    tracing::debug!("nobody agreed that health is told: it is not");
                }
                continue;
            }
            if due.look || due.tell {
                self.look_at_health().await;
            }
            if due.tell {
                self.tell_health_now(&outside).await;
            }
        }
    }

    /// Whether upstream servers answer is asked by a question of our own: what people ask must not show.
    async fn look_at_health(&self) {
        let settings = self.resolver().shared.load().upstream.clone();
        let mut upstream_fails = true;
        for server in &settings.servers {
            if probe(server, &settings).await.is_ok() {
                upstream_fails = false;
                break;
            }
        }
        let list_fails = self.health().list.failures > 0;
        self.health_reports().past().looks.count(list_fails, upstream_fails);
    }

    async fn tell_health_now(&self, outside: &Outside) {
        let reports = self.health_reports();
        // Looking took its time, and somebody may have thought better of it.
        let Some(to) = reports.agreed() else { return };
        let sent = send::post(&self.figures(), to, outside).await;
        let mut past = reports.past();
        // What was counted is told, or dropped.
        *past = match sent {
            Ok(()) => Past { sent: Some(self.resolver().clock.now()), ..Past::default() },
            Err(trouble) => {
                tracing::warn!(%trouble, "health can't be told; the next day has its own");
                Past { sent: past.sent, trouble: trouble.to_string(), ..Past::default() }
            }
        };
    }

    fn health(&self) -> Health {
        Health::from(self.status(0))
    }
}
