//! Text that nobody means well with: an error is fine, a panic is not.

use std::fmt::Write;

use proptest::prelude::*;

use super::{read, read_with};
use crate::config::read::schema::Schema;

/// Values that are well-formed TOML, of every kind, most of them wrong for the key they land on.
fn value() -> impl Strategy<Value = String> {
    let plain = prop_oneof![
        any::<i64>().prop_map(|number| number.to_string()),
        (-5_i64..90_000).prop_map(|number| number.to_string()),
        any::<bool>().prop_map(|flag| flag.to_string()),
        any::<f32>()
            .prop_filter("TOML has no NaN like ours", |n| n.is_finite())
            .prop_map(|n| format!("{n:.3}")),
        Just("1979-05-27T07:32:00Z".to_owned()),
        "[a-z0-9.:/=*\\[\\]-]{0,20}".prop_map(|text| format!("'{text}'")),
        "(auto|page|full|off|always|adult|essential|porn|127.0.0.1:53|10.0.0.0/8|udp://192.0.2.1)"
            .prop_map(|text| format!("'{text}'")),
    ];
    plain.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(", "))),
            ("[a-z.]{1,8}", inner).prop_map(|(key, value)| format!("{{ '{key}' = {value} }}")),
        ]
    })
}

fn key() -> impl Strategy<Value = String> {
    let keys: Vec<String> = Schema::current().keys().map(|key| key.to_string()).collect();
    prop_oneof![9 => prop::sample::select(keys), 1 => "[a-z]{1,9}(\\.[a-z_]{1,9}){0,2}"]
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_in_one_line(text in "\\PC{0,200}|[\\[\\]{}=\"'#.,a-z0-9\n\r\t ]{0,200}") {
        if let Err(error) = read(&text) {
            prop_assert_eq!(error.to_string().lines().count(), 1);
        }
    }

    #[test]
    fn any_values_are_read_or_refused_with_key_and_line(pairs in prop::collection::vec((key(), value()), 1..6)) {
        let mut text = String::new();
        for (key, value) in pairs {
            writeln!(text, "{key} = {value}").unwrap();
        }
        if let Err(error) = read(&text) {
            let error = error.to_string();
            let mut parts = error.splitn(3, ':');
            prop_assert_eq!(parts.next(), Some("luytre.toml"));
            prop_assert!(parts.next().is_some_and(|line| line.parse::<usize>().is_ok()), "{}", error);
            prop_assert_eq!(error.lines().count(), 1);
        }
    }

    #[test]
    fn any_variable_is_read_or_refused_by_name(key in key(), value in prop_oneof![value(), "\\PC{0,40}".boxed()]) {
        let variable = format!("LUYTRE_{}", key.to_uppercase().replacen('.', "__", 1));
        if let Err(error) = read_with("", &[(&variable, &value)]) {
            prop_assert!(error.to_string().starts_with(&variable), "{}", error);
        }
    }
}

#[test]
fn deep_nesting_is_refused() {
    let error = read(&format!("[listen]\ndns = {}", "[".repeat(100_000))).unwrap_err().to_string();
    assert!(error.starts_with("luytre.toml:2:"), "{error}");
    let variable = "[".repeat(100_000);
    assert!(read_with("", &[("LUYTRE_UPSTREAM__ZONES", &variable)]).is_err());
}

#[test]
fn an_error_is_one_short_line_whatever_is_in_it() {
    let long = "x".repeat(200_000);
    let digits = "9".repeat(200_000);
    for text in [
        format!("[cache]\n{long} = 1"),
        format!("[reply]\nmode = \"{long}\""),
        format!("{long} = 1"),
        format!("cache.entries = {digits}"),
        format!("state.dir = {digits}.5"),
    ] {
        let error = read(&text).unwrap_err().to_string();
        assert!(error.len() < 300, "{} bytes", error.len());
    }
    let error = read("[reply]\nmode = \"a\\nb\\u001b[2J\"").unwrap_err().to_string();
    assert!(error.contains(r#""a\nb\u{1b}[2J" is not one of"#), "{error}");
}
