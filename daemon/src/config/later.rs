//! Keys whose features come in a later version: known, documented, and accepted only at their defaults.
//!
//! A key that is accepted without effect would be a promise broken silently. A feature that arrives takes its keys
//! off [`LATER`] and gives them a place in its section's `Config`.

use super::Spec;
use super::read::Refusal;
use super::read::key::Key;
use super::read::schema::{Schema, literal};

/// Each key, and the feature that it belongs to.
pub(super) const LATER: [(&str, &str); 1] = [("web.tls", "HTTPS for the page")];

/// Refuses a key of a later version that is set to anything but its default.
pub(super) fn refuse(spec: &Spec) -> Result<(), Refusal> {
    let (written, defaults) = (Schema::of(spec), Schema::current());
    for (name, feature) in LATER {
        let key = Key::from(name);
        if let Some(default) = defaults.default_of(&key)
            && written.default_of(&key).as_ref() != Some(&default)
        {
            let what = format!("{feature} is not in this version yet; write {}", literal(&default));
            return Err(Refusal::new(key, what));
        }
    }
    Ok(())
}
