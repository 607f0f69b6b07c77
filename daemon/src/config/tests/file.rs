//! The file that ships, and files as they lie on a disk.

use std::fs;
use std::path::{Path, PathBuf};

use luytre_lists::CategoryTable;

use super::read;
use crate::config::{Config, MAX_FILE, Spec};

const SHIPPED: &str = include_str!("../../../../config/luytre.toml");

/// A file of this test alone, gone with it.
struct Scratch(PathBuf);

impl Scratch {
    fn holding(name: &str, bytes: &[u8]) -> Self {
        let path = std::env::temp_dir().join(format!("luytre-config-{}-{name}.toml", std::process::id()));
        #[expect(clippy::disallowed_methods, reason = "a test's own file")]
        fs::write(&path, bytes).unwrap();
        Self(path)
    }

    /// The error of loading it, with its folder taken away.
    fn refusal(&self) -> String {
        let error = Config::load(&self.0, std::iter::empty()).unwrap_err().to_string();
        error.replace(&self.0.display().to_string(), "luytre.toml")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

#[test]
fn an_empty_file_means_the_defaults() {
    assert_eq!(read("").unwrap(), Config::default());
}

#[test]
fn the_shipped_file_means_the_defaults() {
    assert_eq!(read(SHIPPED).unwrap(), Config::default());
}

#[test]
fn the_shipped_file_has_every_key_at_its_default() {
    assert_eq!(toml::from_str::<toml::Table>(SHIPPED).unwrap(), Spec::default().to_table());
}

#[test]
fn the_shipped_file_says_of_every_key_what_it_is_for() {
    for (above, line) in SHIPPED.lines().zip(SHIPPED.lines().skip(1)) {
        let is_key = line.starts_with(|first: char| first.is_ascii_lowercase()) && line.contains(" = ");
        assert!(!is_key || above.starts_with("# "), "a comment stands above: {line}");
    }
    for (_, category) in CategoryTable::shipped().iter().filter(|(_, category)| category.key != "essential") {
        assert!(SHIPPED.contains(&category.key), "{} can be found", category.key);
    }
}

#[test]
fn a_file_is_read_from_its_folder() {
    let file = Scratch::holding("folder", b"[list]\nfile = \"big.lyt\"\n");
    let config = Config::load(&file.0, std::iter::empty()).unwrap();
    assert_eq!(config.list.file, std::env::temp_dir().join("big.lyt"));
}

#[test]
fn a_missing_file_is_an_error_that_says_what_to_do() {
    let error = Config::load(Path::new("/nowhere/luytre.toml"), std::iter::empty()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "/nowhere/luytre.toml: no such file; name yours with --config FILE, or write an empty one: \
         every key has a default"
    );
}

#[test]
fn a_file_that_is_not_text_is_refused_at_the_line() {
    let file = Scratch::holding("latin1", b"[web]\nhosts = [\"caf\xe9.example\"]\n");
    assert_eq!(file.refusal(), "luytre.toml:2: not UTF-8; save the file as UTF-8 text");
}

#[test]
fn a_file_that_is_too_large_is_refused_unread() {
    let largest = Scratch::holding("largest", "#".repeat(MAX_FILE).as_bytes());
    assert_eq!(Config::load(&largest.0, std::iter::empty()).unwrap(), Config::default());
    let larger = Scratch::holding("larger", "#".repeat(MAX_FILE + 1).as_bytes());
    assert_eq!(larger.refusal(), "luytre.toml: larger than 256 kB; leave out what is not needed");
    assert!(read(&"#".repeat(MAX_FILE + 1)).is_err(), "nor is a text of that size parsed");
}
