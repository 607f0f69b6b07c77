//! Messages as they came, read by a decoder of our own that forgives nothing.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use luytre_tests::dns::{HEADER, Record as Raw, skip_name, u16_at};
use serde_json::Value;

use super::packet::flag;
use super::words::{rcode_word, type_number, type_word};

/// The EDNS option of extended errors (RFC 8914).
const EXTENDED_ERROR: u16 = 15;

/// A whole message: every byte belongs to something, every name can be read, one OPT record at most.
#[derive(Clone)]
pub(crate) struct Message {
    pub(crate) bytes: Vec<u8>,
    pub(crate) id: u16,
    pub(crate) flags: u16,
    /// `NAME TYPE`, in the case it came in; empty if there is no question.
    pub(crate) question: String,
    pub(crate) answers: Vec<Record>,
    pub(crate) authority: Vec<Record>,
    /// Without the OPT record.
    pub(crate) additional: Vec<Record>,
    pub(crate) opt: Option<Opt>,
    question_end: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) owner: String,
    pub(crate) rtype: u16,
    pub(crate) class: u16,
    pub(crate) ttl: u32,
    /// Names in it without compression, so that equal records compare equal.
    pub(crate) data: Vec<u8>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Opt {
    pub(crate) size: u16,
    pub(crate) version: u8,
    pub(crate) dnssec_ok: bool,
    pub(crate) options: Vec<(u16, Vec<u8>)>,
    rcode_high: u8,
}

impl Message {
    /// Reads a message; the error says what is wrong with it.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, String> {
        let word = |at| u16_at(bytes, at).ok_or("the header is cut");
        let mut at = HEADER;
        let mut question = String::new();
        match word(4)? {
            0 => {}
            1 => {
                let (name, end) = read_name(bytes, at)?;
                question = format!("{} {}", name.text(), type_word(word(end)?));
                if word(end + 2)? != 1 {
                    question += &format!(" CLASS{}", word(end + 2)?);
                }
                at = end + 4;
            }
            many => return Err(format!("{many} questions")),
        }
        let question_end = at;
        let mut section = |count: u16| -> Result<Vec<Record>, String> {
            (0..count).map(|_| Record::read(bytes, &mut at)).collect()
        };
        let answers = section(word(6)?)?;
        let authority = section(word(8)?)?;
        let (opts, additional): (Vec<_>, Vec<_>) =
            section(word(10)?)?.into_iter().partition(|record| record.rtype == type_number("OPT"));
        if at != bytes.len() {
            return Err(format!("{} bytes behind the last record", bytes.len() - at));
        }
        if opts.len() > 1 {
            return Err(format!("{} OPT records", opts.len()));
        }
        let opt = opts.first().map(Opt::read).transpose()?;
        let (id, flags, bytes) = (word(0)?, word(2)?, bytes.to_vec());
        Ok(Self { bytes, id, flags, question, answers, authority, additional, opt, question_end })
    }

    /// Whether all these flags are set.
    pub(crate) fn has(&self, flags: u16) -> bool {
        self.flags & flags == flags
    }

    pub(crate) fn opcode(&self) -> u16 {
        self.flags >> 11 & 0xf
    }

    /// The response code with its upper bits from the OPT record.
    pub(crate) fn rcode(&self) -> u16 {
        self.flags & 0xf | self.opt.as_ref().map_or(0, |opt| u16::from(opt.rcode_high) << 4)
    }

    /// The question section, as it came.
    pub(crate) fn question_bytes(&self) -> &[u8] {
        &self.bytes[HEADER..self.question_end]
    }

    /// The codes of the extended errors, in order.
    pub(crate) fn extended_errors(&self) -> Vec<u16> {
        self.errors().filter_map(|data| u16_at(data, 0)).collect()
    }

    /// The first extended error's EXTRA-TEXT.
    pub(crate) fn extra_text(&self) -> String {
        let text = self.errors().next().map(|data| data[2..].to_vec()).unwrap_or_default();
        String::from_utf8(text).expect("EXTRA-TEXT is UTF-8 (RFC 8914 §2)")
    }

    /// The same, read as JSON.
    pub(crate) fn extra_json(&self) -> Value {
        let text = self.extra_text();
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error} in EXTRA-TEXT {text:?}"))
    }

    fn errors(&self) -> impl Iterator<Item = &Vec<u8>> {
        let options = self.opt.iter().flat_map(|opt| &opt.options);
        options.filter(|(code, _)| *code == EXTENDED_ERROR).map(|(_, data)| data)
    }
}

/// What a scenario compares: response code, `tc`, the answers with their TTLs, the SOA's TTL, the extended errors.
///
/// `NOERROR A 10 127.0.0.1 ede 17 4`, `NXDOMAIN soa 3600`, `NOERROR tc`.
impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&rcode_word(self.rcode()))?;
        if self.has(flag::TC) {
            f.write_str(" tc")?;
        }
        for record in &self.answers {
            write!(f, " {record}")?;
        }
        for record in self.authority.iter().filter(|record| record.rtype == type_number("SOA")) {
            write!(f, " soa {}", record.ttl)?;
        }
        let errors = self.extended_errors();
        if !errors.is_empty() {
            f.write_str(" ede")?;
        }
        errors.iter().try_for_each(|code| write!(f, " {code}"))
    }
}

/// For failures: the same, and the bytes for whoever wants to know more.
impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hex: String = self.bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        write!(f, "{:?} [{}: {hex}]", self.to_string(), self.question)
    }
}

impl PartialEq<&str> for Message {
    fn eq(&self, text: &&str) -> bool {
        let told = self.to_string();
        told == *text
    }
}

/// `TYPE TTL DATA`.
impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ", type_word(self.rtype), self.ttl)?;
        match (type_word(self.rtype).as_str(), self.data.len()) {
            ("A", 4) => {
                write!(f, "{}", Ipv4Addr::from(self.data[..].first_chunk().copied().unwrap_or_default()))
            }
            ("AAAA", 16) => {
                write!(f, "{}", Ipv6Addr::from(self.data[..].first_chunk().copied().unwrap_or_default()))
            }
            ("CNAME" | "NS" | "PTR", _) => f.write_str(&WireName(&self.data).text()),
            (_, len) => write!(f, "[{len}]"),
        }
    }
}

impl Record {
    fn read(bytes: &[u8], at: &mut usize) -> Result<Self, String> {
        let (owner, fixed) = read_name(bytes, *at)?;
        let raw = Raw::parse(bytes, *at).ok_or("a record runs out of the message")?;
        let data_at = fixed + 10;
        // Names of these types may be compressed (RFC 3597 §4); of all others the data is opaque.
        let (before, names, after) = match type_word(raw.kind).as_str() {
            "NS" | "CNAME" | "PTR" => (0, 1, 0),
            "SOA" => (0, 2, 20),
            "MX" => (2, 1, 0),
            _ => (raw.data.len(), 0, 0),
        };
        let mut data = raw.data.get(..before).ok_or("record data is too short")?.to_vec();
        let mut next = data_at + before;
        for _ in 0..names {
            let (name, end) = read_name(bytes, next)?;
            data.extend(name.0);
            next = end;
        }
        data.extend(bytes.get(next..next + after).ok_or("record data is too short")?);
        if next + after != raw.end {
            return Err(format!("{} data has another length than its record says", type_word(raw.kind)));
        }
        *at = raw.end;
        let (rtype, class, ttl, owner) = (raw.kind, raw.class, raw.ttl, owner.text());
        Ok(Self { owner, rtype, class, ttl, data })
    }
}

impl Opt {
    fn read(record: &Record) -> Result<Self, String> {
        let mut options = Vec::new();
        let mut rest = &record.data[..];
        while !rest.is_empty() {
            let cut = || "an EDNS option is cut".to_owned();
            let (code, len) = (u16_at(rest, 0).ok_or_else(cut)?, u16_at(rest, 2).ok_or_else(cut)?);
            let end = 4 + usize::from(len);
            options.push((code, rest.get(4..end).ok_or_else(cut)?.to_vec()));
            rest = &rest[end..];
        }
        let [rcode_high, version, flags, low] = record.ttl.to_be_bytes();
        // RFC 6891 §6.1.4, of the other flags: "Set to zero by senders".
        if record.owner != "." || flags & 0x7f != 0 || low != 0 {
            return Err(format!("an odd OPT record: {record:?}"));
        }
        Ok(Self { size: record.class, version, dnssec_ok: flags & 0x80 != 0, options, rcode_high })
    }
}

/// A name without compression as text, without the final dot; the root is that dot.
pub(crate) fn name_text(wire: &[u8]) -> String {
    WireName(wire).text()
}

/// A name without compression, with the root.
struct WireName<B>(B);

impl<B: AsRef<[u8]>> WireName<B> {
    fn text(&self) -> String {
        let mut rest = self.0.as_ref();
        let mut text = String::new();
        while let Some((&len @ 1.., labels)) = rest.split_first() {
            let (label, behind) = labels.split_at(usize::from(len));
            text += &format!("{}.", label.escape_ascii());
            rest = behind;
        }
        if text.is_empty() { ".".to_owned() } else { text.trim_end_matches('.').to_owned() }
    }
}

/// The name at `at` with its pointers followed, and the place behind it.
fn read_name(bytes: &[u8], at: usize) -> Result<(WireName<Vec<u8>>, usize), String> {
    let end = skip_name(bytes, at).ok_or_else(|| format!("no name at {at}"))?;
    let (mut wire, mut next, mut before) = (Vec::new(), at, at);
    loop {
        match usize::from(*bytes.get(next).ok_or("a name is cut")?) {
            0 => break,
            len @ ..0xc0 => {
                wire.extend_from_slice(bytes.get(next..=next + len).ok_or("a label is cut")?);
                next += 1 + len;
            }
            _ => {
                let target = usize::from(u16_at(bytes, next).ok_or("a pointer is cut")? & 0x3fff);
                // RFC 1035 §4.1.4: "a prior occurance of the same name"; so nothing can loop.
                if target >= before {
                    return Err(format!("the pointer at {next} does not point back"));
                }
                (next, before) = (target, target);
            }
        }
    }
    wire.push(0);
    if wire.len() > 255 { Err(format!("the name at {at} is too long")) } else { Ok((WireName(wire), end)) }
}
