//! Documents of older versions, brought up to date before they are read.
//!
//! A step works on the keys as they are written, so what it does not know is still found, and refused with its line,
//! behind it. The file itself takes on the new version when it is saved next.

use serde_json::{Map, Value};

use super::problem::{Pointer, Problem};
use super::spec::VERSION;

/// From one version to the next.
type Step = fn(&mut Map<String, Value>);

/// The steps; the first is from version 0, a document that does not write `version`.
const STEPS: [Step; VERSION as usize] = [
    // Version 1 has the same keys, and writes which version it is.
    |_| (),
];

/// The document as this version writes it. One of a newer version is refused: it may say what is not understood here.
pub(super) fn migrated(document: Value) -> Result<Value, Problem> {
    migrated_by(&STEPS, document)
}

fn migrated_by(steps: &[Step], document: Value) -> Result<Value, Problem> {
    let Value::Object(mut keys) = document else { return Ok(document) };
    let version = match keys.get("version") {
        None => 0,
        // Of another kind: for those to refuse who read it.
        Some(written) => match written.as_u64() {
            Some(version) => version,
            None => return Ok(Value::Object(keys)),
        },
    };
    let done = usize::try_from(version).unwrap_or(usize::MAX);
    let Some(steps_left) = steps.get(done..) else {
        let newest = steps.len();
        let what = format!("this luytre reads version {newest}; a newer one wrote this: update luytre");
        return Err(Problem::new(Pointer::default().key("version"), what));
    };
    steps_left.iter().for_each(|step| step(&mut keys));
    keys.insert("version".into(), steps.len().into());
    Ok(Value::Object(keys))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::family::{Family, Spec};

    /// Two steps that must be taken in their order.
    const RENAMED_TWICE: [Step; 2] =
        [|keys| rename(keys, "human", "people"), |keys| rename(keys, "people", "person")];

    fn rename(keys: &mut Map<String, Value>, from: &str, to: &str) {
        if let Some(value) = keys.remove(from) {
            keys.insert(to.into(), value);
        }
    }

    #[test]
    fn each_step_that_is_left_is_taken_in_order() {
        let migrated = |document| migrated_by(&RENAMED_TWICE, document).unwrap();
        let now = json!({"version": 2, "person": [1]});
        assert_eq!(migrated(json!({"human": [1]})), now);
        assert_eq!(migrated(json!({"version": 1, "people": [1]})), now);
        assert_eq!(migrated(now.clone()), now);
        // What an older version did not know stays where the reader will find it.
        assert_eq!(migrated(json!({"version": 1, "human": [1]})), json!({"version": 2, "human": [1]}));
    }

    #[test]
    fn a_newer_version_is_refused_before_its_unknown_keys_are() {
        let refused = Family::parse("family.toml", "robots = []\nversion = 2\n").unwrap_err();
        assert_eq!(
            refused.to_string(),
            "family.toml:2: version: this luytre reads version 1; a newer one wrote this: update luytre"
        );
        assert!(Family::parse("family.toml", "version = \"1\"\n").is_err());
        assert!(Family::parse("family.toml", "version = -1\n").is_err());
    }

    #[test]
    fn a_document_without_a_version_is_version_0() {
        for text in ["", "version = 0\n", "version = 1\n"] {
            assert_eq!(Family::parse("family.toml", text).unwrap().0, Spec::default(), "{text}");
        }
    }
}
