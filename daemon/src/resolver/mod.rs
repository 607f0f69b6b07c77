//! The path of one question, on one screen: limits → parse → cache → who → list → decide → reply, or upstream → gate.
//!
//! [`Resolver::answer`] does everything that needs no waiting, in place: a blocked or cached answer allocates
//! nothing, locks nothing and awaits nothing. What must be fetched comes back as [`Step::Fetch`], and
//! [`Resolver::fetch`] ends it ([`fetch`]).

mod ask;
pub mod fetch;
mod safe;
#[cfg(test)]
pub(crate) mod tests;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use tokio::sync::Semaphore;

pub use self::fetch::Pending;

use self::fetch::Fetched;
use crate::cache::{Cache, Facts, Hit, Key, MAX_ANSWER, State};
use crate::clock::{Clock, Moment};
use crate::dnssec::Dnssec;
use crate::flights::Flights;
use crate::gate::Gate;
use crate::history::History;
use crate::outcome::{Outcome, Source};
use crate::policy::{self, Action, Rule, Special, Verdict};
use crate::portal::Suspicion;
use crate::query::{Query, Unanswerable};
use crate::reply::{ede, lifetime, local, relay};
use crate::snapshot::{Decision, Shared, Snapshot};
use crate::upstream::Outlet;
use crate::who::Who;
use crate::wire::{Rcode, flags, rtype};

/// What every listener answers with.
#[derive(Clone)]
pub struct Resolver {
    /// The state of the house.
    pub shared: Shared,
    /// Upstream answers.
    pub cache: Arc<Cache>,
    /// Judges them.
    pub dnssec: Arc<Dnssec>,
    /// Notices when the line wants a sign-in.
    pub portal: Arc<Suspicion>,
    /// What is being fetched.
    pub flights: Arc<Flights<Fetched>>,
    /// The questions that may wait for an upstream answer.
    pub waiting: Arc<Semaphore>,
    /// The questions that may be on their way upstream.
    pub places: Arc<Semaphore>,
    /// What was asked.
    pub history: Arc<History>,
    /// The time.
    pub clock: Clock,
    /// Lets answers out.
    pub gate: Gate,
}

/// Where a question came from.
#[derive(Clone, Copy, Debug)]
pub struct Peer {
    /// The client.
    pub client: SocketAddr,
    /// The address of ours that it asked.
    pub reached: IpAddr,
    /// Over a stream, where answers have no size limit but the protocol's.
    pub stream: bool,
    /// Who it is by its token; by its address if it has none.
    pub token: Option<Who>,
}

/// A question with all of the client and its message that an answer depends on.
#[derive(Clone, Copy)]
struct Question<'a> {
    query: &'a Query,
    message: &'a [u8],
    /// The address of ours that was asked, which a block may answer with.
    reached: IpAddr,
    stream: bool,
}

/// What to do with a message.
pub enum Step {
    /// Send nothing.
    Silence,
    /// Send so many bytes of the buffer.
    Reply(usize),
    /// Send so many bytes of the buffer, and fetch the answer anew behind the client's back ([`Resolver::renew`]).
    Renew(usize, Box<Pending>),
    /// Ask upstream.
    Fetch(Box<Pending>),
}

/// Room that every answer made in place fits into: the largest that the cache holds, and an OPT.
pub const REPLY_ROOM: usize = MAX_ANSWER + 64;

impl Resolver {
    /// A way upstream for the runtime that calls this.
    pub fn outlet(&self) -> Outlet {
        Outlet::new(Arc::clone(&self.shared.load().upstream), Arc::clone(&self.places))
    }

    /// The clock was set: what was accepted at another time is fetched and judged anew.
    pub fn time_was_set(&self) {
        self.dnssec.forget();
        self.cache.clear();
    }

    /// Answers a message as far as that needs no waiting. `out` has at least [`REPLY_ROOM`] bytes.
    pub fn answer(
        &self,
        state: &Snapshot,
        moment: Moment,
        peer: Peer,
        message: &[u8],
        out: &mut [u8],
    ) -> Step {
        let is_ours = state.lan.contains(peer.client.ip());
        let mut parsed = Query::parse(message);
        // By reference: it is large, and on this path nobody keeps it.
        let query = match &mut parsed {
            Ok(query) if is_ours => query,
            Ok(query) => return Step::Reply(local::prohibited(query, message, out)),
            Err(Unanswerable::Error { rcode, question_end, edns }) if is_ours => {
                return Step::Reply(local::error(message, *question_end, *rcode, *edns, out));
            }
            Err(_) => return Step::Silence,
        };
        let client = peer.client.ip().to_canonical();
        let who = peer.token.unwrap_or_else(|| state.people.identify(client));
        query.without_ech = may_hold_ech(query.rtype) && state.policy.supervises(who);
        let query = &*query;
        let (hit, decision) = self.recall(state, who, query, moment, out);
        let pending = |stale| {
            let (query, reached) = (query.clone(), peer.reached);
            Box::new(Pending { query, client, reached, decision, stale, ready: None })
        };
        let question = Question { query, message, reached: peer.reached, stream: peer.stream };
        let Some((len, source)) = in_place(state, question, &decision.verdict, hit, out) else {
            return Step::Fetch(pending(hit.is_some()));
        };
        let verdict = self.gate.shorten(who, decision.verdict, moment.now);
        let is_longer = |most| source != Source::Cache || hit.is_some_and(|hit| hit.longest_ttl > most);
        if let Some(most) = lifetime::longest(&verdict, moment.now).filter(|most| is_longer(*most)) {
            lifetime::cap(&mut out[..len], most);
        }
        if source == Source::Cache && self.gate.must_wait(who, &verdict, &out[..len], moment) {
            let ready = Some(out[..len].into());
            return Step::Fetch(Box::new(Pending { ready, ..*pending(false) }));
        }
        let (time, name, rtype) = (moment.now, query.name(), query.rtype);
        let privacy = state.policy.privacy(who).unwrap_or(self.history.privacy());
        let outcome = Outcome { time, name, rtype, who, client, privacy, verdict, source };
        state.note(&outcome, self.gate.feed(), moment.minute());
        self.history.record(&outcome);
        let is_due = source == Source::Cache && hit.is_some_and(|hit| hit.state == State::Due);
        if is_due { Step::Renew(len, pending(false)) } else { Step::Reply(len) }
    }

    /// What is known without asking anybody: a cached answer, which `out` then holds, and the decision.
    fn recall(
        &self,
        state: &Snapshot,
        who: Who,
        query: &Query,
        moment: Moment,
        out: &mut [u8],
    ) -> (Option<Hit>, Decision) {
        // First the cache: what it remembers of the name spares the look-up in the list.
        let (hit, facts) = self.cache.look_up(&key_of(query), state.generation, moment.seconds, out);
        // Who asks without recursion asks for what is known: nothing expired (RFC 8767 §5), and nobody's failures.
        let hit = hit.filter(|hit| query.header.has(flags::RD) || hit.is_fresh());
        let remembered = state.decide_by(who, facts, moment.now);
        let mut decision = remembered.unwrap_or_else(|| self.decide(state, who, query, moment));
        // Then what it remembers of the answer: a name may lead to what the house blocks.
        if let Some(hit) = hit.filter(Hit::is_answer) {
            decision = self.look_into(state, query, &out[..hit.len], &hit, decision);
        }
        let hit = match (hit, decision.verdict.action) {
            (Some(hit), _) if hit.is_answer() => Some(hit),
            // A name that does not exist has nothing of any type.
            (_, Action::Allow) => self.cache.absence(&key_of(query), moment.seconds, out).or(hit),
            _ => hit,
        };
        (hit, decision)
    }

    /// Decides by a look-up. What it finds is remembered with the answer, and of a blocked name here, as it gets none.
    fn decide(&self, state: &Snapshot, who: Who, query: &Query, moment: Moment) -> Decision {
        let decision = state.decide(who, query.name(), query.rtype, moment.now);
        if decision.verdict.is_blocked() {
            self.cache.note(query.name(), decision.facts);
        }
        decision
    }

    /// Decides once more, by what is known of a cached answer. What had to be found anew is remembered.
    fn look_into(
        &self,
        state: &Snapshot,
        query: &Query,
        answer: &[u8],
        hit: &Hit,
        decision: Decision,
    ) -> Decision {
        let found = state.inspect_cached(answer, &hit.facts);
        if decision.facts.generation != hit.facts.generation {
            let facts = Facts { answered: found.categories, ..decision.facts };
            self.cache.learn(&key_of(query), facts);
        }
        let verdict = policy::decide_answer(&state.policy, decision.who, decision.verdict, &found);
        Decision { verdict, ..decision }
    }
}

/// Writes the answer to a question that needs no waiting; returns its length and where it came from.
fn in_place(
    state: &Snapshot,
    question: Question<'_>,
    verdict: &Verdict,
    hit: Option<Hit>,
    out: &mut [u8],
) -> Option<(usize, Source)> {
    let Question { query, message, reached, stream } = question;
    match (verdict.action, hit) {
        (Action::Block, _) => Some((refuse(state, question, verdict, out), Source::Local)),
        (Action::Local(answer), _) => {
            let len = match (answer.special, state.inspector.dns64()) {
                (Special::Ipv4Only, Some(prefix)) if is_apex_address(query, answer.zone_labels) => {
                    local::ipv4only(query, message, prefix, stream, out)
                }
                _ => {
                    let own = local::Own { page: state.page, designations: &state.designations };
                    local::special(query, message, answer, (reached, stream), own, out)
                }
            };
            Some((len, Source::Local))
        }
        (Action::Allow, Some(hit)) if hit.is_answer() => Some((give(question, &hit, out), Source::Cache)),
        (Action::Allow, Some(Hit { state: State::Failed(error), .. })) => {
            Some((failed_before(query, message, error, out), Source::Failed))
        }
        (Action::Allow, _) | (Action::Rewrite(..), _) => None,
    }
}

/// What a client gets whose question is blocked, for its name or for what is in the answer.
fn refuse(state: &Snapshot, question: Question<'_>, verdict: &Verdict, out: &mut [u8]) -> usize {
    let Question { query, message, reached, stream } = question;
    match verdict.rule {
        Rule::Rebinding => local::rebinding(query, message, stream, out),
        _ => state.block.write(query, message, verdict, (reached, stream), out),
    }
}

/// Whether the answer to a question of this type may have encrypted ClientHello in it (RFC 9848).
fn may_hold_ech(asked: u16) -> bool {
    matches!(asked, rtype::SVCB | rtype::HTTPS | rtype::ANY)
}

/// Whether the addresses of the zone's own name are asked for.
fn is_apex_address(query: &Query, zone_labels: u8) -> bool {
    let is_apex = query.name().label_count() == usize::from(zone_labels);
    is_apex && matches!(query.rtype, rtype::A | rtype::AAAA)
}

/// Makes a cached answer this client's.
fn give(question: Question<'_>, hit: &Hit, out: &mut [u8]) -> usize {
    /// Extended errors as options (RFC 8914 §2).
    const STALE: [u8; 6] = [0, 15, 0, 2, 0, ede::STALE_ANSWER as u8];
    const STALE_NXDOMAIN: [u8; 6] = [0, 15, 0, 2, 0, ede::STALE_NXDOMAIN as u8];
    let is_nxdomain = out.get(3).is_some_and(|flags| flags & 0xf == Rcode::NxDomain as u8);
    let errors: &[u8] = match hit.ttl_left {
        0 if is_nxdomain => &STALE_NXDOMAIN,
        0 => &STALE,
        _ => &[],
    };
    let Question { query, message, stream, .. } = question;
    relay::dress(query, message, (0, errors), stream, out, hit.len)
}

/// What is said while a failure is remembered.
fn failed_before(query: &Query, message: &[u8], error: u16, out: &mut [u8]) -> usize {
    let errors = [(ede::CACHED_ERROR, ""), (error, "")];
    let told = if error == ede::CACHED_ERROR { &errors[..1] } else { &errors[..] };
    local::failure(query, message, Rcode::ServFail, told, out)
}

fn key_of(query: &Query) -> Key<'_> {
    Key {
        name: query.name(),
        rtype: query.rtype,
        dnssec_ok: query.dnssec_ok(),
        checking_disabled: query.checking_disabled(),
        without_ech: query.without_ech,
    }
}
