//! The lists of earlier serials, in the form in which they travel: a tenth of them would be enough for the deltas of the
//! next weeks, but whichever serial a router may come back with has to be there on the day it is 14 or 30 back.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use luytre_lists::{List, delta};

use super::release::{BACK, Release};
use crate::files;

/// A folder with a folder for each serial.
pub struct Shelf(PathBuf);

impl Shelf {
    /// Opens the folder, or makes it.
    pub fn open(path: &Path) -> Result<Self> {
        fs::create_dir_all(path).with_context(|| format!("the folder {} can't be made", path.display()))?;
        Ok(Self(path.to_owned()))
    }

    /// Whether anything is kept of a serial.
    pub fn has(&self, serial: u64) -> bool {
        self.folder(serial).is_dir()
    }

    /// A list of an earlier serial; `None` if it is not kept.
    pub fn list(&self, serial: u64, edition: &str) -> Result<Option<List<Vec<u8>>>> {
        let path = self.file(serial, edition);
        let whole = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).with_context(|| format!("{} can't be read", path.display())),
        };
        let damaged =
            || format!("{} is damaged; remove it, and routers take the whole list once", path.display());
        let mut bytes = Vec::new();
        delta::apply(None::<&List<Vec<u8>>>, &whole, &mut bytes).with_context(damaged)?;
        List::open(bytes).with_context(damaged).map(Some)
    }

    /// The zone of an earlier serial; `None` if none was made, or it is not kept.
    pub fn zone(&self, serial: u64) -> Result<Option<Vec<u8>>> {
        let path = self.zone_file(serial);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).with_context(|| format!("{} can't be read", path.display())),
        };
        let mut zone = Vec::new();
        GzDecoder::new(file)
            .read_to_end(&mut zone)
            .with_context(|| format!("{} is damaged; remove it", path.display()))?;
        Ok(Some(zone))
    }

    /// Keeps the lists of a release, and its zone.
    pub fn keep(&self, release: &Release) -> Result<()> {
        let folder = self.folder(release.serial);
        fs::create_dir_all(&folder).with_context(|| format!("{} can't be made", folder.display()))?;
        release.whole().try_for_each(|(edition, bytes)| {
            let path = self.file(release.serial, edition);
            files::replace(&path, |out| out.write_all(bytes))
                .with_context(|| format!("{} can't be written", path.display()))
        })?;
        let Some(zone) = &release.zone else { return Ok(()) };
        let path = self.zone_file(release.serial);
        let pack = |out: &mut dyn Write| {
            let mut packing = GzEncoder::new(out, Compression::fast());
            packing.write_all(zone)?;
            packing.finish().map(drop)
        };
        files::replace(&path, pack).with_context(|| format!("{} can't be written", path.display()))
    }

    /// Removes what no delta starts from any more.
    pub fn remove_old(&self, serial: u64) -> Result<()> {
        let farthest = BACK.into_iter().max().unwrap_or_default();
        let context = || format!("{} can't be tidied up", self.0.display());
        for entry in fs::read_dir(&self.0).with_context(context)? {
            let entry = entry.with_context(context)?;
            let kept: Option<u64> = entry.file_name().to_str().and_then(|name| name.parse().ok());
            if kept.is_some_and(|kept| kept + farthest < serial) {
                fs::remove_dir_all(entry.path()).with_context(context)?;
            }
        }
        Ok(())
    }

    fn folder(&self, serial: u64) -> PathBuf {
        self.0.join(serial.to_string())
    }

    fn file(&self, serial: u64, edition: &str) -> PathBuf {
        self.folder(serial).join(format!("{edition}.whole"))
    }

    fn zone_file(&self, serial: u64) -> PathBuf {
        self.folder(serial).join("zone.gz")
    }
}
