//! Names that many people use. They are no proof of innocence (`pornhub.com` is among them), but whoever lists one
//! under a harm has to have company.

use std::path::PathBuf;

use anyhow::{Result, bail};

use super::names::Names;
use super::read::Reading;
use super::sources::Scope;

/// Reads popularity lists: one name a line, or `rank,name`, packed or not.
pub fn read(files: &[PathBuf]) -> Result<Names> {
    let mut names = Names::default();
    for file in files {
        let before = names.len();
        let reading = Reading::of(file, None, Some(Scope::Exact), false)?;
        reading.statements().for_each(|said| {
            names.intern(said.name);
        });
        if names.len() == before {
            bail!("{} holds no names that could be popular: it needs one a line", file.display());
        }
    }
    Ok(names)
}
