//! Files as text, packed or not: what packing is in use is told by the name's end.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

/// Room for one read: large enough that the unpackers work in whole blocks.
const BUFFER: usize = 256 * 1024;

/// A file's name without the packing's suffix.
pub fn without_suffix(name: &str) -> &str {
    [".xz", ".gz", ".zst"].iter().find_map(|suffix| name.strip_suffix(suffix)).unwrap_or(name)
}

/// Opens a file and unpacks it while it is read. Damage shows as an error of the read that meets it.
pub fn open(path: &Path) -> io::Result<Box<dyn BufRead>> {
    let file = File::open(path)?;
    let packed = BufReader::with_capacity(BUFFER, file);
    Ok(match path.extension().and_then(|extension| extension.to_str()) {
        // Several streams in one file are what `cat a.xz b.xz` makes.
        Some("xz") => Box::new(BufReader::with_capacity(BUFFER, lzma_rust2::XzReader::new(packed, true))),
        Some("gz") => {
            Box::new(BufReader::with_capacity(BUFFER, flate2::bufread::MultiGzDecoder::new(packed)))
        }
        Some("zst") => {
            let frames = ruzstd::decoding::StreamingDecoder::new(packed).map_err(io::Error::other)?;
            Box::new(BufReader::with_capacity(BUFFER, frames))
        }
        _ => Box::new(packed),
    })
}
