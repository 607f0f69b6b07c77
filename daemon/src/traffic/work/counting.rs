//! What is read from the kernel now and then: the bytes of flows, and what the rules noted.

use std::io;
use std::sync::atomic::Ordering;

use super::{Work, nonsense};
use crate::catalogue::Catalogue;
use crate::traffic::link::Link;
use crate::traffic::protocol::{Reply, Request};
use crate::traffic::tally;
use crate::usage::Feed;

/// The seconds of a minute from which on its traffic is counted: before the minute is over, as budgets are counted then.
const LATE: u32 = 50;
/// Seconds between two looks at what the rules noted.
const NOTES_EVERY: u32 = 3;

impl Work {
    /// Once a minute, near its end: reads what flowed, marks the budgets that it counts towards, and tells the history.
    pub(super) async fn count(&mut self, link: &mut Link) -> io::Result<()> {
        let moment = self.clock.moment();
        let is_due = moment.seconds % 60 >= LATE && self.counted != Some(moment.minute());
        if !is_due || self.loaded.is_none() {
            return Ok(());
        }
        self.counted = Some(moment.minute());
        let Reply::Flows(flows) = link.ask(&Request::Flows).await? else { return Err(nonsense()) };
        let counts = self.keeper.standing().counts_bytes;
        self.keeper.posts().counts.store(counts, Ordering::Relaxed);
        self.usage.feed_by(if counts { Feed::Traffic } else { Feed::Dns });
        let gains = self.tally.read(&flows, &self.holdings.atlas);
        let members = self.loaded.as_ref().map_or(&[][..], |design| &design.members);
        let state = self.state.load();
        let (policy, meters) = (&state.policy, &state.meters);
        for member in members {
            let Some(gain) = gains.get(&member.number) else { continue };
            let (who, place) = (member.who, policy.place(member.who));
            let of = |service| policy.budgets(who, service, self.clock.best_known());
            if gain.bytes >= tally::USE {
                meters.mark(place, of(None), moment.minute());
            }
            for (service, _) in gain.services.iter().filter(|(_, bytes)| **bytes >= tally::SERVICE_USE) {
                meters.mark(place, of(Some(*service)) & meters.narrow(place), moment.minute());
            }
            let category = |service| Catalogue::shipped().service(service)?.category;
            self.history.flowed(who, policy.privacy(who), &gain.flowed(category));
            let key = |service| Catalogue::shipped().service(service).map(|service| service.key);
            self.keeper.set(|standing| {
                standing.traffic.entry(member.mac.to_string()).or_default().add(gain, key);
            });
        }
        Ok(())
    }

    /// Reads what the rules noted.
    pub(super) async fn look_at_notes(&mut self, link: &mut Link) -> io::Result<()> {
        let seconds = self.clock.moment().seconds;
        if self.loaded.is_none() || self.noted.is_some_and(|noted| seconds.abs_diff(noted) < NOTES_EVERY) {
            return Ok(());
        }
        self.noted = Some(seconds);
        match link.ask(&Request::Noted).await? {
            Reply::Noted(noted) => self.keeper.set(|standing| standing.take(noted)),
            Reply::Refused(what) => tracing::debug!(what, "nothing is noted"),
            _ => return Err(nonsense()),
        }
        Ok(())
    }
}
