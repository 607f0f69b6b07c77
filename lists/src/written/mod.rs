//! What somebody wrote, in TOML or in JSON, and its way into a type.
//!
//! One way for every document: a type's reader is compiled once, whatever the file is written in, and what does not fit
//! is told with its place. Read straight from each of the parsers, the documents of a router were half a megabyte of
//! program more.

mod reader;

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer};
use toml::de::{DeTable, DeValue};

/// A document, or a part of it. Tables keep the order in which they are written, and a key that stands twice.
#[derive(Clone, Debug, PartialEq)]
pub enum Written<'t> {
    /// JSON's `null`.
    Nothing,
    /// True or false.
    Flag(bool),
    /// A whole number.
    Whole(i64),
    /// A whole number beyond those.
    Large(u64),
    /// A number with a fraction.
    Fraction(f64),
    /// A text; a date of TOML's as it is written.
    Text(Cow<'t, str>),
    /// Values in a row.
    List(Vec<Self>),
    /// Values by name.
    Table(Vec<(Cow<'t, str>, Self)>),
}

/// A step on the way to a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The value of a key.
    Key(String),
    /// An item of a list, from 0.
    Item(usize),
}

/// What does not fit into a type: where, and why in serde's words.
#[derive(Debug)]
pub struct Misfit(Box<Place>);

#[derive(Debug)]
struct Place {
    what: String,
    /// From the innermost.
    steps: Vec<Step>,
}

/// Reads a TOML document into a type; the error names the place.
pub fn from_toml<'t, T: Deserialize<'t>>(text: &'t str) -> Result<T, String> {
    T::deserialize(Written::of_toml(text)?).map_err(|misfit| misfit.to_string())
}

impl Misfit {
    /// Where, from the outermost.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.0.steps.iter().rev()
    }

    /// Why.
    pub fn what(&self) -> &str {
        &self.0.what
    }

    fn at(mut self, step: Step) -> Self {
        self.0.steps.push(step);
        self
    }
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.steps().enumerate() {
            match step {
                Step::Key(key) if index == 0 => f.write_str(key)?,
                Step::Key(key) => write!(f, ".{key}")?,
                Step::Item(item) => write!(f, "[{item}]")?,
            }
        }
        write!(f, "{}{}", if self.0.steps.is_empty() { "" } else { ": " }, self.0.what)
    }
}

impl std::error::Error for Misfit {}

impl de::Error for Misfit {
    fn custom<T: fmt::Display>(what: T) -> Self {
        Self(Box::new(Place { what: what.to_string(), steps: Vec::new() }))
    }
}

impl<'t> From<&DeTable<'t>> for Written<'t> {
    fn from(table: &DeTable<'t>) -> Self {
        Self::Table(
            table.iter().map(|(key, value)| (key.get_ref().clone(), value.get_ref().into())).collect(),
        )
    }
}

/// A number that is none of ours becomes the text that it is written as, which fits nowhere.
impl<'t> From<&DeValue<'t>> for Written<'t> {
    fn from(value: &DeValue<'t>) -> Self {
        match value {
            DeValue::String(text) => Self::Text(text.clone()),
            DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
                Ok(whole) => Self::Whole(whole),
                Err(_) => Self::Text(number.to_string().into()),
            },
            DeValue::Float(number) => match number.as_str().parse() {
                Ok(fraction) => Self::Fraction(fraction),
                Err(_) => Self::Text(number.to_string().into()),
            },
            DeValue::Boolean(flag) => Self::Flag(*flag),
            DeValue::Datetime(time) => Self::Text(time.to_string().into()),
            DeValue::Array(items) => Self::List(items.iter().map(|item| item.get_ref().into()).collect()),
            DeValue::Table(table) => table.into(),
        }
    }
}

/// From JSON.
impl<'de> Deserialize<'de> for Written<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Writer)
    }
}

struct Writer;

impl<'de> Visitor<'de> for Writer {
    type Value = Written<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(Written::Nothing)
    }

    fn visit_bool<E: de::Error>(self, flag: bool) -> Result<Self::Value, E> {
        Ok(Written::Flag(flag))
    }

    fn visit_i64<E: de::Error>(self, whole: i64) -> Result<Self::Value, E> {
        Ok(Written::Whole(whole))
    }

    fn visit_u64<E: de::Error>(self, whole: u64) -> Result<Self::Value, E> {
        Ok(i64::try_from(whole).map_or(Written::Large(whole), Written::Whole))
    }

    fn visit_f64<E: de::Error>(self, fraction: f64) -> Result<Self::Value, E> {
        Ok(Written::Fraction(fraction))
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Written::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        self.visit_string(text.to_owned())
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<Self::Value, E> {
        Ok(Written::Text(Cow::Owned(text)))
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Written::List(list))
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut table = Vec::new();
        while let Some(Key(key)) = entries.next_key()? {
            table.push((key, entries.next_value()?));
        }
        Ok(Written::Table(table))
    }
}

/// A key, of the document's own text where that has no escapes; serde would copy it.
#[derive(Deserialize)]
struct Key<'t>(#[serde(borrow)] Cow<'t, str>);

impl<'t> Written<'t> {
    fn of_toml(text: &'t str) -> Result<Self, String> {
        let table = DeTable::parse(text).map_err(|error| error.to_string())?;
        Ok(table.get_ref().into())
    }
}

#[cfg(test)]
mod tests;
