//! A request's way through the house: kept, written down, told. For the API; all of it waits for the disk, so call it
//! where that may be.

use super::{Answer, Asker, Effect, NotAnswered, NotAsked, Request, Wish};
use crate::app::Daemon;
use crate::calendar::{TimeOfDay, budget_day};
use crate::notify::Event;
use crate::usage::Time;

impl Daemon {
    /// Somebody asks from their own device.
    pub fn ask(&self, asker: Asker, wish: Wish) -> Result<Request, NotAsked> {
        let now = self.resolver().clock.now();
        let request = self.requests().ask(asker, wish, now)?;
        let by = if request.who.is_empty() { &request.device } else { &request.who };
        self.audit().record(now, by, "request", &about(&request));
        self.notifier().tell(Event::Request, &request, &self.name_of(&request));
        Ok(request)
    }

    /// Somebody answers. `apply` does what the answer means, but for [`Effect::Bonus`], which is done here.
    pub fn answer_request(
        &self,
        id: u64,
        answer: Answer,
        by: &str,
        apply: impl FnOnce(&Request, Effect) -> Result<(), String>,
    ) -> Result<Request, NotAnswered<String>> {
        let now = self.resolver().clock.now();
        let zone = &self.home().family().zone;
        let day_ends = budget_day(zone, TimeOfDay::MIDNIGHT, now).span.to;
        let apply = |request: &Request, effect| match effect {
            Effect::Bonus { budget, minutes } => self.give(&budget, minutes, by),
            effect => apply(request, effect),
        };
        let request = self.requests().answer(id, (answer, by), (now, day_ends), apply)?;
        let meant = match answer {
            Answer::Minutes(minutes) => format!("{minutes} minutes"),
            Answer::Today => "today".into(),
            Answer::Always => "always".into(),
            Answer::No => "no".into(),
        };
        self.audit().record(now, by, "answer", &format!("{}: {meant}", about(&request)));
        self.notifier().tell(Event::Answer, &request, &self.name_of(&request));
        Ok(request)
    }

    /// Gives a budget minutes besides, for today, at once. The error says why not.
    pub fn give(&self, budget: &str, minutes: u32, by: &str) -> Result<(), String> {
        let time = Time::of(&self.resolver().clock);
        self.usage().give(&self.home().family(), budget, minutes, time)?;
        self.recompile();
        self.audit().record(time.now, by, "bonus", &format!("{budget}: {minutes} minutes"));
        Ok(())
    }

    /// What people call who asks; the device where nobody knows whose it is.
    fn name_of(&self, request: &Request) -> String {
        let family = self.home().family();
        let person = family.people.iter().find(|person| person.id == request.who);
        person.map_or_else(|| request.device.clone(), |person| person.name.clone())
    }
}

/// A request in a line: `3 an site wiki.example`.
fn about(request: &Request) -> String {
    let kind = match request.kind {
        super::Kind::Site => "site",
        super::Kind::Service => "service",
        super::Kind::Time => "time",
    };
    let Request { id, who, name, .. } = request;
    format!("{id} {who} {kind} {name}").trim_end().to_owned()
}
