//! The path of one question, on one screen: limits → parse → who → list → decide → reply, cache or upstream → gate.
//!
//! [`Resolver::answer`] does everything that needs no waiting, in place: a blocked or cached answer allocates
//! nothing, locks nothing and awaits nothing. What must be fetched comes back as [`Step::Fetch`], and
//! [`Resolver::fetch`] ends it.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::cache::{Cache, Key, MAX_ANSWER};
use crate::clock::{Clock, Moment};
use crate::gate::Gate;
use crate::history::History;
use crate::outcome::{Outcome, Source};
use crate::policy::{Action, Verdict};
use crate::query::{Query, Unanswerable};
use crate::reply::relay::{self, Answer};
use crate::reply::{ede, local};
use crate::snapshot::{Shared, Snapshot};
use crate::upstream::{ExchangeError, Forwarder, Outlet};
use crate::who::Who;
use crate::wire::{MAX_MESSAGE, Rcode, flags};

/// What every listener answers with.
#[derive(Clone)]
pub struct Resolver {
    /// The state of the house.
    pub shared: Shared,
    /// Upstream answers.
    pub cache: Arc<Cache>,
    /// The questions that may be on their way upstream, in all.
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
}

/// What to do with a message.
pub enum Step {
    /// Send nothing.
    Silence,
    /// Send so many bytes of the buffer.
    Reply(usize),
    /// Ask upstream.
    Fetch(Box<Pending>),
}

/// A question that waits for its answer.
pub struct Pending {
    query: Query,
    client: IpAddr,
    who: Who,
    verdict: Verdict,
}

/// Room that every answer made in place fits into: the largest that the cache holds, and an OPT.
pub const REPLY_ROOM: usize = MAX_ANSWER + 64;

impl Resolver {
    /// A way upstream for the runtime that calls this.
    pub fn outlet(&self) -> Outlet {
        Outlet::new(Arc::clone(&self.shared.load().upstream), Arc::clone(&self.places))
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
        let query = match Query::parse(message) {
            Ok(query) if is_ours => query,
            Ok(query) => return Step::Reply(local::prohibited(&query, message, out)),
            Err(Unanswerable::Error { rcode, question_end, edns }) if is_ours => {
                return Step::Reply(local::error(message, question_end, rcode, edns, out));
            }
            Err(_) => return Step::Silence,
        };
        let client = peer.client.ip().to_canonical();
        let (who, verdict) = state.decide(client, query.name(), query.rtype, moment.now);
        let asked = (peer.reached, peer.stream);
        let (len, source) = match verdict.action {
            Action::Block => (state.block.write(&query, message, &verdict, asked, out), Source::Local),
            Action::Local(answer) => (local::special(&query, message, answer, asked, out), Source::Local),
            Action::Allow => match self.cached(&query, message, moment, peer.stream, out) {
                Some(len) => (len, Source::Cache),
                None => return Step::Fetch(Box::new(Pending { query, client, who, verdict })),
            },
        };
        let (time, name, rtype) = (moment.now, query.name(), query.rtype);
        self.history.record(&Outcome { time, name, rtype, who, client, verdict, source });
        Step::Reply(len)
    }

    fn cached(
        &self,
        query: &Query,
        message: &[u8],
        moment: Moment,
        stream: bool,
        out: &mut [u8],
    ) -> Option<usize> {
        let hit = self.cache.get(&key_of(query), moment.seconds, out)?;
        Some(relay::dress(query, message, (0, &[]), stream, out, hit.len))
    }

    /// Fetches an answer; every failure is an answer too.
    pub async fn fetch(
        &self,
        forwarder: &Forwarder,
        pending: &Pending,
        message: &[u8],
        stream: bool,
    ) -> Vec<u8> {
        let Pending { query, client, who, verdict } = pending;
        let fetched = forwarder.exchange(query.name(), &relay::question(query, message)).await;
        let answer = fetched.and_then(|answer| {
            let meaningless = || ExchangeError::Failed("the upstream's answer made no sense".into());
            relay::accept(query, answer).ok_or_else(meaningless)
        });
        let mut reply;
        let source = match answer {
            Ok(mut answer) => {
                if self.is_for_keeping(forwarder, query, &answer) {
                    self.cache.put(&key_of(query), &answer.message, 0, self.clock.moment().seconds);
                }
                let len = answer.message.len();
                // At least as long as the question, to which a too long answer is cut.
                let room = len.max(query.question_end) + relay::dressing_room(&answer.errors);
                answer.message.resize(room.min(MAX_MESSAGE), 0);
                let opt = (answer.extended_rcode, answer.errors.as_slice());
                let len = relay::dress(query, message, opt, stream, &mut answer.message, len);
                reply = answer.message;
                reply.truncate(len);
                Source::Upstream
            }
            Err(error) => {
                tracing::debug!(name = %query.name(), %error, "no upstream answer");
                reply = vec![0; REPLY_ROOM];
                let len = local::failure(query, message, Rcode::ServFail, explained(&error), &mut reply);
                reply.truncate(len);
                Source::Failed
            }
        };
        let outcome = Outcome {
            time: self.clock.now(),
            name: query.name(),
            rtype: query.rtype,
            who: *who,
            client: *client,
            verdict: *verdict,
            source,
        };
        self.gate.admit(&outcome).await;
        self.history.record(&outcome);
        reply
    }
}

impl Resolver {
    /// Whether an answer may be given to the next who asks. Without recursion it is only what that server had at hand;
    /// a code or a reason beyond the header would be lost; and servers that a reload has replaced may say other things.
    fn is_for_keeping(&self, forwarder: &Forwarder, query: &Query, answer: &Answer) -> bool {
        let plain = answer.extended_rcode == 0 && answer.errors.is_empty();
        let current = Arc::ptr_eq(forwarder.settings(), &self.shared.load().upstream);
        query.header.has(flags::RD) && plain && current
    }
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

fn key_of(query: &Query) -> Key<'_> {
    Key {
        name: query.name(),
        rtype: query.rtype,
        dnssec_ok: query.dnssec_ok(),
        checking_disabled: query.checking_disabled(),
    }
}

#[cfg(test)]
mod tests {
    use arc_swap::ArcSwap;

    use super::*;
    use crate::cache;
    use crate::config::Config;
    use crate::list::LoadedList;
    use crate::wire::{Header, Records, rtype};

    fn resolver() -> Resolver {
        let config = Config::default();
        let snapshot = Snapshot::build(&config, (Arc::new(LoadedList::starter()), None), Arc::default());
        Resolver {
            shared: Arc::new(ArcSwap::from_pointee(snapshot)),
            cache: Arc::new(Cache::new(&cache::Settings::default(), [7; 8])),
            places: Arc::new(Semaphore::new(1)),
            history: Arc::new(History::new(&config.history)),
            clock: Clock::default(),
            gate: Gate::default(),
        }
    }

    /// A question with EDNS, or an answer to it with one address.
    fn message(name: &str, answered: bool) -> Vec<u8> {
        let (flags, answers, additional) = if answered { (0x81, 1, 0) } else { (0x01, 0, 1) };
        let mut bytes = vec![0, 0, flags, 0, 0, 1, 0, answers, 0, 0, 0, additional];
        for label in name.split('.') {
            bytes.push(u8::try_from(label.len()).unwrap());
            bytes.extend_from_slice(label.as_bytes());
        }
        bytes.extend_from_slice(&[0, 0, 1, 0, 1]);
        let address = [0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 0, 0, 4, 192, 0, 2, 1];
        let opt = [0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0];
        bytes.extend_from_slice(if answered { &address[..] } else { &opt[..] });
        bytes
    }

    #[test]
    fn a_blocked_or_cached_answer_allocates_nothing() {
        let resolver = resolver();
        let question = message("example.com", false);
        let query = Query::parse(&question).unwrap();
        resolver.cache.put(&key_of(&query), &message("example.com", true), 0, 0);
        let client = SocketAddr::from(([192, 168, 1, 7], 5353));
        let peer = Peer { client, reached: [192, 168, 1, 1].into(), stream: false };
        let mut out = [0; REPLY_ROOM];
        // The first look at the pointer sets up this thread's place in it.
        drop(resolver.shared.load());

        for asked in ["www.bet365.com", "example.com", "luytre.lan"] {
            let question = message(asked, false);
            let mut answered = 0;
            let allocations = crate::allocations::during(|| {
                let state = resolver.shared.load();
                let moment = resolver.clock.moment();
                if let Step::Reply(len) = resolver.answer(&state, moment, peer, &question, &mut out) {
                    answered = len;
                }
            });
            assert_eq!(allocations, 0, "{asked}");
            let header = Header::read(&out[..answered]).unwrap();
            assert_eq!((header.counts[1], header.flags & 0x8080), (1, 0x8080), "{asked}");
            let opts = Records::of(&out[..answered]).unwrap().filter(|record| record.rtype == rtype::OPT);
            assert_eq!(opts.count(), 1, "{asked}");
        }
        let totals = resolver.history.totals();
        assert_eq!((totals.blocked, totals.allowed, resolver.cache.stats().hits), (1, 2, 1));
    }
}
