//! The answer to a blocked question.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use luytre_lists::{Category, CategoryTable};
use serde::Serialize;

use super::ede;
use super::packet::{Packet, QUESTION, Section, room_for};
use crate::policy::{Reason, Rule, Verdict};
use crate::query::Query;
use crate::wire::{Rcode, rtype};

/// How blocked questions are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// With an address that shows a page: the one given, else the one that the client reached us by.
    Page,
    /// With 0.0.0.0 and ::.
    Null,
    /// With NXDOMAIN.
    NxDomain,
    /// With REFUSED.
    Refused,
}

/// Where the page is.
#[derive(Clone, Copy, Debug, Default)]
pub struct PageAddress {
    v4: Option<Ipv4Addr>,
    v6: Option<Ipv6Addr>,
}

impl PageAddress {
    /// Where it is said to be, by `[reply] address`: the first of either family counts.
    pub fn new(addresses: &[IpAddr]) -> Self {
        let v4 = addresses.iter().find_map(|address| match address {
            IpAddr::V4(v4) => Some(*v4),
            IpAddr::V6(_) => None,
        });
        let v6 = addresses.iter().find_map(|address| match address {
            IpAddr::V6(v6) => Some(*v6),
            IpAddr::V4(_) => None,
        });
        Self { v4, v6 }
    }

    /// The address for a type of question: the one that was given, else the one that the client reached us by, if it is
    /// of that family.
    pub fn of_type(self, asked: u16, reached: IpAddr) -> Option<IpAddr> {
        match (asked, reached.to_canonical()) {
            (rtype::A, reached) => self.v4.map(IpAddr::V4).or(Some(reached).filter(IpAddr::is_ipv4)),
            (rtype::AAAA, reached) => self.v6.map(IpAddr::V6).or(Some(reached).filter(IpAddr::is_ipv6)),
            _ => None,
        }
    }
}

/// The house's way to answer blocked questions, with every text made beforehand.
#[derive(Debug)]
pub struct BlockStyle {
    mode: Mode,
    page: PageAddress,
    ttl: u32,
    texts: Texts,
}

impl BlockStyle {
    /// A style; `ttl` is in seconds.
    pub fn new(mode: Mode, page: PageAddress, ttl: u32) -> Self {
        Self { mode, page, ttl, texts: Texts::new() }
    }

    /// Writes the answer to a blocked question; returns its length.
    pub fn write(
        &self,
        query: &Query,
        message: &[u8],
        verdict: &Verdict,
        asked: (IpAddr, bool),
        out: &mut [u8],
    ) -> usize {
        let (reached, stream) = asked;
        let mode = if is_canary(query) { Mode::NxDomain } else { self.mode };
        let rcode = match mode {
            Mode::Page | Mode::Null => Rcode::NoError,
            Mode::NxDomain => Rcode::NxDomain,
            Mode::Refused => Rcode::Refused,
        };
        let mut packet =
            Packet::answer_to(message, query.question_end, rcode, out).limit(room_for(query, stream));
        let address = if mode == Mode::NxDomain { None } else { self.address(query.rtype, reached) };
        match address {
            Some(IpAddr::V4(v4)) => {
                packet.record(Section::Answer, QUESTION, rtype::A, self.ttl, &[&v4.octets()])
            }
            Some(IpAddr::V6(v6)) => {
                packet.record(Section::Answer, QUESTION, rtype::AAAA, self.ttl, &[&v6.octets()]);
            }
            None if mode != Mode::Refused => soa(&mut packet, Section::Authority, QUESTION, self.ttl),
            None => {}
        }
        let (code, text) = self.texts.of(verdict);
        let errors = [(code, text), (ede::FORGED_ANSWER, "")];
        let told = if address.is_some() { &errors[..] } else { &errors[..1] };
        packet.opt(query.edns, rcode, told);
        packet.finish()
    }

    /// The address to answer with, if the mode has one for this type.
    fn address(&self, asked: u16, reached: IpAddr) -> Option<IpAddr> {
        let null: IpAddr = match asked {
            rtype::A => Ipv4Addr::UNSPECIFIED.into(),
            rtype::AAAA => Ipv6Addr::UNSPECIFIED.into(),
            _ => return None,
        };
        match self.mode {
            Mode::Page => Some(self.page.of_type(asked, reached).unwrap_or(null)),
            Mode::Null => Some(null),
            Mode::NxDomain | Mode::Refused => None,
        }
    }
}

/// Whether a device asks for this name to learn whether it may go round us: iCloud Private Relay takes an address for a
/// yes that fails, and a name that does not exist for a no (Apple's advice for networks).
fn is_canary(query: &Query) -> bool {
    let name = query.name();
    [&b"\x04mask\x06icloud\x03com"[..], b"\x07mask-h2\x06icloud\x03com"].contains(&name.as_wire())
}

/// An SOA for an answer that has no data (RFC 2308): only its TTL and minimum matter.
pub(super) fn soa(packet: &mut Packet<'_>, section: Section, owner: usize, ttl: u32) {
    // Nobody answers for a zone that a router makes up: the mailbox is in a zone that cannot exist.
    let names: &[u8] = b"\x06luytre\x03lan\x00\x06nobody\x07invalid\x00";
    let [a, b, c, d] = ttl.to_be_bytes();
    let numbers = [0, 0, 0, 1, 0, 0, 0x0e, 0x10, 0, 0, 0x04, 0xb0, 0, 0x09, 0x3a, 0x80, a, b, c, d];
    packet.record(section, owner, rtype::SOA, ttl, &[names, &numbers]);
}

/// EXTRA-TEXT by reason, in the form of the structured-DNS-error draft (draft-ietf-dnsop-structured-dns-error).
#[derive(Debug)]
struct Texts {
    categories: Box<[Box<str>]>,
    operator: Box<str>,
    paused: Box<str>,
    time: Box<str>,
    family: Box<str>,
}

/// At most 200 bytes, so that a blocked answer stays small.
const MAX_TEXT: usize = 200;

impl Texts {
    fn new() -> Self {
        let table = CategoryTable::shipped();
        let of = |number| {
            let info = Category::new(number).and_then(|category| table.info(category));
            extra_text(info.map_or("", |info| info.vi.as_str()), info.map_or("", |info| info.en.as_str()))
        };
        Self {
            categories: (0..64).map(of).collect(),
            operator: extra_text("Quy định của nhà mạng hoặc chủ nhà", "The operator's rule"),
            paused: extra_text("Đang tạm dừng", "Paused"),
            time: extra_text("Hết giờ dùng mạng", "No time for it now"),
            family: extra_text("Gia đình đã chọn chặn", "The family's choice"),
        }
    }

    fn of(&self, verdict: &Verdict) -> (u16, &str) {
        let code = match verdict.reason {
            Reason::Always | Reason::Operator => ede::BLOCKED,
            _ => ede::FILTERED,
        };
        let by_reason = match verdict.reason {
            Reason::Paused => &self.paused,
            Reason::Schedule | Reason::Budget => &self.time,
            Reason::Rule | Reason::Service => &self.family,
            _ => &self.operator,
        };
        let text = match verdict.rule {
            Rule::Category(category) => self.categories.get(usize::from(category.number())),
            _ => None,
        };
        (code, text.unwrap_or(by_reason))
    }
}

fn extra_text(vi: &str, en: &str) -> Box<str> {
    #[derive(Serialize)]
    struct Structured<'a> {
        /// Whom to ask: the router's own page.
        c: [&'a str; 1],
        /// Justification.
        j: &'a str,
        /// Organisation.
        o: &'a str,
    }
    let text = |j: &str| {
        serde_json::to_string(&Structured { c: ["http://luytre.lan/"], j, o: "Luytre" }).unwrap_or_default()
    };
    let both = text(&format!("Bị chặn: {vi}. Blocked: {en}."));
    if both.len() <= MAX_TEXT { both.into() } else { text(&format!("Blocked: {en}.")).into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_extra_text_is_json_of_at_most_200_bytes() {
        let texts = Texts::new();
        for text in
            texts.categories.iter().chain([&texts.operator, &texts.paused, &texts.time, &texts.family])
        {
            assert!(text.len() <= MAX_TEXT, "{} bytes: {text}", text.len());
            let json: serde_json::Value = serde_json::from_str(text).unwrap();
            assert!(json["c"].is_array() && json["j"].is_string() && json["o"] == "Luytre", "{text}");
        }
    }
}
