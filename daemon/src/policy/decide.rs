//! The order of rules, written once (design §5).
//!
//! Special and own names → always → essentials → the operator's rules → paused → own deny → grants → own allow that
//! passes time → schedule → budget → own allow → services → categories → suspected → allowed. Safe search changes what
//! every allowed name is answered with.

use luytre_lists::hash::SuffixHashes;
use luytre_lists::{Category, CategorySet, Match, Name};
use serde::Serialize;

use super::plan::{Granted, InForce, Limited, Plan};
use super::special::Special;
use super::table::Found;
use super::verdict::{Action, Local, Reason, Rule, Verdict};
use super::{Policy, Profile, Subject};
use crate::catalogue::{Level, SafeSearch, ServiceId};
use crate::clock::Timestamp;
use crate::family::{Mode, Scope};
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
    let unnamed = !steps.found.named && !steps.list_allows;
    Decided { verdict: steps.verdict(), unnamed }
}

/// Decides a question for a name that was found [unnamed](Decided::unnamed).
pub fn decide_unnamed(policy: &Policy, who: Who, categories: CategorySet, now: Timestamp) -> Verdict {
    let standing = policy.standing(who, now).filter(|_| categories.is_empty());
    standing.unwrap_or_else(|| decide_categories(policy, who, categories, now))
}

/// The same, from the beginning.
pub(super) fn decide_categories(
    policy: &Policy,
    who: Who,
    categories: CategorySet,
    now: Timestamp,
) -> Verdict {
    Steps::about(policy, who, now, (Found::default(), categories)).verdict()
}

/// What would be decided about a name that nobody names, of this service and these categories.
pub(super) fn about(
    policy: &Policy,
    who: Who,
    now: Timestamp,
    (service, categories): (Option<ServiceId>, CategorySet),
) -> Verdict {
    let found = Found { service, ..Found::default() };
    Steps::about(policy, who, now, (found, categories)).verdict()
}

/// One rule that was looked at, for `explain`.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct Considered {
    /// The rule as [`Policy::describe`] has it, or the step of the order where it has none.
    pub rule: String,
    /// Whether it decided.
    pub matched: bool,
}

/// Every step of the order with its rules, the deciding one last.
pub fn consider(policy: &Policy, who: Who, asked: &Asked<'_>, now: Timestamp) -> Vec<Considered> {
    let steps = Steps::new(policy, who, asked, now);
    let mut considered = Vec::new();
    for (step, decide) in Steps::ORDER {
        let decided = decide(&steps);
        let deciding = decided.map(|verdict| match policy.describe(verdict.rule) {
            rule if rule.is_empty() => step.to_owned(),
            rule => rule,
        });
        let others = steps.rules_of(step).into_iter().filter(|rule| Some(rule) != deciding.as_ref());
        considered.extend(others.map(|rule| Considered { rule, matched: false }));
        match deciding {
            Some(rule) => {
                considered.push(Considered { rule, matched: true });
                break;
            }
            None => considered.push(Considered { rule: step.to_owned(), matched: false }),
        }
    }
    considered
}

/// One step of the order: its verdict if it decides.
type Step<S> = fn(&S) -> Option<Verdict>;

/// What the steps look at.
struct Steps<'a> {
    policy: &'a Policy,
    plan: Option<&'a Plan>,
    subject: Subject,
    profile: Profile,
    now: Timestamp,
    found: Found,
    categories: CategorySet,
    list_allows: bool,
    is_apex: Option<bool>,
    rtype: u16,
}

impl<'a> Steps<'a> {
    /// The order.
    const ORDER: [(&'static str, Step<Self>); 14] = [
        ("special", Self::special),
        ("always", Self::always),
        ("essential", Self::essential),
        ("operator", Self::operator),
        ("paused", Self::paused),
        ("deny", Self::deny),
        ("grant", Self::grant),
        ("over_time", Self::over_time),
        ("schedule", Self::schedule),
        ("budget", Self::budget),
        ("allow", Self::allow),
        ("service", Self::service),
        ("category", Self::category),
        ("suspected", Self::suspected),
    ];

    fn new(policy: &'a Policy, who: Who, asked: &Asked<'_>, now: Timestamp) -> Self {
        let found = policy.names.table.find(asked.name, asked.suffixes, policy.subject(who).whom);
        let count = asked.suffixes.shortest_first().len();
        let categories = asked.listed.and_then(|listed| listed.categories).unwrap_or_default();
        Self {
            list_allows: asked.listed.is_some_and(|listed| listed.categories.is_none()),
            is_apex: found.special.map(|(_, labels)| usize::from(labels) == count),
            rtype: asked.rtype,
            ..Self::about(policy, who, now, (found, categories))
        }
    }

    fn about(
        policy: &'a Policy,
        who: Who,
        now: Timestamp,
        (found, categories): (Found, CategorySet),
    ) -> Self {
        let subject = policy.subject(who);
        Self {
            policy,
            plan: policy.plans.get(usize::from(subject.plan)),
            subject,
            profile: policy.profile(&subject),
            now,
            found,
            categories,
            list_allows: false,
            is_apex: None,
            rtype: 0,
        }
    }

    fn verdict(&self) -> Verdict {
        let decided = Self::ORDER.iter().find_map(|(_, decide)| decide(self));
        let verdict = decided.unwrap_or_else(|| self.nothing_against());
        if verdict.action != Action::Allow {
            return verdict;
        }
        let changes = self.plan.and_then(|plan| plan.changes_after(self.now));
        let until = verdict.until.into_iter().chain(changes).min();
        let budgets = self.counted(verdict.reason);
        self.rewritten(Verdict { until, budgets, ..verdict })
    }

    /// The budgets that what is allowed for this reason counts towards: those that could have blocked it.
    fn counted(&self, reason: Reason) -> u16 {
        let Some(plan) = self.plan.filter(|plan| !plan.budgets.is_empty()) else { return 0 };
        let passes_time = match reason {
            Reason::None => self.lifted().is_some(),
            Reason::Rule => self.found.own.is_some_and(|own| own.over_time) || self.lifted().is_some(),
            _ => true,
        };
        if passes_time {
            return 0;
        }
        let counts = |budget: &Limited| {
            self.within(&budget.scope) && self.categories.intersection(budget.ignored).is_empty()
        };
        // A person has 16 at most.
        let budgets = plan.budgets.iter().take(16).enumerate();
        budgets.filter(|(_, budget)| counts(budget)).fold(0, |all, (place, _)| all | 1 << place)
    }

    /// Allowed, by no rule; or by the grant without which it would not have been.
    fn nothing_against(&self) -> Verdict {
        let granted = self.lifted().filter(|_| self.time().is_some());
        match granted {
            Some(grant) => Verdict {
                until: Some(grant.until),
                ..self.verdict_by(Action::Allow, Reason::Grant, Rule::Written(grant.id))
            },
            None => self.verdict_by(Action::Allow, Reason::None, Rule::None),
        }
    }

    /// Safe search answers an allowed name with another.
    fn rewritten(&self, verdict: Verdict) -> Verdict {
        let Some(id) = self.found.engine else { return verdict };
        let is_youtube = SafeSearch::shipped().engine(id).is_some_and(|engine| engine.is_youtube);
        let level = if is_youtube { self.profile.youtube } else { self.profile.safe_search };
        match level {
            Level::Off => verdict,
            level => Verdict {
                action: Action::Rewrite(id, level),
                reason: Reason::Rewrite,
                rule: Rule::Engine(id),
                ..verdict
            },
        }
    }

    fn verdict_by(&self, action: Action, reason: Reason, rule: Rule) -> Verdict {
        let service = self.found.service;
        Verdict { action, reason, rule, service, ..Verdict::nothing_against(self.categories) }
    }

    fn block(&self, reason: Reason, rule: Rule, until: Option<Timestamp>) -> Option<Verdict> {
        Some(Verdict { until, ..self.verdict_by(Action::Block, reason, rule) })
    }

    /// Allows the very name.
    fn vouch(&self, reason: Reason, rule: Rule, until: Option<Timestamp>) -> Option<Verdict> {
        Some(Verdict { until, vouched: true, ..self.verdict_by(Action::Allow, reason, rule) })
    }

    /// Whether the question is about what a schedule, a budget or a grant is about.
    fn within(&self, scope: &Scope) -> bool {
        scope.all
            || self.found.marks & scope.names != 0
            || self.found.service.is_some_and(|service| scope.services.contains(service))
            || !self.categories.intersection(scope.categories).is_empty()
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
        Some(self.verdict_by(Action::Local(Local { special, zone_labels }), reason, Rule::Special(special)))
    }

    fn always(&self) -> Option<Verdict> {
        let always = self.categories.contains(Category::ALWAYS);
        always.then(|| self.block(Reason::Always, Rule::Category(Category::ALWAYS), None))?
    }

    fn essential(&self) -> Option<Verdict> {
        self.found.essential.then(|| self.vouch(Reason::Essential, Rule::Essential, None))?
    }

    fn operator(&self) -> Option<Verdict> {
        let (denied, id) = self.found.operator?;
        match denied {
            true => self.block(Reason::Operator, Rule::Written(id), None),
            false => self.vouch(Reason::Operator, Rule::Written(id), None),
        }
    }

    fn paused(&self) -> Option<Verdict> {
        let (until, id) = self.subject.paused.filter(|(until, _)| *until > self.now)?;
        // A pause without an end has no moment to tell.
        self.block(Reason::Paused, Rule::Written(id), Some(until).filter(|until| *until != Timestamp::MAX))
    }

    fn deny(&self) -> Option<Verdict> {
        let own = self.found.own.filter(|own| own.denied)?;
        self.block(Reason::Rule, Rule::Written(own.id), None)
    }

    /// A name or a service that was allowed for a while. One for everything lifts what time forbids, and no more: a
    /// child that may stay up longer still sees nothing else.
    fn grant(&self) -> Option<Verdict> {
        let mut grants = self.grants().filter(|grant| !grant.scope.all && self.within(&grant.scope));
        let grant = grants.next()?;
        let named = self.found.marks & grant.scope.names != 0;
        let allowed = self.verdict_by(Action::Allow, Reason::Grant, Rule::Written(grant.id));
        Some(Verdict { until: Some(grant.until), vouched: named, ..allowed })
    }

    fn over_time(&self) -> Option<Verdict> {
        let own = self.found.own.filter(|own| !own.denied && own.over_time)?;
        self.vouch(Reason::Rule, Rule::Written(own.id), None)
    }

    fn schedule(&self) -> Option<Verdict> {
        self.lifted().is_none().then(|| self.scheduled())?
    }

    fn budget(&self) -> Option<Verdict> {
        self.lifted().is_none().then(|| self.spent())?
    }

    fn allow(&self) -> Option<Verdict> {
        let own = self.found.own.filter(|own| !own.denied)?;
        self.vouch(Reason::Rule, Rule::Written(own.id), None)
    }

    fn service(&self) -> Option<Verdict> {
        let service = self.found.service.filter(|service| self.profile.services.contains(*service))?;
        self.block(Reason::Service, Rule::Service(service), None)
    }

    fn category(&self) -> Option<Verdict> {
        if self.list_allows {
            return self.vouch(Reason::None, Rule::ListAllow, None);
        }
        let category = self.categories.intersection(self.profile.block).iter().next()?;
        self.block(Reason::Category, Rule::Category(category), None)
    }

    fn suspected(&self) -> Option<Verdict> {
        let suspected = self.profile.suspected && self.categories.contains(Category::SUSPECTED);
        suspected.then(|| self.block(Reason::Suspected, Rule::Category(Category::SUSPECTED), None))?
    }

    /// What time forbids, no grant considered.
    fn time(&self) -> Option<Verdict> {
        self.scheduled().or_else(|| self.spent())
    }

    fn scheduled(&self) -> Option<Verdict> {
        let forbids = |in_force: &&InForce| match &in_force.timed.mode {
            Mode::Block => true,
            Mode::Only(scope) => !self.within(scope),
            Mode::BlockSet(scope) => self.within(scope),
        };
        let in_force = self.plan?.in_force(self.now).iter().find(forbids)?;
        self.block(Reason::Schedule, Rule::Written(in_force.timed.id), in_force.until)
    }

    fn spent(&self) -> Option<Verdict> {
        let spent = |until: Option<Timestamp>| until.is_some_and(|until| until > self.now);
        let mut budgets = self.plan?.budgets.iter();
        let budget = budgets.find(|budget| spent(budget.spent_until) && self.within(&budget.scope))?;
        self.block(Reason::Budget, Rule::Written(budget.id), budget.spent_until)
    }

    fn grants(&self) -> impl Iterator<Item = &Granted> {
        let grants = self.plan.into_iter().flat_map(|plan| &plan.grants);
        grants.filter(|grant| grant.until > self.now)
    }

    /// The grant that lifts what time forbids.
    fn lifted(&self) -> Option<&Granted> {
        self.grants().find(|grant| grant.scope.all)
    }

    /// The rules that a step looks at, where it looks at several.
    fn rules_of(&self, step: &str) -> Vec<String> {
        let Some(plan) = self.plan else { return Vec::new() };
        let text = |id| self.policy.names.book.text(id);
        match step {
            "grant" => self.grants().map(|grant| text(grant.id)).collect(),
            "schedule" => plan.schedules().map(text).collect(),
            "budget" => plan.budgets.iter().map(|budget| text(budget.id)).collect(),
            _ => Vec::new(),
        }
    }
}
