//! Answers that we make or finish ourselves, written straight into the packet that goes out.
//!
//! * [`block`]: a blocked question, as the house wants to be told.
//! * [`local`]: special names, our own name, errors; [`designated`]: our encrypted listeners.
//! * [`relay`]: an upstream's answer, passed on as it came, with the client's ID, case, flags and EDNS.
//! * [`alias`]: the answer for another name; [`lifetime`]: no longer than what was decided holds.
//! * [`padding`]: hides how long an answer is.
//! * [`strip`]: DNSSEC's records taken out for clients that did not ask for them.

pub mod alias;
pub mod block;
pub mod designated;
pub mod lifetime;
pub mod local;
mod packet;
pub mod padding;
pub mod relay;
pub mod strip;

/// Extended DNS error codes (RFC 8914 and IANA's registry).
pub mod ede {
    /// Expired, but no server had anything newer.
    pub const STALE_ANSWER: u16 = 3;
    /// The addresses given are not the name's own.
    pub const FORGED_ANSWER: u16 = 4;
    /// The signatures do not hold.
    pub const DNSSEC_BOGUS: u16 = 6;
    /// Every signature has expired.
    pub const SIGNATURE_EXPIRED: u16 = 7;
    /// No signature is valid yet.
    pub const SIGNATURE_NOT_YET_VALID: u16 = 8;
    /// No key of the zone fits.
    pub const DNSKEY_MISSING: u16 = 9;
    /// A record has no signature.
    pub const RRSIGS_MISSING: u16 = 10;
    /// No key of the zone is a zone's key.
    pub const NO_ZONE_KEY_BIT: u16 = 11;
    /// A denial has no proof.
    pub const NSEC_MISSING: u16 = 12;
    /// Servers failed at this question a moment ago.
    pub const CACHED_ERROR: u16 = 13;
    /// Blocked by the operator's policy.
    pub const BLOCKED: u16 = 15;
    /// Filtered as the family asked.
    pub const FILTERED: u16 = 17;
    /// The client may not ask here.
    pub const PROHIBITED: u16 = 18;
    /// Expired, and there was no such name when it was fresh.
    pub const STALE_NXDOMAIN: u16 = 19;
    /// No upstream server could be reached.
    pub const NO_REACHABLE_AUTHORITY: u16 = 22;
    /// The network failed on the way to an upstream server.
    pub const NETWORK_ERROR: u16 = 23;
    /// A denial takes more rounds of hashing than anybody needs (RFC 9276).
    pub const UNSUPPORTED_NSEC3_ITERATIONS: u16 = 27;
}
