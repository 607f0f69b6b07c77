//! `luytre-hub keys`, `publish` and `verify`: from names to a signed folder, and what is wrong with one that was touched.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use luytre_trust::hex::Hex;
use luytre_trust::{SigningKey, sign};
use serde_json::Value;

use crate::centre::Centre;

#[test]
fn a_set_of_keys_is_whole_secret_and_never_written_over() {
    let centre = Centre::new(1);
    for (count, role) in [(5, "root-"), (3, "targets-"), (1, "timestamp.")] {
        let keys: Vec<_> = fs::read_dir(centre.path("keys"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with(role))
            .collect();
        assert_eq!(keys.len(), count, "{role}");
        for key in keys {
            assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
            assert_eq!(fs::read_to_string(&key).unwrap().trim().len(), 64, "hex of a seed");
        }
    }
    let again = centre.run(&["keys", "new", "--dir", "keys"]).unwrap_err();
    assert!(again.contains("keys has a root.json already"), "{again}");
    let root = fs::read(centre.path("keys/root.json")).unwrap();
    let root: Value = serde_json::from_slice(&root).unwrap();
    assert_eq!(root["signed"]["roles"]["root"]["threshold"], 3);
    assert_eq!(root["signed"]["expires"], "2028-09-30T12:00:00Z");
}

#[test]
fn what_is_published_is_good_and_small() {
    let mut centre = Centre::new(1000);
    centre.publish(&[]);
    let first = centre.verify().unwrap();
    assert!(
        first.contains("full: serial 1, 1000 names") && first.ends_with("publication: good\n"),
        "{first}"
    );
    assert!(fs::metadata(centre.path("publication/timestamp.json")).unwrap().len() <= 500);
    centre.day = 2;
    centre.names(1010);
    centre.publish(&[]);
    let manifest = centre.signed("manifest.json");
    let full = &manifest["editions"]["full"];
    assert_eq!(
        (&full["serial"], &full["names"], &full["deltas"][0]["from"]),
        (&2.into(), &1010.into(), &1.into())
    );
    assert!(full["deltas"][0]["length"].as_u64().unwrap() < full["length"].as_u64().unwrap() / 10);
    assert!(centre.verify().unwrap().contains("deltas from 1: "));
}

#[test]
fn the_same_in_gives_the_same_out() {
    let bytes = |centre: &Centre| {
        let files = centre.files().into_iter();
        files
            .map(|(path, bytes)| (path.strip_prefix(centre.path("")).unwrap().to_owned(), bytes))
            .collect::<Vec<_>>()
    };
    let one = Centre::new(1000);
    let other = Centre::new(1000);
    for file in fs::read_dir(one.path("keys")).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), other.path("keys").join(file.file_name())).unwrap();
    }
    for centre in [&one, &other] {
        centre.publish(&[]);
        centre.names(1010);
        centre.publish(&[]);
    }
    assert!(bytes(&one) == bytes(&other));
}

#[test]
fn the_same_names_are_no_news_but_the_timestamp_is_signed_anew() {
    let mut centre = Centre::new(100);
    centre.publish(&[]);
    let manifest = fs::read(centre.path("publication/manifest.json")).unwrap();
    centre.day = 2;
    assert!(centre.publish(&[]).contains("serial 1, unchanged"));
    // The online machine has no other key.
    let other_keys =
        ["root-1", "root-2", "root-3", "root-4", "root-5", "targets-1", "targets-2", "targets-3"];
    for key in other_keys {
        fs::rename(centre.path(&format!("keys/{key}.key")), centre.path(&format!("{key}.away"))).unwrap();
    }
    centre.publish(&["--timestamp"]);
    assert_eq!(fs::read(centre.path("publication/manifest.json")).unwrap(), manifest);
    assert_eq!(centre.signed("timestamp.json")["version"], 3);
    assert_eq!(centre.signed("timestamp.json")["expires"], "2026-10-04T12:00:00Z");
    centre.names(101);
    let refused = centre.run(&["publish", "--config", "hub.toml"]).unwrap_err();
    assert!(refused.contains("keys has 0 of the 2 targets keys that have to sign"), "{refused}");
    centre.publish(&["--key", "targets-2.away", "--key", "targets-3.away"]);
    centre.day = 25;
    assert!(centre.verify().unwrap_err().contains("timestamp.json has expired at 2026-10-04T12:00:00Z"));
}

#[test]
fn what_a_gate_stops_is_not_published() {
    let centre = Centre::new(100);
    centre.publish(&[]);
    let before = centre.files();
    centre.names(200);
    let refused = centre.run(&["publish", "--config", "hub.toml"]).unwrap_err();
    assert!(refused.contains("more than 2 % changed") && refused.contains("report.txt"), "{refused}");
    assert!(centre.files() == before);
    centre.publish(&["--override", "change"]);
}

#[test]
fn what_was_wrong_is_withdrawn_by_a_new_serial() {
    let centre = Centre::new(100);
    centre.publish(&[]);
    centre.names(101);
    centre.publish(&[]);
    centre.publish(&["--withdraw", "2"]);
    let (manifest, timestamp) = (centre.signed("manifest.json"), centre.signed("timestamp.json"));
    assert_eq!(manifest["serial"], 3);
    assert_eq!(manifest["withdrawn"], serde_json::json!([2]));
    assert_eq!(manifest["editions"]["full"]["names"], 100);
    assert_eq!(timestamp["urgent"], true);
    centre.verify().unwrap();
    assert!(
        centre
            .run(&["publish", "--config", "hub.toml", "--withdraw", "9"])
            .unwrap_err()
            .contains("serial 9 was not published")
    );
}

#[test]
fn keys_are_rotated_and_routers_that_slept_follow() {
    let centre = Centre::new(100);
    centre.publish(&[]);
    for role in ["timestamp", "targets", "root"] {
        centre.good(&["keys", "rotate", "--dir", "keys", "--role", role]);
    }
    centre.good(&["keys", "rotate", "--dir", "keys"]);
    centre.publish(&[]);
    assert!(centre.verify().unwrap().starts_with("root 5\n"));
    let listed = centre.good(&["keys", "list", "--dir", "keys"]);
    assert!(!listed.contains("not here") && listed.contains("timestamp: 1 of 1 sign"), "{listed}");
    fs::remove_file(centre.path("publication/root/3.json")).unwrap();
    let missing = centre.verify().unwrap_err();
    assert!(missing.contains("0 good signatures of different targets keys of root 2"), "{missing}");
}

/// Each file of a publication, damaged and missing, is found and named.
#[test]
fn no_file_can_be_touched_unseen() {
    let centre = Centre::new(1000);
    centre.publish(&[]);
    centre.names(1010);
    centre.publish(&[]);
    let named: Vec<_> = centre.files().into_iter().collect();
    // Files of the manifest before are there for routers that have just read that one.
    let manifest = fs::read_to_string(centre.path("publication/manifest.json")).unwrap();
    let is_current = |path: &Path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        name.ends_with(".json") || manifest.contains(name)
    };
    let mut seen = 0;
    for (path, bytes) in named.iter().filter(|(path, _)| is_current(path)) {
        let mut flipped = bytes.clone();
        flipped[bytes.len() / 2] ^= 1;
        for damaged in [&flipped[..], &bytes[..bytes.len() - 1], &[&bytes[..], b"x"].concat(), b"<html>"] {
            File::create(path).unwrap().write_all(damaged).unwrap();
            // Of root.json the router has its own.
            assert!(path.ends_with("root/1.json") || centre.verify().is_err(), "{}", path.display());
        }
        File::create(path).unwrap().write_all(bytes).unwrap();
        seen += 1;
    }
    assert!(seen >= 4, "{seen} files");
    centre.verify().unwrap();
}

#[test]
fn old_files_are_removed_and_those_of_the_manifest_before_stay() {
    let centre = Centre::new(1000);
    for names in [1000, 1001, 1002, 1003] {
        centre.names(names);
        centre.publish(&[]);
    }
    let full = centre.files().iter().filter(|(path, _)| path.parent().unwrap().ends_with("full")).count();
    assert_eq!(full, 2, "this list and the one before");
    let deltas = centre.signed("manifest.json")["editions"]["full"]["deltas"].as_array().unwrap().len();
    assert_eq!(deltas, 3, "from each of the three before");
}

#[test]
fn what_is_signed_is_logged_and_the_log_can_not_be_changed() {
    let mut centre = Centre::new(100);
    let verify =
        |centre: &Centre| centre.run(&["verify", "publication", "--audit", "publication.work/audit.jsonl"]);
    centre.publish(&[]);
    centre.names(120);
    centre.publish(&["--override", "change"]);
    centre.day = 2;
    centre.publish(&["--timestamp"]);
    assert!(verify(&centre).unwrap().contains("log: 2 rows"), "the timestamp's key signs no list");
    let log = fs::read_to_string(centre.path("publication.work/audit.jsonl")).unwrap();
    let row: Value = serde_json::from_str(log.lines().nth(1).unwrap()).unwrap();
    assert_eq!((&row["serial"], &row["overridden"]), (&2.into(), &serde_json::json!(["change"])));
    assert_eq!(row["signers"].as_array().unwrap().len(), 2);

    centre.put("publication.work/audit.jsonl", &log.replace("[\"change\"]", "[]"));
    assert!(verify(&centre).unwrap_err().contains("is another log"));
    centre.names(121);
    let refused = centre.run(&["publish", "--config", "hub.toml"]).unwrap_err();
    assert!(refused.contains("is not the log of what was published; bring back the right one"), "{refused}");
    assert_eq!(centre.signed("manifest.json")["serial"], 2, "nothing is published");
    centre.put("publication.work/audit.jsonl", &log);
    centre.publish(&[]);
    assert!(verify(&centre).unwrap().contains("log: 3 rows"));
}

#[test]
fn a_model_goes_with_the_lists() {
    let centre = Centre::new(100);
    centre.put("hub.toml", "[publish]\npopular = 'popular.txt'\nmodel = 'names.model'\n");
    assert!(
        centre.run(&["publish", "--config", "hub.toml"]).unwrap_err().contains("names.model can't be read")
    );
    centre.put("names.model", "weights");
    centre.publish(&[]);
    assert!(centre.verify().unwrap().contains("model: 7 bytes"));
    // Another one for the same lists: the manifest says so, and the lists are no news.
    centre.put("names.model", "better weights");
    assert!(centre.publish(&[]).contains("serial 1, unchanged"));
    assert!(centre.verify().unwrap().contains("model: 14 bytes"));
    let file = centre.files().into_iter().find(|(_, bytes)| bytes == b"better weights").unwrap().0;
    File::create(file).unwrap().write_all(b"bitter weights").unwrap();
    assert!(centre.verify().unwrap_err().contains("is not the one that is signed"));
}

#[test]
fn a_category_that_root_does_not_allow_is_not_published() {
    let centre = Centre::new(100);
    // As if this luytre-hub had one more than the holders of root's keys have seen.
    let root: Value = serde_json::from_slice(&fs::read(centre.path("keys/root.json")).unwrap()).unwrap();
    let mut root = root["signed"].clone();
    root["categories"].as_object_mut().unwrap().remove("weapons");
    let keys: Vec<_> = (1..=3)
        .map(|number| fs::read_to_string(centre.path(&format!("keys/root-{number}.key"))).unwrap())
        .map(|text| SigningKey::from_seed(&Hex::parse(text.trim()).unwrap().0).unwrap())
        .collect();
    let root = String::from_utf8(sign(&root, &keys.iter().collect::<Vec<_>>()).unwrap()).unwrap();
    centre.put("keys/root.json", &root);
    centre.put("keys/root.1.json", &root);
    let refused = centre.run(&["publish", "--config", "hub.toml"]).unwrap_err();
    assert!(refused.contains("root 1 does not allow the category \"weapons\""), "{refused}");
    assert!(!centre.path("publication/manifest.json").exists());
    centre.good(&["keys", "rotate", "--dir", "keys"]);
    centre.publish(&[]);
    centre.verify().unwrap();
}

#[test]
fn blocks_are_lifted_by_the_online_keys_alone() {
    let mut centre = Centre::new(100);
    centre.publish(&[]);
    let refused = centre.run(&["lift", "--config", "hub.toml", "n1.example"]).unwrap_err();
    assert!(refused.contains("0 of the 1 lifts keys that have to sign"), "{refused}");
    centre.good(&["keys", "rotate", "--dir", "keys", "--role", "lifts"]);
    centre.publish(&[]);
    for key in ["root-1", "root-2", "root-3", "root-4", "root-5", "targets-1", "targets-2", "targets-3"] {
        fs::remove_file(centre.path(&format!("keys/{key}.key"))).unwrap();
    }
    let manifest = fs::read(centre.path("publication/manifest.json")).unwrap();
    centre.good(&["lift", "--config", "hub.toml", "N1.example.", "--days", "2"]);
    assert_eq!(fs::read(centre.path("publication/manifest.json")).unwrap(), manifest);
    assert!(centre.verify().unwrap().contains("lifted until 2026-10-03T12:00:00Z: n1.example"));
    for (wrong, words) in [
        (&["n_\u{7f}.example"][..], "is no name"),
        (&["vn"], "is no name that may be lifted"),
        (&["--end", "n2.example"], "n2.example is not lifted"),
        (&["n2.example", "--days", "15"], "--days is 1 to 14"),
    ] {
        let refused = centre.run(&[&["lift", "--config", "hub.toml"], wrong].concat()).unwrap_err();
        assert!(refused.contains(words), "{refused}");
    }
    // When its time is over the daily timestamp does not announce it any more.
    centre.day = 2;
    centre.publish(&["--timestamp"]);
    assert_eq!(centre.signed("timestamp.json")["lifts"], 1);
    centre.day = 4;
    centre.publish(&["--timestamp"]);
    assert!(centre.signed("timestamp.json").get("lifts").is_none());
    assert!(!centre.verify().unwrap().contains("lifted"));
}
