//! A file of a publication comes to the disk: bounded by what was signed, resumed where the last try ended.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, Write};
use std::path::Path;

use luytre_trust::{FileRef, Hasher};
use tokio::time::timeout;

use super::Trouble;
use super::http::{Answer, Body, Condition, Mirror};

/// Fetches a file into `part`, which may hold its beginning already. When this returns, it holds exactly the bytes that
/// were signed; nobody has looked at them.
pub async fn download(
    mirror: &mut Mirror<'_>,
    file: &str,
    wanted: FileRef,
    part: &Path,
) -> Result<(), Trouble> {
    let have = fs::metadata(part).map_or(0, |there| there.len());
    if have > wanted.length {
        // Of another file; and if it can't be removed, writing tells.
        let _ = fs::remove_file(part);
    } else if have == wanted.length && check(file, wanted, part).is_ok() {
        return Ok(());
    }
    let from = if have < wanted.length { have } else { 0 };
    let body = match mirror.get(file, Condition { unless: None, from }).await? {
        Answer::Body(body) => body,
        Answer::NotThere | Answer::Unchanged => {
            return Err(Trouble::Unreachable(format!("{file} is not there")));
        }
    };
    let expected = wanted.length - body.from;
    if let Some(length) = body.length.filter(|length| *length != expected) {
        mirror.hang_up();
        return Err(Trouble::Refused(format!(
            "{file}: {length} bytes are to come, where {expected} are signed"
        )));
    }
    let fetched = timeout(Body::time_for(expected), append(mirror, body, wanted, part)).await;
    let slow = || Trouble::Unreachable(format!("{file} comes too slowly"));
    if let Err(trouble) = fetched.unwrap_or_else(|_| Err(slow())) {
        mirror.hang_up();
        return Err(trouble.at(file));
    }
    check(file, wanted, part).inspect_err(|_| {
        // It would only be continued next time.
        let _ = fs::remove_file(part);
    })
}

/// Writes what comes behind what is there.
async fn append(
    mirror: &mut Mirror<'_>,
    mut body: Body,
    wanted: FileRef,
    part: &Path,
) -> Result<(), Trouble> {
    let disk = |error: io::Error| Trouble::local(part.display())(error);
    let mut out = OpenOptions::new().create(true).truncate(false).write(true).open(part).map_err(disk)?;
    out.set_len(body.from).map_err(disk)?;
    out.seek(io::SeekFrom::End(0)).map_err(disk)?;
    let mut left = wanted.length - body.from;
    while let Some(bytes) = body.next().await? {
        let count = bytes.len() as u64;
        mirror.count(count);
        left = left
            .checked_sub(count)
            .ok_or_else(|| Trouble::Refused(format!("more than the signed {} bytes came", wanted.length)))?;
        out.write_all(&bytes).map_err(disk)?;
    }
    if left > 0 {
        return Err(Trouble::Unreachable(format!(
            "{left} bytes are missing; the next try goes on from there"
        )));
    }
    out.sync_data().map_err(disk)
}

/// Whether the file on the disk is the one that was signed.
fn check(file: &str, wanted: FileRef, part: &Path) -> Result<(), Trouble> {
    let digest = || {
        let mut hasher = Hasher::default();
        let length = io::copy(&mut File::open(part)?, &mut hasher)?;
        Ok(FileRef { length, sha256: hasher.finish() })
    };
    let found = digest().map_err(Trouble::local(part.display()))?;
    Ok(wanted.check(file, found)?)
}
