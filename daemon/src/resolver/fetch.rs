//! Questions that wait: for upstream, for others who ask the same, or for an expired answer's turn.

use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::timeout;

use super::ask::{Asker, Inspected, NoAnswer};
use super::{Question, REPLY_ROOM, Resolver, give, key_of, refuse};
use crate::cache::{Facts, Hit};
use crate::inspect::Findings;
use crate::outcome::{Outcome, Source};
use crate::policy::{self, Action, Verdict};
use crate::query::Query;
use crate::reply::relay::{self, Answer};
use crate::reply::{ede, lifetime, local};
use crate::snapshot::{Decision, Snapshot};
use crate::tasks;
use crate::upstream::{ExchangeError, Forwarder};
use crate::wire::{MAX_MESSAGE, Rcode, flags};

/// So long a client waits for a newer answer than the expired one that we have (RFC 8767 §5).
const PATIENCE: Duration = Duration::from_millis(1800);

/// Response codes by which servers say that they could not help (RFC 9520 §2). The others are about the question, and
/// the client's to hear each time.
const FAILURES: [u16; 3] = [Rcode::FormErr as u16, Rcode::ServFail as u16, Rcode::Refused as u16];

/// A question that waits for its answer.
pub struct Pending {
    pub(super) query: Query,
    pub(super) client: IpAddr,
    /// The address of ours that was asked, which a block may answer with.
    pub(super) reached: IpAddr,
    pub(super) decision: Decision,
    /// Whether there is an expired answer.
    pub(super) stale: bool,
    /// The answer, where it waits for the gate alone.
    pub(super) ready: Option<Box<[u8]>>,
}

/// What a fetch brought, for all who wait for it.
pub struct Fetched(pub(super) Result<Inspected, NoAnswer>);

impl Resolver {
    /// Fetches an answer; every failure is an answer too.
    pub async fn fetch(
        &self,
        forwarder: &Forwarder,
        pending: &Pending,
        message: &[u8],
        stream: bool,
    ) -> Vec<u8> {
        if let Some(ready) = &pending.ready {
            let state = self.shared.load_full();
            let verdict = pending.decision.verdict;
            let reply = Reply { message: ready.to_vec(), verdict, source: Source::Cache };
            return self.let_out(&state, pending, reply).await;
        }
        let fetched = match self.waiting.try_acquire() {
            Ok(_place) if self.is_tunnel(pending) => Some(Arc::new(Fetched(Err(NoAnswer::Tunnel)))),
            Ok(_place) => match pending.decision.verdict.action {
                Action::Rewrite(engine, level) => {
                    // Apart: it would double the room that every other question waits in.
                    Some(Box::pin(self.safe_host(forwarder, pending, message, (engine, level))).await)
                }
                _ => self.newest(forwarder, pending, message).await,
            },
            Err(_) => Some(Arc::new(Fetched(Err(ExchangeError::Busy.into())))),
        };
        let state = self.shared.load_full();
        let question = Question { query: &pending.query, message, reached: pending.reached, stream };
        let answered = fetched.as_ref().is_some_and(|fetched| fetched.is_answer());
        let expired = if answered { None } else { self.expired(&state, question, pending) };
        let reply = match (expired, fetched.as_deref()) {
            (Some(reply), _) => reply,
            (None, Some(Fetched(Ok((answer, found))))) => {
                let verdict = self.verdict_on(&state, pending, found);
                reply(&state, question, (verdict, Source::Upstream), || pass_on(question, answer))
            }
            (None, Some(Fetched(Err(error)))) => failure(question, pending, error),
            (None, None) => failure(question, pending, &ExchangeError::Timeout.into()),
        };
        self.let_out(&state, pending, reply).await
    }

    /// Whether a question is part of a tunnel, which supervised people may not have.
    fn is_tunnel(&self, pending: &Pending) -> bool {
        let Pending { query, client, decision, .. } = pending;
        let supervised = self.shared.load().policy.supervises(decision.who);
        supervised && self.gate.tunnels().is_one(*client, query.name(), self.clock.moment())
    }

    /// Remembers how a question ended, and waits until its answer may be sent.
    async fn let_out(&self, state: &Snapshot, pending: &Pending, reply: Reply) -> Vec<u8> {
        let Pending { query, client, decision, .. } = pending;
        let Reply { mut message, verdict, source } = reply;
        let moment = self.clock.moment();
        let verdict = self.gate.shorten(decision.who, verdict, moment.now);
        let outcome = Outcome {
            time: moment.now,
            name: query.name(),
            rtype: query.rtype,
            who: decision.who,
            client: *client,
            privacy: state.policy.privacy(decision.who).unwrap_or(self.history.privacy()),
            verdict,
            source,
        };
        if let Some(most) = lifetime::longest(&verdict, outcome.time) {
            lifetime::cap(&mut message, most);
        }
        self.gate.admit(&outcome, &message, moment).await;
        state.note(&outcome, self.gate.feed(), moment.minute());
        self.history.record(&outcome);
        message
    }

    /// Fetches an answer for the cache; nobody waits for it.
    pub fn renew(&self, forwarder: &Forwarder, pending: &Pending, message: &[u8]) {
        drop(self.begin(forwarder, pending, message));
    }

    /// What upstream says; `None` if that takes too long for one who could have an expired answer.
    async fn newest(&self, forwarder: &Forwarder, pending: &Pending, message: &[u8]) -> Option<Arc<Fetched>> {
        let Pending { query, decision, stale, .. } = pending;
        if !stale {
            return Some(self.join(forwarder, query, decision.facts, message).await);
        }
        // A task of its own, which goes on behind the client that got the expired answer.
        let renewal = self.begin(forwarder, pending, message);
        timeout(PATIENCE, renewal).await.ok()?.ok()
    }

    /// Begins a fetch that nobody's leaving ends.
    fn begin(
        &self,
        forwarder: &Forwarder,
        pending: &Pending,
        message: &[u8],
    ) -> oneshot::Receiver<Arc<Fetched>> {
        let (resolver, forwarder) = (self.clone(), forwarder.clone());
        let (query, facts) = (pending.query.clone(), pending.decision.facts);
        let message: Box<[u8]> = message.into();
        let (done, waits) = oneshot::channel();
        tasks::spawn("renewal", async move {
            // Nobody may be waiting.
            let _ = done.send(resolver.join(&forwarder, &query, facts, &message).await);
        });
        waits
    }

    /// Fetches, or waits for the same fetch of somebody else.
    pub(super) async fn join(
        &self,
        forwarder: &Forwarder,
        query: &Query,
        facts: Facts,
        message: &[u8],
    ) -> Arc<Fetched> {
        // Pinned here: it is large, and would be moved and stored at each step on the way.
        let ask = pin!(self.ask(forwarder, query, facts, message));
        self.flights.join(question_of(query), ask).await
    }

    /// Asks upstream, and keeps what may be kept.
    async fn ask(&self, forwarder: &Forwarder, query: &Query, facts: Facts, message: &[u8]) -> Fetched {
        let state = self.shared.load_full();
        let asker = Asker { forwarder, state: &state, dnssec: &self.dnssec, clock: &self.clock };
        let fetched = Fetched(asker.inspected(query, message).await);
        if fetched.is_suspicious() {
            self.portal.raise(query.name(), forwarder);
        }
        // Without recursion it is only what that server had at hand; and after a reload other servers may say other
        // things, and other rules find other things in them.
        let current = std::ptr::eq(&*state, &**self.shared.load())
            && Arc::ptr_eq(forwarder.settings(), &state.upstream);
        if query.header.has(flags::RD) && current {
            self.keep(query, &fetched, facts);
        }
        fetched
    }

    /// Keeps an answer for the next who asks, or that there was none.
    fn keep(&self, query: &Query, fetched: &Fetched, facts: Facts) {
        let (key, now) = (key_of(query), self.clock.moment().seconds);
        match &fetched.0 {
            Ok((answer, found)) if fetched.is_answer() => {
                // A reason would be lost, and so would it that the name leads inward.
                if answer.errors.is_empty() && !found.rebinds {
                    let facts = Facts { answered: found.categories, ..facts };
                    self.cache.put(&key, &answer.message, facts, now);
                }
            }
            Ok((answer, _)) => {
                if answer.rcode().is_some_and(|rcode| FAILURES.contains(&rcode)) {
                    let said = crate::wire::u16_at(&answer.errors, 4);
                    self.cache.fail(&key, said.unwrap_or(ede::CACHED_ERROR), true, now);
                }
            }
            // That is about us.
            Err(NoAnswer::Failed(ExchangeError::Busy)) => {}
            Err(NoAnswer::Tunnel) => {}
            Err(error) => {
                let reached = matches!(error, NoAnswer::Refused(_));
                self.cache.fail(&key, error.explained().0, reached, now);
            }
        }
    }

    /// The expired answer, if it is still there.
    fn expired(&self, state: &Snapshot, question: Question<'_>, pending: &Pending) -> Option<Reply> {
        if !pending.stale {
            return None;
        }
        let mut out = vec![0; REPLY_ROOM];
        let now = self.clock.moment().seconds;
        let hit = self.cache.get(&key_of(question.query), now, &mut out).filter(Hit::is_message)?;
        let decision = self.look_into(state, question.query, &out[..hit.len], &hit, pending.decision);
        Some(reply(state, question, (decision.verdict, Source::Cache), || {
            let len = give(question, &hit, &mut out);
            out.truncate(len);
            out
        }))
    }

    /// What is decided by what was found in the answer.
    fn verdict_on(&self, state: &Snapshot, pending: &Pending, found: &Findings) -> Verdict {
        let Decision { who, verdict, .. } = pending.decision;
        policy::decide_answer(&state.policy, who, verdict, found)
    }
}

/// What a client gets at last.
struct Reply {
    message: Vec<u8>,
    verdict: Verdict,
    source: Source,
}

/// The answer that `give` makes, or a block in its place.
fn reply(
    state: &Snapshot,
    question: Question<'_>,
    (verdict, source): (Verdict, Source),
    give: impl FnOnce() -> Vec<u8>,
) -> Reply {
    if !verdict.is_blocked() {
        return Reply { message: give(), verdict, source };
    }
    let mut out = vec![0; REPLY_ROOM];
    let len = refuse(state, question, &verdict, &mut out);
    out.truncate(len);
    Reply { message: out, verdict, source: Source::Local }
}

impl Fetched {
    /// Whether a server knew the answer.
    pub(super) fn is_answer(&self) -> bool {
        self.0.as_ref().is_ok_and(|(answer, _)| answer.speaks_of_name())
    }

    /// Whether a line that wants a sign-in would bring this.
    fn is_suspicious(&self) -> bool {
        match &self.0 {
            Ok((_, found)) => found.rebinds || !self.is_answer(),
            Err(NoAnswer::Failed(ExchangeError::Busy) | NoAnswer::Tunnel) => false,
            Err(_) => true,
        }
    }
}

/// Makes an upstream's answer this client's.
fn pass_on(question: Question<'_>, answer: &Answer) -> Vec<u8> {
    let Question { query, message, stream, .. } = question;
    let len = answer.message.len();
    // At least as long as the question, to which a too long answer is cut.
    let room = len.max(query.question_end) + relay::dressing_room(&answer.errors);
    let mut reply = Vec::with_capacity(room);
    reply.extend_from_slice(&answer.message);
    reply.resize(room.min(MAX_MESSAGE), 0);
    let opt = (answer.extended_rcode, answer.errors.as_slice());
    let len = relay::dress(query, message, opt, stream, &mut reply, len);
    reply.truncate(len);
    reply
}

fn failure(question: Question<'_>, pending: &Pending, error: &NoAnswer) -> Reply {
    let Question { query, message, .. } = question;
    tracing::debug!(name = %query.name(), ?error, "no upstream answer");
    let mut reply = vec![0; REPLY_ROOM];
    let len = local::failure(query, message, Rcode::ServFail, &[error.explained()], &mut reply);
    reply.truncate(len);
    Reply { message: reply, verdict: pending.decision.verdict, source: Source::Failed }
}

/// What makes the answers of two questions the same: what an upstream server is asked, and what goes out of its answer.
fn question_of(query: &Query) -> Box<[u8]> {
    let bits = u8::from(query.header.has(flags::RD))
        | u8::from(query.dnssec_ok()) << 1
        | u8::from(query.checking_disabled()) << 2
        | u8::from(query.without_ech) << 3;
    let [high, low] = query.rtype.to_be_bytes();
    [query.name().as_wire(), &[high, low, bits]].concat().into()
}
