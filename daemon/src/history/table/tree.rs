//! A table in sled.
//!
//! sled's own flush leaves the file's size and the folder's entries to the kernel, and a power cut then loses the whole
//! table: each batch ends in an fsync of the file and its folder.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::{Batch, FILE, LOCK_LOOK, LOCK_LOOKS, StoreError};

/// An open table.
#[derive(Debug)]
pub(in crate::history) struct Tree {
    db: sled::Db,
    folder: PathBuf,
}

impl From<sled::Error> for StoreError {
    fn from(error: sled::Error) -> Self {
        match error {
            sled::Error::Io(error) => Self::Disk(error.to_string()),
            other => Self::Damaged(other.to_string()),
        }
    }
}

impl Tree {
    /// Opens a table, or makes an empty one. sled may panic on damage, here and later.
    pub(in crate::history) fn open(folder: &Path) -> Result<Self, StoreError> {
        remove_half_snapshots(folder)?;
        let db = open_sled(folder)?;
        sync_all(folder)?;
        Ok(Self { db, folder: folder.to_owned() })
    }

    pub(in crate::history) fn entries(
        &self,
    ) -> impl Iterator<Item = Result<(impl AsRef<[u8]>, impl AsRef<[u8]>), StoreError>> {
        self.db.iter().map(|entry| entry.map_err(StoreError::from))
    }

    pub(in crate::history) fn get(&self, key: &[u8]) -> Result<Option<impl AsRef<[u8]>>, StoreError> {
        Ok(self.db.get(key)?)
    }

    /// On disk when this returns.
    pub(in crate::history) fn apply(&mut self, batch: Batch) -> Result<(), StoreError> {
        self.db.apply_batch(sled_batch(batch))?;
        self.db.flush()?;
        // What sled's flush leaves out: without the file's size and name a power cut loses all.
        File::open(self.folder.join(FILE))?.sync_all()?;
        File::open(&self.folder)?.sync_all()?;
        Ok(())
    }

    /// Writes all of it into an empty folder, without the room that sled's log lost on the way, and closes both.
    pub(in crate::history) fn copy_to(self, folder: &Path) -> Result<(), StoreError> {
        // In memory, some 700 kB, so that never two tables are open: an open one takes more.
        let entries = self.db.iter().collect::<Result<Vec<_>, _>>()?;
        drop(self.db);
        let db = open_sled(folder)?;
        // Step by step: what a page was before is gone from sled's log when the next one is written.
        for some in entries.chunks(32) {
            let mut batch = sled::Batch::default();
            some.iter().for_each(|(key, value)| batch.insert(key, value));
            db.apply_batch(batch)?;
            db.flush()?;
        }
        sync_all(folder)
    }
}

fn sled_batch(Batch(changes): Batch) -> sled::Batch {
    let mut batch = sled::Batch::default();
    for (key, value) in changes {
        match value {
            Some(value) => batch.insert(key, value),
            None => batch.remove(key),
        }
    }
    batch
}

/// sled takes the snapshot that it was writing when the power went for its newest one, and refuses the whole table for
/// it. Until it has its final name it is not needed.
fn remove_half_snapshots(folder: &Path) -> Result<(), StoreError> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(()) }; // a new one
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "generating") {
            std::fs::remove_file(path)?;
        }
    }
    Ok(())
}

fn open_sled(folder: &Path) -> Result<sled::Db, sled::Error> {
    let config = sled::Config::new()
        .path(folder)
        .cache_capacity(1 << 20)
        .mode(sled::Mode::LowSpace)
        .segment_size(64 << 10)
        .flush_every_ms(None);
    for _ in 0..LOCK_LOOKS {
        match config.open() {
            Err(sled::Error::Io(error)) if error.to_string().contains("could not acquire lock") => {
                std::thread::sleep(LOCK_LOOK);
            }
            opened => return opened,
        }
    }
    config.open()
}

/// sled never syncs `conf`, and without it nothing can be read.
fn sync_all(folder: &Path) -> Result<(), StoreError> {
    for entry in std::fs::read_dir(folder)? {
        File::open(entry?.path())?.sync_all()?;
    }
    File::open(folder)?.sync_all()?;
    Ok(())
}
