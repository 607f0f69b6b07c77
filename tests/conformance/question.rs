//! `query` steps: a client's question, with the options of `dig` and some that `dig` has not.
//!
//! ```text
//! query [LABEL] NAME [CLASS] TYPE [OPTION...]      a question; RD and EDNS with 1232 bytes unless options say otherwise
//! query [LABEL] raw [OPTION...]                    the bytes that stand below, in hex with "words"
//! ```

use std::net::IpAddr;

use crate::harness::{DO, Packet, flag, option};
use crate::presentation::{class, hex, name, raw, rtype};
use crate::record::records;
use crate::text::{Line, Mistake, first_word};

/// A question, and how it is sent.
pub(crate) struct Question {
    /// What later steps call it; empty if they don't.
    pub(crate) label: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) way: Way,
    pub(crate) from: Option<IpAddr>,
    pub(crate) to: Option<IpAddr>,
    /// Over TCP: after so many bytes, the length's two among them, the rest comes later.
    pub(crate) pieces: Option<usize>,
}

/// By what a question goes.
pub(crate) enum Way {
    Udp,
    /// A connection of its own, or this one.
    Tcp(Option<String>),
}

/// What the options of a line say.
struct Options {
    way: Way,
    from: Option<IpAddr>,
    to: Option<IpAddr>,
    pieces: Option<usize>,
    flags: u16,
    id: u16,
    edns: Option<(u16, u32)>,
    edns_options: Vec<u8>,
}

impl Question {
    /// Reads the line behind `query`.
    pub(crate) fn read(line: &Line, number: usize) -> Result<Self, Mistake> {
        let rest = line.split().1;
        let (first, behind) = first_word(rest);
        let is_label = first.bytes().all(|byte| byte.is_ascii_digit()) && !first.is_empty();
        let (label, rest) = if is_label { (first, behind) } else { ("", rest) };
        let words: Vec<&str> = rest.split_whitespace().collect();
        let begins = words.iter().position(|word| word.starts_with('+')).unwrap_or(words.len());
        let (asked, given) = words.split_at(begins);
        let options = line.check(Options::read(given, number))?;
        let bytes = match asked {
            ["raw"] => {
                let text: Vec<&str> = line.below.iter().map(|line| line.text.as_str()).collect();
                line.check(raw(&text.join(" ")))?
            }
            _ => options.message(line, asked)?,
        };
        let Options { way, from, to, pieces, .. } = options;
        Ok(Self { label: label.to_owned(), bytes, way, from, to, pieces })
    }
}

impl Options {
    fn read(words: &[&str], number: usize) -> Result<Self, String> {
        let mut options = Self {
            way: Way::Udp,
            from: None,
            to: None,
            pieces: None,
            flags: flag::RD,
            id: 0x1d00 + number as u16,
            edns: Some((1232, 0)),
            edns_options: Vec::new(),
        };
        words.iter().try_for_each(|word| options.take(word))?;
        Ok(options)
    }

    fn take(&mut self, option: &str) -> Result<(), String> {
        let (key, value) = option.split_once('=').unwrap_or((option, ""));
        let number = || {
            let digits = value.strip_prefix("0x");
            let parsed = digits.map_or_else(|| value.parse(), |hex| u32::from_str_radix(hex, 16));
            parsed.map_err(|_| format!("{option}: write a number"))
        };
        let small = || u16::try_from(number()?).map_err(|_| format!("{option}: too large"));
        let address = || value.parse().map(Some).map_err(|_| format!("{option}: write an address"));
        let edns = self.edns.unwrap_or((1232, 0));
        match key {
            "+tcp" => self.way = Way::Tcp(None),
            "+stream" => self.way = Way::Tcp(Some(value.to_owned())),
            "+from" => self.from = address()?,
            "+to" => self.to = address()?,
            "+pieces" => self.pieces = Some(number()? as usize),
            "+id" => self.id = small()?,
            "+nord" => self.flags &= !flag::RD,
            "+cd" => self.flags |= flag::CD,
            "+ad" => self.flags |= flag::AD,
            "+aa" => self.flags |= flag::AA,
            "+tc" => self.flags |= flag::TC,
            "+ra" => self.flags |= flag::RA,
            "+qr" => self.flags |= flag::QR,
            "+z" => self.flags |= 0x40,
            "+rcode" => self.flags |= small()? & 0xf,
            "+opcode" => self.flags |= (small()? & 0xf) << 11,
            "+noedns" => self.edns = None,
            "+edns" => self.edns = Some((small()?, edns.1)),
            "+do" => self.edns = Some((edns.0, edns.1 | DO)),
            "+ednsversion" => self.edns = Some((edns.0, edns.1 | (number()? & 0xff) << 16)),
            "+ednsflags" => self.edns = Some((edns.0, edns.1 | number()? & 0xffff)),
            "+option" => {
                let (code, data) = value.split_once(':').unwrap_or((value, ""));
                let code = code.parse().map_err(|_| format!("{option}: write +option=CODE:HEX"))?;
                self.edns_options.extend(self::option(code, &hex(data)?));
            }
            _ => return Err(format!("{option}: no such option of a query")),
        }
        Ok(())
    }

    fn message(&self, line: &Line, asked: &[&str]) -> Result<Vec<u8>, Mistake> {
        let (owner, kind, class) = match asked {
            [owner, kind] => (owner, kind, 1),
            [owner, word, kind] => {
                let known = class(word).ok_or_else(|| line.mistake(format!("{word}: no such class")))?;
                (owner, kind, known)
            }
            _ => return Err(line.mistake("write: query [LABEL] NAME [CLASS] TYPE [+OPTION...]")),
        };
        let kind = line.check(rtype(kind))?;
        let question = [line.check(name(owner))?, [kind, class].map(u16::to_be_bytes).concat()].concat();
        let mut packet = Packet::query(".").asking(question).id(self.id).flags(self.flags);
        for below in &line.below {
            let written = records(below)?.ok_or_else(|| below.mistake("below a query stand records"))?;
            packet = written.iter().fold(packet, |packet, record| {
                let kind = (record.rtype, record.class);
                packet.raw_record(record.section, &record.owner, kind, *record.ttl.start(), &record.data)
            });
        }
        let packet = match self.edns {
            Some((size, ttl)) => packet.opt(size, ttl, &self.edns_options),
            None => packet,
        };
        Ok(packet.bytes())
    }
}
