//! Answers that we make or finish ourselves, written straight into the packet that goes out.
//!
//! * [`block`]: a blocked question, as the house wants to be told.
//! * [`local`]: special names, our own name, errors; [`designated`]: our encrypted listeners.
//! * [`relay`]: an upstream's answer, passed on as it came, with the client's ID, case, flags and EDNS.
//! * [`padding`]: hides how long an answer is.

pub mod block;
pub mod designated;
pub mod local;
mod packet;
pub mod padding;
pub mod relay;

/// Extended DNS error codes (RFC 8914 and IANA's registry).
pub mod ede {
    /// Expired, but no server had anything newer.
    pub const STALE_ANSWER: u16 = 3;
    /// The addresses given are not the name's own.
    pub const FORGED_ANSWER: u16 = 4;
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
}
