//! What somebody may do just now whatever name they ask for: what the firewall needs to know. By the same steps that
//! decide a question, so that there is one order.

use luytre_lists::{Category, CategorySet, CategoryTable};

use super::Policy;
use super::decide::about;
use crate::catalogue::{Catalogue, ServiceId, ServiceSet};
use crate::clock::Timestamp;
use crate::who::Who;

/// What somebody may do just now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// Everything is blocked that nothing allows by name.
    pub cut: bool,
    /// Services that are blocked.
    pub services: ServiceSet,
    /// Their profile blocks other resolvers (category `doh`).
    pub resolvers: bool,
    /// Their profile blocks tunnels (category `proxy_vpn`).
    pub tunnels: bool,
    /// They are supervised.
    pub supervised: bool,
}

impl Policy {
    /// What somebody may do at this time.
    pub fn access(&self, who: Who, now: Timestamp) -> Access {
        let profile = self.profile(&self.subject(who));
        let blocks = |key| category(key).is_some_and(|category| profile.block.contains(category));
        let mut services = ServiceSet::EMPTY;
        for (id, service) in Catalogue::shipped().services() {
            let categories = service.category.into_iter().collect();
            if !service.essential && about(self, who, now, (Some(id), categories)).is_blocked() {
                services.insert(id);
            }
        }
        Access {
            cut: about(self, who, now, (None, CategorySet::EMPTY)).is_blocked(),
            services,
            resolvers: blocks("doh"),
            tunnels: blocks("proxy_vpn"),
            supervised: profile.supervised,
        }
    }

    /// The budgets that the use of a service counts towards, or with `None` that of anything, as
    /// [`Verdict::budgets`](super::Verdict::budgets) has them.
    pub fn budgets(&self, who: Who, service: Option<ServiceId>, now: Timestamp) -> u16 {
        let known = service.and_then(|id| Catalogue::shipped().service(id));
        let categories = known.and_then(|service| service.category).into_iter().collect();
        about(self, who, now, (service, categories)).budgets
    }

    /// What two who have the same in common may do is the same: a key for it.
    pub fn access_key(&self, who: Who) -> impl Eq + std::hash::Hash + use<> {
        let subject = self.subject(who);
        (subject.profile, subject.plan, subject.paused.map(|(until, _)| until))
    }
}

fn category(key: &str) -> Option<Category> {
    CategoryTable::shipped().by_key(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::home::Home;
    use crate::policy::{Circumstances, Rules};
    use crate::who::{Key, Subject};

    /// A Saturday noon in Ho Chi Minh City.
    const NOON: Timestamp = 1_795_237_200;

    fn policy(text: &str) -> (Policy, [Who; 2]) {
        let home = Home::of(text);
        let who = ["an", "ba"].map(|person| {
            let device = Key::Token(person.into());
            home.roll().named(Subject { person: person.into(), device })
        });
        let circumstances = Circumstances { now: NOON, trusted: true, spent: &[] };
        (home.policy(&Rules::default(), home.family(), &circumstances), who)
    }

    const PEOPLE: &str = r#"
        time_zone = "Asia/Ho_Chi_Minh"
        person = [{ id = "an", name = "An", birth_year = 2017 }, { id = "ba", name = "Ba", profile = "adult" }]
        schedule = [{ id = "noon", who = ["an"], mode = "block", from = "11:00", to = "13:00" }]
    "#;

    #[test]
    fn a_schedule_cuts_off_whom_it_is_for_while_it_is_in_force() {
        let (policy, [an, ba]) = policy(PEOPLE);
        assert!(policy.access(an, NOON).cut && !policy.access(ba, NOON).cut);
        assert!(!policy.access(an, NOON + 3 * 3600).cut);
    }

    #[test]
    fn a_grant_of_everything_lifts_it() {
        let grant = r#"grant = [{ who = ["an"], of = "all", until = 2026-11-21T13:00:00+07:00, by = "ba" }]"#;
        let (policy, [an, _]) = policy(&format!("{PEOPLE}\n{grant}"));
        assert!(!policy.access(an, NOON).cut);
    }

    #[test]
    fn the_profile_says_which_ways_round_are_closed_and_which_services_are_off() {
        let (policy, [an, ba]) = policy(&PEOPLE.replace("schedule", "#"));
        let (child, adult) = (policy.access(an, NOON), policy.access(ba, NOON));
        assert!(child.resolvers && child.tunnels && child.supervised && !child.cut);
        assert!(!adult.tunnels && !adult.supervised && !adult.cut);
        let tiktok = Catalogue::shipped().services().find(|(_, service)| service.key == "tiktok").unwrap().0;
        assert!(child.services.contains(tiktok) && !adult.services.contains(tiktok));
    }
}
