//! The health reports that routers send a provider (docs/for-isps.md), added up: how many say what.
//!
//! Anybody can send such a report, so every part of one is bounded. What fewer than [`LEAST`] routers say is never shown,
//! nor to be had by subtraction: such values stand together as `few`, with the next larger ones until that many say them.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Read};

/// The fewest reports that a number is shown of.
pub const LEAST: u64 = 10;
/// The longest line that is read, in bytes: ten times what a report takes.
const MAX_LINE: usize = 4096;
/// The most figures, and values of each, that are told apart; what comes beyond them is unread.
const MAX_FIGURES: usize = 32;
const MAX_VALUES: usize = 64;
/// The longest name or value, in bytes.
const MAX_WORD: usize = 32;
/// What stands for a figure that a report does not have.
const MISSING: &str = "missing";

/// Reports, added up.
#[derive(Debug, Default)]
pub struct Tally {
    /// How many were read.
    pub reports: u64,
    /// Lines that are none.
    pub unread: u64,
    figures: BTreeMap<String, BTreeMap<String, u64>>,
}

/// What one figure is said to be: each value and how many say so, the most first, `few` last.
pub type Cells<'t> = Vec<(&'t str, u64)>;

impl Tally {
    /// Adds reports, a JSON object a line.
    pub fn add(&mut self, mut input: impl BufRead) -> io::Result<()> {
        let mut line = Vec::new();
        while read_line(&mut input, &mut line)? {
            match report(&line) {
                _ if line.trim_ascii().is_empty() => {}
                Some(report) if self.has_room_for(&report) => self.count(report),
                _ => self.unread += 1,
            }
        }
        Ok(())
    }

    /// The cells of each figure that may be shown; a figure of which none may be is left out.
    pub fn cells(&self) -> BTreeMap<&str, Cells<'_>> {
        let shown = self.figures.iter().map(|(name, values)| (name.as_str(), self.shown(values)));
        shown.filter(|(_, cells)| !cells.is_empty()).collect()
    }

    fn has_room_for(&self, report: &BTreeMap<String, String>) -> bool {
        let new = report.keys().filter(|name| !self.figures.contains_key(*name)).count();
        let fits = |(name, value): (&String, &String)| {
            let values = self.figures.get(name);
            values.is_none_or(|values| values.len() < MAX_VALUES || values.contains_key(value))
        };
        self.figures.len() + new <= MAX_FIGURES && report.iter().all(fits)
    }

    fn count(&mut self, report: BTreeMap<String, String>) {
        self.reports += 1;
        for (name, value) in report {
            *self.figures.entry(name).or_default().entry(value).or_default() += 1;
        }
    }

    fn shown<'t>(&self, values: &'t BTreeMap<String, u64>) -> Cells<'t> {
        let mut cells: Cells<'t> = values.iter().map(|(value, count)| (value.as_str(), *count)).collect();
        let missing = self.reports - values.values().sum::<u64>();
        if missing > 0 {
            cells.push((MISSING, missing));
        }
        cells.sort_by_key(|(value, count)| (std::cmp::Reverse(*count), *value));
        let mut few = 0;
        while cells.last().is_some_and(|(_, count)| *count < LEAST || (1..LEAST).contains(&few)) {
            few += cells.pop().map_or(0, |(_, count)| count);
        }
        if few >= LEAST {
            cells.push(("few", few));
        }
        cells
    }
}

/// The words of a report; `None` if it is none.
fn report(line: &[u8]) -> Option<BTreeMap<String, String>> {
    let report: BTreeMap<String, String> = serde_json::from_slice(line).ok()?;
    let is_plain = |c: u8| c.is_ascii_alphanumeric() || b"._-".contains(&c);
    let is_word = |text: &String| (1..=MAX_WORD).contains(&text.len()) && text.bytes().all(is_plain);
    let is_good = !report.is_empty() && report.iter().all(|(name, value)| is_word(name) && is_word(value));
    is_good.then_some(report)
}

/// Reads a line, or as much of it as is needed to know that it is too long; `false` at the end.
fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    let begun = input.by_ref().take(MAX_LINE as u64).read_until(b'\n', line)? > 0;
    if line.len() == MAX_LINE && !line.ends_with(b"\n") {
        input.skip_until(b'\n')?;
    }
    Ok(begun)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(text: &str) -> Tally {
        let mut tally = Tally::default();
        tally.add(text.as_bytes()).unwrap();
        tally
    }

    fn reports(counts: &[(&str, usize)]) -> Tally {
        let line = |value: &str| format!("{{\"memory\":\"{value}\"}}\n");
        tally(&counts.iter().map(|(value, count)| line(value).repeat(*count)).collect::<String>())
    }

    #[test]
    fn each_value_is_counted() {
        let tally = reports(&[("mb64", 40), ("mb128", 70)]);
        assert_eq!((tally.reports, tally.unread), (110, 0));
        assert_eq!(tally.cells()["memory"], [("mb128", 70), ("mb64", 40)]);
    }

    #[test]
    fn what_few_say_is_hidden_and_not_to_be_subtracted() {
        assert_eq!(
            reports(&[("mb64", 40), ("more", 3), ("unknown", 9)]).cells()["memory"],
            [("mb64", 40), ("few", 12)]
        );
        // Three alone would be the rest of 53: the next larger ones hide them.
        assert_eq!(
            reports(&[("mb64", 40), ("mb128", 10), ("more", 3)]).cells()["memory"],
            [("mb64", 40), ("few", 13)]
        );
        assert!(reports(&[("mb64", 9)]).cells().is_empty());
    }

    #[test]
    fn who_lacks_a_figure_is_counted_too() {
        let old = "{\"arch\":\"mips\"}\n".repeat(4);
        let tally = tally(&format!("{old}{}", "{\"arch\":\"mips\",\"ran\":\"day\"}\n".repeat(30)));
        assert_eq!(tally.cells()["arch"], [("mips", 34)]);
        assert_eq!(tally.cells()["ran"], [("few", 34)], "30 would tell of the four");
    }

    #[test]
    fn what_is_no_report_is_counted_as_such() {
        let long = format!("{{\"a\":\"{}\"}}", "x".repeat(2 * MAX_LINE));
        let lines =
            ["", "{}", "[]", "no", "{\"a\":1}", "{\"a\":\"<b>\"}", "{\"a\":\"\"}", &long, "{\"a\":\"b\"}"];
        let tally = tally(&lines.join("\n"));
        assert_eq!((tally.reports, tally.unread), (1, 7));
    }

    #[test]
    fn who_sends_rubbish_takes_no_memory() {
        let text: String = (0..10_000).map(|n| format!("{{\"f{}\":\"v{n}\"}}\n", n % 100)).collect();
        let tally = tally(&text);
        assert!(
            tally.figures.len() <= MAX_FIGURES
                && tally.figures.values().all(|values| values.len() <= MAX_VALUES)
        );
        assert_eq!(tally.reports + tally.unread, 10_000);
    }

    #[test]
    fn no_cell_is_small_and_none_is_lost() {
        // Every count of four values, in steps around the bound.
        let steps = [0_usize, 1, 4, 9, 10, 11, 25];
        for number in 0..steps.len().pow(4) {
            let count = |place: u32| steps[number / steps.len().pow(place) % steps.len()];
            let tally = reports(&[("a", count(0)), ("b", count(1)), ("c", count(2)), ("d", count(3))]);
            let cells = tally.cells();
            let shown = cells.get("memory").cloned().unwrap_or_default();
            assert!(shown.iter().all(|(_, count)| *count >= LEAST), "{shown:?}");
            let sum: u64 = shown.iter().map(|(_, count)| count).sum();
            assert!(
                sum == tally.reports || (sum == 0 && tally.reports < LEAST),
                "{shown:?} of {}",
                tally.reports
            );
        }
    }
}
