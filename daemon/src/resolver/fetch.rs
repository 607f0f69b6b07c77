//! Questions that wait: for upstream, for others who ask the same, or for an expired answer's turn.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::timeout;

use super::{REPLY_ROOM, Resolver, give, key_of};
use crate::cache::{Facts, State};
use crate::outcome::{Outcome, Source};
use crate::query::Query;
use crate::reply::relay::{self, Answer};
use crate::reply::{ede, local};
use crate::snapshot::Decision;
use crate::tasks;
use crate::upstream::{ExchangeError, Forwarder};
use crate::wire::{Header, MAX_MESSAGE, Rcode, flags};

/// So long a client waits for a newer answer than the expired one that we have (RFC 8767 §5).
const PATIENCE: Duration = Duration::from_millis(1800);

/// A question that waits for its answer.
pub struct Pending {
    pub(super) query: Query,
    pub(super) client: IpAddr,
    pub(super) decision: Decision,
    /// Whether there is an expired answer.
    pub(super) stale: bool,
}

/// What a fetch brought, for all who wait for it.
pub struct Fetched(Result<Answer, ExchangeError>);

impl Resolver {
    /// Fetches an answer; every failure is an answer too.
    pub async fn fetch(
        &self,
        forwarder: &Forwarder,
        pending: &Pending,
        message: &[u8],
        stream: bool,
    ) -> Vec<u8> {
        let Pending { query, .. } = pending;
        let fetched = match self.waiting.try_acquire() {
            Ok(_place) => self.newest(forwarder, pending, message).await,
            Err(_) => Some(Arc::new(Fetched(Err(ExchangeError::Busy)))),
        };
        let answered = fetched.as_ref().is_some_and(|fetched| fetched.is_answer());
        let expired = if answered { None } else { self.expired(pending, message, stream) };
        let (reply, source) = match (expired, fetched.as_deref()) {
            (Some(reply), _) => (reply, Source::Cache),
            (None, Some(Fetched(Ok(answer)))) => (pass_on(query, message, answer, stream), Source::Upstream),
            (None, Some(Fetched(Err(error)))) => (failure(query, message, error), Source::Failed),
            (None, None) => (failure(query, message, &ExchangeError::Timeout), Source::Failed),
        };
        let outcome = Outcome {
            time: self.clock.now(),
            name: query.name(),
            rtype: query.rtype,
            who: pending.decision.who,
            client: pending.client,
            verdict: pending.decision.verdict,
            source,
        };
        self.gate.admit(&outcome).await;
        self.history.record(&outcome);
        reply
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
    async fn join(&self, forwarder: &Forwarder, query: &Query, facts: Facts, message: &[u8]) -> Arc<Fetched> {
        self.flights.join(question_of(query), self.ask(forwarder, query, facts, message)).await
    }

    /// Asks upstream, and keeps what may be kept.
    async fn ask(&self, forwarder: &Forwarder, query: &Query, facts: Facts, message: &[u8]) -> Fetched {
        let fetched = forwarder.exchange(query.name(), &relay::question(query, message)).await;
        let answer = fetched.and_then(|answer| {
            let meaningless = || ExchangeError::Failed("the upstream's answer made no sense".into());
            relay::accept(query, answer).ok_or_else(meaningless)
        });
        let fetched = Fetched(answer);
        // Without recursion it is only what that server had at hand; and servers that a reload has replaced may say
        // other things.
        let current = Arc::ptr_eq(forwarder.settings(), &self.shared.load().upstream);
        if query.header.has(flags::RD) && current {
            self.keep(query, &fetched, facts);
        }
        fetched
    }

    /// Keeps an answer for the next who asks, or that there was none.
    fn keep(&self, query: &Query, fetched: &Fetched, facts: Facts) {
        let (key, now) = (key_of(query), self.clock.moment().seconds);
        match &fetched.0 {
            // A code or a reason beyond the header would be lost.
            Ok(answer) if fetched.is_answer() && answer.extended_rcode == 0 && answer.errors.is_empty() => {
                self.cache.put(&key, &answer.message, facts, now);
            }
            Ok(_) if fetched.is_answer() => {}
            Ok(answer) => {
                let said = crate::wire::u16_at(&answer.errors, 4);
                self.cache.fail(&key, said.unwrap_or(ede::CACHED_ERROR), true, now);
            }
            // That is about us.
            Err(ExchangeError::Busy) => {}
            Err(error) => self.cache.fail(&key, explained(error).0, false, now),
        }
    }

    /// The expired answer, if it is still there.
    fn expired(&self, pending: &Pending, message: &[u8], stream: bool) -> Option<Vec<u8>> {
        if !pending.stale {
            return None;
        }
        let query = &pending.query;
        let mut reply = vec![0; REPLY_ROOM];
        let hit = self.cache.get(&key_of(query), self.clock.moment().seconds, &mut reply)?;
        if matches!(hit.state, State::Failed(_)) {
            return None;
        }
        let len = give(query, message, &hit, stream, &mut reply);
        reply.truncate(len);
        Some(reply)
    }
}

impl Fetched {
    /// Whether a server knew the answer, and not only that it had none (RFC 8767 §4, RFC 9520 §2).
    fn is_answer(&self) -> bool {
        const FAILURES: [u16; 2] = [Rcode::ServFail as u16, Rcode::Refused as u16];
        let rcode = |answer: &Answer| Header::read(&answer.message).map(|header| header.flags & flags::RCODE);
        self.0.as_ref().is_ok_and(|answer| rcode(answer).is_some_and(|rcode| !FAILURES.contains(&rcode)))
    }
}

/// Makes an upstream's answer this client's.
fn pass_on(query: &Query, message: &[u8], answer: &Answer, stream: bool) -> Vec<u8> {
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

fn failure(query: &Query, message: &[u8], error: &ExchangeError) -> Vec<u8> {
    tracing::debug!(name = %query.name(), %error, "no upstream answer");
    let mut reply = vec![0; REPLY_ROOM];
    let len = local::failure(query, message, Rcode::ServFail, &[explained(error)], &mut reply);
    reply.truncate(len);
    reply
}

/// The extended error of a failed fetch (RFC 8914).
fn explained(error: &ExchangeError) -> (u16, &str) {
    match error {
        ExchangeError::NoServer => (ede::NO_REACHABLE_AUTHORITY, "no upstream server is known"),
        ExchangeError::Timeout => (ede::NO_REACHABLE_AUTHORITY, "no upstream server answered in time"),
        ExchangeError::Busy => (ede::NETWORK_ERROR, "too many questions are waiting for upstream"),
        ExchangeError::Failed(_) => (ede::NETWORK_ERROR, "the upstream servers failed"),
    }
}

/// What makes two questions the same to an upstream server.
fn question_of(query: &Query) -> Box<[u8]> {
    let bits = u8::from(query.header.has(flags::RD))
        | u8::from(query.dnssec_ok()) << 1
        | u8::from(query.checking_disabled()) << 2;
    let [high, low] = query.rtype.to_be_bytes();
    [query.name().as_wire(), &[high, low, bits]].concat().into()
}
