//! Variables over the file.

use super::read_with;
use crate::config::Privacy;

fn dns(file: &str, value: &str) -> Vec<String> {
    let config = read_with(file, &[("LUYTRE_LISTEN__DNS", value)]).unwrap();
    config.listen.dns.iter().map(ToString::to_string).collect()
}

fn refusal(name: &str, value: &str) -> String {
    read_with("", &[(name, value)]).expect_err("the variable is refused").to_string()
}

#[test]
fn a_variable_stands_over_the_file() {
    let file = "[listen]\ndns = [\"192.168.1.1:53\"]\n[cache]\nentries = 5";
    assert_eq!(dns(file, "127.0.0.1:5300"), ["127.0.0.1:5300"]);
    let config =
        read_with(file, &[("LUYTRE_CACHE__ENTRIES", "7"), ("luytre_history__privacy", "domain")]).unwrap();
    assert_eq!(config.cache.entries, 7);
    assert_eq!(config.history.privacy, Privacy::Domain);
    assert_eq!(config.listen.dns, ["192.168.1.1:53".parse().unwrap()], "the rest stays");
}

#[test]
fn a_list_is_toml_or_split_at_commas() {
    for value in [
        "127.0.0.1:53,[::1]:53",
        " 127.0.0.1:53 , [::1]:53,",
        "['127.0.0.1:53', \"[::1]:53\"]",
        "\"127.0.0.1:53,[::1]:53\"",
    ] {
        assert_eq!(dns("", value), ["127.0.0.1:53", "[::1]:53"], "{value}");
    }
    let config = read_with("[house]\nallow = [\"a.example\"]", &[("LUYTRE_HOUSE__ALLOW", "")]).unwrap();
    assert!(config.house.allow.is_empty(), "an empty value is an empty list");
}

#[test]
fn text_needs_no_quotes_even_where_it_looks_like_a_number() {
    for (value, file) in [("7", "/etc/luytre/7"), ("\"a b\"", "/etc/luytre/a b"), ("/srv/true", "/srv/true")]
    {
        let config = read_with("", &[("LUYTRE_LIST__FILE", value)]).unwrap();
        assert_eq!(config.list.file.to_str(), Some(file));
    }
}

#[test]
fn a_table_is_toml() {
    let zones = "{ \"corp.example\" = [\"udp://10.0.0.1\"] }";
    let config = read_with("", &[("LUYTRE_UPSTREAM__ZONES", zones)]).unwrap();
    assert_eq!(config.upstream.zones[0].name.to_string(), "corp.example");
}

#[test]
fn variables_of_others_are_left_alone() {
    let variables = [("LUYTRE_DATA", "../shared/data"), ("HOME", "/root"), ("X_LUYTRE_CACHE__ENTRIES", "x")];
    assert_eq!(read_with("", &variables), Ok(crate::config::Config::default()));
}

#[test]
fn an_error_names_the_variable() {
    assert_eq!(
        refusal("LUYTRE_CACHE__ENTIRES", "5"),
        "LUYTRE_CACHE__ENTIRES: cache.entires: unknown key; did you mean LUYTRE_CACHE__ENTRIES?"
    );
    assert_eq!(
        refusal("Luytre_Cahce__Entries", "5"),
        "Luytre_Cahce__Entries: cahce.entries: unknown key; did you mean LUYTRE_CACHE__ENTRIES?"
    );
    assert_eq!(
        refusal("LUYTRE_CACHE__ENTRIES", "many"),
        "LUYTRE_CACHE__ENTRIES: cache.entries: \"many\" is not a whole number; \
         write it without quotes, such as 10000"
    );
    assert_eq!(
        refusal("LUYTRE_LISTEN__DNS", "127.0.0.1:53,127.0.0.1"),
        "LUYTRE_LISTEN__DNS: listen.dns: \"127.0.0.1\" has no port; write \"127.0.0.1:53\""
    );
    assert_eq!(
        refusal("LUYTRE_LISTEN__DNS", "['127.0.0.1:53', 5]"),
        "LUYTRE_LISTEN__DNS: listen.dns: 5 is not text; write \"5\""
    );
    assert_eq!(
        refusal("LUYTRE_UPSTREAM__ZONES", "{ a = ['udp://10.0.0.1'], b = [7] }"),
        "LUYTRE_UPSTREAM__ZONES: upstream.zones.b: 7 is not text; write \"7\""
    );
}

#[test]
fn of_two_variables_each_keeps_its_errors() {
    let variables =
        [("LUYTRE_CACHE__ENTRIES", "5"), ("LUYTRE_REPLY__TTL", "soon"), ("LUYTRE_LISTEN__DNS", "[::1]:53")];
    let error = read_with("[reply]\nttl = 10\n", &variables).unwrap_err().to_string();
    assert!(error.starts_with("LUYTRE_REPLY__TTL: reply.ttl: \"soon\" is not a whole number"), "{error}");
}

#[test]
fn a_mistake_in_the_file_keeps_its_line_under_a_variable() {
    let error = read_with("\ncache = 5", &[("LUYTRE_CACHE__ENTRIES", "5")]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "luytre.toml:2: cache: 5 is not a section; write [cache] on a line of its own"
    );
}
