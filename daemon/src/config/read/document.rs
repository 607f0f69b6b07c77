//! The parsed file: every value with its position, and the environment's values laid over it.

use std::borrow::Cow;
use std::ops::Range;

use luytre_lists::written::{Step, Written};
use serde::de::DeserializeOwned;
use toml::de::{DeTable, DeValue};
use toml::{Spanned, Value};

use super::Refusal;
use super::environment::Variable;
use super::key::Key;
use super::schema::Schema;
use crate::config::ConfigError;
use crate::operator::layer::{Said, Setting};

/// A TOML document that can tell where each of its values came from.
///
/// Positions up to the length of the text are the file's. Each variable's value is placed behind the text and behind
/// the variables before it, so that one number still names one place.
pub(in crate::config) struct Document<'t> {
    file: &'t str,
    text: &'t str,
    root: Spanned<DeTable<'t>>,
    /// Where each value that is not the file's begins, in rising order, and what said it.
    variables: Vec<(usize, &'t str)>,
    end: usize,
}

impl<'t> Document<'t> {
    /// Parses the text; `file` is its name in errors.
    pub(in crate::config) fn parse(file: &'t str, text: &'t str) -> Result<Self, ConfigError> {
        let root = DeTable::parse(text).map_err(|error| {
            let (line, column) = position(text, error.span().map_or(0, |span| span.start));
            ConfigError::new(format_args!("{file}:{line}:{column}"), format!("not TOML: {}", error.message()))
        })?;
        Ok(Self { file, text, root, variables: Vec::new(), end: text.len() + 1 })
    }

    /// Lays a variable's value over what the file says, or refuses the variable.
    pub(in crate::config) fn set(
        &mut self,
        variable: &'t Variable,
        schema: &Schema,
    ) -> Result<(), ConfigError> {
        let value = variable.read(schema)?;
        let length = variable.value.len();
        self.put(&variable.name, (&variable.section, &variable.key), value, length);
        Ok(())
    }

    /// Lays what a policy sets under what the file and the variables say: it counts where they say nothing, or just what is the
    /// default. Returns whether it does. Errors call the policy by `name`.
    pub(in crate::config) fn set_if_silent(
        &mut self,
        name: &'t str,
        setting: &'t Setting,
        schema: &Schema,
    ) -> bool {
        let key = Key::from(setting.section).entry(setting.key);
        let is_silent = match (self.value(&key).map(Spanned::get_ref), schema.default_of(&key)) {
            (Some(DeValue::String(said)), Some(Value::String(default))) => *said == default,
            (Some(DeValue::Array(said)), _) => said.is_empty(), // as the default of every list here
            (said, _) => said.is_none(),
        };
        if is_silent {
            let text = |text: &'t String| Spanned::new(0..0, DeValue::String(Cow::Borrowed(text)));
            let value = match &setting.value {
                Said::Text(one) => text(one),
                Said::Texts(all) => Spanned::new(0..0, DeValue::Array(all.iter().map(text).collect())),
            };
            self.put(name, (setting.section, setting.key), value, 0);
        }
        is_silent
    }

    /// Puts a value in its place, which counts as the next `length` bytes behind the text.
    fn put(
        &mut self,
        name: &'t str,
        (section, key): (&'t str, &'t str),
        value: Spanned<DeValue<'t>>,
        length: usize,
    ) {
        let start = self.end;
        self.variables.push((start, name));
        self.end += length + 1;
        let span = start..start + length;
        let named = |name: &'t str| Spanned::new(span.clone(), Cow::Borrowed(name));
        let section = self
            .root
            .get_mut()
            .entry(named(section))
            .or_insert_with(|| Spanned::new(span.clone(), DeValue::Table(DeTable::new())));
        // A section that is no table stays as it is: reading it names the file's mistake.
        if let DeValue::Table(keys) = section.get_mut() {
            keys.insert(named(key), moved(value, start));
        }
    }

    /// Reads the document into a type that refuses unknown keys.
    pub(in crate::config) fn read<T: DeserializeOwned>(&self, schema: &Schema) -> Result<T, ConfigError> {
        let root = self.root.get_ref();
        // serde would take a list for a section's values in their order.
        if let Some((name, stray)) = root.iter().find(|(_, value)| !value.get_ref().is_table()) {
            let key = Key::default().entry(name.get_ref());
            let what = schema.misfit(&key, stray.get_ref());
            return Err(self.locate(Refusal::new(key, what)));
        }
        T::deserialize(Written::from(root)).map_err(|misfit| {
            let key = misfit.steps().fold(Key::default(), |above, step| match step {
                Step::Key(name) => above.entry(name),
                Step::Item(index) => above.item(*index),
            });
            let what = match self.value(&key) {
                Some(value) => schema.misfit(&key, value.get_ref()),
                None => misfit.what().to_owned(),
            };
            self.locate(Refusal::new(key, what))
        })
    }

    /// Gives a refusal its place.
    pub(in crate::config) fn locate(&self, refusal: Refusal) -> ConfigError {
        let place = match self.value(&refusal.key) {
            Some(value) => self.place(&value.span()),
            None => self.file.to_owned(),
        };
        ConfigError::about(place, refusal.key, refusal.what)
    }

    fn value(&self, key: &Key) -> Option<&Spanned<DeValue<'t>>> {
        let mut names = key.names();
        let top = self.root.get_ref().get(names.next()?)?;
        let value = names.try_fold(top, |value, name| value.get_ref().as_table()?.get(name))?;
        match key.index() {
            Some(index) => value.get_ref().as_array()?.get(index),
            None => Some(value),
        }
    }

    fn place(&self, span: &Range<usize>) -> String {
        match self.variables.iter().rfind(|(start, _)| *start <= span.start) {
            Some((_, variable)) => (*variable).to_owned(),
            None => format!("{}:{}", self.file, position(self.text, span.start).0),
        }
    }
}

/// The value with all its positions moved on.
fn moved(value: Spanned<DeValue<'_>>, by: usize) -> Spanned<DeValue<'_>> {
    let on = |span: Range<usize>| span.start + by..span.end + by;
    let span = on(value.span());
    let value = match value.into_inner() {
        DeValue::Array(items) => DeValue::Array(items.into_iter().map(|item| moved(item, by)).collect()),
        DeValue::Table(table) => {
            let mut entries = DeTable::new();
            for (name, value) in table {
                entries.insert(Spanned::new(on(name.span()), name.into_inner()), moved(value, by));
            }
            DeValue::Table(entries)
        }
        plain => plain,
    };
    Spanned::new(span, value)
}

/// The line and the column of a position, both from 1.
fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}
