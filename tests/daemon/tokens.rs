//! Who is asking, where the address does not say it: by the token in the path of DNS over HTTPS, or in the server's name
//! of DNS over TLS and QUIC. Asked by `kdig`.

use crate::accounts::set_up;
use crate::harness::{A, Daemon, House, Upstream, kdig};

const FAMILY: &str = r#"unknown_devices = "adult"

[[person]]
id = "an"
name = "An"
profile = "age-7-12"

[[device]]
token = "an-phone-7c1e"
name = "An's phone"
person = "an"
"#;

const TOKEN: &str = "an-phone-7c1e";

fn house() -> Daemon {
    let house = House::new()
        .encrypted()
        .with_page()
        .with("family.file = 'family.toml'")
        .upstream(Upstream::answering(|asked| asked.answer().address_for(A, 300)))
        .list("social", ["social.example"]);
    house.write("family.toml", FAMILY);
    house.start()
}

/// Whether somebody gets an answer over each way to ask: TLS, HTTPS, QUIC.
fn gets(house: &Daemon, token: Option<&str>, name: &str) -> [bool; 3] {
    let ca = format!("+tls-ca={}", house.certificate_file());
    let server = token.map_or_else(|| "luytre.lan".into(), |token| format!("{token}.luytre.lan"));
    let server = format!("+tls-hostname={server}");
    let path = token.map_or_else(|| "+https=/dns-query".into(), |token| format!("+https=/dns-query/{token}"));
    let (tls, https) = (house.tls_port().to_string(), house.https_port().to_string());
    [
        kdig(["-p", &tls, "+tls", &ca, &server, name]),
        kdig(["-p", &https, &path, &ca, "+tls-hostname=luytre.lan", name]),
        kdig(["-p", &tls, &ca, &server, "+quic", name]),
    ]
    .map(|told| {
        assert!(told.contains("status: NOERROR"), "{told}");
        told.contains("\tA\t192.0.2.1")
    })
}

#[test]
fn a_token_says_whose_rules_count() {
    let house = house();
    assert_eq!(gets(&house, None, "social.example"), [true; 3], "an unknown device is an adult's");
    assert_eq!(gets(&house, Some(TOKEN), "social.example"), [false; 3], "An is nine");
    assert_eq!(gets(&house, Some(TOKEN), "plain.example"), [true; 3]);
    assert_eq!(gets(&house, Some("an-phone-7c1f"), "social.example"), [true; 3], "not An's");
}

#[test]
fn what_was_asked_with_a_token_is_the_persons() {
    let house = house();
    let mut parent = set_up(&house);
    gets(&house, Some(TOKEN), "plain.example");
    gets(&house, None, "other.example");
    let page = parent.get("/api/v1/queries").json();
    let who = |name: &str| -> Vec<String> {
        let lines = page["items"].as_array().unwrap_or_else(|| panic!("{page}"));
        let of_name = lines.iter().filter(|line| line["name"] == name);
        of_name.map(|line| line["who"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(who("plain.example"), ["an"; 3], "{page}");
    assert_eq!(who("other.example"), ["127.0.0.1"; 3], "{page}");
}
