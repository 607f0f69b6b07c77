//! `luytre-hub source fetch`: the lists that others publish, politely.
//!
//! A source is asked as often as `sources.toml` says and only for what is new. What comes is a stranger's: its size, its
//! unpacked size and its time are bounded, it has to hold names, and not half as many as yesterday. Else the last good
//! file stays, and the report says why.

mod note;

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use self::note::Note;
use crate::files;
use crate::list::line::Form;
use crate::list::read::Reading;
use crate::list::sources::Scope;
use crate::list::unpack;

/// The largest file that is fetched, in bytes.
const MAX_BYTES: u64 = 128 << 20;
/// The most bytes that it may unpack to.
const MAX_UNPACKED: u64 = 1 << 30;
/// How many times its size it may unpack to: lists of names shrink to a fifth, bombs to a thousandth.
const MAX_RATIO: u64 = 50;
/// How long a file may take.
const PATIENCE: Duration = Duration::from_secs(300);

/// A source with an address.
pub struct Remote {
    /// What it is called.
    pub id: String,
    /// Where it is.
    pub url: String,
    /// Where it is kept.
    pub path: PathBuf,
    /// Seconds between two looks.
    pub every_s: u64,
    /// The one form its lines have.
    pub form: Option<Form>,
    /// What its names stand for.
    pub scope: Option<Scope>,
}

/// What came of a look.
#[derive(Debug, PartialEq, Eq)]
pub enum Fetched {
    /// Something new is there.
    New {
        /// Its names.
        names: u64,
        /// Its bytes, packed as it came.
        bytes: u64,
    },
    /// What is there is what there is.
    Unchanged,
    /// It was looked at not long ago.
    NotDue,
}

/// Looks at a source. `accept`: take it although it has lost half of its names.
pub fn fetch(remote: &Remote, now: u64, accept: bool) -> Result<Fetched> {
    let before = Note::beside(&remote.path);
    let before = before.filter(|note| note.url == remote.url && remote.path.exists());
    if before.as_ref().is_some_and(|note| !accept && now < note.looked.saturating_add(remote.every_s)) {
        return Ok(Fetched::NotDue);
    }
    if let Some(folder) = remote.path.parent() {
        fs::create_dir_all(folder).with_context(|| format!("{} can't be made", folder.display()))?;
    }
    let new = beside(&remote.path);
    let fetched = get(remote, before.as_ref(), &new).and_then(|answer| {
        let Some(mut note) = answer else {
            let note = Note { looked: now, ..before.clone().unwrap_or_default() };
            note.write(&remote.path)?;
            return Ok(Fetched::Unchanged);
        };
        (note.looked, note.names) = (now, check(remote, &new)?);
        let lost = before.as_ref().is_some_and(|before| note.names < before.names / 2);
        ensure!(
            !lost || accept,
            "it has {} names, where it had {}; --accept {} takes it",
            note.names,
            before.as_ref().map_or(0, |before| before.names),
            remote.id
        );
        let bytes = fs::metadata(&new)?.len();
        fs::rename(&new, &remote.path)
            .with_context(|| format!("{} can't be written", remote.path.display()))?;
        note.write(&remote.path)?;
        Ok(Fetched::New { names: note.names, bytes })
    });
    // What is left of an attempt is of no use.
    let _ = fs::remove_file(&new);
    fetched
}

/// Fetches into a file; `None` if the server says that nothing has changed.
fn get(remote: &Remote, before: Option<&Note>, to: &Path) -> Result<Option<Note>> {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(PATIENCE))
        .http_status_as_error(false)
        .build()
        .into();
    let mut request = agent.get(&remote.url).header(
        "User-Agent",
        concat!("luytre-hub/", env!("CARGO_PKG_VERSION"), " (+https://github.com/luytre/luytre)"),
    );
    if let Some(etag) = before.and_then(|note| note.etag.as_ref()) {
        request = request.header("If-None-Match", etag);
    }
    if let Some(modified) = before.and_then(|note| note.modified.as_ref()) {
        request = request.header("If-Modified-Since", modified);
    }
    let mut answer = request.call().with_context(|| format!("{} can't be fetched", remote.url))?;
    match answer.status().as_u16() {
        200 => {}
        304 => return Ok(None),
        status => bail!("{} answers with status {status}", remote.url),
    }
    let header = |name: &str| Some(answer.headers().get(name)?.to_str().ok()?.to_owned());
    let note = Note {
        url: remote.url.clone(),
        etag: header("etag"),
        modified: header("last-modified"),
        ..Note::default()
    };
    let mut body = answer.body_mut().with_config().limit(MAX_BYTES + 1).reader();
    let mut out = File::create(to).with_context(|| format!("{} can't be written", to.display()))?;
    let bytes = io::copy(&mut body, &mut out).with_context(|| format!("{} can't be fetched", remote.url))?;
    ensure!(bytes <= MAX_BYTES, "{} is longer than {} MB", remote.url, MAX_BYTES >> 20);
    out.flush()?;
    out.sync_all()?;
    Ok(Some(note))
}

/// How many names a new file has; it has to be a list that can be read within its bounds.
fn check(remote: &Remote, new: &Path) -> Result<u64> {
    let packed = fs::metadata(new)?.len();
    let most = MAX_UNPACKED.min(packed.saturating_mul(MAX_RATIO).max(1 << 20));
    let mut unpacked = unpack::open(new).context("it can't be unpacked")?.take(most + 1);
    let mut beginning = Vec::new();
    unpacked.by_ref().take(512).read_to_end(&mut beginning).context("it can't be unpacked")?;
    let rest = io::copy(&mut unpacked, &mut io::sink()).context("it can't be unpacked")?;
    ensure!(beginning.len() as u64 + rest <= most, "{packed} bytes unpack to more than {} MB", most >> 20);
    let is_page = beginning.trim_ascii_start().starts_with(b"<");
    ensure!(!is_page, "it is a web page and no list");
    let reading = Reading::of(new, remote.form, remote.scope, true)?;
    let names = reading.statements().count() as u64;
    ensure!(names > 0, "it holds no names");
    Ok(names)
}

/// A name of its own for what is on its way, with the end that tells how it is packed.
fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    path.with_file_name(format!("new-{name}"))
}

/// The file name of a source: its id and how it is packed, nothing that a path could be made of.
pub fn file_name(id: &str, url: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') { c } else { '.' };
    let id: String = id.chars().map(plain).collect();
    let address = url.split(['?', '#']).next().unwrap_or_default();
    let packing = [".xz", ".gz", ".zst"].into_iter().find(|suffix| address.ends_with(suffix));
    format!("{}.txt{}", id.trim_matches('.'), packing.unwrap_or_default())
}

/// Writes a small file whole.
fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    files::replace(path, |out| out.write_all(bytes))
        .with_context(|| format!("{} can't be written", path.display()))
}
