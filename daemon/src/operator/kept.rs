//! The policy that was taken last, as it was signed.

use std::io::{ErrorKind, Write};

use luytre_trust::policy::Taken;
use luytre_trust::{MAX_POLICY, Moment, Policy};

use super::{Place, Settings};
use crate::clock::BUILT;
use crate::config::Config;
use crate::files;
use crate::sync::Trouble;

/// The policy to begin with: the one that is kept, else, where policies are a file, what that says. `None`: there is none
/// yet. The error says why the one that is there counts for nothing.
pub fn at_start(settings: &Settings) -> Result<Option<Taken>, Trouble> {
    if let Some(kept) = read(settings)? {
        return Ok(Some(kept));
    }
    let Place::File(file) = &settings.place else { return Ok(None) };
    let document = match files::read_bytes(file, MAX_POLICY) {
        Ok(document) => document,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Trouble::local(file.display())(error)),
    };
    let taken = settings.keys.take(&document, None, None, Moment(BUILT));
    Ok(Some(sound(taken.map_err(Trouble::from)?).map_err(|why| why.at(file.display()))?))
}

/// The policy that is kept.
pub fn read(settings: &Settings) -> Result<Option<Taken>, Trouble> {
    let kept = settings.kept.display();
    let document = match files::read_bytes(&settings.kept, MAX_POLICY) {
        Ok(document) => document,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Trouble::local(kept)(error)),
    };
    let taken = settings.keys.read_taken(&document).map_err(Trouble::from).and_then(sound);
    taken.map(Some).map_err(|why| why.at(kept))
}

/// Keeps this one instead.
pub fn replace(settings: &Settings, document: &[u8]) -> Result<(), Trouble> {
    let kept = &settings.kept;
    files::replace(kept, |file| file.write_all(document)).map_err(Trouble::local(kept.display()))
}

/// A policy whose settings the configuration takes; it is refused whole else.
pub fn sound(taken: Taken) -> Result<Taken, Trouble> {
    let Policy { version, .. } = taken.policy;
    match Config::check_policy(&taken) {
        Ok(()) => Ok(taken),
        Err(error) => Err(Trouble::Refused(format!("policy {version} is refused whole: {error}"))),
    }
}
