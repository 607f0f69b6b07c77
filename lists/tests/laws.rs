//! The laws of the compiled list, against a naive model.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;

use luytre_lists::category::CategorySet;
use luytre_lists::{Disposition, Domain, Entry, FormatError, List, ListWriter, Match, Meta, Name, delta};
use proptest::prelude::*;

/// What is said about each name, merged as the list promises.
type Model = BTreeMap<String, Entry>;

fn model(said: &[(String, Entry)]) -> Model {
    let mut model = Model::new();
    for (name, entry) in said {
        let merged = model.entry(name.clone()).or_default().merge(*entry);
        model.insert(name.clone(), merged);
    }
    model
}

/// The most specific statement wins, by the definition.
fn naive(model: &Model, name: &str) -> Option<Match> {
    let labels: Vec<&str> = name.split('.').collect();
    (0..labels.len()).find_map(|skipped| {
        let entry = model.get(&labels[skipped..].join("."))?;
        let labels = u8::try_from(labels.len() - skipped).unwrap();
        match if skipped == 0 { entry.here } else { entry.below } {
            Disposition::Inherit => None,
            Disposition::Allow => Some(Match { categories: None, labels }),
            Disposition::Block(set) => Some(Match { categories: Some(set), labels }),
        }
    })
}

fn compile(said: &[(String, Entry)], serial: u64) -> Vec<u8> {
    write(ListWriter::new(Meta { serial, created: 1_790_000_000 }), said)
}

fn write(mut writer: ListWriter, said: &[(String, Entry)]) -> Vec<u8> {
    for (name, entry) in said {
        writer.add(Domain::parse(name).unwrap().as_name(), *entry).unwrap();
    }
    writer.finish().unwrap()
}

/// Few labels, so that names meet, nest and repeat.
fn names() -> impl Strategy<Value = String> {
    proptest::collection::vec(prop_oneof![Just("a"), Just("b"), Just("cc"), Just("ddd"), Just("vn")], 1..6)
        .prop_map(|labels| labels.join("."))
}

fn dispositions() -> impl Strategy<Value = Disposition> {
    prop_oneof![
        Just(Disposition::Allow),
        any::<u64>().prop_map(|bits| Disposition::Block(CategorySet::from_bits(bits & !1))),
        (1_u8..8).prop_map(|bit| Disposition::Block(CategorySet::from_bits(1 << bit))),
    ]
}

fn said() -> impl Strategy<Value = Vec<(String, Entry)>> {
    let entry = prop_oneof![
        dispositions().prop_map(Entry::subtree),
        dispositions().prop_map(Entry::exact),
        (dispositions(), dispositions()).prop_map(|(here, below)| Entry { here, below }),
    ];
    proptest::collection::vec((names(), entry), 0..400)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_lookup_is_what_the_naive_map_says(said in said(), asked in proptest::collection::vec(names(), 1..100)) {
        let list = List::open(compile(&said, 1)).unwrap();
        list.verify().unwrap();
        let model = model(&said);
        for name in asked.iter().chain(model.keys()) {
            let domain = Domain::parse(name).unwrap();
            prop_assert_eq!(list.lookup(domain.as_name()), naive(&model, name), "{}", name);
            prop_assert_eq!(list.entry(domain.as_name()), model.get(name).copied(), "{}", name);
        }
    }

    #[test]
    fn the_order_of_the_input_does_not_matter(said in said(), seed in any::<u64>()) {
        let mut shuffled = said.clone();
        let len = shuffled.len();
        for index in 0..len {
            shuffled.swap(index, (seed as usize).wrapping_mul(index + 7) % len);
        }
        prop_assert_eq!(compile(&said, 7), compile(&shuffled, 7));
    }

    #[test]
    fn another_serial_changes_nothing_else(said in said(), serial in any::<u64>()) {
        let list = List::open(compile(&said, 1)).unwrap();
        let again = list.with_meta(Meta { serial, created: 1_790_000_000 });
        prop_assert_eq!(again, compile(&said, serial));
    }

    #[test]
    fn applying_the_difference_gives_the_new_list(a in said(), b in said(), keep in any::<bool>()) {
        let old = List::open(compile(&a, 1)).unwrap();
        // Half of the time the new list continues the old one: most entries stay.
        let meta = Meta { serial: 2, created: 3 };
        let new = match keep {
            true => write(ListWriter::new(meta).continuing(&old), &[&a[a.len() / 8..], &b[..b.len() / 8]].concat()),
            false => write(ListWriter::new(meta), &b),
        };
        let new = List::open(new).unwrap();
        let delta = delta::diff(Some(&old), &new);
        let mut applied = Vec::new();
        delta::apply(Some(&old), &delta, &mut applied).unwrap();
        prop_assert!(applied == bytes(&new), "the applied list differs");

        let whole = delta::diff(None::<&List<Vec<u8>>>, &new);
        let mut applied = Vec::new();
        delta::apply(None::<&List<Vec<u8>>>, &whole, &mut applied).unwrap();
        prop_assert!(applied == bytes(&new), "the whole list differs");
    }

    #[test]
    fn a_damaged_list_is_refused_and_never_panics(said in said(), at in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let mut bytes = compile(&said, 1);
        let at = at.index(bytes.len());
        bytes[at] ^= 1_u8 << bit;
        if let Ok(list) = List::open(&bytes) {
            prop_assert!(list.verify().is_err(), "a flipped bit at {} went unseen", at);
            let _ = list.lookup(Domain::parse("a.b.vn").unwrap().as_name());
            let _ = list.census();
        }
    }

    #[test]
    fn a_truncated_list_is_refused(said in said(), at in any::<prop::sample::Index>()) {
        let bytes = compile(&said, 1);
        prop_assert!(List::open(&bytes[..at.index(bytes.len())]).is_err());
    }

    #[test]
    fn a_damaged_delta_is_refused_and_never_panics(
        a in said(), b in said(), at in any::<prop::sample::Index>(), bit in 0..8_u8,
    ) {
        let (old, new) = (List::open(compile(&a, 1)).unwrap(), List::open(compile(&b, 2)).unwrap());
        let mut delta = delta::diff(Some(&old), &new);
        let at = at.index(delta.len());
        delta[at] ^= 1_u8 << bit;
        let mut applied = Vec::new();
        if delta::apply(Some(&old), &delta, &mut applied).is_ok() {
            prop_assert!(applied == bytes(&new), "a flipped bit at {} changed the result", at);
        }
    }

    #[test]
    fn bytes_that_are_no_list_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(List::open(&bytes).is_err());
        let mut out = Vec::new();
        prop_assert!(delta::apply(None::<&List<Vec<u8>>>, &bytes, &mut out).is_err());
    }
}

fn bytes(list: &List<Vec<u8>>) -> Vec<u8> {
    list.as_bytes().to_vec()
}

fn block(bit: u8) -> Disposition {
    Disposition::Block(CategorySet::from_bits(1 << bit))
}

#[test]
fn more_statements_than_a_byte_numbers_go_to_the_overflow_table() {
    let said: Vec<_> = (0..2_000_u64)
        .map(|n| {
            (format!("n{n}.example"), Entry::subtree(Disposition::Block(CategorySet::from_bits(n << 1 | 2))))
        })
        .collect();
    let list = List::open(compile(&said, 1)).unwrap();
    let model = model(&said);
    for (name, _) in &said {
        assert_eq!(list.lookup(Domain::parse(name).unwrap().as_name()), naive(&model, name), "{name}");
    }
    let mut out = Vec::new();
    delta::apply(None::<&List<Vec<u8>>>, &delta::diff(None::<&List<Vec<u8>>>, &list), &mut out).unwrap();
    assert!(out == bytes(&list));
}

#[test]
fn very_deep_names_are_found() {
    let deep = vec!["x"; 100].join(".");
    let said = [(deep.clone(), Entry::exact(block(1)))];
    let list = List::open(compile(&said, 1)).unwrap();
    let domain = Domain::parse(&deep).unwrap();
    assert_eq!(list.lookup(domain.as_name()).map(|found| found.labels), Some(100));
    assert_eq!(list.lookup(domain.as_name().parent().unwrap_or(Name::ROOT)), None);
}

#[test]
fn an_empty_list_is_a_list() {
    let list = List::open(compile(&[], 1)).unwrap();
    assert_eq!(list.info().names, 0);
    assert_eq!(list.lookup(Domain::parse("example.com").unwrap().as_name()), None);
}

#[test]
fn errors_name_what_was_expected_and_what_was_found() {
    let open = |bytes: &[u8]| List::open(bytes.to_vec()).unwrap_err().to_string();
    let good = compile(&[("example.com".into(), Entry::subtree(block(1)))], 1);
    assert_eq!(open(b""), "not a compiled list: the file begins with \"\"");
    assert_eq!(open(b"0.0.0.0 example.com"), "not a compiled list: the file begins with \"0.0.0.0 \"");
    assert_eq!(open(&good[..20]), "truncated: expected 64 bytes, found 20");
    let (whole, cut) = (good.len(), good.len() - 3);
    assert_eq!(open(&good[..cut]), format!("truncated: expected {whole} bytes, found {cut}"));
    let mut newer = good.clone();
    newer[8] = 9;
    assert_eq!(open(&newer), "format version 9 is unknown; this build reads version 1");
    let mut damaged = good.clone();
    damaged[70] ^= 1;
    assert!(open(&damaged).starts_with("damaged head: expected checksum "), "{}", open(&damaged));
    let mut damaged = good;
    *damaged.last_mut().unwrap() ^= 1;
    let error = List::open(damaged).unwrap().verify().unwrap_err();
    assert!(matches!(error, FormatError::Checksum { part: "entries", .. }), "{error}");
}

#[test]
fn a_delta_for_another_list_is_refused() {
    let list = |name: &str| List::open(compile(&[(name.into(), Entry::subtree(block(1)))], 1)).unwrap();
    let (a, b, c) = (list("a.example"), list("b.example"), list("c.example"));
    let delta = delta::diff(Some(&a), &b);
    let error = delta::apply(Some(&c), &delta, &mut Vec::new()).unwrap_err();
    assert!(error.to_string().starts_with("the delta starts from another list"), "{error}");
}
