//! The order of rules, written once (design §5).
//!
//! Special and own names → always → essentials → the operator's rules → categories of the profile → allowed.
//! Pauses, grants, schedules, budgets, services and rewrites take their places in between when they come.

use luytre_lists::hash::SuffixHashes;
use luytre_lists::{Category, CategorySet, Match, Name};

use super::special::Special;
use super::table::Found;
use super::verdict::{Action, Local, Reason, Rule, Verdict};
use super::{Policy, Profile};
use crate::clock::Timestamp;
use crate::who::Who;

/// A question as the policy sees it.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The name.
    pub name: Name<'a>,
    /// The hashes of its suffixes.
    pub suffixes: &'a SuffixHashes,
    /// The type.
    pub rtype: u16,
    /// What the list says about the name.
    pub listed: Option<Match>,
}

/// What is decided about a question.
#[derive(Clone, Copy, Debug)]
pub struct Decided {
    /// What is done, and why.
    pub verdict: Verdict,
    /// Whether no rule of anybody names this name, and no exception of the list either: its categories decide, for
    /// everybody.
    pub unnamed: bool,
}

/// Decides one question. Pure: no clock, no socket, no allocation.
pub fn decide(policy: &Policy, who: Who, asked: &Asked<'_>, now: Timestamp) -> Decided {
    let steps = Steps::new(policy, who, asked, now);
    let unnamed = steps.found.is_empty() && !steps.list_allows;
    Decided { verdict: steps.verdict_of_first(), unnamed }
}

/// Decides a question for a name that was found [unnamed](Decided::unnamed).
pub fn decide_unnamed(policy: &Policy, who: Who, categories: CategorySet, _now: Timestamp) -> Verdict {
    let (found, profile) = (Found::default(), policy.profile(who));
    let steps = Steps { found, profile, categories, list_allows: false, is_apex: None, rtype: 0, next: 0 };
    steps.verdict_of_first()
}

/// One rule that was looked at, for `explain`.
#[derive(Clone, Copy, Debug)]
pub struct Considered {
    /// The step of the order.
    pub step: &'static str,
    /// What it decided, if it was about this question.
    pub decided: Option<Verdict>,
}

/// Every step of the order, the deciding one last.
pub fn consider(policy: &Policy, who: Who, asked: &Asked<'_>, now: Timestamp) -> Vec<Considered> {
    let mut considered = Vec::new();
    for step in Steps::new(policy, who, asked, now) {
        considered.push(step);
        if step.decided.is_some() {
            break;
        }
    }
    considered
}

/// The steps of the order, one after the other.
struct Steps {
    found: Found,
    profile: Profile,
    categories: CategorySet,
    list_allows: bool,
    is_apex: Option<bool>,
    rtype: u16,
    next: u8,
}

impl Steps {
    fn verdict_of_first(mut self) -> Verdict {
        let decided = self.by_ref().find_map(|step| step.decided);
        decided.unwrap_or(Verdict::nothing_against(self.categories))
    }

    fn new(policy: &Policy, who: Who, asked: &Asked<'_>, _now: Timestamp) -> Self {
        let found = policy.names.find(asked.name, asked.suffixes);
        let count = asked.suffixes.shortest_first().len();
        Self {
            found,
            profile: policy.profile(who),
            categories: asked.listed.and_then(|listed| listed.categories).unwrap_or_default(),
            list_allows: asked.listed.is_some_and(|listed| listed.categories.is_none()),
            is_apex: found.special.map(|(_, labels)| usize::from(labels) == count),
            rtype: asked.rtype,
            next: 0,
        }
    }

    fn verdict(&self, action: Action, reason: Reason, rule: Rule) -> Option<Verdict> {
        Some(Verdict { action, reason, rule, ..Verdict::nothing_against(self.categories) })
    }

    /// A zone with servers of its own that is at least as specific wins over a special name: a house with
    /// `home.arpa`, or `onion` by way of Tor, on a server of its own means to ask there. What is about the client
    /// itself, us, or the resolver stays here.
    fn special(&self) -> Option<Verdict> {
        let (special, zone_labels) = self.found.special?;
        let own_servers = self.found.forwarded.is_some_and(|labels| labels >= zone_labels);
        let may_leave = matches!(special, Special::Empty | Special::Absent | Special::HomeArpa);
        if (own_servers && may_leave) || special.is_public(self.is_apex == Some(true), self.rtype) {
            return None;
        }
        let reason = if special == Special::OwnName { Reason::Local } else { Reason::Special };
        self.verdict(Action::Local(Local { special, zone_labels }), reason, Rule::Special(special))
    }

    fn always(&self) -> Option<Verdict> {
        let always = self.categories.contains(Category::ALWAYS);
        always.then(|| self.verdict(Action::Block, Reason::Always, Rule::Category(Category::ALWAYS)))?
    }

    fn essential(&self) -> Option<Verdict> {
        self.found.essential.then(|| self.verdict(Action::Allow, Reason::Essential, Rule::Essential))?
    }

    fn operator(&self) -> Option<Verdict> {
        let (denied, index) = self.found.operator?;
        let action = if denied { Action::Block } else { Action::Allow };
        self.verdict(action, Reason::Operator, Rule::Operator { denied, index })
    }

    fn category(&self) -> Option<Verdict> {
        if self.list_allows {
            return self.verdict(Action::Allow, Reason::None, Rule::ListAllow);
        }
        let category = self.categories.intersection(self.profile.block).iter().next()?;
        self.verdict(Action::Block, Reason::Category, Rule::Category(category))
    }
}

impl Iterator for Steps {
    type Item = Considered;

    fn next(&mut self) -> Option<Considered> {
        self.next += 1;
        let (step, decided) = match self.next {
            1 => ("special", self.special()),
            2 => ("always", self.always()),
            3 => ("essential", self.essential()),
            4 => ("operator", self.operator()),
            5 => ("category", self.category()),
            _ => return None,
        };
        Some(Considered { step, decided })
    }
}

#[cfg(test)]
mod tests {
    use luytre_lists::hash::HashKey;
    use luytre_lists::{CategoryTable, NameBuf};

    use super::super::{NameRule, Rules};
    use super::*;
    use crate::wire::rtype;

    const ADULT: &str = "adult";

    fn house() -> Policy {
        let set =
            |keys: &[&str]| keys.iter().filter_map(|key| CategoryTable::shipped().by_key(key)).collect();
        let rules = |texts: &[&str]| texts.iter().map(|text| NameRule::parse(text).unwrap()).collect();
        Policy::compile(&Rules {
            block: set(&[ADULT, "gambling"]),
            allow: rules(&["good.adult.example", "tie.example", "=only.example"]),
            deny: rules(&["bad.example", "tie.example", "deep.good.adult.example", "vietcombank.com.vn"]),
            zones: ["home.arpa", "168.192.in-addr.arpa"].map(|zone| zone.parse().unwrap()).into(),
            own_names: vec![],
            dns64: false,
        })
    }

    /// What the house decides: `verdict reason rule`.
    fn decided(name: &str, asked_type: u16, listed: &[&str]) -> String {
        let policy = house();
        let name = NameBuf::parse(name).unwrap();
        let suffixes = SuffixHashes::of(HashKey::LUYTRE, name.as_name());
        let categories: CategorySet =
            listed.iter().filter_map(|key| CategoryTable::shipped().by_key(key)).collect();
        let listed = match listed {
            [] => None,
            ["-"] => Some(Match { categories: None, labels: 1 }),
            _ => Some(Match { categories: Some(categories), labels: 1 }),
        };
        let asked = Asked { name: name.as_name(), suffixes: &suffixes, rtype: asked_type, listed };
        let verdict = decide(&policy, Who::HOUSE, &asked, 0).verdict;
        let considered = consider(&policy, Who::HOUSE, &asked, 0);
        let last = considered.last().and_then(|step| step.decided);
        assert!(last.is_none_or(|last| last == verdict), "explain tells another story");
        format!("{} {} {}", verdict.word(), verdict.reason.word(), policy.describe(verdict.rule))
    }

    #[test]
    fn the_order_of_rules() {
        for (name, listed, expected) in [
            ("example.com", &[][..], "allowed none "),
            ("example.com", &[ADULT], "blocked category category:adult"),
            ("example.com", &["gambling", ADULT], "blocked category category:adult"),
            ("example.com", &["social"], "allowed none "),
            ("example.com", &["-"], "allowed none list:allow"),
            ("example.com", &["always"], "blocked always category:always"),
            // always stands above everything but special names
            ("good.adult.example", &["always"], "blocked always category:always"),
            ("www.vietcombank.com.vn", &["always"], "blocked always category:always"),
            // essentials stand above the operator's own deny
            ("www.vietcombank.com.vn", &[ADULT], "allowed essential essential:essentials.toml"),
            ("tongdai111.vn", &[], "allowed essential essential:essentials.toml"),
            // the operator's rules: the most specific wins, deny wins a tie
            ("bad.example", &[], "blocked operator deny:bad.example"),
            ("x.bad.example", &[], "blocked operator deny:bad.example"),
            ("good.adult.example", &[ADULT], "allowed operator allow:good.adult.example"),
            ("x.good.adult.example", &[ADULT], "allowed operator allow:good.adult.example"),
            ("deep.good.adult.example", &[], "blocked operator deny:deep.good.adult.example"),
            ("tie.example", &[], "blocked operator deny:tie.example"),
            ("only.example", &[ADULT], "allowed operator allow:=only.example"),
            ("x.only.example", &[ADULT], "blocked category category:adult"),
            // special names
            ("localhost", &["always"], "allowed special special:localhost"),
            ("a.b.onion", &[ADULT], "allowed special special:reserved-name"),
            ("luytre.lan", &[ADULT], "allowed local special:own-name"),
            ("31.172.in-addr.arpa", &[], "allowed special special:private-zone"),
            ("32.172.in-addr.arpa", &[], "allowed none "),
            ("1.127.100.in-addr.arpa", &[], "allowed special special:private-zone"),
            // a zone with servers of its own
            ("nas.home.arpa", &[], "allowed none "),
            ("1.1.168.192.in-addr.arpa", &[], "allowed none "),
        ] {
            assert_eq!(decided(name, rtype::A, listed), expected, "{name} {listed:?}");
        }
    }

    #[test]
    fn the_ds_of_home_arpa_is_public() {
        let policy = Policy::compile(&Rules::default());
        let reason = |name: &str, asked: u16| {
            let name = NameBuf::parse(name).unwrap();
            let suffixes = SuffixHashes::of(HashKey::LUYTRE, name.as_name());
            let asked = Asked { name: name.as_name(), suffixes: &suffixes, rtype: asked, listed: None };
            decide(&policy, Who::HOUSE, &asked, 0).verdict.reason
        };
        assert_eq!(reason("home.arpa", rtype::DS), Reason::None);
        assert_eq!(reason("home.arpa", rtype::A), Reason::Special);
        assert_eq!(reason("nas.home.arpa", rtype::DS), Reason::Special);
    }
}
