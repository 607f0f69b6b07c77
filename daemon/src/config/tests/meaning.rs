//! What the values mean once they are read.

use std::path::Path;
use std::time::Duration;

use luytre_lists::CategoryTable;

use super::read;
use crate::reply::block::Mode;
use crate::upstream::Strategy;

#[test]
fn the_defaults_are_those_of_the_design() {
    let config = read("").unwrap();
    assert_eq!(config.listen.dns, ["127.0.0.1:53".parse().unwrap()]);
    assert!(config.listen.lan.auto && config.listen.lan.prefixes.is_empty());
    assert_eq!(
        CategoryTable::shipped().keys(config.house.block),
        "always,adult,violence,self_harm,hate,extremism,drugs,gambling,scam,phishing,malware,crypto_mining"
    );
    assert_eq!(config.state.dir, Path::new("/var/lib/luytre"));
    assert_eq!(config.upstream.strategy, Strategy::Fastest);
    assert_eq!(config.upstream.timeout, Duration::from_secs(5));
}

#[test]
fn the_list_lies_with_the_state_unless_it_is_named() {
    let unnamed = read("[state]\ndir = \"state\"").unwrap();
    assert_eq!(unnamed.list.file, Path::new("/etc/luytre/state/list.lyt"));
    assert!(!unnamed.list.named);
    let named = read("[list]\nfile = \"lists/house.lyt\"").unwrap();
    assert_eq!(named.list.file, Path::new("/etc/luytre/lists/house.lyt"));
    assert!(named.list.named);
    assert_eq!(read("[list]\nfile = \"/srv/a.lyt\"").unwrap().list.file, Path::new("/srv/a.lyt"));
}

#[test]
fn blocked_questions_lead_to_the_page_where_there_is_one() {
    assert_eq!(read("").unwrap().reply.mode, Mode::Null);
    assert_eq!(read("[web]\nlisten = [\"192.168.1.1:80\"]").unwrap().reply.mode, Mode::Page);
    assert_eq!(read("[reply]\nmode = \"refused\"").unwrap().reply.mode, Mode::Refused);
    let addresses = read("[reply]\naddress = [\"192.0.2.1\", \"fd00::1\"]").unwrap().reply.address;
    assert_eq!(addresses, ["192.0.2.1".parse::<std::net::IpAddr>().unwrap(), "fd00::1".parse().unwrap()]);
}

#[test]
fn always_is_blocked_written_or_not() {
    let block = |text| CategoryTable::shipped().keys(read(text).unwrap().house.block);
    assert_eq!(block("[house]\nblock = []"), "always");
    assert_eq!(block("[house]\nblock = [\"games\", \"always\", \"games\"]"), "always,games");
}

#[test]
fn a_denied_address_stands_as_its_reverse_name() {
    let deny =
        read("[house]\ndeny = [\"192.0.2.7\", \"192.0.2.0/24\", \"2001:db8::/32\"]").unwrap().house.deny;
    let names: Vec<String> = deny.iter().map(|rule| rule.name.to_string()).collect();
    assert_eq!(names, ["7.2.0.192.in-addr.arpa", "2.0.192.in-addr.arpa", "8.b.d.0.1.0.0.2.ip6.arpa"]);
    assert_eq!(deny[1].text, "192.0.2.0/24", "people find the rule as they wrote it");
}

#[test]
fn dns64_has_a_prefix_only_where_it_is_on() {
    let dns64 = |text| read(text).unwrap().inspect.dns64.map(|prefix| prefix.to_string());
    assert_eq!(dns64(""), None);
    assert_eq!(dns64("[inspect]\ndns64 = true").as_deref(), Some("64:ff9b::/96"));
    let own = dns64("[inspect]\ndns64 = true\ndns64_prefix = \"2001:db8::/40\"");
    assert_eq!(own.as_deref(), Some("2001:db8::/40"));
}

#[test]
fn a_name_rule_is_about_the_name_alone_or_all_below_it() {
    let house =
        read("[house]\nallow = [\"A.example\", \"*.b.example\"]\ndeny = [\"=a.example\"]").unwrap().house;
    let rules: Vec<(String, bool, &str)> = house
        .allow
        .iter()
        .chain(&house.deny)
        .map(|rule| (rule.name.to_string(), rule.exact, rule.text.as_str()))
        .collect();
    assert_eq!(
        rules,
        [
            ("a.example".to_owned(), false, "A.example"),
            ("b.example".to_owned(), false, "*.b.example"),
            ("a.example".to_owned(), true, "=a.example"),
        ]
    );
}

#[test]
fn a_zone_has_servers_of_its_own() {
    let text = "[upstream]\nservers = [\"udp://192.0.2.1\"]\n\
                zones = { \"Corp.Example\" = [\"udp://10.0.0.1\", \"tcp://10.0.0.2:5353\"] }";
    let upstream = read(text).unwrap().upstream;
    assert_eq!(upstream.servers, ["udp://192.0.2.1".parse().unwrap()]);
    assert_eq!(upstream.zones.len(), 1);
    assert_eq!(upstream.zones[0].name.to_string(), "corp.example");
    assert_eq!(upstream.zones[0].servers.len(), 2);
    assert_eq!(
        read("[upstream.zones]\n\"corp.example\" = [\"udp://10.0.0.1\"]").unwrap().upstream.zones.len(),
        1
    );
}

#[test]
fn zero_means_a_thread_a_core_and_no_rate() {
    let limits = read("[limits]\nworkers = 0\nclient_rate = 0").unwrap().limits;
    assert!((1..=16).contains(&limits.workers));
    assert_eq!(limits.client_rate, None);
    assert_eq!(read("[limits]\nworkers = 3").unwrap().limits.workers, 3);
}
