//! Files are replaced whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, fchown};
use std::path::{Path, PathBuf};

/// Writes a file so that a power cut leaves either the old one or the new one: a temporary file beside it, fsync,
/// rename, fsync of the folder.
pub fn replace(path: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    replace_as(path, PUBLIC, write)
}

/// The same for a file that only its owner may read.
pub fn replace_secret(path: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    replace_as(path, SECRET, write)
}

/// The same for one that stays its owner's, or becomes the folder's, even where root replaces it for the daemon.
pub fn replace_for_owner(path: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    let folder = || fs::metadata(path.parent().unwrap_or(Path::new(".")));
    let owner = fs::metadata(path).or_else(|_| folder());
    replace_secret(path, |file| {
        if let Ok(owner) = owner {
            // Only root can give a file away, and who is not root has nothing to give.
            let _ = fchown(&*file, Some(owner.uid()), Some(owner.gid()));
        }
        write(file)
    })
}

/// Permissions, of which the process's mask may take some away.
const PUBLIC: u32 = 0o666;
const SECRET: u32 = 0o600;

fn replace_as(path: &Path, mode: u32, write: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    let temporary = beside(path, "new");
    if mode == SECRET {
        // One that a power cut left has the permissions that it was made with.
        let _ = fs::remove_file(&temporary);
    }
    let created = OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(&temporary);
    let result = created.and_then(|mut file| {
        write(&mut file)?;
        file.flush()?;
        file.sync_all()?;
        fs::rename(&temporary, path)
    });
    if let Err(error) = result {
        // Best effort: what failed is the error to tell.
        let _ = fs::remove_file(&temporary);
        return Err(error);
    }
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}

/// Reads a file of at most `most` bytes.
pub fn read_bytes(path: &Path, most: usize) -> io::Result<Vec<u8>> {
    use std::io::Read;
    let mut bytes = Vec::new();
    File::open(path)?.take(most as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > most {
        let what = format!("larger than {} kB; leave out what is not needed", most / 1024);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, what));
    }
    Ok(bytes)
}

/// Reads a text file of at most `most` bytes.
pub fn read_text(path: &Path, most: usize) -> io::Result<String> {
    String::from_utf8(read_bytes(path, most)?)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "not UTF-8; save the file as UTF-8 text"))
}

/// Moves a file aside that can't be understood, for `what`; says so in words.
pub fn set_aside(path: &Path, what: &str) -> String {
    let aside = beside(path, "damaged");
    let moved = match fs::rename(path, &aside) {
        Ok(()) => format!("it lies in {} now", aside.display()),
        Err(error) => format!("it could not be moved aside: {error}"),
    };
    format!("{} can't be read ({what}); {moved}", path.display())
}

/// The path with one more extension: `list.lyt` and `prev` make `list.lyt.prev`.
pub fn beside(path: &Path, extension: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(extension);
    name.into()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_secret_is_its_owners_alone_even_over_what_a_power_cut_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        File::create(beside(&path, "new")).unwrap();
        replace_secret(&path, |file| file.write_all(b"secret")).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_failed_write_leaves_the_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kept");
        replace(&path, |file| file.write_all(b"old")).unwrap();
        let error = replace(&path, |file| {
            file.write_all(b"half")?;
            Err(io::Error::other("the disk is full"))
        });
        assert_eq!(error.unwrap_err().to_string(), "the disk is full");
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file stays");
    }
}
