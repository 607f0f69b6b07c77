//! What the running daemon says about itself: `luytre status`, the control socket, the page.

use std::collections::BTreeMap;

use luytre_trust::Version;
use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::clock::Timestamp;
use crate::config::Privacy;
use crate::health_report::Telling;
use crate::history::Recent;
use crate::memory::Memory;
use crate::operator::report::OperatorStatus;
use crate::sync::report::SyncStatus;
use crate::traffic::Standing;
use crate::upstream::ServerHealth;
use crate::who::directory::DeviceStatus;
use crate::wire::rtype;

/// The whole status.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct Status {
    /// This build.
    pub version: &'static str,
    /// When it was made, in seconds since 1970.
    pub built: Timestamp,
    /// A newer version, if the centre tells of one.
    #[cfg_attr(test, schema(value_type = Option<String>))]
    pub update: Option<Version>,
    /// Seconds since the start.
    pub uptime_s: u64,
    /// Since when questions are counted here, in seconds since 1970: today's midnight or later; `null` for some minutes
    /// after a first start.
    pub since: Option<Timestamp>,
    /// Today's questions by what their name is about.
    pub categories: BTreeMap<String, u64>,
    /// Of those, the blocked ones.
    pub blocked_categories: BTreeMap<String, u64>,
    /// Today's questions by verdict.
    pub verdicts: BTreeMap<&'static str, u64>,
    /// The last questions, the newest first.
    pub recent: Vec<Recent>,
    /// Questions that `recent` missed.
    pub missed: u32,
    /// The list in force.
    pub list: ListStatus,
    /// The cache.
    pub cache: CacheStatus,
    /// What the router's memory is taken to be enough for.
    pub memory: Memory,
    /// Who is told how the router fares, if the family agrees; `null`: nobody is to be.
    pub health_report: Option<Telling>,
    /// The upstream servers in use.
    pub upstream: Vec<ServerStatus>,
    /// The devices of the network, the last heard of first.
    pub devices: Vec<DeviceStatus>,
    /// The firewall.
    pub firewall: Standing,
    /// Whether somebody without a password may do everything on this router, as far as it was told: a child, too.
    pub root_is_open: bool,
    /// Who looks after this router and how they are reached; empty: nobody does.
    pub provider: String,
    /// What they set of this and other routers; `null`: nothing, as `[operator]` is not set.
    pub operator: Option<OperatorStatus>,
    /// What is kept of each question, of whom the family said nothing else.
    pub privacy: Privacy,
    /// What is wrong and what to do about it.
    pub notices: Vec<String>,
    /// The same with what each is about, for who speaks another language.
    pub concerns: Vec<Concern>,
}

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct Concern {
    /// What it is about.
    pub area: Area,
    /// What is wrong and what to do about it.
    pub text: String,
}

/// What something that is wrong is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Area {
    /// The configuration, as it was found at the start, and the operator's policy.
    Setup,
    /// The list of names, here or on its way.
    List,
    /// What the family decided.
    Family,
    /// Who may come in.
    Accounts,
    /// The devices of the network.
    Devices,
    /// Files of the state folder: what a restart may forget.
    State,
    /// The firewall.
    Firewall,
    /// Another device that poses as the network's router or gives out addresses.
    Network,
    /// A device that seems to go round us; its hardware or network address comes first in the text.
    Tunnel,
    /// The line, which wants somebody to sign in.
    Line,
    /// Validation of answers.
    Dnssec,
    /// The date, which nobody has set yet.
    Clock,
}

/// The list in force.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct ListStatus {
    /// Grows with every publication.
    pub serial: u64,
    /// How old it is, in seconds; `null` if it does not say when it was made, or the clock can't be
    /// trusted.
    pub age_s: Option<u64>,
    /// How many names it holds.
    pub names: u32,
    /// `starter`, `local`, `current` (from the centre), `stale` (the same, and the centre was not heard of for days) or
    /// `refused`: a list was refused, and an older one is in force.
    pub state: &'static str,
    /// Which file it is; empty for the starter list.
    pub file: String,
    /// Why the last list was refused; empty if none was.
    pub refused: String,
    /// How lists are fetched; `null` if they are not, because `[list] urls` or `root` is not set.
    pub sync: Option<SyncStatus>,
}

/// An upstream server, as the thread sees it that has the most trouble with it.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct ServerStatus {
    /// As the configuration writes it.
    pub server: String,
    /// How it is spoken to: `udp`, `tcp`, `tls`, `https` or `quic`.
    pub transport: &'static str,
    /// The smoothed answer time in milliseconds; `null` before the first answer.
    pub srtt_ms: Option<u32>,
    /// Failures in a row.
    pub failures: u32,
    /// Whether it is left alone for now.
    pub down: bool,
    /// Whether questions go out in random case; not to a server that loses the case, and `null` on streams, where it
    /// would protect nothing.
    pub random_case: Option<bool>,
    /// Whether EDNS is used; not with a server that rejects it.
    pub edns: bool,
    /// Whether it gives DNSSEC records; `null` while that is not known, or answers are not validated.
    pub dnssec: Option<bool>,
    /// What went wrong last; empty if nothing did.
    pub last_error: String,
}

impl From<ServerHealth> for ServerStatus {
    fn from(health: ServerHealth) -> Self {
        Self {
            server: health.server.to_string(),
            transport: health.server.transport.scheme(),
            srtt_ms: health.srtt_ms,
            failures: health.failures,
            down: health.down,
            random_case: health.random_case,
            edns: health.edns,
            dnssec: None,
            last_error: health.last_error.unwrap_or_default(),
        }
    }
}

/// The cache.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct CacheStatus {
    /// Answers kept.
    pub entries: usize,
    /// The memory that it takes, in bytes.
    pub bytes: usize,
    /// Questions answered from it.
    pub hits: u32,
    /// Questions that it could not answer.
    pub misses: u32,
}

/// A time in RFC 3339, UTC.
pub fn rfc3339(time: Timestamp) -> String {
    let seconds = i64::try_from(time).unwrap_or(i64::MAX);
    let moment = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    moment.format(&Rfc3339).unwrap_or_default()
}

/// The moment that a text says, RFC 3339; `None` if it says none since 1970.
pub fn moment(text: &str) -> Option<Timestamp> {
    let moment = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    Timestamp::try_from(moment.unix_timestamp()).ok()
}

/// The words for the types that people meet (IANA's registry); the rest are `TYPEn` (RFC 3597).
const TYPES: [(u16, &str); 22] = [
    (rtype::A, "A"),
    (rtype::NS, "NS"),
    (rtype::CNAME, "CNAME"),
    (rtype::SOA, "SOA"),
    (rtype::PTR, "PTR"),
    (13, "HINFO"),
    (15, "MX"),
    (rtype::TXT, "TXT"),
    (rtype::AAAA, "AAAA"),
    (29, "LOC"),
    (33, "SRV"),
    (35, "NAPTR"),
    (39, "DNAME"),
    (rtype::DS, "DS"),
    (46, "RRSIG"),
    (47, "NSEC"),
    (48, "DNSKEY"),
    (52, "TLSA"),
    (64, "SVCB"),
    (rtype::HTTPS, "HTTPS"),
    (rtype::ANY, "ANY"),
    (257, "CAA"),
];

/// The word for a type.
pub fn type_word(number: u16) -> String {
    let known = TYPES.iter().find(|(known, _)| *known == number);
    known.map_or_else(|| format!("TYPE{number}"), |(_, word)| (*word).to_owned())
}

/// The type that a word means.
pub fn type_number(word: &str) -> Option<u16> {
    let upper = word.to_ascii_uppercase();
    let known = TYPES.iter().find(|(_, known)| *known == upper).map(|(number, _)| *number);
    known.or_else(|| upper.strip_prefix("TYPE")?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_have_words() {
        assert_eq!(type_word(65), "HTTPS");
        assert_eq!(type_word(65_280), "TYPE65280");
        assert_eq!(
            (type_number("aaaa"), type_number("TYPE65"), type_number("nope")),
            (Some(28), Some(65), None)
        );
    }

    #[test]
    fn times_are_rfc_3339() {
        assert_eq!(rfc3339(1_795_219_200), "2026-11-21T00:00:00Z");
    }
}
