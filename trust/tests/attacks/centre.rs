//! A centre with its keys, and a router that takes what comes.

use std::collections::BTreeMap;

use luytre_trust::{
    Categories, Delta, Edition, FileRef, Manifest, Moment, Refusal, Root, Seen, SigningKey, Timestamp,
    Trusted, sign,
};
use serde_json::Value;

pub(crate) const NOW: Moment = Moment(1_795_000_000);
pub(crate) const DAY: u64 = 24 * 3600;

pub(crate) fn key(number: u8) -> SigningKey {
    SigningKey::from_seed(&[number; 32]).unwrap()
}

/// A centre: keys 1-5 are root's, 11-13 targets', 21 timestamp's.
pub(crate) struct Centre {
    pub(crate) root: Root,
    pub(crate) manifest: Manifest,
    pub(crate) timestamp: Timestamp,
}

impl Centre {
    pub(crate) fn new() -> Self {
        let root = root(1, 21);
        let file = FileRef::of(b"whole");
        let deltas = vec![Delta { from: 6, file: FileRef::of(b"d") }];
        let edition = Edition { serial: 7, names: 3, full: file, list: FileRef::of(b"list"), deltas };
        let mut manifest = Manifest::new(4, NOW, 30 * DAY, 7);
        manifest.editions = BTreeMap::from([("full".to_owned(), edition)]);
        manifest.categories = categories(&["always", "adult"]);
        let mut centre = Self { root, timestamp: announce(&manifest, 9), manifest };
        centre.announce(9);
        centre
    }

    pub(crate) fn announce(&mut self, version: u64) {
        self.timestamp = announce(&self.manifest, version);
    }

    pub(crate) fn router(&self) -> Trusted {
        Trusted::begin(&signed_root(&self.root, &[1, 2, 3]), Seen::default(), Moment(NOW.0 - DAY)).unwrap()
    }
}

pub(crate) fn root(version: u64, timestamp: u8) -> Root {
    let publics = |numbers: &[u8]| numbers.iter().map(|&number| key(number).public()).collect::<Vec<_>>();
    let [one, two, three] = [publics(&[1, 2, 3, 4, 5]), publics(&[11, 12, 13]), publics(&[timestamp])];
    let mut root = Root::new(version, NOW.plus(700 * DAY), [(&one, 3), (&two, 2), (&three, 1)]);
    root.categories = categories(&["always", "adult", "ads"]);
    root
}

/// These categories with the numbers 0, 1, …
pub(crate) fn categories(keys: &[&str]) -> Categories {
    (0..).zip(keys.iter().map(|&key| key.to_owned())).collect()
}

pub(crate) fn announce(manifest: &Manifest, version: u64) -> Timestamp {
    Timestamp::new(
        version,
        manifest.created,
        2 * DAY,
        manifest.serial,
        FileRef::of(&signed_manifest(manifest)),
    )
}

pub(crate) fn signed(document: &impl serde::Serialize, keys: &[u8]) -> Vec<u8> {
    let keys: Vec<SigningKey> = keys.iter().map(|&number| key(number)).collect();
    sign(document, &keys.iter().collect::<Vec<_>>()).unwrap()
}

pub(crate) fn signed_root(root: &Root, keys: &[u8]) -> Vec<u8> {
    signed(root, keys)
}

pub(crate) fn signed_manifest(manifest: &Manifest) -> Vec<u8> {
    signed(manifest, &[11, 12])
}

pub(crate) fn signed_timestamp(timestamp: &Timestamp) -> Vec<u8> {
    signed(timestamp, &[21])
}

/// Takes everything, as a router does each hour.
pub(crate) fn take(
    router: &mut Trusted,
    timestamp: &[u8],
    manifest: &[u8],
    clock: Option<Moment>,
) -> Result<Manifest, Refusal> {
    router.check_root(clock)?;
    let announced = router.timestamp(timestamp, clock)?;
    router.manifest(&announced, manifest, clock)
}

pub(crate) fn take_from(router: &mut Trusted, centre: &Centre) -> Result<Manifest, Refusal> {
    take(router, &signed_timestamp(&centre.timestamp), &signed_manifest(&centre.manifest), Some(NOW))
}

/// The document's signed part changed, and signed again with these keys.
pub(crate) fn changed(document: &[u8], keys: &[u8], change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut value: Value = serde_json::from_slice(document).unwrap();
    change(&mut value["signed"]);
    signed(&value["signed"], keys)
}

pub(crate) fn says<T: std::fmt::Debug>(result: Result<T, Refusal>, words: &str) {
    let refusal = result.unwrap_err().to_string();
    assert!(refusal.contains(words), "{refusal:?} does not say {words:?}");
}
