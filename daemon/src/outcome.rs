//! How one question ended: every query makes exactly one.

use std::net::IpAddr;

use luytre_lists::Name;

use crate::clock::Timestamp;
use crate::config::Privacy;
use crate::policy::Verdict;
use crate::who::Who;

/// Where an answer came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Made here: a block, a special name, a refusal.
    Local,
    /// The cache.
    Cache,
    /// An upstream server.
    Upstream,
    /// No upstream server answered.
    Failed,
}

/// A question, who asked it, what was decided and where the answer came from. The resolver hands it to the history.
#[derive(Clone, Copy, Debug)]
pub struct Outcome<'a> {
    /// When it was answered.
    pub time: Timestamp,
    /// The name asked.
    pub name: Name<'a>,
    /// The type asked.
    pub rtype: u16,
    /// Who asked.
    pub who: Who,
    /// From which address.
    pub client: IpAddr,
    /// How much of the question may be remembered.
    pub privacy: Privacy,
    /// What was decided, and why.
    pub verdict: Verdict,
    /// Where the answer came from.
    pub source: Source,
}
