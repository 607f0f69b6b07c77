//! What must not be forgotten: one small file beside the list, replaced whole.

use std::path::Path;

use luytre_trust::{
    FileRef, Lifts, MAX_LIFTS, MAX_ROOT, Manifest, Moment, Ring, Seen, Sha256, Trusted, Version,
};
use serde::{Deserialize, Serialize};

use super::Trouble;
use crate::document::from_json;
use crate::files;

/// The largest such file, in bytes: a root, what is lifted, and a few lines.
const MAX_FILE: usize = 2 * MAX_ROOT + MAX_LIFTS;
/// Serials that are remembered as bad; a later one is taken anyway.
const MAX_REFUSED: usize = 16;

/// What must not be forgotten.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Kept {
    /// The digest of the root that we were set up with: with another one all begins anew.
    anchor: Option<Sha256>,
    /// The last root, as it came.
    root: String,
    /// What was seen of the other roles.
    seen: Seen,
    /// The last timestamp as it came, and the mirror's name for that version of it.
    pub timestamp: String,
    /// See there.
    pub etag: Option<String>,
    /// When the last timestamp's time is over: from then on the list is stale.
    pub good_until: Moment,
    /// When the centre was last heard of, by the wall clock; 0 if never.
    pub heard: Moment,
    /// Which size is installed.
    pub edition: String,
    /// The list in force.
    pub installed: Option<Held>,
    /// The one that is just taking its place.
    pub pending: Option<Held>,
    /// The one before it.
    pub before: Option<Held>,
    /// Serials that were rolled back from.
    pub refused: Vec<u64>,
    /// How often the daemon has started with this list without running well for a while; `None` once it has.
    pub trial: Option<u32>,
    /// The last manifest, if it was not this router's turn, in its ring, to take its list.
    pub not_our_turn: Option<Sha256>,
    /// The newest version of this program that the centre told of.
    pub newest: Option<Version>,
    /// Names that count as not listed, for a while.
    pub lifts: Option<Lifts>,
    /// Where this router stands in staged rollouts. Never sent.
    id: u64,
}

/// A list that lies here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Its serial.
    pub serial: u64,
    /// Its length and digest, as they were signed.
    pub file: FileRef,
    /// Its own checksums, by which it is known again without reading all of it.
    pub fingerprint: u64,
}

impl Kept {
    /// Reads what is kept; nothing is if there is no such file.
    pub fn read(file: &Path) -> Result<Self, Trouble> {
        let path = path(file);
        let bytes = match files::read_bytes(&path, MAX_FILE) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(Trouble::local(path.display())(error)),
        };
        // One that is damaged tells nothing: all is learnt anew, from the root that we were set up with.
        Ok(from_json(&bytes).unwrap_or_else(|error| {
            tracing::error!(file = %path.display(), %error, "what was kept of earlier lists is damaged; beginning anew");
            Self::default()
        }))
    }

    /// Whether a list with this fingerprint came from the centre.
    pub fn knows(&self, fingerprint: u64) -> bool {
        self.installed.iter().chain(&self.pending).any(|held| held.fingerprint == fingerprint)
    }

    /// Writes it.
    pub fn save(&self, file: &Path) -> Result<(), Trouble> {
        let path = path(file);
        let text = serde_json::to_vec(self).map_err(|error| Trouble::Local(error.to_string()))?;
        files::replace(&path, |out| std::io::Write::write_all(out, &text))
            .map_err(Trouble::local(path.display()))
    }

    /// What is believed, beginning with the root that we were set up with. It is no earlier than `built`.
    pub fn trusted(&mut self, anchor: &[u8], built: Moment) -> Result<Trusted, Trouble> {
        let digest = Some(Sha256::of(anchor));
        if self.anchor == digest
            && let Ok(trusted) = Trusted::begin(self.root.as_bytes(), self.seen.clone(), built)
        {
            return Ok(trusted);
        }
        let trusted = Trusted::begin(anchor, Seen::default(), built)?;
        let Self { installed, pending, before, edition, trial, .. } = std::mem::take(self);
        *self = Self {
            anchor: digest,
            installed,
            pending,
            before,
            edition,
            trial,
            id: super::random() >> 11,
            ..Self::default()
        };
        self.believe(&trusted);
        Ok(trusted)
    }

    /// Remembers what is believed now.
    pub fn believe(&mut self, trusted: &Trusted) {
        // A root that was read as JSON is UTF-8.
        self.root = String::from_utf8_lossy(trusted.document()).into_owned();
        self.seen = trusted.seen().clone();
    }

    /// The last root as it came.
    pub fn root(&self) -> &str {
        &self.root
    }

    /// What was seen last.
    pub fn seen(&self) -> &Seen {
        &self.seen
    }

    /// With this seen.
    #[cfg(test)]
    pub(super) fn having_seen(seen: Seen) -> Self {
        Self { seen, ..Self::default() }
    }

    /// Puts the router at a place in staged rollouts.
    #[cfg(test)]
    pub(super) fn stand_at(&mut self, id: u64) {
        self.id = id;
    }

    /// Never takes this serial again.
    pub fn refuse(&mut self, serial: u64) {
        self.refused.push(serial);
        let excess = self.refused.len().saturating_sub(MAX_REFUSED);
        self.refused.drain(..excess);
    }

    /// Whether this router is among the hundredths that take a list already. Others are for the next list.
    pub fn is_our_turn(&self, manifest: &Manifest, ring: Ring) -> bool {
        let percent = u32::from(manifest.rollout_percent);
        let place = format!("{}/{}", self.id, manifest.serial);
        let [first, second, ..] = Sha256::of(place.as_bytes()).0;
        match ring {
            Ring::Early => percent > 0,
            Ring::Normal => u32::from(u16::from_be_bytes([first, second])) * 100 < percent << 16,
            Ring::Late => percent >= 100,
        }
    }

    /// Remembers that it was not this router's turn, being in that ring.
    pub fn let_others_go_first(&mut self, manifest: Sha256, ring: Ring) {
        self.not_our_turn = Some(turn(manifest, ring));
    }

    /// Whether it was not its turn for this very manifest, in the same ring.
    pub fn lets_others_go_first(&self, manifest: Sha256, ring: Ring) -> bool {
        self.not_our_turn == Some(turn(manifest, ring))
    }
}

/// A manifest as one ring meets it.
fn turn(manifest: Sha256, ring: Ring) -> Sha256 {
    match ring {
        Ring::Normal => manifest,
        ring => Sha256::of(format!("{manifest} {}", ring.word()).as_bytes()),
    }
}

fn path(file: &Path) -> std::path::PathBuf {
    files::beside(file, "sync")
}
