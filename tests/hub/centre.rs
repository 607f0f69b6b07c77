//! A centre with its keys, its names and its publication, in a folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use luytre_trust::hex::Hex;
use luytre_trust::{FileRef, Manifest, SigningKey, Timestamp, envelope, sign};
use serde::Serialize;
use serde_json::Value;
use tempfile::TempDir;

use crate::harness::{Ended, hub_program};

/// A centre. Its first names are in every list it publishes.
pub(crate) struct Centre {
    folder: TempDir,
}

impl Centre {
    /// With keys and nothing published.
    pub(crate) fn new() -> Self {
        let centre = Self { folder: TempDir::with_prefix("luytre-centre-").unwrap() };
        fs::create_dir(centre.path("names")).unwrap();
        write(&centre.path("hub.toml"), b"");
        centre.good(&["keys", "new", "--dir", "keys"]);
        centre
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The publication.
    pub(crate) fn publication(&self) -> PathBuf {
        self.path("publication")
    }

    pub(crate) fn file(&self, name: &str) -> Vec<u8> {
        fs::read(self.publication().join(name)).unwrap()
    }

    /// Publishes 400 names that are in every list, and one that tells this list from others.
    pub(crate) fn publish(&self, own: &str) -> u64 {
        self.publish_with(own, &[])
    }

    pub(crate) fn publish_with(&self, own: &str, arguments: &[&str]) -> u64 {
        let mut names: String = (0..400).map(|number| format!("n{number}.example\n")).collect();
        names += &format!("{own}\n");
        write(&self.path("names/adult.txt"), names.as_bytes());
        self.renew(&[&["--override", "change"][..], arguments].concat())
    }

    /// Publishes with the names as they are.
    pub(crate) fn renew(&self, arguments: &[&str]) -> u64 {
        self.good(&[&["publish", "--config", "hub.toml"][..], arguments].concat());
        self.manifest().serial
    }

    /// `luytre-hub` in its folder.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        let mut command = Command::new(hub_program());
        command.args(arguments).current_dir(self.folder.path()).env_remove("SOURCE_DATE_EPOCH");
        Ended::of(command, "")
    }

    pub(crate) fn good(&self, arguments: &[&str]) -> String {
        let ended = self.run(arguments);
        assert_eq!(ended.code, 0, "{arguments:?}: {}", ended.err);
        ended.out
    }

    // ---- What somebody with a part of its keys can do ----

    pub(crate) fn manifest(&self) -> Manifest {
        envelope::unverified(&self.file("manifest.json")).unwrap()
    }

    pub(crate) fn timestamp(&self) -> Timestamp {
        envelope::unverified(&self.file("timestamp.json")).unwrap()
    }

    pub(crate) fn key(&self, name: &str) -> SigningKey {
        let text = fs::read_to_string(self.path(&format!("keys/{name}.key"))).unwrap();
        SigningKey::from_seed(&Hex::parse(text.trim()).unwrap().0).unwrap()
    }

    /// The document with the signatures of these keys.
    pub(crate) fn sign(&self, document: &impl Serialize, keys: &[&str]) -> Vec<u8> {
        let keys: Vec<SigningKey> = keys.iter().map(|name| self.key(name)).collect();
        sign(document, &keys.iter().collect::<Vec<_>>()).unwrap()
    }

    /// Publishes a manifest that was changed, with all good signatures.
    pub(crate) fn forge(&self, change: impl FnOnce(&mut Value)) {
        let mut manifest = serde_json::to_value(self.manifest()).unwrap();
        change(&mut manifest);
        self.put_manifest(&self.sign(&manifest, &["targets-1", "targets-2"]));
    }

    /// Publishes these bytes as the manifest, with the timestamp that belongs to them.
    pub(crate) fn put_manifest(&self, manifest: &[u8]) {
        let mut timestamp = self.timestamp();
        timestamp.version += 1;
        timestamp.manifest = FileRef::of(manifest);
        self.put("manifest.json", manifest);
        self.put("timestamp.json", &self.sign(&timestamp, &["timestamp"]));
    }

    pub(crate) fn put(&self, name: &str, bytes: &[u8]) {
        write(&self.publication().join(name), bytes);
    }
}

pub(crate) fn write(path: &Path, bytes: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    #[expect(clippy::disallowed_methods, reason = "nobody reads while it is written")]
    fs::write(path, bytes).unwrap();
}
