//! Everything that answering a question reads, behind one atomic pointer. Built aside, swapped whole.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use arc_swap::ArcSwap;
use luytre_lists::Name;
use luytre_lists::hash::SuffixHashes;

use crate::cache::Facts;
use crate::clock::Timestamp;
use crate::config::{Config, Lan, LimitsConfig};
use crate::family::Family;
use crate::home::Home;
use crate::inspect::{self, Findings, Inspector};
use crate::list::LoadedList;
use crate::outcome::{Outcome, Source};
use crate::policy::{self, Asked, Circumstances, Considered, Decided, Policy, Rule, Rules, Verdict};
use crate::reply::block::{BlockStyle, PageAddress};
use crate::reply::designated::Designations;
use crate::upstream;
use crate::usage::{Feed, Meters, Minute};
use crate::who::{People, Who};
use crate::wire::rtype;

/// One state of the house.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Tells this state from all others of this run; never 0.
    pub generation: u32,
    /// Who is who.
    pub people: Arc<People>,
    /// What the operator decided.
    pub rules: Arc<Rules>,
    /// That and what the family decided, compiled.
    pub policy: Arc<Policy>,
    /// Where questions are marked that count towards time budgets.
    pub meters: Arc<Meters>,
    /// The list in force.
    pub list: Arc<LoadedList>,
    /// Why a newer list was refused, if one was.
    pub refused: Option<String>,
    /// What is looked for in answers.
    pub inspector: Arc<Inspector>,
    /// Where the page is.
    pub page: PageAddress,
    /// Who looks after this router, as the pages say it.
    pub provider: Arc<str>,
    /// How blocked questions are answered.
    pub block: Arc<BlockStyle>,
    /// The encrypted listeners that devices are told of.
    pub designations: Arc<Designations>,
    /// Which servers answer the rest.
    pub upstream: Arc<upstream::Settings>,
    /// Whom we answer at all.
    pub lan: Lan,
    /// How much anybody may ask.
    pub limits: LimitsConfig,
}

/// What is decided about one question.
#[derive(Clone, Copy, Debug)]
pub struct Decision {
    /// Who asks.
    pub who: Who,
    /// What they get, and why.
    pub verdict: Verdict,
    /// What is worth remembering of the name.
    pub facts: Facts,
}

/// The pointer: read it once a batch; only `app.rs` stores.
pub type Shared = Arc<ArcSwap<Snapshot>>;

impl Snapshot {
    /// Compiles a configuration, with the list to filter by and why a newer one was refused, and what the family says.
    /// An unchanged `upstream` keeps its pointer, so that what is known of its servers is kept too.
    pub fn build(
        config: &Config,
        (list, refused): (Arc<LoadedList>, Option<String>),
        upstream: Arc<upstream::Settings>,
        (home, family): (&Home, Arc<Family>),
        circumstances: &Circumstances<'_>,
    ) -> Self {
        let rules = Arc::new(config.rules());
        let page = PageAddress::new(&config.reply.address);
        Self {
            generation: next_generation(),
            people: Arc::new(home.people(&family)),
            meters: Arc::new(Meters::of(Arc::clone(&family))),
            policy: Arc::new(home.policy(&rules, family, circumstances)),
            rules,
            list,
            refused,
            inspector: Arc::new(Inspector::new(&config.inspect, upstream.apart())),
            page,
            provider: config.web.provider.as_str().into(),
            block: Arc::new(BlockStyle::new(config.reply.mode, page, config.reply.ttl)),
            designations: Arc::new(Designations::of(&config.listen)),
            upstream,
            lan: config.listen.lan.clone(),
            limits: config.limits.clone(),
        }
    }

    /// The same state for what the family says now.
    pub fn with_family(&self, home: &Home, family: Arc<Family>, circumstances: &Circumstances<'_>) -> Self {
        Self {
            generation: next_generation(),
            people: Arc::new(home.people(&family)),
            meters: Arc::new(Meters::of(Arc::clone(&family))),
            policy: Arc::new(home.policy(&self.rules, family, circumstances)),
            ..self.clone()
        }
    }

    /// The same state with another list. What was remembered of names is of the old one.
    pub fn with_list(&self, list: Arc<LoadedList>) -> Self {
        Self { generation: next_generation(), list, refused: None, ..self.clone() }
    }

    /// The same state with other servers to ask.
    pub fn with_upstream(&self, upstream: Arc<upstream::Settings>) -> Self {
        let inspector = Arc::new(self.inspector.with_own_zones(upstream.apart()));
        Self { generation: next_generation(), upstream, inspector, ..self.clone() }
    }

    /// The same state at another time, or with more subjects. Still the same generation: nothing is said of other
    /// names.
    pub fn at(&self, home: &Home, circumstances: &Circumstances<'_>) -> Self {
        let policy = home.policy_with(Arc::clone(self.policy.names()), &self.rules, circumstances);
        Self { policy: Arc::new(policy), ..self.clone() }
    }

    /// The same state with other people in it. Still the same generation: what is remembered of names is not about who
    /// asks.
    pub fn with_people(&self, people: Arc<People>) -> Self {
        Self { people, ..self.clone() }
    }

    /// What is decided when somebody asks for this name: one look-up, whatever the number of people.
    pub fn decide(&self, who: Who, name: Name<'_>, rtype: u16, now: Timestamp) -> Decision {
        self.asking(name, rtype, |asked| {
            let Decided { verdict, unnamed } = policy::decide(&self.policy, who, asked, now);
            let generation = if unnamed { self.generation } else { 0 };
            Decision {
                who,
                verdict,
                facts: Facts { generation, asked: verdict.categories, ..Facts::default() },
            }
        })
    }

    /// The same by what is remembered of the name, without a look-up; `None` if nothing is, or of another state.
    pub fn decide_by(&self, who: Who, facts: Facts, now: Timestamp) -> Option<Decision> {
        (facts.generation == self.generation).then(|| Decision {
            who,
            verdict: policy::decide_unnamed(&self.policy, who, facts.asked, now),
            facts,
        })
    }

    /// Marks what an answered question counts towards. Only questions for addresses do, as somebody who uses a name needs
    /// one; and each device may ask for more or less besides. Where traffic is counted it shows better than questions what
    /// everything takes. Neither locks nor allocates.
    pub fn note(&self, outcome: &Outcome<'_>, feed: Feed, minute: Minute) {
        let Outcome { verdict, rtype, source, .. } = outcome;
        let counts =
            !verdict.is_blocked() && matches!(*rtype, rtype::A | rtype::AAAA) && *source != Source::Failed;
        if verdict.budgets != 0 && counts {
            let place = self.policy.place(outcome.who);
            let seen = if feed == Feed::Traffic { self.meters.narrow(place) } else { u16::MAX };
            self.meters.note(place, verdict.budgets & seen, minute);
        }
    }

    /// Every rule that is looked at for it, in order, the deciding one last.
    pub fn consider(&self, who: Who, name: Name<'_>, rtype: u16, now: Timestamp) -> Vec<Considered> {
        self.asking(name, rtype, |asked| policy::consider(&self.policy, who, asked, now))
    }

    /// What there is in the answer to a question for this name.
    pub fn inspect(&self, asked: Name<'_>, answer: &[u8]) -> Findings {
        Findings {
            rebinds: self.inspector.rebinds(asked, answer),
            categories: inspect::categories(answer, |name| self.list.lookup(name)),
            denied: self.denial(answer),
        }
    }

    /// What there is in a cached answer, by what is remembered of it. Allocates nothing.
    pub fn inspect_cached(&self, answer: &[u8], facts: &Facts) -> Findings {
        let categories = if facts.generation == self.generation {
            facts.answered
        } else {
            inspect::categories(answer, |name| self.list.lookup(name))
        };
        Findings { rebinds: false, categories, denied: self.denial(answer) }
    }

    /// The operator's rule that denies where the answer leads. A few rules that may change at any time, so they are
    /// looked up for cached answers too, in houses that have any.
    fn denial(&self, answer: &[u8]) -> Option<Rule> {
        if !self.policy.denies_any() {
            return None;
        }
        let denied = inspect::targets(answer, |target| match self.policy.denial(target) {
            Some(rule) => ControlFlow::Break(rule),
            None => ControlFlow::Continue(()),
        });
        denied.break_value()
    }

    /// Whether answers that were inspected in another state can be given in this one: the same is looked for. What the
    /// list says of them is found anew.
    pub fn inspects_as(&self, other: &Self) -> bool {
        self.inspector == other.inspector
    }

    fn asking<T>(&self, name: Name<'_>, rtype: u16, decide: impl FnOnce(&Asked<'_>) -> T) -> T {
        let suffixes = SuffixHashes::of(self.list.list().hash_key(), name);
        let listed = self.list.lookup_hashed(&suffixes);
        decide(&Asked { name, suffixes: &suffixes, rtype, listed })
    }
}

/// A number that no other state of this run has; never 0.
fn next_generation() -> u32 {
    static GENERATIONS: AtomicU32 = AtomicU32::new(0);
    // Thousands of reloads a day for a thousand years: it does not come round to 0.
    GENERATIONS.fetch_add(1, Ordering::Relaxed).wrapping_add(1).max(1)
}
