//! What is in an answer counts as much as the name that was asked.

use std::net::{IpAddr, Ipv6Addr};

use luytre_lists::AddressBlock;

use crate::harness::{
    A, Asked, CD, Daemon, House, Message, Packet, Section, Upstream, compiled, luytre, wire_name,
};

/// A house whose upstream answers with the records of the closure.
fn house(records: impl Fn(&Asked, Packet) -> Packet + Send + Sync + 'static) -> House {
    House::new().upstream(Upstream::answering(move |asked| records(asked, asked.answer())))
}

/// An upstream that answers each A question for `*.example` with a CNAME to the name without the `example`, and an
/// address behind: `shop.bad.com.example` leads to `shop.bad.com`.
fn aliasing() -> House {
    house(|asked, packet| {
        let question = asked.question();
        let (name, rtype) = question.split_once(' ').unwrap();
        match name.strip_suffix(".example") {
            Some(target) if rtype == "A" => {
                let middle = wire_name("middle.other");
                let target = wire_name(target);
                packet
                    .record(Section::Answer, "CNAME", 300, &middle)
                    .raw_record(Section::Answer, &middle, (5, 1), 300, &target)
                    .raw_record(Section::Answer, &target, (1, 1), 300, &A)
            }
            _ => packet.soa(300),
        }
    })
}

const BLOCKED: &str = "NOERROR A 10 0.0.0.0 ede 17 4";

/// What `status` says of the last question: verdict, reason, rule, categories.
fn last(house: &Daemon, questions: u64) -> String {
    let status = house.status_after(questions);
    let recent = &status["recent"][0];
    let word = |key: &str| recent[key].as_str().unwrap_or_default().to_owned();
    let categories = &recent["categories"];
    format!("{} {} {} {categories}", word("verdict"), word("reason"), word("rule"))
}

fn is_open(answer: &Message) -> bool {
    answer.to_string().ends_with("A 300 192.0.2.1")
}

#[test]
fn a_name_that_leads_to_a_listed_one_is_blocked() {
    let house = aliasing().list("gambling", ["bad.com"]).start();
    assert_eq!(house.ask("play.bad.com.example"), BLOCKED);
    assert_eq!(last(&house, 1), "blocked category category:gambling [\"gambling\"]");
    // The answer is cached and the decision is not: asked again, nothing goes upstream and the block stands.
    assert_eq!(house.ask("play.bad.com.example"), BLOCKED);
    assert_eq!(house.ask("play.bad.com.example HTTPS"), "NOERROR soa 300");
    assert_eq!(house.forwarded(), ["play.bad.com.example A", "play.bad.com.example HTTPS"]);
    assert!(is_open(&house.ask("good.com.example")));
}

#[test]
fn what_is_always_blocked_is_blocked_behind_any_name() {
    let house = aliasing().list("always", ["bad.com"]).start();
    assert_eq!(house.ask("bad.com.example"), "NOERROR A 10 0.0.0.0 ede 15 4");
    assert_eq!(last(&house, 1), "blocked always category:always [\"always\"]");
}

#[test]
fn an_allow_on_the_question_ends_it() {
    let listed = || aliasing().list("gambling", ["bad.com"]);
    let own = listed().with("house.allow = ['bad.com.example']").start();
    assert!(is_open(&own.ask("bad.com.example")));
    let by_list = listed().list("-", ["bad.com.example"]).start();
    assert!(is_open(&by_list.ask("bad.com.example")));
    let on_target = listed().list("-", ["good.bad.com"]).start();
    assert!(is_open(&on_target.ask("good.bad.com.example")), "the list excepts the target");
}

/// A shop whose page stands on a social platform is not the platform.
#[test]
fn a_shop_on_a_platform_is_not_the_platform() {
    let house = aliasing().list("social", ["platform.com"]).with("house.block = ['social']").start();
    assert!(is_open(&house.ask("shop.platform.com.example")));
    assert_eq!(house.ask("shop.platform.com"), BLOCKED);
}

#[test]
fn a_target_that_the_operator_denies_is_denied_behind_any_name() {
    let mut house = aliasing().with("house.deny = ['bad.com']").start();
    for _ in 0..2 {
        assert_eq!(house.ask("www.bad.com.example"), "NOERROR A 10 0.0.0.0 ede 15 4");
    }
    assert_eq!(last(&house, 2), "blocked operator deny:bad.com []");
    house.reload_with("house.deny = []");
    assert!(is_open(&house.ask("www.bad.com.example")));
    // A rule that comes later counts for what is in the cache already.
    house.reload_with("house.deny = ['bad.com']");
    assert_eq!(house.ask("www.bad.com.example"), "NOERROR A 10 0.0.0.0 ede 15 4");
}

#[test]
fn a_list_that_comes_later_counts_for_what_is_cached() {
    let house = aliasing().start();
    assert!(is_open(&house.ask("bad.com.example")));
    house.write("list.lyt", compiled(&[("gambling", "bad.com")]));
    house.reload();
    assert_eq!(house.ask("bad.com.example"), BLOCKED);
}

#[test]
fn an_address_may_be_listed_and_denied() {
    let reverse = |text: &str| text.parse::<AddressBlock>().unwrap().reverse_name().as_name().to_string();
    let listed = reverse("192.0.2.0/24");
    let house = aliasing().list("malware", [listed.as_str()]).start();
    assert_eq!(house.ask("good.com.example"), BLOCKED);
    let denied = aliasing().with("house.deny = ['192.0.2.0/24']").start();
    assert_eq!(denied.ask("good.com.example"), "NOERROR A 10 0.0.0.0 ede 15 4");
    assert_eq!(last(&denied, 1), "blocked operator deny:192.0.2.0/24 []");
    let another = aliasing().with("house.deny = ['192.0.2.7', '2001:db8::/32']").start();
    assert!(is_open(&another.ask("good.com.example")));
}

#[test]
fn a_prefix_that_can_not_be_denied_is_refused_with_what_to_write() {
    for (text, why) in [
        ("192.0.2.0/25", "an IPv4 prefix ends at a whole octet; write /8, /16, /24 or /32"),
        ("192.0.2.7/24", "it is an address inside a prefix; write 192.0.2.0/24"),
    ] {
        let house = House::new().with(&format!("house.deny = ['{text}']")).furnished();
        let ended = luytre(["check", "--config", house.config_file()]);
        assert_eq!(ended.code, 1);
        assert!(
            ended.err.contains(&format!("house.deny: \"{text}\" can't be denied: {why}")),
            "{}",
            ended.err
        );
    }
}

/// A service binding: priority 1, the owner itself, one parameter.
fn binding(key: u16, value: &[u8]) -> Vec<u8> {
    let len = u16::try_from(value.len()).unwrap();
    [&[0, 1, 0][..], &key.to_be_bytes(), &len.to_be_bytes(), value].concat()
}

fn octets(address: &str) -> Vec<u8> {
    match address.parse().unwrap() {
        IpAddr::V4(v4) => v4.octets().into(),
        IpAddr::V6(v6) => v6.octets().into(),
    }
}

/// An upstream that answers `1-2-3-4.example` with what the first label says: the address in an A or AAAA record, or as
/// the hint of an HTTPS record.
fn echoing() -> House {
    house(|asked, packet| {
        let question = asked.question();
        let (name, rtype) = question.split_once(' ').unwrap();
        let label = name.split('.').next().unwrap();
        let address = label.replace('_', ":").replace('-', ".");
        let octets = octets(&address);
        match (rtype, octets.len()) {
            ("A", 4) | ("AAAA", 16) => packet.record(Section::Answer, rtype, 300, &octets),
            ("HTTPS", 4) => packet.record(Section::Answer, rtype, 300, &binding(4, &octets)),
            ("HTTPS", 16) => packet.record(Section::Answer, rtype, 300, &binding(6, &octets)),
            _ => packet.soa(300),
        }
    })
}

fn question(address: &str, zone: &str, rtype: &str) -> String {
    format!("{}.{zone} {rtype}", address.replace('.', "-").replace(':', "_"))
}

#[test]
fn a_public_name_does_not_lead_into_the_house() {
    let house = echoing().start();
    let mut questions = 0;
    for address in [
        "0.0.0.0",
        "10.0.0.1",
        "100.64.0.1",
        "127.0.0.1",
        "169.254.1.1",
        "172.16.0.1",
        "192.168.1.1",
        "::",
        "::1",
        "fd00::1",
        "fe80::1",
        "::ffff:10.0.0.1",
        "64:ff9b::10.0.0.1",
        "64:ff9b:1::10.0.0.1",
        "::10.0.0.1",
        "2002:a00:1::1",
    ] {
        let by_type = if address.contains(':') { "AAAA" } else { "A" };
        for rtype in [by_type, "HTTPS"] {
            let answer = house.ask(&question(address, "example", rtype));
            assert_eq!(answer, "NOERROR soa 10 ede 15", "{address} {rtype}");
            assert!(answer.extra_text().contains("rebinding"), "{}", answer.extra_text());
            questions += 1;
        }
    }
    assert_eq!(last(&house, questions), "blocked special special:rebinding []");
    for address in ["192.0.2.1", "2001:db8::1", "64:ff9b::192.0.2.1"] {
        let rtype = if address.contains(':') { "AAAA" } else { "A" };
        let answer = house.ask(&question(address, "example", rtype));
        assert!(answer.to_string().starts_with(&format!("NOERROR {rtype} 300 ")), "{address}: {answer}");
    }
}

#[test]
fn names_that_are_allowed_to_lead_into_the_house_do() {
    let mut house = echoing().with("inspect.rebind_allow = ['plex.direct']").start();
    let inside = question("192.168.1.1", "abc.plex.direct", "A");
    assert_eq!(house.ask(&inside), "NOERROR A 300 192.168.1.1");
    assert_eq!(house.ask(&question("192.168.1.1", "example", "A")), "NOERROR soa 10 ede 15");
    house.reload_with("inspect.rebind_allow = []");
    assert_eq!(house.ask(&inside), "NOERROR soa 10 ede 15", "not even from the cache");
    house.reload_with("inspect.rebind_protection = false");
    assert_eq!(house.ask(&inside), "NOERROR A 300 192.168.1.1");
}

#[test]
fn a_zone_with_servers_of_its_own_leads_where_it_likes() {
    let own = Upstream::answering(|asked| asked.answer().address([10, 0, 0, 7]));
    let zone = format!("upstream.zones = {{ 'corp.test' = ['udp://{}'] }}", own.address());
    let house = House::new().with(&zone).start();
    assert_eq!(house.ask("nas.corp.test"), "NOERROR A 300 10.0.0.7");
    assert_eq!(own.questions(), ["nas.corp.test A"]);
}

#[test]
fn ech_is_taken_out_where_that_is_wanted() {
    let https = |_: &Asked, packet: Packet| {
        packet.record(Section::Answer, "HTTPS", 300, &binding(5, b"encrypted client hello")).raw_record(
            Section::Answer,
            &wire_name("later.other"),
            (1, 1),
            300,
            &A,
        )
    };
    let mut house = house(https).start();
    let whole = house.ask("www.example HTTPS");
    assert_eq!(whole.answers[0].data, binding(5, b"encrypted client hello"));
    house.reload_with("inspect.remove_ech = true");
    let cut = house.ask("www.example HTTPS");
    assert_eq!(cut.answers[0].data, [0, 1, 0]);
    assert_eq!(cut.answers[1], whole.answers[1]);
}

/// A child's tablet and a parent's phone.
const CHILD: &str = "127.0.0.2";
const PARENT: &str = "127.0.0.3";
const FAMILY: &str = r#"
person = [{ id = "an", profile = "age-13-15" }, { id = "me", profile = "adult" }]
device = [{ addresses = ["127.0.0.2"], person = "an" }, { addresses = ["127.0.0.3"], person = "me" }]
"#;

#[test]
fn ech_is_taken_out_for_whoever_is_supervised_and_for_nobody_else() {
    const ECH: &[u8] = b"encrypted client hello";
    let house = house(|_, packet| packet.record(Section::Answer, "HTTPS", 300, &binding(5, ECH)))
        .with("family.file = 'family.toml'")
        .run_with("--clock steered");
    house.write("family.toml", FAMILY);
    let house = house.start();
    let data = |device: &str, question: &str| {
        let answer = house.query(question).from(device).send();
        answer.answers[0].data.clone()
    };
    // Whoever asks first: the other's answer is no way to theirs, fetched or from the cache.
    for (name, first, second) in [("one", CHILD, PARENT), ("two", PARENT, CHILD)] {
        for device in [first, second, first, second] {
            let expected = if device == CHILD { vec![0, 1, 0] } else { binding(5, ECH) };
            assert_eq!(data(device, &format!("{name}.example HTTPS")), expected, "{name} {device}");
        }
    }
    assert_eq!(house.forwarded().len(), 4, "each of the two forms is kept");
}

#[test]
fn ipv6_addresses_are_left_out_where_that_is_wanted() {
    let v6 = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);
    let house = house(move |asked, packet| match asked.question().split_once(' ') {
        Some((_, "AAAA")) => packet.address(v6),
        Some((_, "HTTPS")) => packet.record(Section::Answer, "HTTPS", 300, &binding(6, &v6.octets())),
        _ => packet.address(A),
    })
    .with("inspect.filter_aaaa = true")
    .start();
    for _ in 0..2 {
        assert_eq!(house.ask("www.example AAAA"), "NOERROR soa 300");
        assert_eq!(house.ask("www.example HTTPS").answers[0].data, [0, 1, 0]);
        assert_eq!(house.ask("www.example"), "NOERROR A 300 192.0.2.1");
    }
    assert_eq!(house.forwarded().len(), 3, "the answers are cached as they went out");
}

/// A house with DNS64, whose upstream knows IPv4 addresses alone.
fn dns64() -> House {
    house(|asked, packet| match asked.question().as_str() {
        "v4.example A" => packet.address_for(A, 500),
        "private.example A" => packet.address([10, 0, 0, 1]),
        "alias.example A" | "alias.example AAAA" => {
            let target = wire_name("v4.example");
            let packet = packet.record(Section::Answer, "CNAME", 400, &target);
            match asked.question().as_str() {
                "alias.example A" => packet.raw_record(Section::Answer, &target, (1, 1), 500, &A),
                _ => packet.soa(300),
            }
        }
        "nx.example AAAA" => packet.rcode(3).soa(300),
        "v6.example AAAA" => packet.address(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)),
        "33.2.0.192.in-addr.arpa PTR" => packet.record(Section::Answer, "PTR", 300, &wire_name("v4.example")),
        _ => packet.soa(300),
    })
    .with("inspect.dns64 = true")
}

#[test]
fn names_without_ipv6_addresses_get_some_behind_the_prefix() {
    let house = dns64().start();
    // RFC 6147 §5.1.7: "the minimum of the TTL of the original A RR and the SOA RR for the queried domain".
    for _ in 0..2 {
        assert_eq!(house.ask("v4.example AAAA"), "NOERROR AAAA 300 64:ff9b::c000:201");
    }
    assert_eq!(house.forwarded(), ["v4.example AAAA", "v4.example A"]);
    assert_eq!(house.ask("alias.example AAAA"), "NOERROR CNAME 300 v4.example AAAA 300 64:ff9b::c000:201");
    assert_eq!(house.ask("v6.example AAAA"), "NOERROR AAAA 300 2001:db8::1");
    assert_eq!(house.ask("nx.example AAAA"), "NXDOMAIN soa 300");
    assert_eq!(house.ask("none.example AAAA"), "NOERROR soa 300");
    assert_eq!(house.ask("private.example AAAA"), "NOERROR soa 10 ede 15");
}

// RFC 6147 §5.5: "If the CD bit is set and the DO bit is set, the name server MUST NOT perform DNS64 synthesis".
#[test]
fn who_validates_himself_gets_what_is_signed() {
    let house = dns64().start();
    assert_eq!(house.query("v4.example AAAA").dnssec_ok().set(CD).send(), "NOERROR soa 300");
    assert_eq!(house.query("v4.example AAAA").dnssec_ok().send(), "NOERROR AAAA 300 64:ff9b::c000:201");
}

#[test]
fn a_prefix_of_ones_own_is_used_and_told_to_clients() {
    let house = dns64().with("inspect.dns64_prefix = '2001:db8:64::/48'").start();
    assert_eq!(house.ask("v4.example AAAA"), "NOERROR AAAA 300 2001:db8:64:c000:2:100::");
    // RFC 7050: how a client learns the prefix. RFC 8880 §7.1: a DNS64 resolver answers that itself.
    assert_eq!(
        house.ask("ipv4only.arpa AAAA"),
        "NOERROR AAAA 3600 2001:db8:64:c000:0:aa00:: AAAA 3600 2001:db8:64:c000:0:ab00::"
    );
    assert_eq!(house.ask("ipv4only.arpa"), "NOERROR A 3600 192.0.0.170 A 3600 192.0.0.171");
    assert_eq!(house.ask("ipv4only.arpa TXT"), "NOERROR soa 3600");
    assert_eq!(house.ask("a.ipv4only.arpa"), "NXDOMAIN soa 3600");
    assert_eq!(house.forwarded(), ["v4.example AAAA", "v4.example A"]);
    let without = House::new().start();
    without.ask("ipv4only.arpa AAAA");
    assert_eq!(without.forwarded(), ["ipv4only.arpa AAAA"], "who has no prefix asks who may");
}

#[test]
fn the_reverse_name_behind_the_prefix_leads_to_the_ipv4_one() {
    let house = dns64().start();
    let reverse =
        |text: &str| AddressBlock::from(text.parse::<IpAddr>().unwrap()).reverse_name().as_name().to_string();
    let answer = house.ask(&format!("{} PTR", reverse("64:ff9b::192.0.2.33")));
    assert_eq!(answer, "NOERROR CNAME 300 33.2.0.192.in-addr.arpa PTR 300 v4.example");
    let none = house.ask(&format!("{} PTR", reverse("64:ff9b::198.51.100.1")));
    assert_eq!(none, "NOERROR CNAME 300 1.100.51.198.in-addr.arpa soa 300");
}

#[test]
fn what_can_not_go_together_is_refused_by_both_names() {
    let house = House::new().with("inspect.dns64 = true").with("inspect.filter_aaaa = true").furnished();
    let ended = luytre(["check", "--config", house.config_file()]);
    assert_eq!(ended.code, 1);
    assert!(
        ended.err.contains("inspect.dns64") && ended.err.contains("inspect.filter_aaaa"),
        "{}",
        ended.err
    );
}

/// A service binding of a blocked name would lead past the block.
#[test]
fn service_bindings_of_blocked_names_have_no_data() {
    let house = House::new().list("gambling", ["bad.example"]).start();
    for asked in ["bad.example HTTPS", "_dns.bad.example SVCB"] {
        assert_eq!(house.ask(asked), "NOERROR soa 10 ede 17");
    }
    assert_eq!(house.forwarded(), [""; 0]);
}
