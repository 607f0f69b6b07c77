//! The keys of one thing.

use toml::{Table, Value};
use toml_edit::{Array, Datetime, Formatted, Item, TableLike};

/// Makes a thing say what is wanted; keys that say it already stay as they are. Returns whether anything changed.
pub(super) fn amend(thing: &mut dyn TableLike, wanted: &Table) -> bool {
    let is_stale = |(key, item): &(&str, &Item)| !wanted.contains_key(*key) && !says_nothing(&plain(item));
    let stale: Vec<String> = thing.iter().filter(is_stale).map(|(key, _)| key.to_owned()).collect();
    let new = |(key, value): &(&String, &Value)| thing.get(key).is_none_or(|item| plain(item) != **value);
    let new: Vec<_> = wanted.iter().filter(new).collect();
    for key in &stale {
        thing.remove(key);
    }
    for (key, value) in &new {
        say(thing, key, value);
    }
    !stale.is_empty() || !new.is_empty()
}

/// Makes a key say this, if it does not.
pub(super) fn say(thing: &mut dyn TableLike, key: &str, value: &Value) {
    match thing.get_mut(key) {
        Some(item) if plain(item) == *value => {}
        Some(item) => {
            let mut new = written(key, value);
            if let Some(old) = item.as_value() {
                // The spaces around it, and a comment behind it.
                *new.decor_mut() = old.decor().clone();
            }
            *item = Item::Value(new);
        }
        None => {
            thing.insert(key, Item::Value(written(key, value)));
        }
    }
}

/// Takes a key out, if it says something.
pub(super) fn unsay(thing: &mut dyn TableLike, key: &str) {
    if thing.get(key).is_some_and(|item| !says_nothing(&plain(item))) {
        thing.remove(key);
    }
}

/// A thing's keys that say something, as the spec has them.
pub(super) fn all(thing: &dyn TableLike) -> Table {
    let keys = thing.iter().map(|(key, item)| (key.to_owned(), plain(item)));
    keys.filter(|(_, value)| !says_nothing(value)).collect()
}

/// Whether a value is what the key means when it is left out.
pub(super) fn says_nothing(value: &Value) -> bool {
    match value {
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Boolean(flag) => !flag,
        _ => false,
    }
}

/// How a value is written: a moment as TOML's own kind, if it comes back as the same text.
pub(super) fn written(key: &str, value: &Value) -> toml_edit::Value {
    match value {
        Value::String(text) if key == "until" => match text.parse::<Datetime>() {
            Ok(moment) if moment.to_string() == *text => moment.into(),
            _ => text.into(),
        },
        Value::String(text) => text.into(),
        Value::Integer(number) => (*number).into(),
        Value::Float(number) => (*number).into(),
        Value::Boolean(flag) => (*flag).into(),
        Value::Datetime(moment) => toml_edit::Value::Datetime(Formatted::new(*moment)),
        Value::Array(items) => items.iter().map(|item| written(key, item)).collect::<Array>().into(),
        Value::Table(keys) => table(keys).into(),
    }
}

/// A thing between braces.
pub(super) fn table(keys: &Table) -> toml_edit::InlineTable {
    keys.iter().map(|(key, value)| (key.as_str(), written(key, value))).collect()
}

/// What is written, as the spec has it: moments are texts there.
pub(super) fn plain(item: &Item) -> Value {
    item.as_value().map_or_else(|| Value::Array(Vec::new()), plain_value)
}

fn plain_value(value: &toml_edit::Value) -> Value {
    match value {
        toml_edit::Value::String(text) => Value::String(text.value().clone()),
        toml_edit::Value::Integer(number) => Value::Integer(*number.value()),
        toml_edit::Value::Float(number) => Value::Float(*number.value()),
        toml_edit::Value::Boolean(flag) => Value::Boolean(*flag.value()),
        toml_edit::Value::Datetime(moment) => Value::String(moment.value().to_string()),
        toml_edit::Value::Array(items) => Value::Array(items.iter().map(plain_value).collect()),
        toml_edit::Value::InlineTable(keys) => Value::Table(all(keys)),
    }
}
