//! What a provider may say to its routers, and who may say it.

use luytre_trust::policy::{Ring, Taken};
use luytre_trust::{MAX_POLICY, Moment, Operator, Policy, Refusal};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::centre::*;
use super::laws::STRIDE;

fn operator(keys: &[u8], threshold: u32) -> Operator {
    Operator::new(keys.iter().map(|&number| key(number).public()), threshold).unwrap()
}

/// Everything that a policy may say.
fn policy(version: u64) -> Policy {
    let mut policy = Policy::new(version, NOW, NOW.plus(90 * DAY));
    policy.upstream.servers = vec!["tls://dns.provider.example".into(), "udp://192.0.2.53".into()];
    policy.upstream.bootstrap = vec!["192.0.2.53".into()];
    policy.list.urls = vec!["https://mirror.provider.example/list".into()];
    policy.list.edition = "standard".into();
    policy.list.ring = Some(Ring::Late);
    policy.provider = "VNTT · 1800 1234".into();
    policy.centre = "https://centre.example".into();
    policy
}

fn take(operator: &Operator, document: &[u8], before: Option<&Taken>) -> Result<Taken, Refusal> {
    operator.take(document, before, Some(NOW), Moment(NOW.0 - DAY))
}

#[test]
fn what_the_operator_signed_is_taken_word_for_word() {
    let taken = take(&operator(&[1], 1), &signed(&policy(1), &[1]), None).unwrap();
    assert_eq!(taken.policy, policy(1));
    let silent = Policy::new(1, NOW, NOW.plus(DAY));
    let document = signed(&silent, &[1]);
    assert_eq!(take(&operator(&[1], 1), &document, None).unwrap().policy, silent);
    assert!(document.len() < 400, "what is not said takes no room: {}", String::from_utf8_lossy(&document));
}

/// A provider has no member for a family, and a document that has one is refused whole.
#[test]
fn a_policy_says_nothing_of_a_family() {
    for member in [
        "people",
        "person",
        "device",
        "devices",
        "profile",
        "schedule",
        "budget",
        "rule",
        "grant",
        "pause",
        "family",
        "house",
        "block",
        "allow",
        "deny",
        "history",
        "reply",
        "firewall",
        "categories",
        "zones",
        "root",
    ] {
        let document = changed(&signed(&policy(1), &[1]), &[1], |signed| signed[member] = json!([]));
        says(take(&operator(&[1], 1), &document, None), &format!("unknown field `{member}`"));
    }
    for (section, member) in
        [("upstream", "zones"), ("upstream", "validate"), ("list", "root"), ("list", "file")]
    {
        let document = changed(&signed(&policy(1), &[1]), &[1], |signed| signed[section][member] = json!({}));
        says(take(&operator(&[1], 1), &document, None), &format!("unknown field `{member}`"));
    }
}

#[test]
fn keys_of_nobody_too_few_or_one_twice_sign_no_policy() {
    let two_of_three = operator(&[1, 2, 3], 2);
    for keys in [&[][..], &[1], &[9, 3], &[8, 9]] {
        let document = signed(&policy(1), keys);
        says(take(&two_of_three, &document, None), "good signatures of different operator keys, and needs 2");
    }
    let mut twice: Value = serde_json::from_slice(&signed(&policy(1), &[1])).unwrap();
    let signature = twice["signatures"][0].clone();
    twice["signatures"] = json!([signature, signature]);
    says(take(&two_of_three, twice.to_string().as_bytes(), None), "policy.json has 1 good signatures");
    for keys in [[1, 2], [2, 3], [3, 1]] {
        take(&two_of_three, &signed(&policy(1), &keys), None).unwrap();
    }
}

/// The centre's keys are others: neither says what the other may.
#[test]
fn a_policy_is_no_word_of_the_centre_and_the_other_way_round() {
    let centre = Centre::new();
    says(take(&operator(&[1], 1), &signed_root(&centre.root, &[1, 2, 3]), None), "unknown");
    says(take(&operator(&[21], 1), &signed_timestamp(&centre.timestamp), None), "unknown");
    says(centre.router().follow(&signed(&policy(2), &[1, 2, 3])), "unknown variant `policy`");
}

#[test]
fn keys_overlap_until_every_router_knows_the_new_one() {
    let [old, both, new] = [operator(&[1], 1), operator(&[1, 2], 1), operator(&[2], 1)];
    let by_old = signed(&policy(1), &[1]);
    let kept = take(&both, &by_old, None).unwrap();
    let by_new = signed(&policy(2), &[2]);
    says(take(&old, &by_new, None), "0 good signatures");
    take(&both, &by_new, Some(&kept)).unwrap();
    says(new.read_taken(&by_old), "0 good signatures");
    // One that both have signed reaches those that know either.
    let by_both = signed(&policy(3), &[1, 2]);
    assert!([&old, &both, &new].iter().all(|operator| take(operator, &by_both, None).is_ok()));
}

#[test]
fn an_older_policy_is_no_news_and_a_version_says_one_thing() {
    let operator = operator(&[1], 1);
    let kept = take(&operator, &signed(&policy(5), &[1]), None).unwrap();
    says(
        take(&operator, &signed(&policy(4), &[1]), Some(&kept)),
        "rollback: the version of policy.json was 5 and is 4 now",
    );
    let other = changed(&signed(&policy(5), &[1]), &[1], |signed| signed["provider"] = json!("another"));
    says(take(&operator, &other, Some(&kept)), "two different ones have version 5");
    assert_eq!(take(&operator, &signed(&policy(5), &[1]), Some(&kept)), Ok(kept));
}

#[test]
fn an_expired_policy_is_not_taken_and_stays_where_it_was() {
    let operator = operator(&[1], 1);
    let document = signed(&policy(1), &[1]);
    let later = Some(NOW.plus(90 * DAY));
    says(operator.take(&document, None, later, Moment(0)), "policy.json has expired at 2027-02-");
    says(operator.take(&document, None, None, NOW.plus(90 * DAY)), "policy.json has expired");
    assert!(
        operator.take(&document, None, None, Moment(0)).is_ok(),
        "a clock that nobody set locks nobody out"
    );
    let kept = operator.read_taken(&document).unwrap();
    assert!(operator.take(&document, Some(&kept), later, Moment(0)).is_ok(), "it is in force already");
    let mut second = policy(2);
    second.created = NOW.plus(DAY);
    second.expires = NOW.plus(2 * DAY);
    says(operator.take(&signed(&second, &[1]), Some(&kept), later, Moment(0)), "has expired");
    let mut newer = policy(3);
    (newer.created, newer.expires) = (NOW.plus(91 * DAY), NOW.plus(92 * DAY));
    let newer = operator.take(&signed(&newer, &[1]), Some(&kept), None, Moment(0)).unwrap();
    let mut between = policy(4);
    between.expires = NOW.plus(91 * DAY);
    says(operator.take(&signed(&between, &[1]), Some(&newer), None, Moment(0)), "has expired");
}

#[test]
fn sizes_beyond_all_bounds_are_refused_although_signed() {
    let taken = |change: &dyn Fn(&mut Policy)| {
        let mut policy = policy(1);
        change(&mut policy);
        take(&operator(&[1], 1), &signed(&policy, &[1]), None)
    };
    says(taken(&|policy| policy.upstream.servers = vec!["udp://192.0.2.1".into(); 17]), "17 entries");
    says(taken(&|policy| policy.list.urls = vec!["x".repeat(501)]), "a text of 501 bytes");
    says(taken(&|policy| policy.provider = "x".repeat(501)), "provider has a text of 501 bytes");
    says(taken(&|policy| policy.provider = "x".repeat(MAX_POLICY)), "policy.json is too long");
    says(taken(&|policy| policy.version = 0), "its version is 0");
    says(taken(&|policy| policy.expires = policy.created), "it expires at");
    let ring = changed(&signed(&policy(1), &[1]), &[1], |signed| signed["list"]["ring"] = json!("first"));
    says(
        take(&operator(&[1], 1), &ring, None),
        "unknown variant `first`, expected one of `early`, `normal`, `late`",
    );
}

#[test]
fn the_operators_keys_are_read_as_strictly() {
    let two = operator(&[1, 2], 1);
    assert_eq!(Operator::read(&two.document()), Ok(two));
    let key = key(1).public().to_string();
    for (anchor, words) in [
        (json!({"type": "operator", "threshold": 0, "keys": [key]}), "can't give 0 signatures"),
        (json!({"type": "operator", "threshold": 2, "keys": [key, key]}), "1 keys can't give 2"),
        (json!({"type": "operator", "threshold": 1, "keys": [key], "more": 1}), "unknown field `more`"),
        (json!({"type": "root", "threshold": 1, "keys": [key]}), "unknown variant `root`"),
        (json!({"type": "operator", "threshold": 1, "keys": [key.to_uppercase()]}), "lower-case hex"),
        (json!({"type": "operator", "threshold": 1, "keys": []}), "0 keys"),
    ] {
        let error = Operator::read(anchor.to_string().as_bytes()).unwrap_err();
        assert!(error.contains(words), "{error:?} does not say {words:?}");
    }
    assert!(Operator::read(&vec![b' '; MAX_POLICY + 1]).unwrap_err().contains("16384 are the most"));
}

#[test]
fn no_bit_of_a_policy_can_be_flipped() {
    let operator = operator(&[1, 2, 3], 2);
    let document = signed(&policy(1), &[1, 2]);
    for bit in (0..document.len() * 8).step_by(STRIDE) {
        let mut flipped = document.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(take(&operator, &flipped, None).is_err(), "bit {bit}: {}", String::from_utf8_lossy(&flipped));
    }
    for end in 0..document.len() {
        assert!(take(&operator, &document[..end], None).is_err(), "cut after {end} bytes");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is offered and in whatever order: the version never falls, and nothing is taken that so many different keys
    /// of the operator's have not signed.
    #[test]
    fn versions_never_fall_and_thresholds_hold(
        threshold in 1..4_u32,
        offers in proptest::collection::vec((1..9_u64, proptest::collection::btree_set(1..7_u8, 0..6)), 1..24),
    ) {
        let operator = operator(&[1, 2, 3], threshold);
        let mut kept: Option<Taken> = None;
        for (version, keys) in offers {
            let document = signed(&policy(version), &keys.iter().copied().collect::<Vec<_>>());
            let known = keys.iter().filter(|key| **key <= 3).count();
            let before = kept.as_ref().map_or(0, |taken| taken.policy.version);
            let taken = take(&operator, &document, kept.as_ref());
            prop_assert_eq!(taken.is_ok(), known >= threshold as usize && version >= before);
            kept = taken.ok().or(kept);
        }
    }

    #[test]
    fn noise_is_no_policy(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        prop_assert!(take(&operator(&[1], 1), &bytes, None).is_err());
        prop_assert!(Operator::read(&bytes).is_err());
    }
}
