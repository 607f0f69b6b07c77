//! DNSSEC: whether an upstream's answer is what its zone signed (RFC 4033-4035, 5155, 6840).
//!
//! In the order data flows:
//!
//! 1. [`Dnssec::wants_signatures`] says whether a question goes out with DO and CD, so that we and nobody before us
//!    judges the answer; [`Dnssec::avoided`] names the servers that can't answer it.
//! 2. [`Dnssec::judge`] takes the answer. `limits` counts before anybody computes; `steps` takes the message apart;
//!    `validator` has hickory prove each step, over `chain`, which keeps keys and delegations in `store`; `inquiry` is
//!    what all that may spend on one question, and `time` the time at which signatures must hold.
//!    `wildcard` knows what hickory asks too much or too little of.
//! 3. `reason` reads off the records why a proof failed.
//! 4. [`ability`] finds out which servers give signatures at all.
//!
//! What is not validated: zones with servers of their own, whose names are the house's; questions with CD (RFC 4035
//! §3.2.2); and everything while no server gives signatures. Special names never get here: they are answered in place.

pub mod ability;
mod anchors;
mod chain;
mod inquiry;
mod limits;
mod reason;
mod steps;
mod store;
mod time;
mod validator;
mod wildcard;

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use luytre_lists::{Domain, Name};
use tokio::sync::Notify;
use tokio::time::Instant;

use self::ability::Abilities;
pub use self::anchors::Anchors;
use self::inquiry::Inquiry;
pub use self::reason::Explained;
pub use self::validator::Refusal;
use self::validator::{Validator, Verdict};
use crate::clock::Clock;
use crate::query::Query;
use crate::reply::relay::Answer;
use crate::reply::strip;
use crate::upstream::{self, Forwarder, Server};
use crate::wire::{Header, Rcode, Records, cap_ttl, flags, rtype, set_u16, u16_at};

/// Zones of a house that nobody delegates, besides those that are answered in place.
const HOUSE_ZONES: [&str; 2] = ["lan", "home.arpa"];

/// What validation goes by.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Where trust begins.
    pub anchors: Anchors,
    /// Zones that are not validated, each with all below it.
    pub exempt: Vec<Domain>,
    /// The servers to find out about.
    pub servers: Vec<Server>,
}

impl Settings {
    /// Validation for these servers; zones with servers of their own are exempt.
    pub fn new(anchors: Anchors, upstream: &upstream::Settings) -> Self {
        let house = HOUSE_ZONES.iter().filter_map(|zone| Domain::parse(zone).ok());
        let exempt = upstream.apart().cloned().chain(house).collect();
        Self { anchors, exempt, servers: upstream.servers.clone() }
    }
}

/// Validates answers, or leaves them alone. One for the whole daemon.
#[derive(Default)]
pub struct Dnssec {
    /// `None` when validation is turned off.
    current: ArcSwapOption<Current>,
    /// Something failed as if a server had stopped to give signatures.
    doubt: Notify,
}

struct Current {
    settings: Settings,
    validator: Validator,
    abilities: Abilities,
}

impl Dnssec {
    /// Turns validation on, anew if the settings have changed, or off.
    pub fn configure(&self, settings: Option<Settings>) {
        let before = self.current.load_full();
        if before.as_ref().map(|current| &current.settings) == settings.as_ref() {
            return;
        }
        self.current.store(settings.map(|settings| {
            let validator = Validator::new(settings.anchors.clone());
            let abilities = Abilities::unknown(&settings.servers);
            Arc::new(Current { settings, validator, abilities })
        }));
        self.doubt.notify_one();
    }

    /// Forgets every proof: the time was set, and what held at the time believed before may not hold now. What is cached
    /// of answers must go with it.
    pub fn forget(&self) {
        if let Some(current) = self.current.load_full() {
            self.current.store(Some(Arc::new(current.without_proofs(current.settings.clone()))));
        }
    }

    /// Exempts the zones that have servers of their own in these settings, whose other servers are the same as before.
    pub fn exempt(&self, upstream: &upstream::Settings) {
        if let Some(current) = self.current.load_full() {
            let settings = Settings::new(current.settings.anchors.clone(), upstream);
            self.current.store(Some(Arc::new(current.without_proofs(settings))));
        }
    }

    /// Whether a question for this name goes upstream with DO and CD.
    pub fn wants_signatures(&self, name: Name<'_>) -> bool {
        self.current.load().as_ref().is_some_and(|current| current.validates(name))
    }

    /// The servers that must not be asked for this name: those that have not shown that they give signatures.
    pub fn avoided(&self, name: Name<'_>) -> Vec<Server> {
        let current = self.current.load();
        current
            .as_ref()
            .filter(|current| current.validates(name))
            .map_or_else(Vec::new, |current| current.abilities.avoided())
    }

    /// Makes an upstream's answer fit to be given and kept, or refuses it. AD then says what we know; a client that did
    /// not ask for DNSSEC records gets none. Ends by `deadline`.
    pub async fn judge(
        &self,
        forwarder: &Forwarder,
        clock: &Clock,
        query: &Query,
        answer: &mut Answer,
        deadline: Instant,
    ) -> Result<(), Refusal> {
        let authentic = match self.current.load_full() {
            None => has_ad(&answer.message) && forwarder.is_authenticated(query.name()),
            Some(current) if !current.must_judge(query, answer) => {
                if current.abilities.are_unknown() {
                    self.doubt.notify_one(); // an answer came: servers can be asked what they give
                }
                false
            }
            // Boxed: it is large, and most questions are answered from the cache.
            Some(current) => {
                let validated = Box::pin(current.validate(forwarder, clock, query, answer, deadline)).await;
                validated.inspect_err(|_| self.doubt.notify_one())?
            }
        };
        set_ad(&mut answer.message, authentic);
        if !query.dnssec_ok() {
            strip::dnssec(&mut answer.message, query.rtype);
        }
        Ok(())
    }
}

impl Current {
    /// With what is known of the servers, but of no zone.
    fn without_proofs(&self, settings: Settings) -> Self {
        let validator = Validator::new(settings.anchors.clone());
        Self { settings, validator, abilities: self.abilities.clone() }
    }

    /// Whether the answer is secure.
    async fn validate(
        &self,
        forwarder: &Forwarder,
        clock: &Clock,
        query: &Query,
        answer: &mut Answer,
        deadline: Instant,
    ) -> Result<bool, Refusal> {
        let (now, uptime) = (clock.best_known(), clock.moment().seconds);
        let inquiry =
            Arc::new(Inquiry::new(forwarder.clone(), self.abilities.avoided(), (now, uptime), deadline));
        let asked = (&query.name, query.rtype);
        let verdict = self.validator.judge(&inquiry, asked, &answer.message, clock.trusted()).await;
        tracing::debug!(name = %query.name(), ?verdict, queries = inquiry.queries(), "validated");
        match verdict {
            Ok(Verdict::Secure(needed)) => {
                strip::keep(&mut answer.message, &needed);
                // RFC 4035 §5.3.3: no longer than the signatures hold.
                if let Some(seconds) = reason::holds_for(&answer.message, now) {
                    cap_ttl(&mut answer.message, seconds);
                }
                Ok(true)
            }
            Ok(Verdict::Insecure | Verdict::Untimely) => Ok(false),
            Err(refusal) => Err(refusal),
        }
    }

    fn validates(&self, name: Name<'_>) -> bool {
        self.abilities.suffice() && !self.settings.exempt.iter().any(|zone| name.is_in(zone.as_name()))
    }

    /// Whether an answer has something to prove, and the client wants it proven.
    fn must_judge(&self, query: &Query, answer: &Answer) -> bool {
        let header = Header::read(&answer.message);
        let code = header.map_or(Rcode::ServFail as u16, |header| header.flags & flags::RCODE);
        let speaks_of_name = code == Rcode::NoError as u16 || code == Rcode::NxDomain as u16;
        // A truncated answer is given without its records.
        let is_whole = header.is_some_and(|header| !header.has(flags::TC));
        // Signatures are not signed.
        let can_be_signed = query.rtype != rtype::RRSIG;
        self.validates(query.name())
            && !query.checking_disabled()
            && speaks_of_name
            && answer.extended_rcode == 0
            && is_whole
            && can_be_signed
            && (query.header.has(flags::RD) || !is_referral(&answer.message))
    }
}

/// Who asks without recursion may be told where to ask instead: nothing but names of servers, which nobody signs.
fn is_referral(message: &[u8]) -> bool {
    let Some(records) = Records::of(message) else { return false };
    let mut has_ns = false;
    for record in records {
        match (record.section, record.rtype) {
            (0, _) | (1, rtype::SOA) => return false,
            (1, rtype::NS) => has_ns = true,
            _ => {}
        }
    }
    has_ns
}

fn has_ad(message: &[u8]) -> bool {
    u16_at(message, 2).is_some_and(|bits| bits & flags::AD != 0)
}

fn set_ad(message: &mut [u8], authentic: bool) {
    let bits = u16_at(message, 2).unwrap_or_default() & !flags::AD;
    set_u16(message, 2, if authentic { bits | flags::AD } else { bits });
}
