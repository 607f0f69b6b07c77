//! The keys that there are and the kind of value that each takes, and the words for what does not fit.
//!
//! Nothing is listed here: a serialised [`Spec`] has every key and, in its default, the kind of value.

use std::fmt;

use toml::de::DeValue;
use toml::{Table, Value};

use super::key::Key;
use super::values::{cut, quoted};
use crate::config::Spec;

/// Sections, their keys, and for each key its default.
pub(in crate::config) struct Schema(Table);

impl Schema {
    /// What this version reads.
    pub(in crate::config) fn current() -> Self {
        Self::of(&Spec::default())
    }

    /// The same of a spec as it is written: its values instead of the defaults.
    pub(in crate::config) fn of(spec: &Spec) -> Self {
        Self(spec.to_table())
    }

    /// The default of a section, a key, an entry of `upstream.zones`, or an item of a list.
    pub(in crate::config) fn default_of(&self, key: &Key) -> Option<Value> {
        let mut names = key.names();
        let section = self.0.get(names.next()?)?;
        let value = match (names.next(), names.next()) {
            (None, _) => section.clone(),
            (Some(name), None) => section.get(name)?.clone(),
            (Some(name), Some(_)) => section.get(name)?.as_table().map(|_| Value::Array(Vec::new()))?,
        };
        // Every list of ours holds texts.
        Some(if key.index().is_some() { Value::String(String::new()) } else { value })
    }

    /// Every key, in the order of the sections.
    pub(in crate::config) fn keys(&self) -> impl Iterator<Item = Key> {
        let keys = |(section, keys): (&String, &Value)| {
            let section = Key::from(section.as_str());
            let names: Vec<String> =
                keys.as_table().into_iter().flatten().map(|(name, _)| name.clone()).collect();
            names.into_iter().map(move |name| section.entry(&name))
        };
        self.0.iter().flat_map(keys)
    }

    /// The known key that looks most like an unknown one: its section and its name count alike.
    pub(super) fn nearest_key(&self, unknown: &Key) -> Key {
        let names: Vec<&str> = unknown.names().collect();
        let (section, name) = match names[..] {
            [section, name, ..] => (section, name),
            [name] => ("", name),
            [] => ("", ""),
        };
        let distance = |key: &Key| {
            let mut known = key.names();
            distance(section, known.next().unwrap_or("")) + distance(name, known.next().unwrap_or(""))
        };
        self.keys().min_by_key(distance).unwrap_or_default()
    }

    /// Why what stands at a key can't stand there, and what to write instead.
    pub(super) fn misfit(&self, key: &Key, found: &DeValue<'_>) -> String {
        match self.default_of(key) {
            Some(expected) => misfit(key, &expected, found),
            None if key.is_section() && (found.is_table() || found.is_array()) => {
                let nearest =
                    nearest(&key.to_string(), self.0.keys().map(String::as_str)).unwrap_or_default();
                format!("unknown section; did you mean [{nearest}]?")
            }
            None => format!("unknown key; did you mean {}?", self.nearest_key(key)),
        }
    }
}

/// The word that looks most like this one, whatever the distance.
pub(crate) fn nearest<'k>(text: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    known.min_by_key(|known| distance(text, known))
}

/// How many keystrokes lie between two words; only the start counts of what is far too long to be a slip.
pub(in crate::config) fn distance(text: &str, known: &str) -> usize {
    let start: String = text.chars().take(64).collect();
    strsim::damerau_levenshtein(&start, known)
}

fn misfit(key: &Key, expected: &Value, found: &DeValue<'_>) -> String {
    if expected.type_str() == found.type_str() {
        return format!("{} is too large a number", Shown(found));
    }
    let (kind, write) = match (expected, found) {
        (Value::String(_), DeValue::Array(_) | DeValue::Table(_)) => {
            ("text", "one text in quotes".to_owned())
        }
        (Value::String(_), _) => ("text", format!("\"{}\"", Shown(found))),
        (Value::Array(_), DeValue::String(text)) => ("a list", format!("[{}]", quoted(text))),
        (Value::Array(_), _) => ("a list", "texts in brackets, such as [\"...\", \"...\"]".to_owned()),
        (Value::Boolean(_), _) => ("true or false", "one of the two, without quotes".to_owned()),
        (Value::Table(_), _) if key.is_section() => ("a section", format!("[{key}] on a line of its own")),
        (Value::Table(_), _) => ("a table", "{ \"corp.example\" = [\"udp://10.0.0.1\"] }".to_owned()),
        (default, DeValue::String(_)) => {
            ("a whole number", format!("it without quotes, such as {}", literal(default)))
        }
        (default, _) => ("a whole number", format!("one such as {}", literal(default))),
    };
    format!("{} is not {kind}; write {write}", Shown(found))
}

/// A default as it is written in the file.
pub(in crate::config) fn literal(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        Value::Array(items) => format!("[{}]", items.iter().map(literal).collect::<Vec<_>>().join(", ")),
        Value::Table(_) => "{}".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Boolean(flag) => flag.to_string(),
        Value::Datetime(time) => time.to_string(),
    }
}

/// A value of the file as an error shows it.
struct Shown<'v>(&'v DeValue<'v>);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            DeValue::String(text) => f.write_str(&quoted(text)),
            DeValue::Integer(number) => write_cut(f, &number.to_string()),
            DeValue::Float(number) => write_cut(f, &number.to_string()),
            DeValue::Boolean(flag) => flag.fmt(f),
            DeValue::Datetime(time) => time.fmt(f),
            DeValue::Array(_) => f.write_str("a list"),
            DeValue::Table(_) => f.write_str("a section"),
        }
    }
}

fn write_cut(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    let (start, dots) = cut(text);
    write!(f, "{start}{dots}")
}
