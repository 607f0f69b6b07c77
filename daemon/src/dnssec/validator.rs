//! One answer, judged: every step of it proven from the trust anchor down.

use std::sync::Arc;
use std::time::Duration;

use hickory_net::dnssec::DnssecDnsHandle;
use hickory_net::proto::dnssec::Proof;
use hickory_net::proto::op::{DnsRequestOptions, DnsResponse, Query, ResponseCode};
use hickory_net::proto::rr::{Name, RecordType};
use hickory_net::xfer::FirstAnswer;
use hickory_net::{DnsError, DnsHandle, NetError};
use luytre_lists::NameBuf;
use tokio::time::timeout_at;

use super::anchors::Anchors;
use super::chain::{Chain, hickory_name, luytre_name};
use super::inquiry::{Inquiry, Seen};
use super::limits::{self, SOFT_ITERATIONS};
use super::reason::{self, Explained};
use super::steps::{self, Plan, Step};
use super::store::Store;
use super::wildcard;
use crate::reply::ede;
use crate::wire::{Header, rtype};

/// Proofs that hickory keeps, some 300 bytes each; its own default would take hundreds of megabytes.
const KEPT_PROOFS: usize = 1024;
/// How long a proof is kept: a signature that expires is believed for as long at most.
const PROOF_KEPT: Duration = Duration::from_secs(3600);
/// How long a failure is kept: a lost packet in the chain looks like a missing record one level below.
const FAILURE_KEPT: Duration = Duration::from_secs(5);

/// What an answer is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Every record is signed, from the trust anchor down; which records of answer and authority that is.
    Secure([Vec<bool>; 2]),
    /// Proven to be unsigned.
    Insecure,
    /// It holds at some time, but we don't know the time.
    Untimely,
}

/// Why an answer is not given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It should be signed, and the signatures are missing or wrong.
    Bogus(Explained),
    /// A part of its chain was not to be had.
    Unproven(Explained),
}

/// Validates, and remembers what it took. Cheap to make anew.
pub(super) struct Validator {
    anchors: Anchors,
    handle: DnssecDnsHandle<Chain>,
    store: Arc<Store>,
}

impl Validator {
    pub(super) fn new(anchors: Anchors) -> Self {
        let store = Arc::new(Store::new());
        Self { handle: handle(&anchors, &store), store, anchors }
    }

    /// Judges the answer to a question, at the time of the inquiry. If that is only a guess, what holds at another
    /// time is [`Verdict::Untimely`].
    pub(super) async fn judge(
        &self,
        inquiry: &Arc<Inquiry>,
        (name, rtype): (&NameBuf, u16),
        message: &[u8],
        time_is_known: bool,
    ) -> Result<Verdict, Refusal> {
        limits::check(message).map_err(|excess| Refusal::Bogus(reason::excessive(excess)))?;
        let query = Query::query(hickory_name(name), RecordType::from(rtype));
        let proven = self.attempt(&self.handle, inquiry, &query, message).await;
        let seen = inquiry.seen();
        let verdict = match proven {
            // Nothing that a guessed time proves is called secure.
            Ok(Verdict::Secure(_)) if !time_is_known => Ok(Verdict::Untimely),
            Err(Refusal::Bogus(_)) if !time_is_known => self.at_another_time(inquiry, &query, message).await,
            proven => proven,
        };
        match &verdict {
            Ok(_) => self.store.proven(&seen),
            Err(_) => self.store.doubted(&inquiry.seen()),
        }
        verdict
    }

    /// If the signatures hold at any time, they do at the beginning of the youngest.
    async fn at_another_time(
        &self,
        inquiry: &Arc<Inquiry>,
        query: &Query,
        message: &[u8],
    ) -> Result<Verdict, Refusal> {
        let seen = inquiry.seen();
        let messages = seen.iter().map(|seen| &*seen.message).chain([message]);
        if let Some(time) = reason::latest_inception(messages) {
            inquiry.set_now(time);
        }
        // With a memory of its own: a proof that holds at one time need not hold at another.
        let handle = handle(&self.anchors, &self.store);
        match self.attempt(&handle, inquiry, query, message).await? {
            Verdict::Secure(_) => Ok(Verdict::Untimely),
            other => Ok(other),
        }
    }

    async fn attempt(
        &self,
        handle: &DnssecDnsHandle<Chain>,
        inquiry: &Arc<Inquiry>,
        query: &Query,
        message: &[u8],
    ) -> Result<Verdict, Refusal> {
        let bogus = || Refusal::Bogus(reason::find(message, &inquiry.seen(), inquiry.now()));
        let plan = match DnsResponse::from_buffer(message.to_vec()) {
            Ok(response) => steps::plan(query.clone(), response),
            Err(_) => steps::unread(query.clone(), message),
        };
        let too_long = (ede::DNSSEC_BOGUS, "the chain of CNAMEs is too long");
        let Plan { steps, frame, needed } = plan.ok_or(Refusal::Bogus(too_long))?;
        let mut worst = Proof::Secure;
        for step in steps {
            let proof =
                timeout_at(inquiry.deadline, inquiry.scope(self.prove(handle, inquiry, step, &frame)));
            match proof.await {
                Ok(Proof::Secure) => {}
                Ok(Proof::Insecure) => worst = Proof::Insecure,
                Ok(_) if !inquiry.is_lost() => return Err(bogus()),
                Ok(_) | Err(_) => {
                    let text = "a part of the chain of trust was not to be had";
                    return Err(Refusal::Unproven((ede::NO_REACHABLE_AUTHORITY, text)));
                }
            }
        }
        Ok(if worst == Proof::Secure { Verdict::Secure(needed) } else { Verdict::Insecure })
    }

    async fn prove(
        &self,
        handle: &DnssecDnsHandle<Chain>,
        inquiry: &Inquiry,
        step: Step,
        frame: &DnsResponse,
    ) -> Proof {
        let owner = step.query.name.clone();
        // The DS of a delegation stands in the zone above it.
        let zone = if step.query.query_type == RecordType::DS { owner.base_name() } else { owner.clone() };
        if luytre_name(&zone).is_some_and(|zone| self.store.is_insecure(zone.as_name(), inquiry.uptime)) {
            return Proof::Insecure;
        }
        let mut response = frame.clone();
        if !step.answers.is_empty() {
            // The code belongs to the end of the chain.
            response.metadata.response_code = ResponseCode::NoError;
        }
        (response.answers, response.authorities) = (step.answers, step.authorities);
        inquiry.supply(step.query.clone(), response);
        let mut options = DnsRequestOptions::default();
        options.edns_set_dnssec_ok = true;
        let proof = verdict_of(&owner, handle.lookup(step.query, options).first_answer().await);
        if proof == Proof::Insecure {
            self.remember_cut(inquiry, &owner);
        }
        proof
    }

    /// Remembers the delegation that makes a name insecure, so that the next name below it costs nothing: hickory looks
    /// for the nearest delegation above the name, and has then proven that its DS does not exist.
    fn remember_cut(&self, inquiry: &Inquiry, owner: &Name) {
        let Some(owner) = luytre_name(owner) else { return };
        let seen = inquiry.seen();
        let cut = owner.as_name().suffixes().find_map(|zone| {
            let is_of = |rtype| move |one: &&Seen| one.rtype == rtype && *one.name == *zone.as_wire();
            let answers = |one: &Seen| Header::read(&one.message).is_some_and(|header| header.counts[1] > 0);
            let is_cut = seen.iter().find(is_of(rtype::NS)).is_some_and(answers);
            seen.iter().find(is_of(rtype::DS)).filter(|one| is_cut && !answers(one))
        });
        if let Some(cut) = cut {
            self.store.mark_insecure(cut);
        }
    }
}

fn handle(anchors: &Anchors, store: &Arc<Store>) -> DnssecDnsHandle<Chain> {
    DnssecDnsHandle::with_trust_anchor(Chain(Arc::clone(store)), Arc::clone(&anchors.keys))
        .nsec3_iteration_limits(Some(SOFT_ITERATIONS), Some(limits::MAX_ITERATIONS))
        .validation_cache_size(KEPT_PROOFS)
        .positive_validation_ttl(Duration::ZERO..=PROOF_KEPT)
        .negative_validation_ttl(Duration::ZERO..=FAILURE_KEPT)
}

/// What hickory made of a step. A positive answer that is bogus is `Ok` too: each record has its own proof.
fn verdict_of(owner: &Name, result: Result<DnsResponse, NetError>) -> Proof {
    let response = match result {
        Ok(response) => response,
        Err(NetError::Dns(DnsError::Nsec { proof: Proof::Insecure, .. })) => return Proof::Insecure,
        Err(NetError::Dns(DnsError::Nsec { response, .. }))
            if wildcard::is_proven(owner, &response.answers, &response.authorities) =>
        {
            *response
        }
        Err(_) => return Proof::Bogus,
    };
    let records = || response.answers.iter().chain(&response.authorities);
    let mut proofs =
        records().filter(|record| record.record_type() != RecordType::RRSIG).map(|record| record.proof);
    if proofs.clone().any(|proof| matches!(proof, Proof::Bogus | Proof::Indeterminate)) {
        return Proof::Bogus;
    }
    // hickory lets a denial without proof pass only where the zone is proven to be unsigned.
    let proves = |rtype| matches!(rtype, RecordType::NSEC | RecordType::NSEC3);
    let proven = !response.answers.is_empty() || records().any(|record| proves(record.record_type()));
    let secure =
        proven && proofs.all(|proof| proof == Proof::Secure) && !wildcard::opts_out(&response.authorities);
    if secure { Proof::Secure } else { Proof::Insecure }
}
