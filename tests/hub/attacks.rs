//! The list of attacks: whatever stands between centre and router does, the last good list stays in force, the reason is
//! told, and as soon as the attacker is gone all goes on.

use luytre_trust::{FileRef, Moment, Sha256, SigningKey, sign};
use serde_json::json;

use crate::scene::Scene;
use crate::web::{Asked, Lie};

/// An attack on a router that has list 1 while list 2 is published: what is done, and the words of the refusal.
type Attack = (&'static str, fn(&Scene), &'static str);

const DOCUMENTS: &[Attack] = &[
    (
        "a key of nobody",
        |s| {
            let stranger = SigningKey::from_seed(&[9; 32]).unwrap();
            s.web.lie("timestamp.json", Lie::Bytes(sign(&s.centre.timestamp(), &[&stranger]).unwrap()));
        },
        "timestamp.json has 0 good signatures of different timestamp keys of root 1, and needs 1",
    ),
    (
        "a key of another role",
        |s| {
            s.web.lie("timestamp.json", Lie::Bytes(s.centre.sign(&s.centre.timestamp(), &["targets-1"])));
        },
        "0 good signatures",
    ),
    (
        "too few keys",
        |s| {
            s.centre.put_manifest(&s.centre.sign(&s.centre.manifest(), &["targets-1"]));
        },
        "manifest.json has 1 good signatures of different targets keys of root 1, and needs 2",
    ),
    (
        "one key several times",
        |s| {
            let once = s.centre.sign(&s.centre.manifest(), &["targets-1"]);
            let mut document: serde_json::Value = serde_json::from_slice(&once).unwrap();
            let signature = document["signatures"][0].clone();
            document["signatures"] = json!([signature, signature, signature]);
            s.centre.put_manifest(document.to_string().as_bytes());
        },
        "manifest.json has 1 good signatures",
    ),
    (
        "the online key signs a manifest",
        |s| {
            s.centre.put_manifest(&s.centre.sign(&s.centre.manifest(), &["timestamp"]));
        },
        "manifest.json has 0 good signatures",
    ),
    (
        "rollback of the manifest by the online key",
        |s| {
            let mut manifest = s.centre.manifest();
            manifest.version = 0;
            let manifest = s.centre.sign(&manifest, &["targets-1", "targets-2"]);
            let mut timestamp = s.centre.timestamp();
            timestamp.manifest = FileRef::of(&manifest);
            s.web.lie("manifest.json", Lie::Bytes(manifest));
            s.web.lie("timestamp.json", Lie::Bytes(s.centre.sign(&timestamp, &["timestamp"])));
        },
        "rollback: the version of manifest.json was 1 and is 0",
    ),
    (
        "mix and match",
        |s| {
            let mut other = s.centre.manifest();
            other.min_wait_s += 1;
            s.web.lie("manifest.json", Lie::Bytes(s.centre.sign(&other, &["targets-1", "targets-2"])));
        },
        "manifest.json is not the one that is signed",
    ),
    (
        "a serial that the manifest does not have",
        |s| {
            let mut timestamp = s.centre.timestamp();
            timestamp.serial = 9;
            s.web.lie("timestamp.json", Lie::Bytes(s.centre.sign(&timestamp, &["timestamp"])));
        },
        "timestamp.json announces serial 9, and manifest.json has 2",
    ),
    (
        "an expired timestamp",
        |s| {
            let mut timestamp = s.centre.timestamp();
            timestamp.expires = Moment(timestamp.created.0.saturating_sub(1));
            s.web.lie("timestamp.json", Lie::Bytes(s.centre.sign(&timestamp, &["timestamp"])));
        },
        "timestamp.json has expired at",
    ),
    (
        "an expired manifest",
        |s| s.centre.forge(|manifest| manifest["expires"] = manifest["created"].clone()),
        "manifest.json has expired at",
    ),
    (
        "a category of the publisher's own",
        |s| s.centre.forge(|manifest| manifest["categories"]["opinions"] = json!(62)),
        "root 1 does not allow the category \"opinions\"",
    ),
    (
        "a list of other categories than are signed",
        |s| {
            s.centre.forge(|manifest| {
                manifest["categories"].as_object_mut().unwrap().remove("suspected");
            });
        },
        "the numbers of the list's categories mean others than those that are signed",
    ),
    ("endless timestamp", |s| s.web.lie("timestamp.json", Lie::Endless), "more than 500 bytes came"),
    ("endless manifest", |s| s.web.lie("manifest.json", Lie::Endless), "more than 65536 bytes came"),
    ("endless root", |s| s.web.lie("root/2.json", Lie::Endless), "more than 65536 bytes came"),
    ("endless head", |s| s.web.lie("timestamp.json", Lie::EndlessHead), "too large"),
    ("noise", |s| s.web.lie("timestamp.json", Lie::Noise), "timestamp.json: "),
    (
        "a captive portal",
        |s| s.web.lie("", Lie::Bytes(b"<!DOCTYPE html><html>log in</html>".to_vec())),
        "it is a web page: does the network want a log-in?",
    ),
    (
        "a portal that sends elsewhere",
        |s| s.web.lie("timestamp", Lie::Moved("http://portal.example/")),
        "the server sends us to \"http://portal.example/\"",
    ),
    ("a server in trouble", |s| s.web.lie("", Lie::Status(503)), "status 503"),
    (
        "oversize names",
        |s| s.centre.forge(|m| m["editions"]["full"]["names"] = json!(1_u64 << 40)),
        "full has 1099511627776 names",
    ),
    (
        "oversize file",
        |s| s.centre.forge(|m| m["editions"]["full"]["length"] = json!(1_u64 << 40)),
        "full has a file of 1099511627776 bytes",
    ),
    (
        "the edition is gone",
        |s| s.centre.forge(|m| drop(m["editions"].as_object_mut().unwrap().remove("full"))),
        "the publication has no edition \"full\"; it has small, standard",
    ),
    (
        "no such file",
        |s| {
            s.web.lie("/full/", Lie::Status(404));
            s.web.lie("/delta/", Lie::Status(404));
        },
        "is not there",
    ),
];

/// The same for the files; without the delta, so that the whole list has to come.
const FILES: &[Attack] = &[
    ("truncated", |s| s.web.lie("/full/", Lie::Cut(100)), "full/"),
    (
        "other bytes",
        |s| {
            let length = s.centre.manifest().editions["full"].full.length as usize;
            s.web.lie("/full/", Lie::Bytes(vec![0; length]));
        },
        "is not the one that is signed",
    ),
    (
        "a portal's page",
        |s| s.web.lie("/full/", Lie::Bytes(b"<html>log in</html>".to_vec())),
        "19 bytes are to come, where",
    ),
    ("endless", |s| s.web.lie("/full/", Lie::Endless), "more than the signed"),
    (
        "a bomb: signed, but it unfolds to more than is signed",
        |s| {
            s.centre.forge(|m| m["editions"]["full"]["list"]["length"] = json!(1000));
        },
        "it unfolds to more than the signed 1000 bytes",
    ),
    (
        "another list than was signed",
        |s| {
            s.centre.forge(|m| m["editions"]["full"]["list"]["sha256"] = json!(Sha256::of(b"").to_string()));
        },
        "the list that was made is not the one that is signed",
    ),
    (
        "other names than were signed",
        |s| s.centre.forge(|m| m["editions"]["full"]["names"] = json!(7)),
        "401 names, where others are signed",
    ),
    ("signed noise", |s| replace_full(s, &[7; 300]), "not a delta"),
    ("signed nothing", |s| replace_full(s, b""), "not a delta"),
    (
        "signed beginning of a list",
        |s| {
            let full = s.centre.manifest().editions["full"].full_path();
            let bytes = s.centre.file(&full);
            replace_full(s, &bytes[..60]);
        },
        "",
    ),
];

/// Puts other bytes in the place of the whole list, with all good signatures.
fn replace_full(scene: &Scene, bytes: &[u8]) {
    let file = FileRef::of(bytes);
    scene.centre.put(&format!("full/{}", file.sha256), bytes);
    scene.centre.forge(|manifest| {
        manifest["editions"]["full"]["length"] = json!(file.length);
        manifest["editions"]["full"]["sha256"] = json!(file.sha256);
    });
}

/// The attack fails; when it is over, and the centre has published again, the next list arrives.
fn try_all(attacks: &[Attack], prepare: impl Fn(&Scene)) {
    for (what, attack, words) in attacks {
        eprintln!("attack: {what}");
        let scene = Scene::with_news();
        prepare(&scene);
        attack(&scene);
        scene.refuses(words);
        assert!(scene.blocks("first.example") && !scene.blocks("second.example"), "{what}");
        assert!(scene.web.sent() < 64 << 20, "{what}: what is endless is not read to its end");
        scene.web.be_honest();
        scene.centre.publish("third.example");
        scene.takes("serial 3");
        assert!(scene.blocks("third.example"), "{what}");
        assert_eq!(scene.leftovers(), [""; 0], "{what}");
    }
}

#[test]
fn documents_that_are_not_right_are_refused() {
    try_all(DOCUMENTS, |_| ());
}

#[test]
fn files_that_are_not_right_are_refused() {
    try_all(FILES, |scene| scene.centre.forge(|manifest| manifest["editions"]["full"]["deltas"] = json!([])));
}

#[test]
fn a_first_list_that_is_not_right_leaves_the_starter_list() {
    for (what, attack, words) in DOCUMENTS.iter().chain(FILES).filter(|(what, ..)| !what.contains("rollback"))
    {
        eprintln!("attack: {what}");
        let scene = Scene::empty();
        scene.centre.publish("first.example");
        scene.centre.publish("second.example");
        scene.centre.forge(|manifest| manifest["editions"]["full"]["deltas"] = json!([]));
        attack(&scene);
        scene.refuses(words);
        assert_eq!(scene.list(), b"", "{what}");
        assert!(scene.blocks("www.bet365.com"), "{what}: the starter list filters");
    }
}

#[test]
fn an_old_publication_played_again_is_refused() {
    let scene = Scene::new();
    let old = ["timestamp.json", "manifest.json"].map(|name| (name, scene.centre.file(name)));
    scene.centre.publish("second.example");
    scene.takes("serial 2");
    for (name, bytes) in old {
        scene.web.lie(name, Lie::Bytes(bytes));
    }
    scene.refuses("rollback: the version of timestamp.json was 2 and is 1");
    assert!(scene.blocks("second.example"));
    // And over a restart: what was seen lies on the disk.
    scene.refuses("rollback");
}

#[test]
fn a_centre_that_is_held_back_is_noticed_after_two_days() {
    let scene = Scene::new();
    let day = 24 * 3600;
    assert_eq!(scene.sync_with(&["--clock-offset", &day.to_string()]).code, 0);
    scene.refuses_with(&["--clock-offset", &(2 * day + 60).to_string()], "timestamp.json has expired at");
    scene.takes("up to date");
}

#[test]
fn each_role_expires() {
    let scene = Scene::with_news();
    let days = |days: u64| (days * 24 * 3600).to_string();
    let mut timestamp = scene.centre.timestamp();
    timestamp.expires = timestamp.expires.plus(10_000 * 24 * 3600);
    scene.web.lie("timestamp.json", Lie::Bytes(scene.centre.sign(&timestamp, &["timestamp"])));
    scene.refuses_with(&["--clock-offset", &days(31)], "manifest.json has expired at");
    scene.refuses_with(&["--clock-offset", &days(731)], "root.json has expired at");
}

#[test]
fn clocks_that_are_wrong_do_no_harm() {
    let scene = Scene::with_news();
    // In 2100 all is over. When the clock is mended, all is as before.
    let to_2100 = (75_i64 * 365 * 24 * 3600).to_string();
    scene.refuses_with(&["--clock-offset", &to_2100], "root.json has expired at");
    // In 1970 nobody believes it.
    let to_1970 = (-(56_i64 * 365 * 24 * 3600)).to_string();
    let ended = scene.sync_with(&["--clock", "untrusted", &format!("--clock-offset={to_1970}")]);
    assert_eq!((ended.code, ended.err.as_str()), (0, ""));
    assert!(scene.blocks("second.example"));
    scene.takes("up to date");
}

#[test]
fn a_stolen_online_key_runs_ahead_until_the_keys_are_changed() {
    let scene = Scene::with_news();
    let mut timestamp = scene.centre.timestamp();
    timestamp.version = (1 << 53) - 1;
    timestamp.created = timestamp.created.plus(600 * 24 * 3600);
    timestamp.expires = timestamp.expires.plus(600 * 24 * 3600);
    scene.web.lie("timestamp.json", Lie::Bytes(scene.centre.sign(&timestamp, &["timestamp"])));
    // Nothing worse than that comes of it: the manifest needs other keys.
    scene.refuses("manifest.json has expired");
    scene.web.be_honest();
    scene.refuses("rollback: the version of timestamp.json was 9007199254740991 and is 2");
    scene.centre.good(&["keys", "rotate", "--dir", "keys", "--role", "timestamp"]);
    scene.centre.publish("third.example");
    scene.takes("serial 3");
}

#[test]
fn a_delta_that_leads_elsewhere_gives_way_to_the_whole_list() {
    let scene = Scene::with_news();
    let manifest = scene.centre.manifest();
    let edition = &manifest.editions["full"];
    let delta = edition.deltas[0];
    let path = edition.delta_path(&delta);
    let good = scene.centre.file(&path);
    // Signed, but made from another list: one whose checksums are others.
    let mut wrong = good.clone();
    wrong[6] ^= 0xff;
    let file = FileRef::of(&wrong);
    scene.centre.put(&format!("delta/1-2/{}", file.sha256), &wrong);
    scene.centre.forge(|manifest| {
        manifest["editions"]["full"]["deltas"][0]["length"] = json!(file.length);
        manifest["editions"]["full"]["deltas"][0]["sha256"] = json!(file.sha256);
    });
    scene.takes("serial 2, edition full, 401 names, whole");
    assert!(scene.blocks("second.example"));

    for lie in [Lie::Bytes(vec![0; good.len()]), Lie::Cut(5), Lie::Endless, Lie::Status(404)] {
        let scene = Scene::with_news();
        scene.web.lie("/delta/", lie);
        scene.takes("serial 2, edition full, 401 names, whole");
    }
}

#[test]
fn a_list_that_cuts_off_what_must_never_be_is_refused() {
    let scene = Scene::new();
    // The hub's own gate would not let it out: this is signed by people who were forced.
    let mut writer = luytre_lists::ListWriter::new(luytre_lists::Meta { serial: 2, created: 0 });
    let always = luytre_lists::CategorySet::from(luytre_lists::Category::ALWAYS);
    let name = luytre_lists::Domain::parse("vietcombank.com.vn").unwrap();
    let entry = luytre_lists::Entry::subtree(luytre_lists::Disposition::Block(always));
    writer.add(name.as_name(), entry).unwrap();
    let list = luytre_lists::List::open(writer.finish().unwrap()).unwrap();
    let full = luytre_lists::delta::diff(None::<&luytre_lists::List<Vec<u8>>>, &list);
    let (full_file, list_file) = (FileRef::of(&full), FileRef::of(list.as_bytes()));
    scene.centre.put(&format!("full/{}", full_file.sha256), &full);
    let mut timestamp = scene.centre.timestamp();
    timestamp.serial = 2;
    scene.centre.put("timestamp.json", &scene.centre.sign(&timestamp, &["timestamp"]));
    scene.centre.forge(|manifest| {
        (manifest["serial"], manifest["version"]) = (json!(2), json!(2));
        manifest["editions"]["full"] = json!({ "serial": 2, "names": 1, "length": full_file.length,
            "sha256": full_file.sha256, "list": list_file, "deltas": [] });
    });
    scene.refuses("the list would cut off");
    assert!(scene.blocks("first.example"));
}

#[test]
fn nothing_is_asked_of_a_list_file_before_its_documents_are_good() {
    let scene = Scene::with_news();
    scene.web.lie("manifest.json", Lie::Bytes(b"{}".to_vec()));
    scene.refuses("manifest.json has the wrong length");
    let asked: Vec<String> = scene.web.asked().into_iter().map(|Asked { path, .. }| path).collect();
    assert!(asked.iter().all(|path| !path.contains("full") && !path.contains("delta")), "{asked:?}");
}
