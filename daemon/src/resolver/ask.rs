//! The answer to one question as the house is to see it: asked upstream, judged, inspected, stripped; with DNS64 made
//! from the answer to another question where there is none.

use luytre_lists::is_inward;
use tokio::time::{Instant, timeout};

use crate::clock::Clock;
use crate::dnssec::{Dnssec, Refusal};
use crate::inspect::{Findings, Nat64Prefix, dns64};
use crate::query::Query;
use crate::reply::relay::{self, Answer};
use crate::reply::{alias, ede};
use crate::snapshot::Snapshot;
use crate::upstream::{ExchangeError, Forwarder};
use crate::wire::rtype;

/// An answer, and what was found in it.
pub(super) type Inspected = (Answer, Findings);

/// Why there is none.
#[derive(Debug)]
pub(super) enum NoAnswer {
    /// No server answered.
    Failed(ExchangeError),
    /// What they answered is not to be believed.
    Refused(Refusal),
    /// None was asked: the question is part of a tunnel through DNS.
    Tunnel,
}

impl From<ExchangeError> for NoAnswer {
    fn from(error: ExchangeError) -> Self {
        Self::Failed(error)
    }
}

impl NoAnswer {
    /// The extended error (RFC 8914).
    pub(super) fn explained(&self) -> (u16, &'static str) {
        match self {
            Self::Failed(ExchangeError::NoServer) => {
                (ede::NO_REACHABLE_AUTHORITY, "no upstream server is known")
            }
            Self::Failed(ExchangeError::Timeout) => {
                (ede::NO_REACHABLE_AUTHORITY, "no upstream server answered in time")
            }
            Self::Failed(ExchangeError::Busy) => {
                (ede::NETWORK_ERROR, "too many questions are waiting for upstream")
            }
            Self::Failed(ExchangeError::Failed(_)) => (ede::NETWORK_ERROR, "the upstream servers failed"),
            Self::Refused(Refusal::Bogus(explained) | Refusal::Unproven(explained)) => *explained,
            Self::Tunnel => (ede::FILTERED, "so much data in names looks like a tunnel"),
        }
    }
}

/// The extended error, as an option, of an answer that has no addresses because asking for IPv4 ones failed.
const NO_IPV4: [u8; 6] = [0, 15, 0, 2, 0, ede::NETWORK_ERROR as u8];

/// Asks for one runtime, in one state of the house.
pub(super) struct Asker<'a> {
    pub(super) forwarder: &'a Forwarder,
    pub(super) state: &'a Snapshot,
    pub(super) dnssec: &'a Dnssec,
    pub(super) clock: &'a Clock,
}

impl Asker<'_> {
    /// Fetches the answer to a client's question; `message` is the question as it came.
    pub(super) async fn inspected(&self, query: &Query, message: &[u8]) -> Result<Inspected, NoAnswer> {
        let Some(prefix) = self.state.inspector.dns64() else {
            return self.exchange(query, message).await;
        };
        // The reverse zones of private addresses stay in the house (RFC 6303).
        if let Some(address) = dns64::reverse_asked(prefix, query).filter(|&v4| !is_inward(v4.into())) {
            let target = dns64::reverse_name(address);
            let (instead, asking) = dns64::instead(query, message, target, query.rtype);
            let (answer, found) = self.exchange(&instead, &asking).await?;
            let redirected = alias::redirect(query, message, &target, &answer.message);
            return Ok((Answer { message: redirected.ok_or_else(meaningless)?, ..answer }, found));
        }
        if !dns64::applies_to(query) {
            return self.exchange(query, message).await;
        }
        // Half of the time for each of two questions. No answer in that time counts as a failure, and that as no
        // addresses (RFC 6147 §5.1.2 and §5.1.3).
        let patience = self.forwarder.settings().timeout / 2;
        let v6 = timeout(patience, self.exchange(query, message)).await;
        match v6.unwrap_or(Err(ExchangeError::Timeout.into())) {
            Ok((v6, found)) if dns64::is_wanting(&v6.message) => {
                self.with_synthesised(prefix, (query, message), v6, found).await
            }
            Err(NoAnswer::Failed(ExchangeError::Timeout)) => {
                let (made, found) = self.synthesised(prefix, (query, message), dns64::NO_SOA_TTL).await?;
                Ok((made.ok_or(ExchangeError::Timeout)?, found))
            }
            answered => answered,
        }
    }

    /// An answer that has no addresses, with those made from the IPv4 ones if there are any.
    async fn with_synthesised(
        &self,
        prefix: Nat64Prefix,
        question: (&Query, &[u8]),
        mut v6: Answer,
        found: Findings,
    ) -> Result<Inspected, NoAnswer> {
        match self.synthesised(prefix, question, dns64::longest_ttl(&v6.message)).await {
            Ok((made, found_v4)) => {
                let message = made.map_or(v6.message, |made| made.message);
                Ok((Answer { message, ..v6 }, found.and(found_v4)))
            }
            // As far as anybody knows the name has no IPv4 addresses either, which the first answer says (RFC 6147
            // §5.1.6): this once, as it comes with a reason.
            Err(_) => {
                v6.errors.extend_from_slice(&NO_IPV4);
                Ok((v6, found))
            }
        }
    }

    /// Addresses made from those that an A question brings, kept no longer than `ttl` seconds, if any can be made; and
    /// what was found in its answer.
    async fn synthesised(
        &self,
        prefix: Nat64Prefix,
        (query, message): (&Query, &[u8]),
        ttl: u32,
    ) -> Result<(Option<Answer>, Findings), NoAnswer> {
        let (instead, asking) = dns64::instead(query, message, query.name, rtype::A);
        let (v4, found) = self.exchange(&instead, &asking).await?;
        if !v4.speaks_of_name() {
            return Err(meaningless());
        }
        let made = dns64::synthesise(prefix, query, message, &v4.message, ttl);
        Ok((made.map(|message| Answer { message, ..v4 }), found))
    }

    /// One question to the upstream servers.
    async fn exchange(&self, query: &Query, message: &[u8]) -> Result<Inspected, NoAnswer> {
        let Self { forwarder, state, dnssec, clock } = self;
        let deadline = Instant::now() + forwarder.settings().timeout;
        let question = relay::question(query, message, dnssec.wants_signatures(query.name()));
        let avoided = dnssec.avoided(query.name());
        let answer = forwarder.exchange_avoiding(query.name(), &question, &avoided).await?;
        let mut answer = relay::accept(query, answer).ok_or_else(meaningless)?;
        let judged = dnssec.judge(forwarder, clock, query, &mut answer, deadline).await;
        judged.map_err(NoAnswer::Refused)?;
        let found = state.inspect(query.name(), &answer.message);
        state.inspector.strip(&mut answer.message, query.without_ech).ok_or_else(meaningless)?;
        Ok((answer, found))
    }
}

fn meaningless() -> NoAnswer {
    ExchangeError::Failed("the upstream's answer made no sense".into()).into()
}
