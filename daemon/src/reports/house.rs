//! A report's way through the house. For the API and the child's page; it waits for the disk, so call it where that may
//! be.

use std::net::IpAddr;

use luytre_lists::{CategoryTable, Domain};

use super::{NotTold, Report, Seen, Told};
use crate::app::Daemon;
use crate::policy::Reason;
use crate::wire::rtype;

/// Routers call the house's devices so; what they are called is nobody's business.
const HOUSE: &str = ".lan";

impl Daemon {
    /// Somebody at this address reports a site.
    pub fn report(&self, from: IpAddr, told: Told) -> Result<Report, NotTold> {
        let clock = &self.resolver().clock;
        let seen = match Domain::parse(told.name.trim().trim_end_matches('.')) {
            Ok(site) => self.seen(from, &site)?,
            // What is wrong with it is told below.
            Err(_) => Seen::default(),
        };
        self.reports().tell(told, seen, from, (clock.now(), clock.uptime()))
    }

    fn seen(&self, from: IpAddr, site: &Domain) -> Result<Seen, NotTold> {
        let state = self.resolver().shared.load();
        let who = state.people.identify(from);
        let verdict = state.decide(who, site.as_name(), rtype::A, self.resolver().clock.now()).verdict;
        let is_of_the_house = site.to_string().ends_with(HOUSE);
        if is_of_the_house || matches!(verdict.reason, Reason::Special | Reason::Local) {
            return Err(NotTold::Wrong("/name", "that is no site of the Internet".into()));
        }
        let table = CategoryTable::shipped();
        let listed = verdict.categories.iter().map(|category| table.key(category).to_string()).collect();
        Ok(Seen { verdict: verdict.word(), listed })
    }
}
