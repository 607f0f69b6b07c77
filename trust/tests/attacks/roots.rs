//! Who may say who may say something.

use luytre_trust::{Root, Seen, Trusted};
use serde_json::{Value, json};

use super::centre::*;

#[test]
fn roots_follow_one_another_without_a_gap() {
    let centre = Centre::new();
    let (second, third) = (root(2, 22), root(3, 23));
    let mut router = centre.router();
    says(router.follow(&signed_root(&third, &[1, 2, 3])), "root 2 has to come next, and 3 came");
    says(router.follow(&signed_root(&centre.root, &[1, 2, 3])), "root 2 has to come next, and 1 came");
    says(router.follow(&signed_root(&second, &[1, 2])), "2 good signatures of different root keys of root 1");
    says(router.follow(&signed_root(&second, &[21, 11, 12])), "0 good signatures");
    router.follow(&signed_root(&second, &[1, 2, 3])).unwrap();
    router.follow(&signed_root(&third, &[1, 2, 3])).unwrap();
    assert_eq!(router.root(), &third);
}

#[test]
fn a_root_with_other_root_keys_needs_both() {
    let centre = Centre::new();
    let publics = |numbers: &[u8]| numbers.iter().map(|&number| key(number).public()).collect::<Vec<_>>();
    let (mine, rest) = (publics(&[31, 32, 33]), publics(&[21]));
    let taken_over = Root::new(2, NOW.plus(DAY), [(&mine, 3), (&rest, 1), (&rest, 1)]);
    says(centre.router().follow(&signed_root(&taken_over, &[31, 32, 33])), "of root 1, and needs 3");
    says(centre.router().follow(&signed_root(&taken_over, &[1, 2, 3])), "of root 2, and needs 3");
    assert!(centre.router().follow(&signed_root(&taken_over, &[1, 2, 3, 31, 32, 33])).is_ok());
}

#[test]
fn a_root_that_can_not_be_is_none() {
    let centre = Centre::new();
    let document = signed_root(&centre.root, &[1, 2, 3]);
    let begun = |change: &dyn Fn(&mut Value)| {
        let document = changed(&document, &[1, 2, 3], |signed| change(signed));
        Trusted::begin(&document, Seen::default(), NOW)
    };
    assert!(begun(&|_| ()).is_ok());
    says(
        begun(&|signed| signed["roles"]["timestamp"]["threshold"] = json!(0)),
        "1 keys of timestamp can't give 0",
    );
    says(
        begun(&|signed| signed["roles"]["targets"]["threshold"] = json!(4)),
        "3 keys of targets can't give 4",
    );
    says(
        begun(&|signed| {
            let keys = signed["keys"].as_object_mut().unwrap();
            let public = json!({ "public": key(99).public() });
            keys.insert(key(1).id().to_string(), public);
        }),
        "does not have the SHA-256 that it is called by",
    );
    says(
        begun(&|signed| {
            signed["keys"].as_object_mut().unwrap().remove(&key(21).id().to_string());
        }),
        "it does not have the key",
    );
    // The same key under two thresholds of names counts once: names are made of the key.
    says(
        begun(&|signed| {
            let ids = signed["roles"]["targets"]["keyids"].as_array_mut().unwrap();
            let first = ids[0].clone();
            *ids = vec![first.clone(), first.clone(), first];
        }),
        "1 keys of targets can't give 2",
    );
}
