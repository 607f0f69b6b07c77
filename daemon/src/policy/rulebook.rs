//! The rules that people wrote, each with a number that means the same for the whole run: a log line keeps its rule
//! when the rules change.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A written rule's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RuleId(u16);

/// The texts by number. It only grows, to its bound; a rule beyond is shown by its kind alone.
#[derive(Debug, Default)]
pub struct Rulebook(Mutex<Entries>);

#[derive(Debug, Default)]
struct Entries {
    texts: Vec<Box<str>>,
    numbers: HashMap<Box<str>, u16>,
}

/// The most rules of a run: twenty large families' worth, in a few hundred kB.
const MAX_RULES: usize = 8192;

impl Rulebook {
    /// The number of a rule, written `<kind>:<id>`.
    pub(super) fn number(&self, text: &str) -> RuleId {
        let mut entries = self.entries();
        if let Some(number) = entries.numbers.get(text) {
            return RuleId(*number);
        }
        if entries.texts.len() == MAX_RULES {
            let kind = text.split(':').next().unwrap_or_default();
            return RuleId(entries.numbers.get(kind).copied().unwrap_or(0));
        }
        let number = entries.texts.len() as u16; // below MAX_RULES
        entries.texts.push(text.into());
        entries.numbers.insert(text.into(), number);
        RuleId(number)
    }

    /// The rule as people find it again: `schedule:bedtime`.
    pub fn text(&self, rule: RuleId) -> String {
        self.entries().texts.get(usize::from(rule.0)).map_or_else(String::new, ToString::to_string)
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        // Nothing in here panics half-way; were it so, an entry without its number costs a second one.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_keeps_its_number() {
        let book = Rulebook::default();
        let bedtime = book.number("schedule:bedtime");
        let other = book.number("deny:bad.example");
        assert_ne!(bedtime, other);
        assert_eq!(book.number("schedule:bedtime"), bedtime);
        assert_eq!(
            (book.text(bedtime), book.text(other)),
            ("schedule:bedtime".into(), "deny:bad.example".into())
        );
    }

    #[test]
    fn beyond_the_bound_rules_share_a_number() {
        let book = Rulebook::default();
        for index in 0..=MAX_RULES {
            book.number(&format!("deny:n{index}.example"));
        }
        assert_eq!(book.entries().texts.len(), MAX_RULES);
        assert_eq!(book.number("deny:n1.example"), RuleId(1));
    }
}
