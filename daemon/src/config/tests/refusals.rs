//! Each kind of mistake, and the exact line that a person reads.

use super::refusal;
use crate::config::Config;

fn assert_refusals(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        assert_eq!(refusal(text), *expected, "for:\n{text}");
    }
}

#[test]
fn what_is_not_toml_has_line_and_column() {
    assert_refusals(&[
        ("[cache]\nentries = = 5", "luytre.toml:2:11: not TOML: extra `=`, expected nothing"),
        ("[cache\n", "luytre.toml:1:7: not TOML: unclosed table, expected `]`"),
        ("[cache]\nentries = 5\nentries = 6", "luytre.toml:3:1: not TOML: duplicate key"),
        ("[cache]\nentries", "luytre.toml:2:8: not TOML: key with no value, expected `=`"),
    ]);
}

#[test]
fn an_unknown_key_names_the_nearest() {
    assert_refusals(&[
        ("[cache]\n\nentires = 5", "luytre.toml:3: cache.entires: unknown key; did you mean cache.entries?"),
        ("cache.entires = 5", "luytre.toml:1: cache.entires: unknown key; did you mean cache.entries?"),
        (
            "[cache]\nclient_rate = 5",
            "luytre.toml:2: cache.client_rate: unknown key; did you mean limits.client_rate?",
        ),
        ("entries = 5", "luytre.toml:1: entries: unknown key; did you mean cache.entries?"),
        ("[cahce]\nentries = 5", "luytre.toml:1: cahce: unknown section; did you mean [cache]?"),
        ("[[person]]\nid = \"an\"", "luytre.toml:1: person: unknown section; did you mean [operator]?"),
        ("[cache.limits]\nx = 1", "luytre.toml:1: cache.limits: unknown key; did you mean cache.entries?"),
        (
            "[cache]\n\"a b\\n\" = 1",
            "luytre.toml:2: cache.\"a b\\n\": unknown key; did you mean cache.max_ttl?",
        ),
    ]);
}

#[test]
fn the_first_mistake_in_the_file_is_the_one_named() {
    let error = refusal("[web]\nlsiten = []\n[cache]\nentires = 5");
    assert_eq!(error, "luytre.toml:2: web.lsiten: unknown key; did you mean web.listen?");
}

#[test]
fn a_value_of_the_wrong_kind_says_which_is_right() {
    assert_refusals(&[
        (
            "[cache]\nentries = \"many\"",
            "luytre.toml:2: cache.entries: \"many\" is not a whole number; write it without quotes, such as 10000",
        ),
        (
            "[cache]\nentries = 1.5",
            "luytre.toml:2: cache.entries: 1.5 is not a whole number; write one such as 10000",
        ),
        (
            "[cache]\nentries = 99999999999999999999",
            "luytre.toml:2: cache.entries: 99999999999999999999 is too large a number",
        ),
        (
            "[upstream]\nvalidate = \"no\"",
            "luytre.toml:2: upstream.validate: \"no\" is not true or false; write one of the two, without quotes",
        ),
        (
            "[listen]\ndns = \"127.0.0.1:53\"",
            "luytre.toml:2: listen.dns: \"127.0.0.1:53\" is not a list; write [\"127.0.0.1:53\"]",
        ),
        (
            "[listen]\ndns = 53",
            "luytre.toml:2: listen.dns: 53 is not a list; write texts in brackets, such as [\"...\", \"...\"]",
        ),
        (
            "[listen]\ndns = [\n  \"127.0.0.1:53\",\n  53,\n]",
            "luytre.toml:4: listen.dns: 53 is not text; write \"53\"",
        ),
        (
            "[reply]\nmode = [\"page\"]",
            "luytre.toml:2: reply.mode: a list is not text; write one text in quotes",
        ),
        ("[state]\ndir = 5", "luytre.toml:2: state.dir: 5 is not text; write \"5\""),
        ("cache = [5]", "luytre.toml:1: cache: a list is not a section; write [cache] on a line of its own"),
        ("cache = 5", "luytre.toml:1: cache: 5 is not a section; write [cache] on a line of its own"),
        (
            "[[cache]]\nentries = 5",
            "luytre.toml:1: cache: a list is not a section; write [cache] on a line of its own",
        ),
        (
            "[upstream]\nzones = []",
            "luytre.toml:2: upstream.zones: a list is not a table; write { \"corp.example\" = [\"udp://10.0.0.1\"] }",
        ),
        (
            "[upstream.zones]\n\"corp.example\" = \"udp://10.0.0.1\"",
            "luytre.toml:2: upstream.zones.\"corp.example\": \"udp://10.0.0.1\" is not a list; write [\"udp://10.0.0.1\"]",
        ),
    ]);
}

#[test]
fn a_number_out_of_range_names_range_and_unit() {
    let cases = [
        ("upstream.timeout", "0", "1 to 30 seconds"),
        ("upstream.timeout", "31", "1 to 30 seconds"),
        ("cache.entries", "1000001", "0 to 1000000 answers"),
        ("cache.entries", "-1", "0 to 1000000 answers"),
        ("cache.min_ttl", "3601", "0 to 3600 seconds"),
        ("cache.max_ttl", "604801", "0 to 604800 seconds"),
        ("reply.ttl", "3601", "0 to 3600 seconds"),
        ("history.keep_queries", "100001", "0 to 100000 questions"),
        ("history.keep_queries_for", "-1", "0 to 604800 seconds"),
        ("history.keep_counters", "367", "0 to 366 days"),
        ("limits.workers", "17", "0 to 16 threads"),
        ("limits.client_rate", "-1", "0 to 1000000 questions a second"),
        ("limits.client_burst", "0", "1 to 1000000 questions"),
        ("limits.clients", "63", "64 to 65536 addresses"),
        ("limits.in_flight", "65536", "1 to 65535 questions"),
        ("limits.tcp_connections", "0", "1 to 10000 connections"),
        ("limits.tcp_connections_per_client", "10001", "1 to 10000 connections"),
        ("limits.tcp_idle", "121", "1 to 120 seconds"),
        ("limits.tcp_idle", "9223372036854775807", "1 to 120 seconds"),
    ];
    for (key, value, range) in cases {
        let expected = format!("luytre.toml:1: {key}: {value} is out of range; write {range}");
        assert_eq!(refusal(&format!("{key} = {value}")), expected);
    }
    assert_eq!(
        refusal("[cache]\nmin_ttl = 600\nmax_ttl = 60"),
        "luytre.toml:3: cache.max_ttl: 60 is below cache.min_ttl; write 600 to 604800 seconds"
    );
}

#[test]
fn a_word_that_is_no_choice_names_the_choices() {
    assert_refusals(&[
        (
            "[reply]\nmode = \"pagee\"",
            "luytre.toml:2: reply.mode: \"pagee\" is not one of auto, page, null, nxdomain, refused; \
             did you mean \"page\"?",
        ),
        (
            "[upstream]\nstrategy = \"\"",
            "luytre.toml:2: upstream.strategy: \"\" is not one of fastest, parallel, strict",
        ),
        (
            "[history]\nprivacy = \"Full\"",
            "luytre.toml:2: history.privacy: \"Full\" is not one of full, domain, category, off; did you mean \"full\"?",
        ),
    ]);
}

#[test]
fn an_address_says_what_it_lacks() {
    assert_refusals(&[
        (
            "[listen]\n\ndns = [\"127.0.0.1\"]",
            "luytre.toml:3: listen.dns: \"127.0.0.1\" has no port; write \"127.0.0.1:53\"",
        ),
        ("[listen]\ndns = [\"::1\"]", "luytre.toml:2: listen.dns: \"::1\" has no port; write \"[::1]:53\""),
        (
            "[web]\nlisten = [\"192.168.1.1\"]",
            "luytre.toml:2: web.listen: \"192.168.1.1\" has no port; write \"192.168.1.1:80\"",
        ),
        (
            "[listen]\ndns = [\"localhost:53\"]",
            "luytre.toml:2: listen.dns: \"localhost:53\" is not an address with a port; \
             write one such as \"127.0.0.1:53\" or \"[::1]:53\"",
        ),
        (
            "[listen]\ndns = []",
            "luytre.toml:2: listen.dns: is empty; write at least one address, such as [\"127.0.0.1:53\"]",
        ),
        (
            "[listen]\ndns = [\"[::1]:53\",\n\"[0::1]:53\"]",
            "luytre.toml:3: listen.dns: \"[0::1]:53\" stands twice; leave one out",
        ),
        (
            "[reply]\naddress = [\"page\"]",
            "luytre.toml:2: reply.address: \"page\" is not an address; write one such as \"192.0.2.1\" or \"fd00::1\"",
        ),
        (
            "[reply]\naddress = [\"fd00::1\", \"192.0.2.1\", \"fd00::2\"]",
            "luytre.toml:2: reply.address: \"fd00::2\" is a second IPv6 address; leave one out",
        ),
    ]);
}

#[test]
fn a_prefix_says_what_it_lacks() {
    let cases = [
        ("192.168.1.0", "\"192.168.1.0\" has no length; write \"192.168.1.0/32\" for this address alone"),
        ("fd00::1", "\"fd00::1\" has no length; write \"fd00::1/128\" for this address alone"),
        ("192.168.1.7/24", "\"192.168.1.7/24\" is an address inside a prefix; write \"192.168.1.0/24\""),
        ("192.168.1.0/33", "\"192.168.1.0/33\" has no good length; write 0 to 32 after the slash"),
        ("fd00::/x", "\"fd00::/x\" has no good length; write 0 to 128 after the slash"),
        (
            "lan",
            "\"lan\" is not an address prefix; write \"auto\" or one such as \"192.168.1.0/24\" or \"2001:db8::/48\"",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(
            refusal(&format!("listen.lan = ['{text}']")),
            format!("luytre.toml:1: listen.lan: {expected}")
        );
    }
    assert_eq!(
        refusal("listen.lan = []"),
        "luytre.toml:1: listen.lan: is empty: nobody would get an answer; write [\"auto\"]"
    );
}

#[test]
fn a_category_that_is_none_names_the_one_meant() {
    let cases = [
        ("gambing", "\"gambing\" is not a category; did you mean \"gambling\"?"),
        ("tracking", "\"tracking\" is not a category's key; write \"trackers\""),
        (
            "politics",
            "\"politics\" is not one of always, adult, violence, self_harm, hate, extremism, drugs, alcohol_tobacco, weapons, gambling, \
             dating, scam, phishing, malware, crypto_mining, piracy, proxy_vpn, doh, shortener, dyndns, \
             file_hosting, social, chat, games, streaming, shopping, forums, ai_chat, news, jobs, sports, \
             ads, trackers, remote_access, newly_seen, suspected",
        ),
        ("essential", "\"essential\" is never blocked: helplines, banks, certificates; leave it out"),
    ];
    for (text, expected) in cases {
        assert_eq!(
            refusal(&format!("house.block = ['{text}']")),
            format!("luytre.toml:1: house.block: {expected}")
        );
    }
}

#[test]
fn a_name_that_is_none_says_why() {
    assert_refusals(&[
        (
            "[house]\ndeny = [\"a b.example\"]",
            "luytre.toml:2: house.deny: \"a b.example\" is not a name: the character ' ' can't stand in a host name; \
             write \"example.com\" for it and all below, \"=example.com\" for it alone",
        ),
        (
            "[web]\nhosts = [\"192.168.1.1\"]",
            "luytre.toml:2: web.hosts: \"192.168.1.1\" is not a name: it is an address, not a name; \
             write one such as \"example.com\"",
        ),
        (
            "[house]\nallow = [\"a.example\"]\ndeny = [\n\"b.example\",\n\"*.A.example\"]",
            "luytre.toml:5: house.deny: \"*.A.example\" stands in house.allow too, as \"a.example\"; leave one out",
        ),
    ]);
}

#[test]
fn a_certificate_and_its_key_belong_together() {
    assert_refusals(&[
        (
            "listen.cert = 'a.pem'",
            "luytre.toml:1: listen.cert: needs listen.key too; write both, or neither for a self-made certificate",
        ),
        (
            "listen.key = 'a.pem'",
            "luytre.toml:1: listen.key: needs listen.cert too; write both, or neither for a self-made certificate",
        ),
    ]);
    assert_eq!(
        refusal("listen.tls = ['192.168.1.1']"),
        "luytre.toml:1: listen.tls: \"192.168.1.1\" has no port; write \"192.168.1.1:853\""
    );
    let files =
        super::read("listen.cert = 'a.pem'\nlisten.key = '/b.pem'").unwrap().listen.certificate.unwrap();
    assert_eq!((files.chain.to_str(), files.key.to_str()), (Some("/etc/luytre/a.pem"), Some("/b.pem")));
}

#[test]
fn a_server_or_a_zone_says_what_it_lacks() {
    assert_refusals(&[
        (
            "[upstream]\nservers = [\n  \"udp://192.0.2.1\",\n  \"http://192.0.2.2\",\n]",
            "luytre.toml:4: upstream.servers: \"http://192.0.2.2\": \
             the scheme is not known; use udp://, tcp://, tls://, https:// or quic://",
        ),
        (
            "[upstream]\nbootstrap = [\"tls://192.0.2.2\"]",
            "luytre.toml:2: upstream.bootstrap: \"tls://192.0.2.2\": \
             an address is needed here, such as udp://192.0.2.1 or udp://[2001:db8::1]:53",
        ),
        (
            "[upstream.zones]\n\"corp.example\" = [\"dns\"]",
            "luytre.toml:2: upstream.zones.\"corp.example\": \"dns\": \
             an address is needed here, such as udp://192.0.2.1 or udp://[2001:db8::1]:53",
        ),
        (
            "[upstream.zones]\ncorp = []",
            "luytre.toml:2: upstream.zones.corp: has no servers; write at least one, such as [\"udp://10.0.0.1\"]",
        ),
        (
            "[upstream.zones]\ncorp = [\"udp://10.0.0.1\"]\nCORP = [\"udp://10.0.0.1\"]",
            "luytre.toml:2: upstream.zones.corp: corp stands twice; put its servers in one list",
        ),
        (
            "[upstream.zones]\n\"10.0.0.1\" = [\"udp://10.0.0.1\"]",
            "luytre.toml:2: upstream.zones.\"10.0.0.1\": \"10.0.0.1\" is not a name: it is an address, not a name; \
             write one such as \"example.com\"",
        ),
        (
            "upstream.portal_check = 'https://check.example/204'",
            "luytre.toml:1: upstream.portal_check: must be an http:// address: over TLS no line can show its own page \
             instead",
        ),
    ]);
    assert_eq!(
        refusal("state.dir = ''"),
        "luytre.toml:1: state.dir: is empty; write a folder, such as \"/var/lib/luytre\""
    );
}

#[test]
fn authorities_must_be_in_their_file() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |file: &str| {
        let text = format!("[upstream]\nca = \"{file}\"");
        Config::parse(&text, "luytre.toml", folder.path(), std::iter::empty()).unwrap_err().to_string()
    };
    let path = |file: &str| folder.path().join(file).display().to_string();
    let missing = refused("missing.pem");
    assert!(
        missing.starts_with(&format!("luytre.toml:2: upstream.ca: {} can't be read", path("missing.pem")))
    );
    #[expect(clippy::disallowed_methods, reason = "a test's file")]
    std::fs::write(path("empty.pem"), "# nothing\n").unwrap();
    assert_eq!(
        refused("empty.pem"),
        format!(
            "luytre.toml:2: upstream.ca: {} has no certificate; write a PEM file of certificate authorities",
            path("empty.pem")
        )
    );
}

#[test]
fn a_firewall_that_would_not_hold_is_refused() {
    assert_refusals(&[
        (
            "[firewall]\nenabled = true",
            "luytre.toml:2: firewall.enabled: needs firewall.lan_interfaces: write the home's own, such as [\"br-lan\"]",
        ),
        ("[firewall]\nstrict = true", "luytre.toml:2: firewall.strict: needs firewall.enabled = true"),
        (
            "[firewall]\nlan_interfaces = [\"br lan\"]",
            "luytre.toml:2: firewall.lan_interfaces: \"br lan\" is not an interface; write one such as \"br-lan\"",
        ),
        (
            "[firewall]\nmark_mask = 0x101",
            "luytre.toml:2: firewall.mark_mask: write 4 to 16 bits that stand in a row, such as 0xff000000",
        ),
    ]);
}

#[test]
fn what_can_not_be_inspected_so_is_refused() {
    assert_refusals(&[
        (
            "[inspect]\nfilter_aaaa = true\ndns64 = true",
            "luytre.toml:3: inspect.dns64: makes the addresses that inspect.filter_aaaa takes out; write false for one of the two",
        ),
        (
            "[inspect]\ndns64_prefix = \"64:ff9b::/95\"",
            "luytre.toml:2: inspect.dns64_prefix: \"64:ff9b::/95\" has another length than /32, /40, /48, /56, /64 and /96 (RFC 6052)",
        ),
        (
            "[inspect]\nrebind_allow = [\"10.0.0.0/8\"]",
            "luytre.toml:2: inspect.rebind_allow: \"10.0.0.0/8\" is not a name: the character '/' can't stand in a host name; write one such as \"example.com\"",
        ),
        (
            "[house]\ndeny = [\"192.0.2.0/25\"]",
            "luytre.toml:2: house.deny: \"192.0.2.0/25\" can't be denied: an IPv4 prefix ends at a whole octet; write /8, /16, /24 or /32",
        ),
    ]);
}

#[test]
fn health_goes_out_encrypted_or_not_at_all() {
    for wrong in ["http://health.example/", "health.example", "https://"] {
        let what = "is not an https:// address; write such as \"https://health.provider.example/luytre\"";
        let text = format!("[health]\nsend_to = \"{wrong}\"");
        assert_eq!(refusal(&text), format!("luytre.toml:2: health.send_to: \"{wrong}\" {what}"));
    }
}
