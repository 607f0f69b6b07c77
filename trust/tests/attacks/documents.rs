//! Every check of a router, one attack each.

use luytre_trust::envelope::add_signature;
use luytre_trust::{AuditHead, FileRef, Manifest, Moment, Role, Sha256, Timestamp};
use serde_json::{Value, json};

use super::centre::*;

#[test]
fn what_is_signed_is_taken_again_and_again() {
    let centre = Centre::new();
    let mut router = centre.router();
    for _ in 0..2 {
        assert_eq!(take_from(&mut router, &centre).unwrap(), centre.manifest);
    }
    assert_eq!((router.seen().timestamp.version, router.seen().serial), (9, 7));
    assert_eq!(router.floor(), NOW);
    assert!(signed_timestamp(&centre.timestamp).len() <= luytre_trust::MAX_TIMESTAMP);
}

#[test]
fn the_longest_timestamp_fits_its_bound() {
    let file = FileRef { length: 65_536, sha256: Sha256::of(b"") };
    let mut timestamp = Timestamp::new(u64::from(u32::MAX), NOW, 2 * DAY, u64::from(u32::MAX), file);
    (timestamp.urgent, timestamp.lifts) = (true, Some(99_999));
    let length = signed_timestamp(&timestamp).len();
    assert!(length <= luytre_trust::MAX_TIMESTAMP, "{length} bytes");
}

#[test]
fn keys_of_nobody_of_another_role_too_few_or_one_twice_sign_nothing() {
    let centre = Centre::new();
    let timestamp = |keys: &[u8]| centre.router().timestamp(&signed(&centre.timestamp, keys), Some(NOW));
    for keys in [&[99][..], &[11], &[1], &[]] {
        says(timestamp(keys), "0 good signatures of different timestamp keys of root 1, and needs 1");
    }
    assert!(timestamp(&[21]).is_ok());

    let manifest = |document: &[u8]| {
        let file = FileRef::of(document);
        let announced = Timestamp { manifest: file, ..centre.timestamp.clone() };
        let mut router = centre.router();
        let announced = router.timestamp(&signed_timestamp(&announced), Some(NOW)).unwrap();
        router.manifest(&announced, document, Some(NOW))
    };
    says(manifest(&signed(&centre.manifest, &[11])), "1 good signatures of different targets keys");
    let once = signed(&centre.manifest, &[11]);
    let mut twice: Value = serde_json::from_slice(&once).unwrap();
    let signature = twice["signatures"][0].clone();
    twice["signatures"] = json!([signature, signature, signature]);
    says(manifest(twice.to_string().as_bytes()), "1 good signatures of different targets keys");
    assert!(manifest(&add_signature(&once, &key(13)).unwrap()).is_ok(), "one after the other");
    assert!(manifest(&signed(&centre.manifest, &[99, 1, 11, 12])).is_ok(), "strangers do no harm");
    twice["signatures"] = Value::Array(vec![signature; 1000]);
    says(manifest(twice.to_string().as_bytes()), "is too long");
    twice["signatures"] = Value::Array(vec![twice["signatures"][0].clone(); 100]);
    says(manifest(twice.to_string().as_bytes()), "100 signatures, where 32 are the most");
}

#[test]
fn an_older_document_is_no_news() {
    let mut centre = Centre::new();
    let mut router = centre.router();
    let (old_timestamp, old_manifest) =
        (signed_timestamp(&centre.timestamp), signed_manifest(&centre.manifest));
    centre.manifest = Manifest { version: 5, serial: 8, ..centre.manifest.clone() };
    centre.announce(10);
    take_from(&mut router, &centre).unwrap();
    let before = router.clone();
    says(
        take(&mut router, &old_timestamp, &old_manifest, Some(NOW)),
        "the version of timestamp.json was 10 and is 9",
    );
    // An online key that was stolen can't bring back old lists either.
    for (manifest, words) in [
        (Manifest { version: 4, ..centre.manifest.clone() }, "the version of manifest.json was 5 and is 4"),
        (Manifest { version: 6, serial: 7, ..centre.manifest.clone() }, "the serial was 8 and is 7"),
    ] {
        let timestamp = signed_timestamp(&announce(&manifest, 11));
        says(take(&mut router.clone(), &timestamp, &signed_manifest(&manifest), Some(NOW)), words);
    }
    // The same version may not say two things.
    centre.timestamp.urgent = true;
    says(take_from(&mut router, &centre), "two different ones have version 10");
    assert_eq!(router, before, "what is refused leaves no trace");
}

#[test]
fn a_centre_that_is_held_back_expires_in_each_role() {
    let centre = Centre::new();
    let (timestamp, manifest) = (signed_timestamp(&centre.timestamp), signed_manifest(&centre.manifest));
    let at = |days: u64| take(&mut centre.router(), &timestamp, &manifest, Some(NOW.plus(days * DAY)));
    says(at(2), "timestamp.json has expired at 2026-11-20T");
    assert!(at(1).is_ok());
    says(at(700), "root.json has expired");
    let long_lived = Timestamp { expires: NOW.plus(100 * DAY), ..centre.timestamp.clone() };
    let days = Some(NOW.plus(30 * DAY));
    says(
        take(&mut centre.router(), &signed_timestamp(&long_lived), &manifest, days),
        "manifest.json has expired",
    );
}

#[test]
fn a_clock_that_nobody_set_neither_opens_nor_locks() {
    let mut centre = Centre::new();
    let mut router = centre.router();
    // In 1970 the floor counts: what was signed before it is over.
    assert!(
        take(&mut router, &signed_timestamp(&centre.timestamp), &signed_manifest(&centre.manifest), None)
            .is_ok()
    );
    assert!(
        take(
            &mut router,
            &signed_timestamp(&centre.timestamp),
            &signed_manifest(&centre.manifest),
            Some(Moment(0))
        )
        .is_ok()
    );
    centre.manifest.created = NOW.plus(10 * DAY);
    centre.manifest.version = 5;
    centre.announce(10);
    take_from(&mut router, &centre).unwrap();
    assert_eq!(router.floor(), NOW.plus(10 * DAY), "signed times raise the floor");
    let frozen = Timestamp { version: 11, expires: NOW.plus(2 * DAY), ..centre.timestamp.clone() };
    says(router.timestamp(&signed_timestamp(&frozen), None), "timestamp.json has expired");
    // In 2100 everything is over; nothing of that is remembered.
    let far = Some(Moment(4_102_444_800));
    let before = router.clone();
    says(
        take(&mut router, &signed_timestamp(&centre.timestamp), &signed_manifest(&centre.manifest), far),
        "root.json has expired",
    );
    assert_eq!(router, before);
    assert!(take_from(&mut router, &centre).is_ok());
}

#[test]
fn a_stolen_online_key_can_run_ahead_only_until_the_next_root() {
    let mut centre = Centre::new();
    let mut router = centre.router();
    let ahead = Timestamp {
        version: (1 << 53) - 1,
        created: NOW.plus(600 * DAY),
        expires: NOW.plus(699 * DAY),
        ..centre.timestamp.clone()
    };
    router.timestamp(&signed_timestamp(&ahead), Some(NOW)).unwrap();
    says(take_from(&mut router, &centre), "the version of timestamp.json was 9007199254740991 and is 9");
    let beyond = Timestamp { created: NOW.plus(701 * DAY), expires: NOW.plus(800 * DAY), ..ahead.clone() };
    says(centre.router().timestamp(&signed_timestamp(&beyond), Some(NOW)), "root.json has expired");

    let next = root(2, 22);
    router.follow(&signed_root(&next, &[3, 4, 5])).unwrap();
    centre.root = next;
    assert_eq!(router.floor(), Moment(NOW.0 - DAY), "what the thief said of the time is forgotten");
    says(
        router.timestamp(&signed_timestamp(&ahead), Some(NOW)),
        "0 good signatures of different timestamp keys of root 2",
    );
    let timestamp = signed(&centre.timestamp, &[22]);
    assert!(take(&mut router, &timestamp, &signed_manifest(&centre.manifest), Some(NOW)).is_ok());
}

#[test]
fn documents_of_two_publications_do_not_mix() {
    let mut centre = Centre::new();
    let timestamp = signed_timestamp(&centre.timestamp);
    centre.manifest.min_wait_s = 1;
    says(
        take(&mut centre.router(), &timestamp, &signed_manifest(&centre.manifest), Some(NOW)),
        "manifest.json is not the one that is signed",
    );
    let longer = [&signed_manifest(&centre.manifest)[..], b" "].concat();
    says(take(&mut centre.router(), &timestamp, &longer, Some(NOW)), "manifest.json has the wrong length");
    let other = Timestamp { serial: 8, ..announce(&centre.manifest, 9) };
    says(
        take(&mut centre.router(), &signed_timestamp(&other), &signed_manifest(&centre.manifest), Some(NOW)),
        "timestamp.json announces serial 8, and manifest.json has 7",
    );
    // A document of one role is none of another, whoever signed it.
    says(
        centre.router().timestamp(&signed(&Value::from("x"), &[21]), Some(NOW)),
        "timestamp.json is not one",
    );
    let root = signed_root(&centre.root, &[1, 2, 3]);
    assert!(root.len() > luytre_trust::MAX_TIMESTAMP);
    says(centre.router().timestamp(&root, Some(NOW)), "timestamp.json is too long");
}

#[test]
fn counts_beyond_all_bounds_are_refused_although_signed() {
    let centre = Centre::new();
    let document = signed_manifest(&centre.manifest);
    let edition = serde_json::to_value(&centre.manifest.editions["full"]).unwrap();
    let taken = |change: &dyn Fn(&mut Value)| {
        let document = changed(&document, &[11, 12], |signed| change(signed));
        let announced = Timestamp { manifest: FileRef::of(&document), ..centre.timestamp.clone() };
        take(&mut centre.router(), &signed_timestamp(&announced), &document, Some(NOW))
    };
    says(
        taken(&|signed| signed["editions"]["full"]["length"] = json!(1_u64 << 40)),
        "has a file of 1099511627776 bytes",
    );
    says(taken(&|signed| signed["editions"]["full"]["list"]["length"] = json!(1_u64 << 40)), "has a file of");
    says(taken(&|signed| signed["editions"]["full"]["names"] = json!(1_u64 << 40)), "1099511627776 names");
    says(taken(&|signed| signed["rollout_percent"] = json!(101)), "101 routers of a hundred");
    says(taken(&|signed| signed["min_wait_s"] = json!(1 << 30)), "a wait of");
    says(taken(&|signed| signed["editions"]["full"]["serial"] = json!(8)), "full has serial 8");
    for number in ["-1", "1.5", "9007199254740992"] {
        let document = format!("{{\"signatures\":[],\"signed\":{{\"version\":{number}}}}}");
        says(centre.router().timestamp(document.as_bytes(), Some(NOW)), "no whole number");
    }
    says(taken(&|signed| signed["expires"] = json!("tomorrow")), "expected a time");
    says(taken(&|signed| signed["type"] = json!("timestamp")), "is not one");
    says(
        taken(&|signed| drop(signed.as_object_mut().unwrap().remove("editions"))),
        "missing field `editions`",
    );
    says(
        taken(&|signed| {
            for number in 0..17 {
                signed["editions"][format!("e{number}")] = edition.clone();
            }
        }),
        "18 editions, where 16 are the most",
    );
    says(
        taken(&|signed| {
            let delta = signed["editions"]["full"]["deltas"][0].clone();
            signed["editions"]["full"]["deltas"] = Value::Array(vec![delta; 65]);
        }),
        "65 deltas, where 64 are the most",
    );
}

#[test]
fn what_a_captive_portal_says_is_no_document() {
    let page = b"<!DOCTYPE html><html><title>Welcome to our Wi-Fi</title></html>";
    says(
        Centre::new().router().timestamp(page, Some(NOW)),
        "it is a web page: does the network want a log-in?",
    );
    for bytes in [&b""[..], b"null", b"{}", b"[]", b"\xff\xfe", b"{\"signatures\":[]}", &[b'['; 400]] {
        says(Centre::new().router().timestamp(bytes, Some(NOW)), "timestamp.json is not one");
    }
}

#[test]
fn roles_are_called_as_in_root_json() {
    assert_eq!(
        [Role::Root, Role::Targets, Role::Timestamp].map(|role| role.to_string()),
        ["root", "targets", "timestamp"]
    );
}

#[test]
fn a_category_needs_the_keys_of_root() {
    let taken = |keys: &[&str]| {
        let mut centre = Centre::new();
        centre.manifest.categories = categories(keys);
        centre.announce(9);
        take_from(&mut centre.router(), &centre)
    };
    assert!(taken(&["always", "adult", "ads"]).is_ok());
    says(taken(&["always", "adult", "ads", "opinions"]), "root 1 does not allow the category \"opinions\"");
    says(taken(&["adult", "always"]), "root 1 does not allow the category \"adult\"");
    says(taken(&[]), "it does not say its categories, of which root 1 allows some only");

    // The next root may allow more; with one that says nothing of categories anything goes.
    let mut centre = Centre::new();
    let mut router = centre.router();
    centre.manifest.categories = categories(&["always", "adult", "ads", "weapons"]);
    centre.announce(9);
    says(take_from(&mut router.clone(), &centre), "does not allow the category \"weapons\"");
    let mut next = root(2, 21);
    next.categories = categories(&["always", "adult", "ads", "weapons"]);
    router.follow(&signed_root(&next, &[1, 2, 3])).unwrap();
    take_from(&mut router, &centre).unwrap();
    next.version = 3;
    next.categories = categories(&[]);
    router.follow(&signed_root(&next, &[1, 2, 3])).unwrap();
    centre.manifest.categories = categories(&["anything"]);
    (centre.manifest.version, centre.manifest.serial) = (5, 8);
    centre.announce(10);
    take_from(&mut router, &centre).unwrap();
}

#[test]
fn what_a_router_has_no_use_for_is_bounded_all_the_same() {
    let mut centre = Centre::new();
    centre.manifest.audit = Some(AuditHead { rows: u64::from(u32::MAX), sha256: Sha256::of(b"row") });
    centre.manifest.zone = Some(FileRef { length: 1 << 40, sha256: Sha256::of(b"zone") });
    centre.manifest.model = Some(FileRef { length: 1 << 20, sha256: Sha256::of(b"model") });
    centre.announce(9);
    assert_eq!(take_from(&mut centre.router(), &centre).unwrap(), centre.manifest);
    centre.manifest.model = Some(FileRef { length: 1 << 30, sha256: Sha256::of(b"model") });
    centre.announce(9);
    says(take_from(&mut centre.router(), &centre), "a model of 1073741824 bytes");
}

/// A later centre says more than this router reads.
#[test]
fn what_is_not_known_is_left_alone() {
    let centre = Centre::new();
    let manifest = changed(&signed_manifest(&centre.manifest), &[11, 12], |signed| {
        signed["later"] = json!({"length": 7, "sha256": "?"});
    });
    let announced = Timestamp { manifest: FileRef::of(&manifest), ..centre.timestamp.clone() };
    take(&mut centre.router(), &signed_timestamp(&announced), &manifest, Some(NOW)).unwrap();
}
