//! Documents become what they mean, or an error that names the place.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct House {
    name: String,
    level: u8,
    share: f64,
    open: bool,
    kind: Kind,
    note: Option<String>,
    person: Vec<Person>,
    zones: BTreeMap<String, Vec<String>>,
}

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    #[default]
    Flat,
    FarmHouse,
    Rooms(u8),
}

#[derive(Debug, PartialEq, Deserialize)]
struct Person {
    age: u8,
}

#[test]
fn toml_becomes_what_it_means() {
    let text = "name = 'x'\nlevel = 0x1f\nshare = 1\nopen = true\nkind = 'farm_house'\nnote = 2026-11-22\n\
                zones = { lan = ['a', \"b\\u0020\"] }\n[[person]]\nage = 7\n[[person]]\nage = 8\n";
    let house: House = from_toml(text).unwrap();
    let zones = BTreeMap::from([("lan".to_owned(), vec!["a".to_owned(), "b ".to_owned()])]);
    let person = vec![Person { age: 7 }, Person { age: 8 }];
    let note = Some("2026-11-22".to_owned());
    let expected = House {
        name: "x".into(),
        level: 31,
        share: 1.0,
        open: true,
        kind: Kind::FarmHouse,
        note,
        person,
        zones,
    };
    assert_eq!(house, expected);
}

#[test]
fn a_variant_may_hold_a_value() {
    assert_eq!(from_toml::<House>("kind = { rooms = 3 }").unwrap().kind, Kind::Rooms(3));
}

#[test]
fn what_does_not_fit_is_told_where_it_stands() {
    for (text, told) in [
        ("name = 1", "name: invalid type: integer `1`, expected a string"),
        ("level = 300", "level: invalid value: integer `300`, expected u8"),
        ("level = 99999999999999999999", "level: invalid type: string \"99999999999999999999\", expected u8"),
        ("nmae = 1", "nmae: unknown field `nmae`, expected one of"),
        ("open = 'yes'", "open: invalid type: string \"yes\", expected a boolean"),
        ("kind = 'hut'", "kind: unknown variant `hut`"),
        ("kind = ['flat']", "kind: invalid type: sequence, expected enum Kind"),
        ("kind = { flat = 1 }", "kind.flat: invalid type: integer `1`, expected nothing"),
        ("kind = { rooms = 'x' }", "kind.rooms: invalid type: string \"x\", expected u8"),
        ("kind = 'rooms'", "kind.rooms: invalid type: null, expected u8"),
        ("person = [{ age = 7 }, {}]", "person[1]: missing field `age`"),
        ("person = [[7]]", "person[0]: invalid type: sequence, expected struct Person"),
        ("zones.lan = [1]", "zones.lan[0]: invalid type: integer `1`, expected a string"),
    ] {
        let error = from_toml::<House>(text).unwrap_err();
        assert!(error.starts_with(told), "{text}: {error}");
    }
    assert!(from_toml::<House>("name = ").unwrap_err().contains("TOML parse error"));
}

#[test]
fn texts_are_borrowed_where_the_document_has_them_as_they_are() {
    #[derive(Deserialize)]
    struct Texts<'t> {
        plain: &'t str,
    }
    assert_eq!(from_toml::<Texts<'_>>("plain = 'x'").unwrap().plain, "x");
    assert!(from_toml::<Texts<'_>>("plain = \"\\u0020\"").is_err());
}

proptest! {
    #[test]
    fn any_toml_is_read_or_refused(
        text in "((name|level|kind|person|zones|x) = ([0-9]{1,22}|'[a-z]*'|\\[1, '']|\\{ a = \\[\\] \\}|nan|true)\n){0,4}",
    ) {
        let _ = from_toml::<House>(&text);
    }
}
