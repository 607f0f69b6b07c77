//! `expect` steps: what must come back, and how it differs from what did.
//!
//! ```text
//! expect [LABEL] RCODE FLAG... [opcode=N]     exactly these flags
//!   answer OWNER TTL TYPE DATA                exactly these records in each section, in this order
//!   answers N                                 so many, whatever they are
//!   ede CODE ["TEXT"]                         exactly these extended errors
//!   edns none | edns SIZE [do]                otherwise: 1232 and DO as asked, if the question had an OPT record
//!   question none                             otherwise: the question's own bytes
//!   bytes N | bytes <= N                      the size of the message
//! expect [LABEL] nothing                      no answer; the question behind it on the same socket gets one
//! expect [LABEL] closed                       the daemon closes the connection
//! ```

use luytre_tests::dns::{HEADER, skip_name};

use crate::harness::{Message, flag, rcode_word};
use crate::record::{Written, compare, records};
use crate::text::{Line, Mistake, first_word};
use crate::words::{FLAGS, flag_words, rcode};

/// What must come back.
pub(crate) struct Expected {
    /// The question that it is about; empty for the last one without a label.
    pub(crate) label: String,
    pub(crate) end: End,
}

/// How a question ends.
pub(crate) enum End {
    Nothing,
    Closed,
    Answer(Box<Answer>),
}

/// An answer as it must be.
pub(crate) struct Answer {
    rcode: u16,
    flags: u16,
    opcode: Option<u16>,
    records: Vec<Written>,
    count: Option<usize>,
    errors: Vec<(u16, Option<String>)>,
    /// The size and whether DO is set, or that there is none; nothing: as the question says.
    edns: Option<Option<(u16, bool)>>,
    no_question: bool,
    size: Option<(bool, usize)>,
}

impl Expected {
    /// Reads the line behind `expect`.
    pub(crate) fn read(line: &Line) -> Result<Self, Mistake> {
        let rest = line.split().1;
        let (first, behind) = first_word(rest);
        let is_label = first.bytes().all(|byte| byte.is_ascii_digit()) && !first.is_empty();
        let named = !is_label && behind == "closed" && first != "closed";
        let (label, rest) = if is_label || named { (first, behind) } else { ("", rest) };
        let end = match rest {
            "nothing" => End::Nothing,
            "closed" => End::Closed,
            _ => End::Answer(Box::new(Answer::read(line, rest)?)),
        };
        Ok(Self { label: label.to_owned(), end })
    }
}

impl Answer {
    fn read(line: &Line, text: &str) -> Result<Self, Mistake> {
        let (code, rest) = first_word(text);
        let mut answer = Self {
            rcode: line.check(rcode(code))?,
            flags: 0,
            opcode: None,
            records: Vec::new(),
            count: None,
            errors: Vec::new(),
            edns: None,
            no_question: false,
            size: None,
        };
        for word in rest.split_whitespace() {
            let bit = FLAGS.iter().find(|(known, _)| *known == word).map(|(_, bit)| bit);
            match (bit, word.strip_prefix("opcode=")) {
                (Some(bit), _) => answer.flags |= bit,
                (None, Some(number)) => answer.opcode = Some(parsed(line, number)?),
                _ => return Err(line.mistake(format!("{word}: no such flag"))),
            }
        }
        line.below.iter().try_for_each(|below| answer.take(below))?;
        Ok(answer)
    }

    fn take(&mut self, line: &Line) -> Result<(), Mistake> {
        if let Some(written) = records(line)? {
            self.records.extend(written);
            return Ok(());
        }
        let (word, rest) = line.alone()?.split();
        let (first, behind) = first_word(rest);
        match (word, first) {
            ("answers", _) => self.count = Some(parsed(line, first)?),
            ("ede", _) => {
                let text = (!behind.is_empty()).then(|| behind.trim_matches('"').to_owned());
                self.errors.push((parsed(line, first)?, text));
            }
            ("edns", "none") => self.edns = Some(None),
            ("edns", _) => self.edns = Some(Some((parsed(line, first)?, behind == "do"))),
            ("question", "none") => self.no_question = true,
            ("bytes", "<=") => self.size = Some((true, parsed(line, behind)?)),
            ("bytes", _) => self.size = Some((false, parsed(line, first)?)),
            _ => return Err(line.mistake(format!("{word}: nothing that an answer has"))),
        }
        Ok(())
    }

    /// How an answer differs from this one; nothing when it doesn't.
    pub(crate) fn difference(&self, sent: &[u8], came: &Message) -> Option<String> {
        let asked = Message::decode(sent).ok();
        let (expected, got) = (self.lines(sent, asked.as_ref(), came), came_lines(came, self));
        (expected != got).then(|| difference(&expected, &got))
    }

    fn lines(&self, sent: &[u8], asked: Option<&Message>, came: &Message) -> Vec<String> {
        let opcode =
            self.opcode.unwrap_or_else(|| u16::from(sent.get(2).copied().unwrap_or_default() >> 3 & 0xf));
        let id = u16::from_be_bytes([sent[0], sent[1]]);
        let mut lines = vec![head(self.rcode, self.flags, opcode, id)];
        let question = if self.no_question { &[] } else { question_of(sent) };
        lines.push(format!("question {}", question.escape_ascii()));
        lines.extend(self.sections(came).into_iter().flat_map(|(expected, _)| expected));
        let asked_opt = asked.and_then(|asked| asked.opt.as_ref());
        let edns = self.edns.unwrap_or_else(|| asked_opt.map(|opt| (1232, opt.dnssec_ok)));
        lines.push(edns_line(edns, 0));
        lines.extend(self.errors.iter().map(|(code, text)| ede_line(*code, text.as_deref())));
        lines.extend(self.size.map(|(most, bytes)| match most {
            true if came.bytes.len() <= bytes => format!("bytes {}", came.bytes.len()),
            true => format!("bytes <= {bytes}"),
            false => format!("bytes {bytes}"),
        }));
        lines
    }

    /// Each section's lines, expected and come.
    fn sections(&self, came: &Message) -> Vec<(Vec<String>, Vec<String>)> {
        let sections =
            [("answer", &came.answers), ("authority", &came.authority), ("additional", &came.additional)];
        let mut both = Vec::new();
        for (number, (word, records)) in sections.into_iter().enumerate() {
            if let (0, Some(count)) = (number, self.count) {
                both.push((vec![format!("answers {count}")], vec![format!("answers {}", records.len())]));
                continue;
            }
            let of_section = |record: &&Written| record.section as usize == number;
            let written: Vec<&Written> = self.records.iter().filter(of_section).collect();
            both.push(compare(word, &written, records));
        }
        both
    }
}

/// The question section of a message that may be odd behind it.
fn question_of(message: &[u8]) -> &[u8] {
    let end = skip_name(message, HEADER).map(|name_end| name_end + 4);
    end.and_then(|end| message.get(HEADER..end)).unwrap_or_default()
}

fn came_lines(came: &Message, expected: &Answer) -> Vec<String> {
    let mut lines = vec![head(came.rcode(), came.flags, came.opcode(), came.id)];
    lines.push(format!("question {}", came.question_bytes().escape_ascii()));
    lines.extend(expected.sections(came).into_iter().flat_map(|(_, came)| came));
    lines.push(match &came.opt {
        Some(opt) => edns_line(Some((opt.size, opt.dnssec_ok)), opt.version),
        None => edns_line(None, 0),
    });
    let mut errors = expected.errors.iter();
    for (code, data) in came.opt.iter().flat_map(|opt| &opt.options) {
        lines.push(match (code, data.split_first_chunk()) {
            (15, Some((code, text))) => {
                let asked_for = errors.next().is_some_and(|(_, text)| text.is_some());
                let text = String::from_utf8_lossy(text);
                ede_line(u16::from_be_bytes(*code), asked_for.then_some(&*text))
            }
            _ => format!("option {code} {}", crate::presentation::hex_text(data)),
        });
    }
    lines.extend(expected.size.map(|_| format!("bytes {}", came.bytes.len())));
    lines
}

fn head(rcode: u16, flags: u16, opcode: u16, id: u16) -> String {
    let opcode = if opcode == 0 { String::new() } else { format!(" opcode={opcode}") };
    let known = flags & FLAGS.iter().fold(0, |all, (_, bit)| all | bit);
    format!("{} {}{opcode} id=0x{id:04x}", rcode_word(rcode), flag_words(known | flags & flag::QR))
}

fn edns_line(edns: Option<(u16, bool)>, version: u8) -> String {
    let version = if version == 0 { String::new() } else { format!(" version {version}") };
    match edns {
        Some((size, dnssec_ok)) => format!("edns {size}{}{version}", if dnssec_ok { " do" } else { "" }),
        None => "edns none".to_owned(),
    }
}

fn ede_line(code: u16, text: Option<&str>) -> String {
    text.map_or_else(|| format!("ede {code}"), |text| format!("ede {code} {text:?}"))
}

fn parsed<T: std::str::FromStr>(line: &Line, text: &str) -> Result<T, Mistake> {
    text.parse().map_err(|_| line.mistake(format!("{text}: no number")))
}

/// Two lists of lines as people compare them: `-` expected, `+` come.
pub(crate) fn difference(expected: &[String], got: &[String]) -> String {
    let (mut text, mut left, mut right) = (String::new(), expected, got);
    while let (Some(one), Some(other)) = (left.first(), right.first()) {
        let missing = left.iter().position(|line| line == other);
        match (one == other, missing) {
            (true, _) => {
                text += &format!("      {one}\n");
                (left, right) = (&left[1..], &right[1..]);
            }
            (false, Some(count)) => {
                left[..count].iter().for_each(|line| text += &format!("    - {line}\n"));
                left = &left[count..];
            }
            (false, None) => {
                text += &format!("    + {other}\n");
                right = &right[1..];
            }
        }
    }
    left.iter().for_each(|line| text += &format!("    - {line}\n"));
    right.iter().for_each(|line| text += &format!("    + {line}\n"));
    text
}
