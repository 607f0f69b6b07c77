//! The manifest and the timestamp of a publication.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use luytre_trust::envelope::unverified;
use luytre_trust::{
    Categories, Edition, FileRef, Lifts, MAX_LIFTS, MAX_MANIFEST, MAX_TIMESTAMP, Manifest, Moment, Role,
    Seen, Timestamp, Trusted, Version, sign,
};

use super::place::Place;
use super::{What, Wish};
use crate::audit::{Deed, Log};
use crate::keys::KeyFolder;

/// Seconds that a manifest is good for: 30 days.
const MANIFEST_LIFETIME: u64 = 30 * 24 * 3600;
/// It is signed anew when fewer of them are left: 20 days.
const MANIFEST_RENEWED: u64 = 20 * 24 * 3600;
/// Seconds that a timestamp is good for: two days.
const TIMESTAMP_LIFETIME: u64 = 48 * 3600;

/// What was published before.
pub struct Before {
    /// The manifest.
    pub manifest: Option<Manifest>,
    manifest_bytes: Vec<u8>,
    timestamp: Option<Timestamp>,
    /// What is lifted.
    pub lifts: Option<Lifts>,
}

/// What a manifest vouches for.
pub struct Content {
    /// The serial of the lists.
    pub serial: u64,
    /// The lists.
    pub editions: BTreeMap<String, Edition>,
    /// What their numbers stand for.
    pub categories: Categories,
    /// The zone for other people's resolvers.
    pub zone: Option<FileRef>,
}

impl From<&Manifest> for Content {
    fn from(manifest: &Manifest) -> Self {
        let Manifest { serial, editions, categories, zone, .. } = manifest.clone();
        Self { serial, editions, categories, zone }
    }
}

/// A manifest and its bytes.
pub struct SignedManifest {
    /// What it says.
    pub content: Manifest,
    /// The document.
    pub bytes: Vec<u8>,
}

/// Signs what is said of a publication.
pub struct Announcement<'a> {
    /// By these keys.
    pub keys: &'a KeyFolder,
    /// After this.
    pub before: &'a Before,
    /// In this way.
    pub wish: &'a Wish,
    /// Seconds that routers wait at least.
    pub min_wait_s: u64,
    /// What judges names that are on no list.
    pub model: Option<FileRef>,
    /// The newest version of the router's program.
    pub program: Option<Version>,
    /// The log of what is signed.
    pub log: &'a Path,
}

impl Before {
    /// Reads what lies in the publication.
    pub fn read(place: &Place) -> Result<Self> {
        let manifest_bytes = place.get("manifest.json", MAX_MANIFEST)?.unwrap_or_default();
        let timestamp = place.get("timestamp.json", MAX_TIMESTAMP)?.unwrap_or_default();
        let no_document = |name: &str| format!("{} in {place} is none; move it away", name);
        let manifest = match manifest_bytes.as_slice() {
            [] => None,
            bytes => Some(unverified(bytes).with_context(|| no_document("manifest.json"))?),
        };
        let timestamp = match timestamp.as_slice() {
            [] => None,
            bytes => Some(unverified(bytes).with_context(|| no_document("timestamp.json"))?),
        };
        let lifts = match place.get("lifts.json", MAX_LIFTS)?.as_deref() {
            None => None,
            Some(bytes) => Some(unverified(bytes).with_context(|| no_document("lifts.json"))?),
        };
        Ok(Self { manifest, manifest_bytes, timestamp, lifts })
    }

    /// The last serial; 0 before the first publication.
    pub fn serial(&self) -> u64 {
        let manifest = self.manifest.as_ref().map_or(0, |manifest| manifest.serial);
        self.timestamp.as_ref().map_or(0, |timestamp| timestamp.serial).max(manifest)
    }

    /// The serials that turned out to be wrong, with one more.
    pub fn withdrawn(&self, more: Option<u64>) -> Vec<u64> {
        let mut withdrawn: Vec<u64> =
            self.manifest.iter().flat_map(|manifest| &manifest.withdrawn).copied().chain(more).collect();
        withdrawn.sort_unstable();
        withdrawn.dedup();
        withdrawn
    }
}

impl Announcement<'_> {
    /// A manifest of new lists.
    pub fn manifest(&self, said: Content) -> Result<SignedManifest> {
        let version = self.before.manifest.as_ref().map_or(0, |manifest| manifest.version) + 1;
        let mut content = Manifest::new(version, self.wish.now, MANIFEST_LIFETIME, said.serial);
        content.min_wait_s = self.min_wait_s;
        content.rollout_percent = self.wish.rollout_percent;
        content.withdrawn = match self.wish.what {
            What::InsteadOf(serial) => self.before.withdrawn(Some(serial)),
            What::Lists | What::Timestamp => self.before.withdrawn(None),
        };
        (content.editions, content.categories) = (said.editions, said.categories);
        (content.zone, content.model, content.program) = (said.zone, self.model, self.program);
        self.sign_manifest(content)
    }

    /// The same lists: the same manifest as long as it is good and says what is wished, else one that does.
    pub fn manifest_again(&self) -> Result<SignedManifest> {
        let Some(before) = &self.before.manifest else {
            bail!("nothing was published yet; publish a list first");
        };
        let wished = (before.rollout_percent, before.min_wait_s, before.model, before.program)
            == (self.wish.rollout_percent, self.min_wait_s, self.model, self.program);
        let lasts = before.expires >= self.wish.now.plus(MANIFEST_RENEWED);
        let as_it_is = SignedManifest { content: before.clone(), bytes: self.before.manifest_bytes.clone() };
        let renews = self.wish.what != What::Timestamp;
        if self.is_good(&as_it_is) && (!renews || (wished && lasts)) {
            return Ok(as_it_is);
        }
        self.manifest(before.into())
    }

    /// Logs it, and signs it.
    fn sign_manifest(&self, mut content: Manifest) -> Result<SignedManifest> {
        let keys = self.keys.signers(Role::Targets)?;
        let signers = keys.iter().map(|key| key.id()).collect();
        let deed =
            Deed::of(&content, &self.wish.overrides, signers).context("the manifest can't be logged")?;
        let published = self.before.manifest.as_ref().and_then(|manifest| manifest.audit);
        content.audit = Some(Log::open(self.log, published)?.add(deed)?);
        let bytes = sign(&content, &keys).context("the manifest can't be written")?;
        ensure!(
            bytes.len() <= MAX_MANIFEST,
            "the manifest has {} bytes; routers read {MAX_MANIFEST}",
            bytes.len()
        );
        Ok(SignedManifest { content, bytes })
    }

    /// The timestamp of a manifest and of what is lifted, tried as a router will.
    pub fn timestamp(&self, manifest: &SignedManifest, lifts: Option<&Lifts>) -> Result<Vec<u8>> {
        let version = self.before.timestamp.as_ref().map_or(0, |timestamp| timestamp.version) + 1;
        let file = FileRef::of(&manifest.bytes);
        let now = self.wish.now;
        let mut timestamp = Timestamp::new(version, now, TIMESTAMP_LIFETIME, manifest.content.serial, file);
        timestamp.urgent = self.wish.urgent;
        timestamp.lifts = lifts.filter(|lifts| lifts.expires > now).map(|lifts| lifts.version);
        let bytes = sign(&timestamp, &self.keys.signers(Role::Timestamp)?)
            .context("the timestamp can't be written")?;
        let (_, root) = self.keys.roots().last().context("there is no root")?;
        let mut router = Trusted::begin(root, Seen::default(), Moment::default())?;
        router
            .check_root(Some(now))
            .and_then(|()| router.timestamp(&bytes, Some(now)))
            .and_then(|announced| router.manifest(&announced, &manifest.bytes, Some(now)))
            .context("a router would refuse this publication")?;
        Ok(bytes)
    }

    /// Whether the keys of today have signed it.
    fn is_good(&self, manifest: &SignedManifest) -> bool {
        let Some((_, root)) = self.keys.roots().last() else { return false };
        let file = FileRef::of(&manifest.bytes);
        let announced = Timestamp::new(1, Moment::default(), 1, manifest.content.serial, file);
        Trusted::begin(root, Seen::default(), Moment::default())
            .and_then(|mut router| router.manifest(&announced, &manifest.bytes, Some(self.wish.now)))
            .is_ok()
    }
}
