//! The log of what was signed: one row for each manifest, and in each row the digest of the one before.
//!
//! The head of the log stands in the manifest. So nobody can change or leave out a row later, not even who holds all keys,
//! without another log than the one that routers and mirrors have seen the head of.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use luytre_trust::canonical::canonical;
use luytre_trust::{AuditHead, KeyId, Manifest, Moment, Sha256};
use serde::{Deserialize, Serialize};

use crate::files;
use crate::list::gates::Gate;

/// A row: a line of canonical JSON (RFC 8785).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Row {
    /// 1, 2, …, without gaps.
    number: u64,
    /// The digest of the row before; `None` in the first one.
    previous: Option<Sha256>,
    #[serde(flatten)]
    deed: Deed,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deed {
    /// When.
    pub at: Moment,
    /// The digest of the manifest without its head of the log, which this row is a part of.
    pub manifest: Sha256,
    /// Its version.
    pub version: u64,
    /// The serial of its lists.
    pub serial: u64,
    /// Gates that were let through by hand.
    pub overridden: Vec<Gate>,
    /// Who signed.
    pub signers: Vec<KeyId>,
}

impl Deed {
    /// Of a manifest that is going to be signed.
    pub fn of(manifest: &Manifest, overridden: &[Gate], signers: Vec<KeyId>) -> Option<Self> {
        let bare = Manifest { audit: None, ..manifest.clone() };
        let bare = canonical(&serde_json::to_value(&bare).ok()?)?;
        let Manifest { created: at, version, serial, .. } = *manifest;
        Some(Self {
            at,
            manifest: Sha256::of(&bare),
            version,
            serial,
            overridden: overridden.to_vec(),
            signers,
        })
    }
}

/// A log that was read.
pub struct Log {
    path: PathBuf,
    text: String,
    head: Option<AuditHead>,
}

impl Log {
    /// Reads it, as far as it goes. `published` has to stand in it; a log that is lost is gone on with from there.
    pub fn open(path: &Path, published: Option<AuditHead>) -> Result<Self> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self { path: path.to_owned(), text: String::new(), head: published });
            }
            Err(error) => return Err(error).with_context(|| format!("{} can't be read", path.display())),
        };
        let head = check(&text, published).with_context(|| {
            format!("{} is not the log of what was published; bring back the right one", path.display())
        })?;
        Ok(Self { path: path.to_owned(), text, head })
    }

    /// Adds a row, on the disk when this returns. Who tries the same again adds none.
    pub fn add(&mut self, deed: Deed) -> Result<AuditHead> {
        let last: Option<Row> = self.text.lines().last().and_then(|line| serde_json::from_str(line).ok());
        if let (Some(last), Some(head)) = (last, self.head)
            && last.deed == deed
        {
            return Ok(head);
        }
        let number = self.head.map_or(0, |head| head.rows) + 1;
        let row = Row { number, previous: self.head.map(|head| head.sha256), deed };
        let row = serde_json::to_value(&row).ok().and_then(|row| canonical(&row));
        let row = row.and_then(|row| String::from_utf8(row).ok()).context("the row can't be written")?;
        let head = AuditHead { rows: number, sha256: Sha256::of(row.as_bytes()) };
        self.text += &row;
        self.text += "\n";
        files::replace(&self.path, |out| out.write_all(self.text.as_bytes()))
            .with_context(|| format!("{} can't be written", self.path.display()))?;
        self.head = Some(head);
        Ok(head)
    }
}

/// Whether a file is the log that a manifest has the head of.
pub fn check_file(path: &Path, published: AuditHead) -> Result<()> {
    let text = fs::read_to_string(path).with_context(|| format!("{} can't be read", path.display()))?;
    check(&text, Some(published)).with_context(|| format!("{} is another log", path.display())).map(drop)
}

/// Follows the rows to the last one. `published` has to be one of them.
fn check(text: &str, published: Option<AuditHead>) -> Result<Option<AuditHead>> {
    let (mut head, mut seen): (Option<AuditHead>, _) = (None, published.is_none());
    for line in text.lines() {
        let row: Row = serde_json::from_str(line).context("a line of it is no row")?;
        match head {
            // A log that was lost begins in the middle.
            None => {}
            Some(head) if (row.number, row.previous) == (head.rows + 1, Some(head.sha256)) => {}
            Some(head) => bail!("row {} does not follow row {}", row.number, head.rows),
        }
        head = Some(AuditHead { rows: row.number, sha256: Sha256::of(line.as_bytes()) });
        seen |= head == published;
    }
    ensure!(seen, "it has no row of the digest that is published");
    Ok(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deed(serial: u64) -> Deed {
        let manifest = Manifest::new(serial, Moment(serial), 9, serial);
        Deed::of(&manifest, &[Gate::Change], Vec::new()).unwrap()
    }

    /// A log of three rows in a folder.
    fn log() -> (tempfile::TempDir, PathBuf, AuditHead) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        let mut log = Log::open(&path, None).unwrap();
        let heads: Vec<_> = (1..=3).map(|serial| log.add(deed(serial)).unwrap()).collect();
        assert_eq!(heads.iter().map(|head| head.rows).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(log.add(deed(3)).unwrap(), heads[2], "the same again");
        (folder, path, heads[2])
    }

    fn write(path: &Path, text: &str) {
        files::replace(path, |out| out.write_all(text.as_bytes())).unwrap();
    }

    #[test]
    fn a_log_goes_on_where_it_ended() {
        let (_folder, path, head) = log();
        check_file(&path, head).unwrap();
        let next = Log::open(&path, Some(head)).unwrap().add(deed(4)).unwrap();
        assert_eq!(next.rows, 4);
        check_file(&path, head).unwrap();
        check_file(&path, next).unwrap();
        // Lost: the rows before are gone, and their number and digest are not.
        fs::remove_file(&path).unwrap();
        let after = Log::open(&path, Some(next)).unwrap().add(deed(5)).unwrap();
        assert_eq!(after.rows, 5);
        check_file(&path, after).unwrap();
    }

    #[test]
    fn what_was_logged_can_not_be_changed_unseen() {
        let (_folder, path, head) = log();
        let good = fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = good.lines().collect();
        let changes = [
            good.replacen("\"serial\":1", "\"serial\":7", 1),
            good.replacen("\"serial\":3", "\"serial\":7", 1),
            format!("{}\n{}\n", lines[0], lines[2]),
            format!("{}\n{}\n", lines[0], lines[1]),
            format!("{}\n{}\n{}\n", lines[1], lines[0], lines[2]),
            String::new(),
            "{}\n".to_owned(),
        ];
        for changed in changes {
            assert_ne!(changed, good);
            write(&path, &changed);
            assert!(check_file(&path, head).is_err(), "{changed}");
            assert!(Log::open(&path, Some(head)).is_err(), "{changed}");
        }
    }
}
