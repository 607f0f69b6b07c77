//! Days that have a name: those shipped in `config/holidays.toml`, and the family's own.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::days::Range;
use super::{Date, Days};
use crate::config::{did_you_mean, quoted};

/// The key that stands for every legal holiday.
const PUBLIC_HOLIDAYS: &str = "public_holidays";

/// Named days by key.
#[derive(Clone, Debug)]
pub struct Holidays {
    shipped: BTreeMap<String, Shipped>,
    /// The family's own; in the years they begin in they take the place of those shipped under the same key.
    own: BTreeMap<String, Vec<Range>>,
}

#[derive(Clone, Debug)]
struct Shipped {
    ranges: Vec<Range>,
    public: bool,
}

impl Holidays {
    /// Those of `config/holidays.toml`.
    pub fn shipped() -> Self {
        #[expect(clippy::expect_used, reason = "compiled in; a test holds that it reads")]
        let shipped = read(include_str!("../../../config/holidays.toml")).expect("holidays.toml reads");
        Self { shipped, own: BTreeMap::new() }
    }

    /// Adds a holiday of the family's, from its first day to its last. It takes the place of the shipped one of that
    /// key in the year it begins in; several of one key add up.
    pub fn add(&mut self, id: &str, from: Date, to: Date) -> Result<(), String> {
        if id == PUBLIC_HOLIDAYS {
            return Err(format!(
                "\"{id}\" stands for every legal holiday; give the id of one, such as \"tet\""
            ));
        }
        if !id.starts_with(char::is_alphabetic) {
            return Err("a holiday's id begins with a letter, so that it looks unlike a date".into());
        }
        if to < from {
            return Err(format!("ends on {to}, before it begins on {from}; change one of the two"));
        }
        self.own.entry(id.to_owned()).or_default().push((from, to));
        Ok(())
    }

    /// Reads keys (`tet`), dates (`2026-12-31`) and ranges of dates with both ends (`2026-12-20..2026-12-31`). The
    /// error names the known key that a text may be a slip for.
    pub fn days<'t>(&self, texts: impl IntoIterator<Item = &'t str>) -> Result<Days, String> {
        let mut ranges = Vec::new();
        for text in texts {
            if text.starts_with(|first: char| first.is_ascii_digit()) {
                ranges.push(range(text)?);
            } else if text == PUBLIC_HOLIDAYS {
                let public = self.shipped.iter().filter(|(_, holiday)| holiday.public);
                ranges.extend(public.flat_map(|(id, _)| self.ranges(id)));
            } else if self.keys().any(|key| key == text) {
                ranges.extend(self.ranges(text));
            } else {
                return Err(self.unknown(text));
            }
        }
        Ok(ranges.into_iter().collect())
    }

    /// Every key that [`Holidays::days`] knows.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        let own = self.own.keys().filter(|id| !self.shipped.contains_key(*id));
        self.shipped.keys().chain(own).map(String::as_str).chain([PUBLIC_HOLIDAYS])
    }

    fn unknown(&self, text: &str) -> String {
        let shipped: Vec<_> = self.shipped.keys().map(String::as_str).chain([PUBLIC_HOLIDAYS]).collect();
        format!(
            "{} is neither a date such as \"2026-12-31\", nor one of {}, nor the id of a [[holiday]]{}",
            quoted(text),
            shipped.join(", "),
            did_you_mean(text, self.keys())
        )
    }

    fn ranges(&self, id: &str) -> impl Iterator<Item = Range> {
        let own = self.own.get(id).map(Vec::as_slice).unwrap_or_default();
        let shipped = self.shipped.get(id).map(|holiday| holiday.ranges.as_slice()).unwrap_or_default();
        let replaced = |year| own.iter().any(|(from, _)| from.year() == year);
        shipped.iter().filter(move |(from, _)| !replaced(from.year())).chain(own).copied()
    }
}

/// `config/holidays.toml`.
fn read(text: &str) -> Result<BTreeMap<String, Shipped>, String> {
    #[derive(Deserialize)]
    struct File {
        holiday: Vec<Holiday>,
    }
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Holiday {
        id: String,
        #[serde(default)]
        public: bool,
        /// Dates and ranges without year.
        #[serde(default)]
        every_year: Vec<String>,
        #[serde(default)]
        days: Vec<String>,
    }
    let file: File = luytre_lists::written::from_toml(text)?;
    let holidays = file.holiday.into_iter().map(|Holiday { id, public, every_year, days }| {
        let yearly = Date::YEARS.flat_map(|year| {
            let with_year = |days: &String| format!("{year}-{}", days.replace("..", &format!("..{year}-")));
            every_year.iter().map(with_year).collect::<Vec<_>>()
        });
        let ranges = yearly.chain(days).map(|days| range(&days)).collect::<Result<_, _>>()?;
        Ok((id, Shipped { ranges, public }))
    });
    holidays.collect()
}

/// A date, or two with `..` between.
fn range(text: &str) -> Result<Range, String> {
    let (first, last) = text.split_once("..").unwrap_or((text, text));
    let (first, last) = (Date::parse(first)?, Date::parse(last)?);
    if last < first {
        return Err(format!("{first}..{last} ends before it begins; write the earlier day first"));
    }
    Ok((first, last))
}
