//! Which thing in the file is which in the spec.

use std::collections::HashMap;

use toml::{Table, Value};

use super::keys;
use crate::who::Mac;

/// The things of a kind that the document is to have, each with the keys that say something.
pub(super) fn of(kind: &str, wanted: &mut Table) -> Vec<Table> {
    let Some(Value::Array(things)) = wanted.remove(kind) else { return Vec::new() };
    let said = |thing| match thing {
        Value::Table(keys) => keys.into_iter().filter(|(_, value)| !keys::says_nothing(value)).collect(),
        _ => Table::new(),
    };
    things.into_iter().map(said).collect()
}

/// For each thing that is wanted the old one that it is, by its place.
pub(super) fn pair(kind: &str, old: &[Table], wanted: &[Table]) -> Vec<Option<usize>> {
    let mut known: HashMap<String, Vec<usize>> = HashMap::new();
    for (place, thing) in old.iter().enumerate() {
        known.entry(identity(kind, thing)).or_default().push(place);
    }
    let mut pairs = vec![None; wanted.len()];
    // First those that say the same: of two with one identity, the one that changed is not to take the other's place.
    for same in [true, false] {
        for (thing, pair) in wanted.iter().zip(&mut pairs).filter(|(_, pair)| pair.is_none()) {
            let Some(places) = known.get_mut(&identity(kind, thing)) else { continue };
            let is_it = |place: &usize| !same || old.get(*place) == Some(thing);
            *pair = places.iter().position(is_it).map(|at| places.remove(at));
        }
    }
    pairs
}

/// What a thing is known by.
fn identity(kind: &str, thing: &Table) -> String {
    let text = |key: &str| thing.get(key).map(Value::to_owned);
    match kind {
        "device" => {
            let mac = thing.get("mac").and_then(Value::as_str);
            if let Some(mac) = mac {
                return mac.parse::<Mac>().map_or_else(|_| mac.to_owned(), |mac| mac.to_string());
            }
            let first = || thing.get("addresses")?.as_array()?.first().cloned();
            format!("{:?}", text("token").or_else(first))
        }
        "rule" => format!("{:?}", (text("name"), text("who"))),
        "grant" => format!("{:?}", (text("who"), text("of"))),
        "pause" => format!("{:?}", text("who")),
        "budget" if !thing.contains_key("id") => format!("{:?}", (text("who"), text("of"))),
        _ => format!("{:?}", text("id")),
    }
}
