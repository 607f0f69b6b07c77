//! A made-up DNS that answers every question, and the same question always the same: what a name is follows from a hash of
//! it, and what it has of a type from a hash of both.
//!
//! It is consistent, as a forwarder that asks on for an alias's target expects.

use crate::harness::{Asked, Packet, Section, type_word, wire_name};

/// Another seed is another world.
const SEED: u64 = 0x1e57_ab1e;
/// Where the targets of aliases are; the first label says how many more aliases follow.
const TARGETS: &str = "targets.example";

/// What a name is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It has records of most types.
    Present,
    /// The same, and the server's letters are capitals here and there.
    Capitals,
    /// It has more than fits a datagram.
    Large,
    /// It is another name for one that is present.
    Alias,
    Absent,
    /// Absent, with a denial that nobody may keep.
    AbsentNoSoa,
    /// Nothing but the name servers of the zone, as if to say: ask there.
    Referral,
    Failing,
    Refused,
}

impl Kind {
    /// The word for it in the list of differences.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Present => "present",
            Self::Capitals => "capitals",
            Self::Large => "large",
            Self::Alias => "alias",
            Self::Absent => "absent",
            Self::AbsentNoSoa => "absent-no-soa",
            Self::Referral => "referral",
            Self::Failing => "failing",
            Self::Refused => "refused",
        }
    }

    /// What this name is; of 100 names 45 are present.
    pub(crate) fn of(name: &str) -> Self {
        if name.ends_with(TARGETS) {
            return if name.starts_with('0') { Self::Present } else { Self::Alias };
        }
        match hash(name, 0) % 100 {
            0..45 => Self::Present,
            45..55 => Self::Capitals,
            55..60 => Self::Large,
            60..74 => Self::Alias,
            74..86 => Self::Absent,
            86..89 => Self::AbsentNoSoa,
            89..92 => Self::Referral,
            92..96 => Self::Failing,
            _ => Self::Refused,
        }
    }
}

/// What the world says.
pub(crate) fn answer(asked: &Asked) -> Packet {
    let question = asked.question();
    let (name, rtype) = question.split_once(' ').unwrap_or_default();
    let packet = Packet::answer_to(&asked.query);
    let packet = match Kind::of(name) {
        Kind::Absent => soa(packet.rcode(3), parent(name)),
        Kind::AbsentNoSoa => packet.rcode(3),
        Kind::Referral => packet.record(Section::Authority, "NS", 600, &wire_name("ns.parent.example")),
        Kind::Failing => packet.rcode(2),
        Kind::Refused => packet.rcode(5),
        Kind::Large => large(packet, name, rtype, asked.over_tcp),
        Kind::Alias => alias(packet, name, rtype),
        Kind::Present | Kind::Capitals => records(packet, None, name, rtype),
    };
    if asked.query.opt.is_some() { packet.edns() } else { packet }
}

/// The name's own records, whose owner is the question or is given; without any, the SOA that says so.
fn records(mut packet: Packet, owner: Option<&str>, name: &str, rtype: &str) -> Packet {
    let seed = hash(name, number(rtype));
    if seed % 10 < 3 || rtype == "CNAME" {
        return soa(packet, name);
    }
    for index in 0..1 + seed / 10 % 4 {
        let data = data(rtype, seed.wrapping_add(index * 0x9e37_79b9), name);
        let ttl = ttl(seed);
        packet = match owner {
            Some(owner) => {
                packet.raw_record(Section::Answer, &wire_name(owner), (number(rtype), 1), ttl, &data)
            }
            None => packet.record(Section::Answer, rtype, ttl, &data),
        };
    }
    packet
}

/// The whole chain and what its end has. Targets are `LEFT.LABEL.targets.example`, LABEL the first name's own.
fn alias(mut packet: Packet, name: &str, rtype: &str) -> Packet {
    let own = format!("n{:x}", hash(name, 2));
    let (mut left, label) = match name.strip_suffix(TARGETS).and_then(|labels| labels.split_once('.')) {
        Some((left, label)) => (left.parse().unwrap_or(1), label.trim_end_matches('.')),
        None => (1 + hash(name, 1) % 3, own.as_str()),
    };
    let mut owner = name.to_owned();
    while left > 0 {
        left -= 1;
        let target = format!("{left}.{label}.{TARGETS}");
        let ttl = 120 + left as u32 * 60;
        packet = packet.raw_record(Section::Answer, &wire_name(&owner), (5, 1), ttl, &wire_name(&target));
        if rtype == "CNAME" {
            return packet;
        }
        owner = target;
    }
    records(packet, Some(&owner), &owner, rtype)
}

fn large(packet: Packet, name: &str, rtype: &str, over_tcp: bool) -> Packet {
    if !matches!(rtype, "A" | "AAAA" | "TXT") {
        return soa(packet, name);
    }
    if !over_tcp {
        return packet.set(crate::harness::flag::TC);
    }
    (0..150).fold(packet, |packet, index| {
        packet.record(Section::Answer, rtype, 300, &data(rtype, index, "large"))
    })
}

fn data(rtype: &str, seed: u64, name: &str) -> Vec<u8> {
    let bytes = seed.to_be_bytes();
    let capitals = if Kind::of(name) == Kind::Capitals { "Server-Of.Example" } else { "server-of.example" };
    let server = wire_name(&format!("h{:x}.{capitals}", seed % 0xffff));
    match rtype {
        "A" => vec![198, 18, bytes[6], bytes[7]],
        "AAAA" => [&[0x20, 1, 0x0d, 0xb8][..], &[0; 4], &bytes].concat(),
        "TXT" => [&[9, b'v'][..], &bytes].concat(),
        "MX" => [&[0, bytes[7]][..], &server].concat(),
        "SRV" => [&[0, bytes[7], 0, 5, 1, 187][..], &server].concat(),
        "NS" | "PTR" => server,
        "HTTPS" => [&[0, 1, 0, 0, 1, 0, 3, 2, b'h', b'2', 0, 4, 0, 4, 198, 18][..], &bytes[6..]].concat(),
        _ => bytes[..usize::from(bytes[0] % 8)].to_vec(),
    }
}

/// RFC 2308 §2: the denial's SOA; it may be kept for 300 s, though its own TTL is 900.
fn soa(packet: Packet, zone: &str) -> Packet {
    let numbers = [7, 3600, 600, 86_400, 300].map(u32::to_be_bytes).concat();
    let data = [&wire_name("ns.world.example")[..], &wire_name("root.world.example"), &numbers].concat();
    packet.raw_record(Section::Authority, &wire_name(zone), (6, 1), 900, &data)
}

fn parent(name: &str) -> &str {
    name.split_once('.').map_or(".", |(_, parent)| parent)
}

/// At least a minute: nothing ends while it is compared.
fn ttl(seed: u64) -> u32 {
    60 + (seed % 3600) as u32
}

fn number(rtype: &str) -> u16 {
    crate::harness::known_type(rtype).unwrap_or_default()
}

/// FNV-1a.
fn hash(name: &str, rtype: u16) -> u64 {
    let word = type_word(rtype);
    let bytes = name.bytes().chain(word.bytes());
    let mixed = bytes.fold(SEED ^ 0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    });
    mixed ^ mixed >> 32
}
