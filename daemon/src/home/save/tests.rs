//! Saves and hand edits, on real files.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use tempfile::TempDir;

use super::*;
use crate::config::Config;
use crate::family::PersonSpec;

/// 2026-11-22T08:00:00+07:00.
const NOW: Timestamp = 1_795_309_200;

struct House {
    folder: TempDir,
    home: Home,
}

fn house(text: &str) -> House {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::default();
    config.state.dir = folder.path().to_owned();
    config.family.file = folder.path().join("family.toml");
    write(&config.family.file, text);
    House { home: Home::at_start(&config, Arc::default()), folder }
}

#[expect(clippy::disallowed_methods, reason = "as a person's editor does it")]
fn write(file: &Path, text: &str) {
    fs::write(file, text).unwrap();
}

impl House {
    fn file(&self) -> PathBuf {
        self.folder.path().join("family.toml")
    }

    fn text(&self) -> String {
        fs::read_to_string(self.file()).unwrap()
    }

    /// Adds a person to what is in force.
    fn add(&self, id: &str, expected: Etag) -> Result<Etag, SaveError> {
        let mut spec = (*self.home.spec()).clone();
        spec.person.push(PersonSpec { id: id.into(), birth_year: Some(2015), ..Default::default() });
        self.home.save(expected, spec, NOW)
    }
}

#[test]
fn a_save_is_in_force_at_once_and_nothing_new_to_who_looks() {
    let house = house("# Ours\n\nversion = 1\n");
    let tag = house.add("an", house.home.etag()).unwrap();
    assert_eq!((tag, house.home.family().people.len()), (house.home.etag(), 1));
    assert!(house.text().starts_with("# Ours\n\nversion = 1\n\n# Who lives here."), "{}", house.text());
    assert_eq!(fs::metadata(house.file()).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_to_string(house.folder.path().join("family.last-good.toml")).unwrap(), house.text());
    let saved = house.home.family();
    assert_eq!(house.home.look(), None);
    assert!(Arc::ptr_eq(&house.home.family(), &saved));
}

#[test]
fn of_two_who_read_the_same_the_second_is_told() {
    let house = house("");
    let read = house.home.etag();
    house.add("an", read).unwrap();
    assert!(matches!(house.add("binh", read), Err(SaveError::Changed)));
    house.add("binh", house.home.etag()).unwrap();
    assert_eq!(house.home.spec().person.len(), 2);
}

#[test]
fn a_hand_edit_made_a_moment_ago_is_not_lost() {
    let house = house("version = 1\n");
    let read = house.home.etag();
    write(&house.file(), "version = 1\nunknown_devices = \"adult\"\n");
    assert!(matches!(house.add("an", read), Err(SaveError::Changed)));
    // Nobody looked at it yet but the save; it is what the family says all the same.
    assert!(house.home.family().unknown.is_some());
    house.add("an", house.home.etag()).unwrap();
    assert!(house.text().contains("unknown_devices = \"adult\""));
    // A comment changes nothing that anybody read.
    write(&house.file(), &format!("# Mine\n{}", house.text()));
    house.add("binh", house.home.etag()).unwrap();
    assert!(house.text().starts_with("# Mine\n"));
}

#[test]
fn mistakes_made_by_hand_are_not_overwritten() {
    let house = house("version = 1\n");
    let read = house.home.etag();
    write(&house.file(), "version = 1\nrobots = 1\n");
    let told = house.add("an", read).unwrap_err().to_string();
    assert!(told.contains("family.toml:2: robots: unknown key"), "{told}");
    assert_eq!((house.text().as_str(), house.home.spec().person.len()), ("version = 1\nrobots = 1\n", 0));
}

#[test]
fn a_wrong_spec_changes_nothing() {
    let house = house("version = 1\n");
    let told = house.add("An", house.home.etag()).unwrap_err().to_string();
    assert!(told.starts_with("/person/0/id: \"An\" can't be an id"), "{told}");
    assert_eq!((house.text().as_str(), house.home.spec().person.len()), ("version = 1\n", 0));
}

#[test]
fn a_folder_that_cannot_be_written_is_named_and_what_was_in_force_stays() {
    let house = house("version = 1\n");
    // What is written first stands in the way, for root too.
    fs::create_dir(house.folder.path().join("family.toml.new")).unwrap();
    let told = house.add("an", house.home.etag()).unwrap_err().to_string();
    assert!(told.contains("family.toml can't be saved: "), "{told}");
    assert_eq!((house.text().as_str(), house.home.spec().person.len()), ("version = 1\n", 0));
    assert_eq!(house.home.look(), None);
}

#[test]
fn a_missing_document_is_made_and_a_link_stays_one() {
    let house = house("");
    fs::remove_file(house.file()).unwrap();
    house.home.look();
    house.add("an", house.home.etag()).unwrap();
    assert!(house.text().contains("[[person]]"));
    let real = house.folder.path().join("real.toml");
    fs::rename(house.file(), &real).unwrap();
    std::os::unix::fs::symlink(&real, house.file()).unwrap();
    house.add("binh", house.home.etag()).unwrap();
    assert!(fs::symlink_metadata(house.file()).unwrap().is_symlink());
    assert!(fs::read_to_string(real).unwrap().contains("binh"));
}

#[test]
fn what_is_over_is_dropped() {
    let grant = |until: &str| format!("[[grant]]\nwho = [\"*\"]\nof = \"all\"\nuntil = {until}\n");
    let house = house(&[grant("2026-11-22T07:59:59+07:00"), grant("2026-11-22T08:00:01+07:00")].concat());
    house.add("an", house.home.etag()).unwrap();
    assert_eq!(house.home.spec().grant.len(), 1);
    assert!(house.text().contains("until = 2026-11-22T08:00:01+07:00") && !house.text().contains("07:59:59"));
}
