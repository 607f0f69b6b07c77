//! The answer to one question as the house is to see it: asked upstream, inspected, stripped; with DNS64 made from the
//! answer to another question where there is none.

use luytre_lists::is_inward;

use crate::inspect::{Findings, dns64};
use crate::query::Query;
use crate::reply::relay::{self, Answer};
use crate::snapshot::Snapshot;
use crate::upstream::{ExchangeError, Forwarder};
use crate::wire::rtype;

/// An answer, and what was found in it.
pub(super) type Inspected = (Answer, Findings);

/// Fetches the answer to a client's question; `message` is the question as it came.
pub(super) async fn inspected(
    forwarder: &Forwarder,
    state: &Snapshot,
    query: &Query,
    message: &[u8],
) -> Result<Inspected, ExchangeError> {
    let Some(prefix) = state.inspector.dns64() else {
        return exchange(forwarder, state, query, message).await;
    };
    // The reverse zones of private addresses stay in the house (RFC 6303).
    if let Some(address) = dns64::reverse_asked(prefix, query).filter(|&address| !is_inward(address.into())) {
        let target = dns64::reverse_name(address);
        let (instead, asking) = dns64::instead(query, message, target, query.rtype);
        let (answer, found) = exchange(forwarder, state, &instead, &asking).await?;
        let redirected = dns64::redirect(query, message, &target, &answer.message).ok_or_else(meaningless)?;
        return Ok((Answer { message: redirected, ..answer }, found));
    }
    let (mut answer, found) = exchange(forwarder, state, query, message).await?;
    if !dns64::applies_to(query) || !dns64::is_wanting(&answer.message) {
        return Ok((answer, found));
    }
    let (instead, asking) = dns64::instead(query, message, query.name, rtype::A);
    // Where that fails the name has no IPv4 addresses either, as far as anybody knows: the first answer says so.
    let Ok((v4, found_v4)) = exchange(forwarder, state, &instead, &asking).await else {
        return Ok((answer, found));
    };
    let ttl = dns64::longest_ttl(&answer.message);
    if let Some(made) = dns64::synthesise(prefix, query, message, &v4.message, ttl) {
        answer.message = made;
    }
    Ok((answer, found.and(found_v4)))
}

/// One question to the upstream servers.
async fn exchange(
    forwarder: &Forwarder,
    state: &Snapshot,
    query: &Query,
    message: &[u8],
) -> Result<Inspected, ExchangeError> {
    let answer = forwarder.exchange(query.name(), &relay::question(query, message)).await?;
    let mut answer = relay::accept(query, answer).ok_or_else(meaningless)?;
    let found = state.inspect(query.name(), &answer.message);
    state.inspector.strip(&mut answer.message).ok_or_else(meaningless)?;
    Ok((answer, found))
}

fn meaningless() -> ExchangeError {
    ExchangeError::Failed("the upstream's answer made no sense".into())
}
