//! Things that are written within `person = [ { id = "an" }, … ]`.

use toml::Table;
use toml_edit::{Array, Decor, RawString, Value};

use super::{keys, things};

/// Makes the list say what is wanted.
pub(super) fn say(array: &mut Array, kind: &str, wanted: &[Table]) {
    let mut old: Vec<Option<Value>> = array.iter().cloned().map(Some).collect();
    let said: Vec<Table> = array.iter().map(said).collect();
    let pairs = things::pair(kind, &said, wanted);
    if pairs.iter().copied().eq((0..old.len()).map(Some)) && said == wanted {
        return;
    }
    let before = array.get(0).map(|first| text(first.decor().prefix())).unwrap_or_default();
    let indent = before.rfind('\n').map(|line| before.split_at(line).1.to_owned());
    let stay: Vec<_> = pairs.iter().map(|pair| old.get_mut((*pair)?)?.take()).collect();
    // A comment behind a comma belongs to what stands before it, so none goes with what is removed.
    let comments: String = old.iter().flatten().map(|removed| comments(removed.decor())).collect();
    array.clear();
    for (place, (value, wanted)) in stay.into_iter().zip(wanted).enumerate() {
        let value =
            value.map_or_else(|| new(place, indent.as_deref(), wanted), |value| amended(value, wanted));
        array.push_formatted(value);
    }
    if !comments.is_empty() {
        let trailing = text(Some(array.trailing()));
        let line = if trailing.contains('\n') { "" } else { "\n" };
        array.set_trailing(format!("{}{line}{trailing}", comments.trim_end_matches('\n')));
    }
}

fn said(value: &Value) -> Table {
    value.as_inline_table().map(|thing| keys::all(thing)).unwrap_or_default()
}

fn amended(mut value: Value, wanted: &Table) -> Value {
    if let Some(thing) = value.as_inline_table_mut()
        && keys::amend(thing, wanted)
        && !thing.to_string().contains('#')
    {
        thing.fmt();
    }
    value
}

/// A thing that was not there, where the others have their lines on a line of its own.
fn new(place: usize, indent: Option<&str>, wanted: &Table) -> Value {
    let mut value = Value::from(keys::table(wanted));
    let apart = if place == 0 { "" } else { " " };
    *value.decor_mut() = Decor::new(indent.unwrap_or(apart), "");
    value
}

/// The comments around a value; empty if there are none.
fn comments(decor: &Decor) -> String {
    let around = [decor.prefix(), decor.suffix()].map(text);
    around.into_iter().filter(|text| text.contains('#')).collect()
}

fn text(raw: Option<&RawString>) -> String {
    raw.and_then(RawString::as_str).unwrap_or_default().to_owned()
}
