//! From text or JSON to a [`Spec`], with the place of everything that is wrong.

use std::fmt;
use std::io;
use std::path::Path;

use luytre_lists::written::{Step, Written};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::migrate::migrated;
use super::problem::{Pointer, Problem};
use super::spec::Spec;
use crate::config::nearest;

/// The largest document that is read, in bytes: four times a large family's.
pub const MAX_DOCUMENT: usize = 256 * 1024;

/// Why a file is refused: every problem with its line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused(pub Vec<String>);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

impl std::error::Error for Refused {}

/// The text of a file, parsed, with the position of every value.
pub(super) struct Text<'t> {
    name: &'t str,
    text: &'t str,
    root: Spanned<DeTable<'t>>,
}

impl<'t> Text<'t> {
    /// Parses TOML; `name` is the file's in errors.
    pub(super) fn parse(name: &'t str, text: &'t str) -> Result<Self, Refused> {
        if text.len() > MAX_DOCUMENT {
            return Err(Refused(vec![format!("{name}: larger than {} kB", MAX_DOCUMENT / 1024)]));
        }
        let root = DeTable::parse(text).map_err(|error| {
            let line = line_of(text, error.span().map_or(0, |span| span.start));
            Refused(vec![format!("{name}:{line}: not TOML: {}", error.message())])
        })?;
        Ok(Self { name, text, root })
    }

    /// What is written, as JSON has it.
    pub(super) fn to_value(&self) -> Value {
        table(self.root.get_ref())
    }

    /// The problems in words, each with its line, the first one first.
    pub(super) fn refuse(&self, problems: &[Problem]) -> Refused {
        let mut problems: Vec<_> = problems.iter().collect();
        problems.sort_by_key(|problem| self.offset(&problem.pointer));
        Refused(problems.into_iter().map(|problem| self.tell(problem)).collect())
    }

    /// One problem as `FILE:LINE: KEY: WHAT`.
    pub(super) fn tell(&self, problem: &Problem) -> String {
        let line = line_of(self.text, self.offset(&problem.pointer));
        format!("{}:{line}: {}: {}", self.name, problem.pointer.in_words(), problem.what)
    }

    /// Where a value begins; where it is not written, what it would stand in.
    fn offset(&self, pointer: &Pointer) -> usize {
        let mut here = self.root.span().start;
        let mut inside: Option<&DeValue<'_>> = None;
        for step in pointer.steps() {
            let next = match (step, inside) {
                (Step::Key(name), None) => self.root.get_ref().get(name.as_str()),
                (Step::Key(name), Some(DeValue::Table(keys))) => keys.get(name.as_str()),
                (Step::Item(index), Some(DeValue::Array(items))) => items.get(*index),
                _ => None,
            };
            let Some(next) = next else { break };
            (here, inside) = (next.span().start, Some(next.get_ref()));
        }
        here
    }
}

/// The text of a file, with the file's name; a missing one has none.
pub(super) fn file(path: &Path) -> Result<(String, String), Refused> {
    let name = path.display().to_string();
    match crate::files::read_text(path, MAX_DOCUMENT) {
        Ok(text) => Ok((name, text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok((name, String::new())),
        Err(error) => Err(Refused(vec![format!("{name}: {error}")])),
    }
}

/// Reads a document's text, of whatever version; its meaning is not looked at.
pub(super) fn document<'t>(name: &'t str, text: &'t str) -> Result<(Text<'t>, Spec), Refused> {
    let text = Text::parse(name, text)?;
    let spec = spec(text.to_value()).map_err(|problem| text.refuse(&[problem]))?;
    Ok((text, spec))
}

/// Reads what was written into the types, of whatever version.
pub(super) fn spec(value: Value) -> Result<Spec, Problem> {
    typed(migrated(value)?)
}

/// Reads what was written into a type. The first key that is unknown, or value of the wrong kind, is the problem.
pub(super) fn typed<T: DeserializeOwned>(value: Value) -> Result<T, Problem> {
    let written =
        Written::deserialize(value).map_err(|error| Problem::new(Pointer::default(), error.to_string()))?;
    T::deserialize(written).map_err(|misfit| in_words(misfit.steps().cloned().collect(), misfit.what()))
}

/// serde's words, in ours.
fn in_words(pointer: Pointer, error: &str) -> Problem {
    if let Some(named) = error.strip_prefix("unknown field ") {
        // The unknown key and the known ones stand between backticks.
        let mut names = named.split('`').skip(1).step_by(2);
        let unknown = names.next().unwrap_or_default();
        let near = nearest(unknown, names).unwrap_or_default();
        return Problem::new(pointer, format!("unknown key; did you mean {near}?"));
    }
    if error.starts_with("data did not match any variant") {
        return Problem::new(pointer, "write one text, or a list of texts");
    }
    let told = error.replace("invalid type: ", "").replace("invalid value: ", "");
    Problem::new(pointer, told.replace(", expected", " stands here; write"))
}

fn table(table: &DeTable<'_>) -> Value {
    Value::Object(
        table.iter().map(|(key, value)| (key.get_ref().to_string(), json(value.get_ref()))).collect(),
    )
}

/// A TOML value as JSON has it: dates become texts.
fn json(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::from(text.as_ref()),
        DeValue::Integer(number) => {
            let parsed = i64::from_str_radix(number.as_str(), number.radix());
            parsed.map_or_else(|_| Value::from(number.to_string()), Value::from)
        }
        DeValue::Float(number) => number.as_str().parse::<f64>().map_or(Value::Null, Value::from),
        DeValue::Boolean(flag) => Value::from(*flag),
        DeValue::Datetime(time) => Value::from(time.to_string()),
        DeValue::Array(items) => items.iter().map(|item| json(item.get_ref())).collect(),
        DeValue::Table(keys) => table(keys),
    }
}

/// The line of a position, from 1.
fn line_of(text: &str, offset: usize) -> usize {
    text.get(..offset).unwrap_or(text).matches('\n').count() + 1
}
