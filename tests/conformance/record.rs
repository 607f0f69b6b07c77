//! Lines such as `answer www.example. 300 A 192.0.2.1`, in what a server says and in what a client expects.

use std::ops::RangeInclusive;

use crate::harness::{Record, Section, name_text, type_word};
use crate::presentation::{class, class_word, data, data_text, name, rtype};
use crate::text::{Line, Mistake, first_word};

/// A record as a scenario writes it.
#[derive(Clone)]
pub(crate) struct Written {
    pub(crate) section: Section,
    pub(crate) owner: Vec<u8>,
    /// In what a server says, both ends are the same.
    pub(crate) ttl: RangeInclusive<u32>,
    pub(crate) class: u16,
    pub(crate) rtype: u16,
    pub(crate) data: Vec<u8>,
}

/// `SECTION OWNER TTL [CLASS] TYPE DATA`, or `repeat N` before it, which counts up at each `{}`. Nothing if the line
/// is about something else.
pub(crate) fn records(line: &Line) -> Result<Option<Vec<Written>>, Mistake> {
    let (count, text) = match line.text.strip_prefix("repeat ") {
        Some(rest) => {
            let (count, text) = first_word(rest);
            (count.parse().map_err(|_| line.mistake(format!("{count}: no number")))?, text)
        }
        None => (1, line.text.as_str()),
    };
    let section = match first_word(text).0 {
        "answer" => Section::Answer,
        "authority" => Section::Authority,
        "additional" => Section::Additional,
        _ => return Ok(None),
    };
    let one = |number: u32| {
        let text = text.replace("{}", &number.to_string());
        line.check(written(section, first_word(&text).1))
    };
    line.alone()?;
    (0..count).map(one).collect::<Result<_, _>>().map(Some)
}

fn written(section: Section, text: &str) -> Result<Written, String> {
    let (owner, rest) = first_word(text);
    let (ttl, rest) = first_word(rest);
    let (word, behind) = first_word(rest);
    let (class, kind, rest) = match class(word).filter(|_| word != "ANY") {
        Some(class) => (class, first_word(behind).0, first_word(behind).1),
        None => (1, word, behind),
    };
    let rtype = rtype(kind)?;
    Ok(Written { section, owner: name(owner)?, ttl: seconds(ttl)?, class, rtype, data: data(rtype, rest)? })
}

/// `300`, or `298-300` where the exact second can't be known.
fn seconds(text: &str) -> Result<RangeInclusive<u32>, String> {
    let (least, most) = text.split_once('-').unwrap_or((text, text));
    let number = |text: &str| text.parse().map_err(|_| format!("{text}: write a TTL, or two as 298-300"));
    Ok(number(least)?..=number(most)?)
}

impl Written {
    /// Whether a record that came is this one.
    fn is(&self, came: &Record) -> bool {
        self.ttl.contains(&came.ttl)
            && (self.class, self.rtype, &self.data) == (came.class, came.rtype, &came.data)
            && name_text(&self.owner) == came.owner
    }

    fn text(&self) -> String {
        let ttl = match (self.ttl.start(), self.ttl.end()) {
            (least, most) if least == most => least.to_string(),
            (least, most) => format!("{least}-{most}"),
        };
        shown(&name_text(&self.owner), &ttl, self.class, self.rtype, &self.data)
    }
}

fn shown(owner: &str, ttl: &str, class: u16, rtype: u16, data: &[u8]) -> String {
    let class = if class == 1 { String::new() } else { format!("{} ", class_word(class)) };
    let dot = if owner == "." { "" } else { "." };
    format!("{owner}{dot} {ttl} {class}{} {}", type_word(rtype), data_text(rtype, data))
}

/// What was expected of a section and what came, line by line; what agrees is written the same.
pub(crate) fn compare(word: &str, expected: &[&Written], came: &[Record]) -> (Vec<String>, Vec<String>) {
    let agreed = |(index, record): (usize, &Record)| match expected.get(index) {
        Some(written) if written.is(record) => written.text(),
        _ => shown(&record.owner, &record.ttl.to_string(), record.class, record.rtype, &record.data),
    };
    let titled = |line: String| format!("{word} {line}");
    (
        expected.iter().map(|written| titled(written.text())).collect(),
        came.iter().enumerate().map(|pair| titled(agreed(pair))).collect(),
    )
}
