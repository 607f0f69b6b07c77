//! A small document that is written often: two lines of one file, by turns and in place, each a block of flash or more.
//! A power cut takes the line that is being written at most, and the other one is as old as the turn before. To replace
//! the file instead costs ext4 four times as much (18 kB against 4): the journal takes the folder and the inode, too.
//!
//! ```text
//! {"turn":7,"crc32":"d1b2c3d4","version":1,…}            ⏎
//! {"turn":6,"crc32":"0a9b8c7d","version":1,…}            ⏎
//! ```

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use crate::files;

/// The shortest line, in bytes: what file systems write at least.
const BLOCK: usize = 4096;
/// The largest file that is read, in bytes: five times what the largest family writes.
const MAX_FILE: usize = 2 * 1024 * 1024;

/// The file.
#[derive(Debug)]
pub(super) struct Turns {
    path: PathBuf,
    /// The length of a line in bytes with its end; 0 while there is no file.
    length: usize,
    /// The line that was written last, and its number.
    newest: usize,
    turn: u32,
}

impl Turns {
    /// Reads the newest document that is whole; `None` if there is no file yet.
    pub(super) fn read(path: PathBuf) -> (Self, Option<Result<String, String>>) {
        let mut turns = Self { path, length: 0, newest: 0, turn: 0 };
        let read = match files::read_bytes(&turns.path, MAX_FILE) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => Some(Err(error.to_string())),
            Ok(bytes) => Some(turns.take_in(&bytes)),
        };
        (turns, read)
    }

    fn take_in(&mut self, bytes: &[u8]) -> Result<String, String> {
        let length = bytes.len() / 2;
        let lines = [bytes.get(..length), bytes.get(length..)];
        let whole = lines.into_iter().enumerate().filter_map(|(place, line)| Some((place, open(line?)?)));
        let newest = whole.max_by_key(|(_, (turn, _))| *turn);
        let (place, (turn, document)) = newest.ok_or("neither of its two lines is whole")?;
        (self.length, self.newest, self.turn) = (length, place, turn);
        Ok(document)
    }

    /// Writes a JSON object to the disk, over the older line.
    pub(super) fn write(&mut self, document: &str) -> io::Result<()> {
        let turn = self.turn.wrapping_add(1);
        let line = seal(turn, document);
        let place = 1 - self.newest;
        if line.len() < self.length && self.write_in_place(place, &line).is_ok() {
            (self.newest, self.turn) = (place, turn);
            return Ok(());
        }
        // There is no file, or no room in it, or somebody did something to it.
        let length = (line.len() + 1).next_power_of_two().max(BLOCK);
        files::replace_secret(&self.path, |file| {
            file.write_all(&padded(&line, length))?;
            file.write_all(&padded("", length))
        })?;
        (self.length, self.newest, self.turn) = (length, 0, turn);
        Ok(())
    }

    fn write_in_place(&self, place: usize, line: &str) -> io::Result<()> {
        let file = OpenOptions::new().write(true).open(&self.path)?;
        if file.metadata()?.len() != 2 * self.length as u64 {
            return Err(io::ErrorKind::InvalidData.into());
        }
        file.write_all_at(&padded(line, self.length), (place * self.length) as u64)?;
        file.sync_data()
    }

    /// Where it lies.
    pub(super) fn path(&self) -> &std::path::Path {
        &self.path
    }
}

/// The line in so many bytes, blanks and its end included.
fn padded(line: &str, length: usize) -> Vec<u8> {
    let mut bytes = line.as_bytes().to_vec();
    bytes.resize(length - 1, b' ');
    bytes.push(b'\n');
    bytes
}

/// The document with its number and checksum in front.
fn seal(turn: u32, document: &str) -> String {
    let rest = document.strip_prefix('{').unwrap_or(document);
    format!("{{\"turn\":{turn},\"crc32\":\"{:08x}\",{rest}", check(turn, rest))
}

/// What [`seal`] made, with its number; `None` if it is not whole.
fn open(line: &[u8]) -> Option<(u32, String)> {
    let line = std::str::from_utf8(line).ok()?;
    let (turn, rest) = line.strip_prefix("{\"turn\":")?.split_once(",\"crc32\":\"")?;
    let (sum, rest) = rest.split_once("\",")?;
    let (turn, rest) = (turn.parse().ok()?, rest.trim_end());
    (u32::from_str_radix(sum, 16) == Ok(check(turn, rest))).then(|| (turn, format!("{{{rest}")))
}

fn check(turn: u32, rest: &str) -> u32 {
    let mut sum = crc32fast::Hasher::new();
    sum.update(&turn.to_le_bytes());
    sum.update(rest.as_bytes());
    sum.finalize()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::MetadataExt;

    use super::*;

    fn document(number: usize) -> String {
        format!("{{\"minutes\":{number},\"who\":\"{}\"}}", "Ân".repeat(number % 50))
    }

    #[test]
    fn a_power_cut_at_any_byte_leaves_this_turn_or_the_one_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("usage.jsonl");
        let (mut turns, nothing) = Turns::read(path.clone());
        assert!(nothing.is_none());
        let mut cuts = 0;
        for number in 1..12 {
            let before = fs::read(&path).unwrap_or_default();
            turns.write(&document(number)).unwrap();
            let after = fs::read(&path).unwrap();
            assert_eq!(Turns::read(path.clone()).1, Some(Ok(document(number))));
            if before.is_empty() {
                continue;
            }
            let mut turns = Turns::read(path.clone()).0;
            for cut in 0..=BLOCK {
                let place = (number - 1) % 2 * BLOCK;
                let mut torn = before.clone();
                torn[place..place + cut].copy_from_slice(&after[place..place + cut]);
                let read = turns.take_in(&torn).unwrap();
                assert!(read == document(number) || read == document(number - 1), "{number}, {cut}: {read}");
                cuts += 1;
            }
        }
        assert!(cuts > 40_000);
    }

    #[test]
    fn it_stays_one_file_and_grows_with_what_it_holds() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("usage.jsonl");
        let (mut turns, _) = Turns::read(path.clone());
        turns.write(&document(1)).unwrap();
        let first = fs::metadata(&path).unwrap().ino();
        (2..10).for_each(|number| turns.write(&document(number)).unwrap());
        let now = fs::metadata(&path).unwrap();
        assert_eq!((now.ino(), now.len()), (first, 2 * BLOCK as u64));
        let long = format!("{{\"who\":\"{}\"}}", "x".repeat(5000));
        turns.write(&long).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().len(), 4 * BLOCK as u64);
        assert_eq!(Turns::read(path.clone()).1, Some(Ok(long)));
        // Somebody took it away.
        fs::remove_file(&path).unwrap();
        turns.write(&document(3)).unwrap();
        assert_eq!(Turns::read(path).1, Some(Ok(document(3))));
    }
}
