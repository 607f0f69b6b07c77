//! The smallest edit that makes a document say a new spec.
//!
//! What did not change keeps its bytes: comments, order, blank lines, spelling. A thing is found again by what it is
//! known by ([`things`]), whether it is written as `[[person]]` ([`tables`]) or within `person = [ … ]` ([`inline`]);
//! what is new is written as `[[…]]`. Keys that say nothing are left out.

mod inline;
mod keys;
mod tables;
#[cfg(test)]
mod tests;
mod things;

use toml::{Table, Value};
use toml_edit::{DocumentMut, Item};

use super::read::{self, Refused};
use super::spec::Spec;

/// The beginning of a document that nobody has written yet.
pub(super) const HEADER: &str = include_str!("header.toml");

/// What is about the whole house.
const HOUSE: [&str; 3] = ["version", "time_zone", "unknown_devices"];

/// The kinds of things, in the order in which a new document has them.
const KINDS: [&str; 9] =
    ["person", "device", "profile", "schedule", "budget", "rule", "grant", "pause", "holiday"];

/// A text that says `spec`, with all of `text` that need not change. What `text` says already is returned as it is;
/// a text that can't be read is refused.
pub fn render(text: &str, spec: &Spec) -> Result<String, Refused> {
    const NAME: &str = "family.toml";
    if read::document(NAME, text)?.1 == *spec {
        return Ok(text.to_owned());
    }
    let text = if text.trim().is_empty() { HEADER } else { text };
    edited(text, spec).map_err(|why| Refused(vec![format!("{NAME} can't be edited: {why}")]))
}

fn edited(text: &str, spec: &Spec) -> Result<String, String> {
    let mut document: DocumentMut = text.parse().map_err(|error| format!("{error}"))?;
    let mut wanted = Table::try_from(spec).map_err(|error| error.to_string())?;
    say_house(&mut document, &wanted);
    for kind in KINDS {
        let wanted = things::of(kind, &mut wanted);
        match document.get_mut(kind).and_then(Item::as_array_mut) {
            Some(array) if array.is_empty() && wanted.is_empty() => {}
            Some(array) if !array.is_empty() => inline::say(array, kind, &wanted),
            _ => tables::say(&mut document, kind, &wanted),
        }
    }
    Ok(document.to_string())
}

/// Says what is about the whole house.
fn say_house(document: &mut DocumentMut, wanted: &Table) {
    let default = Spec::default().time_zone;
    let is_implied = |key: &str, value: &Value| key == "time_zone" && value.as_str() == Some(&default);
    for key in HOUSE {
        match wanted.get(key) {
            Some(value) if document.contains_key(key) => keys::say(document.as_table_mut(), key, value),
            Some(value) if !is_implied(key, value) => {
                let head = tables::take_head(document);
                keys::say(document.as_table_mut(), key, value);
                if let (Some(head), Some(mut key)) = (head, document.key_mut(key)) {
                    key.leaf_decor_mut().set_prefix(head);
                }
            }
            Some(_) => {}
            None => keys::unsay(document.as_table_mut(), key),
        }
    }
}
