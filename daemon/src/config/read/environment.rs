//! Environment variables over the file, for init scripts: `LUYTRE_LISTEN__DNS=127.0.0.1:5300` is `listen.dns`.

use std::borrow::Cow;

use toml::de::DeValue;
use toml::{Spanned, Value};

use super::key::Key;
use super::schema::Schema;
use crate::config::ConfigError;

const PREFIX: &str = "luytre_";

/// A variable that is meant for the configuration.
pub(in crate::config) struct Variable {
    /// The name as it stands in the environment.
    pub(super) name: String,
    pub(super) section: String,
    pub(super) key: String,
    pub(super) value: String,
}

/// Picks out the variables of the form `LUYTRE_SECTION__KEY`, in any case.
///
/// One without the two underscores is somebody else's, such as the tests' `LUYTRE_DATA`.
pub(in crate::config) fn variables(env: impl Iterator<Item = (String, String)>) -> Vec<Variable> {
    env.filter_map(|(name, value)| {
        let lower = name.to_lowercase();
        let (section, key) = lower.strip_prefix(PREFIX)?.split_once("__")?;
        Some(Variable { section: section.to_owned(), key: key.to_owned(), name, value })
    })
    .collect()
}

impl Variable {
    /// The value in the kind that the key takes: as TOML where it is that, else as plain text; plain text for a list
    /// splits at commas.
    pub(super) fn read(&self, schema: &Schema) -> Result<Spanned<DeValue<'_>>, ConfigError> {
        let key = Key::from(self.section.as_str()).entry(&self.key);
        let Some(expected) = schema.default_of(&key) else {
            let nearest = schema.nearest_key(&key).to_string().to_uppercase().replace('.', "__");
            let what = format!("unknown key; did you mean {}{nearest}?", PREFIX.to_uppercase());
            return Err(ConfigError::about(&self.name, key, what));
        };
        let text = self.value.as_str();
        let value = DeValue::parse(text).unwrap_or_else(|_| plain(text));
        Ok(match (expected, value.get_ref()) {
            (Value::String(_), DeValue::String(_)) | (Value::Array(_), DeValue::Array(_)) => value,
            (Value::String(_), _) => plain(text),
            (Value::Array(_), DeValue::String(unquoted)) => split(unquoted),
            (Value::Array(_), _) => split(text),
            _ => value,
        })
    }
}

fn plain(text: &str) -> Spanned<DeValue<'_>> {
    Spanned::new(0..text.len(), DeValue::String(Cow::Borrowed(text)))
}

fn split<'t>(text: &str) -> Spanned<DeValue<'t>> {
    let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
    let item = |item: &str| Spanned::new(0..0, DeValue::String(Cow::Owned(item.to_owned())));
    Spanned::new(0..text.len(), DeValue::Array(items.map(item).collect()))
}
