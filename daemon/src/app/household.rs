//! What changes by itself: the family's document, the time, what is used up, the devices of the network.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use super::Daemon;
use super::known_time::{self, KnownTime};
use crate::clock::{Clock, Timestamp};
use crate::family::Family;
use crate::policy::Circumstances;
use crate::resolver::Resolver;
use crate::snapshot::Snapshot;
use crate::tasks;
use crate::traffic::work::House;
use crate::usage::Time;
use crate::who::People;
use crate::who::watch::Watch;

/// How often the family's file is looked at.
const LOOK: Duration = Duration::from_secs(1);
/// Seconds after which schedules are worked out anew, far within what was worked out.
const RECOMPILE: u64 = 3600;

impl Daemon {
    /// The state in force, or as it would be at another time.
    pub fn state_at(&self, at: Option<Timestamp>) -> Arc<Snapshot> {
        let state = self.resolver.shared.load_full();
        match at {
            None => state,
            Some(now) => {
                let circumstances = Circumstances { now, trusted: true, spent: state.policy.spent() };
                Arc::new(state.at(&self.home, &circumstances))
            }
        }
    }

    /// Puts a state in force that is made from the one before.
    pub(super) fn swap(&self, next: impl FnOnce(&Snapshot) -> Snapshot) {
        let _turn = self.swapping.lock().unwrap_or_else(PoisonError::into_inner);
        let after = next(&self.resolver.shared.load());
        self.resolver.shared.store(Arc::new(after));
        self.firewall.wake();
    }

    /// Takes in what the family wrote, and what time does to it; never ends.
    pub(super) async fn watch_family(self) {
        let clock = self.resolver.clock;
        let mut compiled = (clock.trusted(), clock.now());
        loop {
            tokio::time::sleep(LOOK).await;
            let home = Arc::clone(&self.home);
            let Ok(refused) = tokio::task::spawn_blocking(move || home.look()).await else { continue };
            if let Some(refused) = refused {
                tracing::error!(%refused, "the family was refused; what was in force stays so");
            }
            let now = (clock.trusted(), clock.now());
            let is_old = compiled.0 != now.0 || !(compiled.1..compiled.1 + RECOMPILE).contains(&now.1);
            if !Arc::ptr_eq(&self.home.family(), self.resolver.shared.load().policy.family()) {
                self.take_family();
                tracing::info!("the family's new rules are in force");
            } else if is_old {
                self.recompile();
            } else {
                continue;
            }
            compiled = now;
        }
    }

    /// Puts in force what the family says now.
    pub(super) fn take_family(&self) {
        self.swap(|before| {
            let family = self.home.family();
            let spent = self.spent(&family);
            before.with_family(&self.home, family, &circumstances(self.resolver.clock, &spent))
        });
    }

    /// Puts the same rules in force for the time that it is now, and what is used up.
    pub fn recompile(&self) {
        self.swap(|before| {
            let spent = self.spent(before.policy.family());
            before.at(&self.home, &circumstances(self.resolver.clock, &spent))
        });
    }

    pub(super) fn spent(&self, family: &Family) -> Vec<Option<Timestamp>> {
        self.usage.spent(family, Time::of(&self.resolver.clock))
    }

    /// Counts the minutes of budgets and writes them down; never ends.
    pub(super) async fn watch_usage(self) {
        loop {
            tokio::time::sleep(LOOK).await;
            self.count_usage();
            let (usage, time) = (Arc::clone(&self.usage), Time::of(&self.resolver.clock));
            if usage.is_due(time) {
                // A disk may take seconds, a panic is logged, and the next round comes.
                let _ = tokio::task::spawn_blocking(move || usage.save(time)).await;
            }
        }
    }

    pub(super) fn count_usage(&self) {
        let state = self.resolver.shared.load_full();
        if self.usage.tick(&state.meters, Time::of(&self.resolver.clock), state.policy.spent()) {
            self.recompile();
        }
    }

    /// Follows who is who on the network.
    pub(super) fn watch_devices(&self) {
        let watch = Watch {
            directory: Arc::clone(&self.directory),
            config: self.started_with.who.clone(),
            shared: Arc::clone(&self.resolver.shared),
        };
        let daemon = self.clone();
        let follow = move || {
            let (watch, daemon) = (watch.clone(), daemon.clone());
            Some(watch.run(move |people| daemon.set_people(people)))
        };
        tasks::spawn("who", tasks::keep("who is who", follow));
    }

    /// Keeps the firewall as the house wants it, where it is on.
    pub(super) fn keep_firewall(&self) {
        let config = &self.started_with;
        if let Some(firewall) = &config.firewall {
            let house = House {
                state: Arc::clone(&self.resolver.shared),
                directory: Arc::clone(&self.directory),
                usage: Arc::clone(&self.usage),
                history: Arc::clone(&self.resolver.history),
                clock: self.resolver.clock,
            };
            let work = self.firewall.work((config, firewall), house);
            if let Some(work) = work {
                tasks::spawn("firewall", work.run());
            }
        }
    }

    /// Puts other people into the state; all else stays, what is remembered of names too.
    fn set_people(&self, people: People) {
        self.swap(|before| before.with_people(Arc::new(people)));
    }
}

/// What the family's rules are compiled for.
pub(super) fn circumstances(clock: Clock, spent: &[Option<Timestamp>]) -> Circumstances<'_> {
    Circumstances { now: clock.best_known(), trusted: clock.trusted(), spent }
}

/// Waits until the date can be believed; then what was accepted at another time is judged anew, and the date is kept.
pub(super) async fn watch_clock(resolver: Resolver, known: KnownTime) {
    if !resolver.clock.trusted() {
        tracing::warn!("the clock is not set; the dates of signatures and certificates are judged leniently");
        while !resolver.clock.trusted() {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        tracing::info!("the clock is set");
        resolver.time_was_set();
    }
    loop {
        let (known, clock) = (known.clone(), resolver.clock);
        let _ = tokio::task::spawn_blocking(move || known.keep(&clock)).await;
        tokio::time::sleep(Duration::from_secs(known_time::EVERY)).await;
    }
}
