//! Keys and values on disk, changed a batch at a time: in sled's [`Tree`](tree::Tree), or where sled does not work in a
//! [`Journal`](journal::Journal).
//!
//! MIPS has no atomics of 64 bits. sled 0.34 takes locks in their place, makes some of those out of zeros (its `lru.rs`),
//! and so ends the program soon after the first save.

#[cfg(any(target_arch = "mips", test))]
mod journal;
#[cfg(not(target_arch = "mips"))]
mod stable;
#[cfg(not(target_arch = "mips"))]
mod tree;

use std::path::Path;
use std::time::Duration;

#[cfg(target_arch = "mips")]
pub(super) use self::journal::Journal as Table;
#[cfg(not(target_arch = "mips"))]
pub(super) use self::tree::Tree as Table;

/// A table's file in its folder.
pub(super) const FILE: &str = "db";

/// How long a lock is waited for that another may hold, two seconds: sled's threads let go a moment after a table was
/// closed, and a process that is being started does when it is another program.
const LOCK_LOOK: Duration = Duration::from_millis(20);
const LOCK_LOOKS: u32 = 100;

/// The size of a table's file in bytes; 0 if there is none.
pub(super) fn size(folder: &Path) -> u64 {
    std::fs::metadata(folder.join(FILE)).map_or(0, |metadata| metadata.len())
}

/// Changes that are on the disk all together or not at all; of two to the same key the later counts.
#[derive(Debug, Default)]
pub(super) struct Batch(Vec<Change>);

/// A key, and its value or that it goes.
type Change = (Box<[u8]>, Option<Box<[u8]>>);

impl Batch {
    pub(super) fn insert(&mut self, key: &[u8], value: &[u8]) {
        self.0.push((key.into(), Some(value.into())));
    }

    pub(super) fn remove(&mut self, key: &[u8]) {
        self.0.push((key.into(), None));
    }
}

/// Why a table or what is in it can't be used.
#[derive(Debug)]
pub(super) enum StoreError {
    /// What is in it makes no sense: begin anew.
    Damaged(String),
    /// The disk does not let us: try again later.
    Disk(String),
}

impl std::fmt::Display for StoreError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Damaged(reason) => write!(f, "damaged: {reason}"),
            Self::Disk(reason) => f.write_str(reason),
        }
    }
}

impl From<std::io::Error> for StoreError {
    fn from(error: std::io::Error) -> Self {
        Self::Disk(error.to_string())
    }
}

pub(super) fn damaged(what: &str) -> StoreError {
    StoreError::Damaged(what.to_owned())
}
