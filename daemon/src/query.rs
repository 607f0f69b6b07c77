//! One question as it came: parsed once, by offsets, without allocating.
//!
//! [`Query::parse`] decides between three ends: a question to answer, an error to answer at once (RFC 8906, RFC 6891),
//! or silence for what must not be answered at all.

use luytre_lists::{Name, NameBuf};

use crate::wire::{
    HEADER_LEN, Header, MAX_MESSAGE, OUR_UDP, PLAIN_UDP, Rcode, Records, flags, rtype, u16_at,
};

/// Class IN.
pub const CLASS_IN: u16 = 1;

/// A question, with everything about the message around it that the answer depends on.
#[derive(Clone, Debug)]
pub struct Query {
    /// The header as it came.
    pub header: Header,
    /// The name asked, normalised.
    pub name: NameBuf,
    /// The type asked.
    pub rtype: u16,
    /// What the client said of EDNS, if it speaks it.
    pub edns: Option<Edns>,
    /// Where the question section ends in the message.
    pub question_end: usize,
    /// Whether the answer goes out without encrypted ClientHello. That depends on who asks, so the resolver says it.
    pub without_ech: bool,
}

/// A client's OPT record (RFC 6891 §6.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edns {
    /// The largest UDP answer the client takes, at least 512.
    pub udp_size: u16,
    /// Whether it wants DNSSEC records (RFC 3225).
    pub dnssec_ok: bool,
}

/// Why a message gets no ordinary answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unanswerable {
    /// No answer at all: not a DNS query, or an answer could start a loop or a reflection.
    Silence,
    /// This error, with as much of the question as could be read.
    Error {
        /// The error.
        rcode: Rcode,
        /// Where the question section ends; the header's end when it could not be read.
        question_end: usize,
        /// Whether the client speaks EDNS, so that the error may carry an OPT.
        edns: bool,
    },
}

impl Query {
    /// Parses a message from a client.
    pub fn parse(message: &[u8]) -> Result<Self, Unanswerable> {
        let header = Header::read(message).ok_or(Unanswerable::Silence)?;
        // An answer to an answer would ping-pong between two servers for ever.
        if header.has(flags::QR) || message.len() > MAX_MESSAGE {
            return Err(Unanswerable::Silence);
        }
        let bare = |rcode| Unanswerable::Error { rcode, question_end: HEADER_LEN, edns: false };
        // Only QUERY is for a resolver: NOTIFY, UPDATE, DSO and the rest are not implemented (RFC 8906 §3.1.4).
        if header.opcode() != 0 {
            return Err(bare(Rcode::NotImp));
        }
        if header.counts[0] != 1 {
            return Err(bare(Rcode::FormErr));
        }
        let (name, at) = question_name(message).ok_or(bare(Rcode::FormErr))?;
        let (Some(rtype), Some(class)) = (u16_at(message, at), u16_at(message, at + 2)) else {
            return Err(bare(Rcode::FormErr));
        };
        let question_end = at + 4;
        let edns = match read_edns(message) {
            Ok(edns) => edns,
            Err(BadEdns::Malformed) => return Err(bare(Rcode::FormErr)),
            Err(BadEdns::Version) => {
                return Err(Unanswerable::Error { rcode: Rcode::BadVers, question_end, edns: true });
            }
        };
        let error = |rcode| Unanswerable::Error { rcode, question_end, edns: edns.is_some() };
        // CHAOS and the rest are answered, never forwarded; so are transfers and other meta types.
        if class != CLASS_IN {
            return Err(error(Rcode::Refused));
        }
        match rtype {
            0 | rtype::OPT | rtype::NXNAME => return Err(error(Rcode::FormErr)),
            meta if rtype::META.contains(&meta) => return Err(error(Rcode::NotImp)),
            _ => {}
        }
        Ok(Self { header, name, rtype, edns, question_end, without_ech: false })
    }

    /// The name asked.
    pub fn name(&self) -> Name<'_> {
        self.name.as_name()
    }

    /// The largest UDP answer that may be sent: what the client takes, up to what we send.
    pub fn udp_limit(&self) -> usize {
        usize::from(self.edns.map_or(PLAIN_UDP, |edns| edns.udp_size.clamp(PLAIN_UDP, OUR_UDP)))
    }

    /// Whether the client wants DNSSEC records.
    pub fn dnssec_ok(&self) -> bool {
        self.edns.is_some_and(|edns| edns.dnssec_ok)
    }

    /// Whether the client asked for answers that fail validation too (RFC 4035 §3.2.2).
    pub fn checking_disabled(&self) -> bool {
        self.header.has(flags::CD)
    }
}

/// The question's name and the offset behind it. A pointer has nothing to point to in a question.
fn question_name(message: &[u8]) -> Option<(NameBuf, usize)> {
    let mut name = NameBuf::new();
    let mut at = HEADER_LEN;
    loop {
        match usize::from(*message.get(at)?) {
            0 => return Some((name, at + 1)),
            len => {
                // Longer than 63 is a pointer or an unused label type; `push_label` refuses it.
                name.push_label(message.get(at + 1..at + 1 + len)?).ok()?;
                at += 1 + len;
            }
        }
    }
}

enum BadEdns {
    Malformed,
    Version,
}

/// Reads the OPT record, and with it checks that the whole message holds together.
fn read_edns(message: &[u8]) -> Result<Option<Edns>, BadEdns> {
    let mut records = Records::of(message).ok_or(BadEdns::Malformed)?;
    let mut opt = None;
    for record in &mut records {
        if record.rtype != rtype::OPT {
            continue;
        }
        // One OPT at most, in the additional section, owned by the root (RFC 6891 §6.1.1).
        if opt.is_some() || record.section != 2 || message.get(record.start) != Some(&0) {
            return Err(BadEdns::Malformed);
        }
        options_hold_together(&message[record.data.clone()])?;
        let udp_size = record.class.max(PLAIN_UDP);
        opt = Some((record.ttl, Edns { udp_size, dnssec_ok: record.ttl & 0x8000 != 0 }));
    }
    if records.malformed() {
        return Err(BadEdns::Malformed);
    }
    match opt {
        Some((ttl, _)) if ttl >> 16 & 0xff != 0 => Err(BadEdns::Version),
        opt => Ok(opt.map(|(_, edns)| edns)),
    }
}

/// Whether a message's OPT record carries an option of this code.
pub fn carries_option(message: &[u8], code: u16) -> bool {
    let opt = Records::of(message).and_then(|mut records| records.find(|record| record.rtype == rtype::OPT));
    let mut options = opt.map_or(&[][..], |opt| &message[opt.data]);
    while let (Some(this), Some(len)) = (u16_at(options, 0), u16_at(options, 2)) {
        if this == code {
            return true;
        }
        options = options.get(4 + usize::from(len)..).unwrap_or_default();
    }
    false
}

/// Every option's length fits the record; what they say is ignored (RFC 6891 §6.1.2).
fn options_hold_together(mut options: &[u8]) -> Result<(), BadEdns> {
    while !options.is_empty() {
        let len = u16_at(options, 2).ok_or(BadEdns::Malformed)?;
        options = options.get(4 + usize::from(len)..).ok_or(BadEdns::Malformed)?;
    }
    Ok(())
}
