//! Why a question is answered as it is, every rule that was considered on the way, and what would change it: for
//! `luytre explain` and the page.

use std::net::IpAddr;

use luytre_lists::{CategoryTable, Name};
use serde::Serialize;

use crate::catalogue::Catalogue;
use crate::clock::Timestamp;
use crate::home::Home;
use crate::policy::{Considered, Reason, Verdict};
use crate::snapshot::Snapshot;
use crate::status::rfc3339;
use crate::who::{Key, Subject, Who};

/// What is decided about one question, and why.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct Explanation {
    /// `blocked`, `allowed` or `rewritten`.
    pub verdict: &'static str,
    /// Why: one word of the log's vocabulary.
    pub reason: &'static str,
    /// The rule that decided, `<kind>:<id>`; empty if none did.
    pub rule: String,
    /// What the list says the name is about.
    pub categories: Vec<String>,
    /// The service that the name belongs to.
    pub service: Option<&'static str>,
    /// Every rule that was looked at, in order; the deciding one is the last.
    pub considered: Vec<Considered>,
    /// When another answer is due, RFC 3339 in UTC.
    pub until: Option<String>,
    /// What a parent could do to have it answered otherwise; nothing where nobody can.
    pub would_change: Vec<Change>,
}

/// Something that would have a question answered otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct Change {
    /// `grant` (for a while), `allow` or `block` (a rule of the family's), `remove` (the rule that decided), `profile`
    /// (what it blocks), `operator` (`luytre.toml`), or `wait` (until `until`).
    pub by: &'static str,
    /// What it would be about.
    pub of: String,
}

impl Explanation {
    /// Explains what somebody who asks for a name would get.
    pub fn of(state: &Snapshot, who: Who, (name, rtype): (Name<'_>, u16), now: Timestamp) -> Self {
        let verdict = state.decide(who, name, rtype, now).verdict;
        let table = CategoryTable::shipped();
        let service = verdict.service.and_then(|id| Catalogue::shipped().service(id));
        let service = service.map(|service| service.key);
        let rule = state.policy.describe(verdict.rule);
        Self {
            verdict: verdict.word(),
            reason: verdict.reason.word(),
            categories: verdict.categories.iter().map(|category| table.key(category).into_owned()).collect(),
            service,
            considered: state.consider(who, name, rtype, now),
            until: verdict.until.map(rfc3339),
            would_change: changes(&verdict, &rule, name, service),
            rule,
        }
    }
}

/// What would change a verdict, the least first.
fn changes(verdict: &Verdict, rule: &str, name: Name<'_>, service: Option<&str>) -> Vec<Change> {
    let change = |by, of: String| Change { by, of };
    let this_name = || format!("name:{name}");
    let grant = || change("grant", service.map_or_else(this_name, |key| format!("service:{key}")));
    let wait = verdict.until.map(|until| change("wait", rfc3339(until)));
    let these: Vec<Change> = match verdict.reason {
        // Nobody changes what the standards, the essentials and the worst are.
        Reason::Special | Reason::Local | Reason::Always | Reason::Essential => Vec::new(),
        Reason::Operator => vec![change("operator", rule.to_owned())],
        Reason::Paused => vec![change("remove", rule.to_owned())],
        Reason::Rule | Reason::Grant => vec![change("remove", rule.to_owned())],
        Reason::Schedule => vec![change("grant", "all".into()), change("allow", this_name())],
        Reason::Budget => vec![change("grant", rule.to_owned()), change("grant", "all".into())],
        Reason::Service | Reason::Category | Reason::Suspected => {
            vec![grant(), change("allow", this_name()), change("profile", rule.to_owned())]
        }
        Reason::Rewrite => vec![change("profile", rule.to_owned())],
        Reason::None => vec![change("block", this_name())],
    };
    these.into_iter().chain(wait).collect()
}

/// Whom a text means: a device by its MAC address, its token or an address, a person by their id; one that nobody named
/// for no text. `None` if nobody is meant.
pub fn asking(home: &Home, state: &Snapshot, text: &str) -> Option<Who> {
    if text.is_empty() {
        return Some(Who::UNKNOWN);
    }
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(state.people.identify(address.to_canonical()));
    }
    if let Some(who) = state.people.identify_token(&text.to_ascii_lowercase()) {
        return Some(who);
    }
    let key = text.parse().map(Key::Mac).ok();
    let is_meant = |subject: &Subject| match &key {
        Some(key) => subject.device == *key,
        None => *subject.person == *text,
    };
    match home.roll().subjects().iter().position(is_meant) {
        Some(number) => u16::try_from(number).ok().map(Who),
        // A device that nobody named yet.
        None => key.map(|_| Who::UNKNOWN),
    }
}
