//! The key that may open a few names for a while, and no more.

use luytre_trust::{Lifts, Moment, Timestamp, Trusted};

use super::centre::*;

#[test]
fn lifts_are_taken_from_the_key_that_root_delegates_and_within_their_bounds() {
    let names = |count: usize| (0..count).map(|number| format!("n{number}.example")).collect::<Vec<_>>();
    let lifts = |version, days, names| Lifts::new(version, NOW, days * DAY, names);
    // The router has taken the timestamp that announces them.
    let take = |router: &mut Trusted, announced: Option<u64>, document: &[u8]| {
        let mut timestamp = Centre::new().timestamp;
        (timestamp.lifts, timestamp.version) = (announced, 9 + announced.unwrap_or_default());
        let timestamp = router.timestamp(&signed_timestamp(&timestamp), Some(NOW)).unwrap();
        router.lifts(&timestamp, document, Some(NOW))
    };
    let mut centre = Centre::new();
    let seven = lifts(7, 7, names(3));
    says(
        take(&mut centre.router(), Some(7), &signed(&seven, &[31])),
        "0 good signatures of different lifts keys",
    );
    centre.root = centre.root.clone().lifting_by(&[key(31).public()], 1);
    let router = || centre.router();
    assert_eq!(take(&mut router(), Some(7), &signed(&seven, &[31])).unwrap(), seven);
    for keys in [&[1, 2, 3][..], &[11, 12], &[21], &[99], &[]] {
        says(take(&mut router(), Some(7), &signed(&seven, keys)), "lifts.json has 0 good signatures");
    }

    says(
        take(&mut router(), Some(8), &signed(&seven, &[31])),
        "announces lifts 8, and lifts.json has version 7",
    );
    says(take(&mut router(), None, &signed(&seven, &[31])), "timestamp.json announces no lifts");
    assert!(take(&mut router(), Some(7), &signed(&lifts(7, 14, names(256)), &[31])).is_ok());
    says(
        take(&mut router(), Some(7), &signed(&lifts(7, 14, names(257)), &[31])),
        "257 names, where 256 are the most",
    );
    says(take(&mut router(), Some(7), &signed(&lifts(7, 15, names(1)), &[31])), "good for more than 14 days");
    for wrong in ["vn", "vn.", ".", "", &format!("{}.example", "a".repeat(250))] {
        let document = signed(&lifts(7, 1, vec![wrong.to_owned()]), &[31]);
        says(take(&mut router(), Some(7), &document), "is no name that may be lifted");
    }
    says(
        take(&mut router(), Some(100_000), &signed(&lifts(100_000, 7, names(1)), &[31])),
        "99999 is the highest",
    );
    let old = Lifts::new(7, Moment(NOW.0 - 3 * DAY), 2 * DAY, names(1));
    says(take(&mut router(), Some(7), &signed(&old, &[31])), "lifts.json has expired at");
    says(take(&mut router(), Some(7), &vec![b' '; luytre_trust::MAX_LIFTS + 1]), "lifts.json is too long");

    // Rollback, two of one version, and a thief who ran ahead and is shaken off by another key.
    let mut router = router();
    take(&mut router, Some(7), &signed(&seven, &[31])).unwrap();
    says(
        take(&mut router.clone(), Some(7), &signed(&lifts(6, 7, names(3)), &[31])),
        "rollback: the version of lifts.json",
    );
    says(take(&mut router.clone(), Some(7), &signed(&lifts(7, 7, names(4)), &[31])), "two different ones");
    let far = 99_999;
    router
        .lifts(
            &Timestamp { lifts: Some(far), ..centre.timestamp.clone() },
            &signed(&lifts(far, 7, names(1)), &[31]),
            Some(NOW),
        )
        .unwrap();
    let next = root(2, 21).lifting_by(&[key(32).public()], 1);
    router.follow(&signed_root(&next, &[1, 2, 3])).unwrap();
    assert_eq!(router.seen().lifts.version, 0);
    assert_eq!(router.floor(), NOW, "its key moves no clock");
    says(take(&mut router.clone(), Some(8), &signed(&lifts(8, 7, names(1)), &[31])), "0 good signatures");
    take(&mut router, Some(8), &signed(&lifts(8, 7, names(1)), &[32])).unwrap();
}

/// One bit of a document that lifts blocks.
#[test]
fn no_bit_of_lifts_can_be_touched() {
    let mut centre = Centre::new();
    centre.root = centre.root.clone().lifting_by(&[key(31).public()], 1);
    let announced = Timestamp { lifts: Some(1), ..centre.timestamp.clone() };
    let good = signed(&Lifts::new(1, NOW, DAY, vec!["a.example".to_owned()]), &[31]);
    for bit in 0..good.len() * 8 {
        let mut flipped = good.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let taken = centre.router().lifts(&announced, &flipped, Some(NOW));
        // Upper or lower case of a key id's or signature's digits is refused; what is left says the same.
        assert!(taken.is_err(), "bit {bit}");
    }
}
