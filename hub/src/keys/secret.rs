//! Secret keys: 32 bytes that nobody can guess, in a file of 64 hex digits that only its owner may read.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context, Result};
use luytre_trust::hex::Hex;
use luytre_trust::{KeyId, SigningKey};
use ring::rand::{SecureRandom, SystemRandom};

use crate::files;

/// Makes a key. The file must not be there yet.
pub(crate) fn make(path: &Path) -> Result<SigningKey> {
    let mut seed = [0; 32];
    SystemRandom::new().fill(&mut seed).ok().context("the system gives no random numbers")?;
    let write = || {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        writeln!(file, "{}", Hex(seed))?;
        file.sync_all()
    };
    write().with_context(|| format!("{} can't be written", path.display()))?;
    SigningKey::from_seed(&seed).context("a random seed is no key")
}

/// Reads a key.
pub(crate) fn read(path: &Path) -> Result<SigningKey> {
    let bytes =
        files::read_at_most(path, 1024).with_context(|| format!("{} can't be read", path.display()))?;
    let seed = std::str::from_utf8(&bytes).ok().and_then(|text| Hex::parse(text.trim()));
    seed.and_then(|Hex(seed)| SigningKey::from_seed(&seed))
        .with_context(|| format!("{} is no key: it needs 64 hex digits", path.display()))
}

/// Every `*.key` of a folder by its name.
pub(crate) fn in_folder(dir: &Path) -> Result<BTreeMap<KeyId, (String, SigningKey)>> {
    let mut keys = BTreeMap::new();
    let entries = fs::read_dir(dir).with_context(|| format!("{} can't be read", dir.display()))?;
    for entry in entries {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.ends_with(".key") {
            let key = read(&dir.join(&name))?;
            keys.insert(key.id(), (name, key));
        }
    }
    Ok(keys)
}
