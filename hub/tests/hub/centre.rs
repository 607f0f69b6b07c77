//! A centre with its keys, its names and its publication, whose commands run on a day that the test says.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

/// A centre in a folder, with its own time.
pub(crate) struct Centre {
    folder: TempDir,
    /// The day of October 2026 on which commands run.
    pub(crate) day: u32,
    /// What commands find in their environment besides.
    pub(crate) environment: Vec<(&'static str, String)>,
}

impl Centre {
    /// With keys, and as many names as this.
    pub(crate) fn new(names: usize) -> Self {
        let centre = Self { folder: tempfile::tempdir().unwrap(), day: 1, environment: Vec::new() };
        fs::create_dir(centre.path("names")).unwrap();
        centre.put("hub.toml", "[publish]\npopular = 'popular.txt'\n");
        centre.put("popular.txt", "n7.example\nn8.example\n");
        centre.names(names);
        centre.good(&["keys", "new", "--dir", "keys"]);
        centre
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn put(&self, name: &str, text: &str) {
        File::create(self.path(name)).unwrap().write_all(text.as_bytes()).unwrap();
    }

    pub(crate) fn names(&self, count: usize) {
        let names: String = (0..count).map(|number| format!("n{number}.example\n")).collect();
        self.put("names/ads.txt", &names);
    }

    /// Runs a command at noon of the centre's day; its output, or its complaint.
    pub(crate) fn run(&self, arguments: &[&str]) -> Result<String, String> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_luytre-hub"));
        command.current_dir(self.folder.path()).args(arguments);
        command.args(["--created", &format!("2026-10-{:02}T12:00:00Z", self.day)]);
        command.env_remove("SOURCE_DATE_EPOCH").envs(self.environment.iter().cloned());
        let output = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
    }

    pub(crate) fn good(&self, arguments: &[&str]) -> String {
        let ended = self.run(arguments);
        assert!(ended.is_ok(), "{arguments:?}: {ended:?}");
        ended.unwrap()
    }

    pub(crate) fn publish(&self, arguments: &[&str]) -> String {
        self.good(&[&["publish", "--config", "hub.toml"][..], arguments].concat())
    }

    pub(crate) fn verify(&self) -> Result<String, String> {
        self.run(&["verify", "publication", "--root", "keys/root.1.json"])
    }

    pub(crate) fn signed(&self, name: &str) -> Value {
        let document: Value =
            serde_json::from_slice(&fs::read(self.path("publication").join(name)).unwrap()).unwrap();
        document["signed"].clone()
    }

    /// Every file of the publication with its bytes.
    pub(crate) fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = Vec::new();
        collect(&self.path("publication"), &mut files);
        files.sort();
        files
    }
}

fn collect(folder: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.push((path.clone(), fs::read(&path).unwrap()));
        }
    }
}
