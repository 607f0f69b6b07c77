//! The certificate of encrypted DNS: self-made and kept, or the operator's, replaced without dropping a connection.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use rcgen::{CertificateParams, KeyPair};

use crate::harness::{Daemon, House, Packet, handshake, luytre};

/// A certificate for luytre.lan and its key, in PEM.
fn certificate() -> [String; 2] {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["luytre.lan".to_owned()]).unwrap();
    [params.self_signed(&key).unwrap().pem(), key.serialize_pem()]
}

/// A house with a certificate of its operator.
fn house_with([cert, key]: &[String; 2]) -> House {
    let house = House::new().encrypted().with("listen.cert = 'tls.crt'").with("listen.key = 'tls.key'");
    house.write("tls.crt", cert);
    house.write("tls.key", key);
    house
}

/// Whether a client that trusts only this file gets through.
fn is_trusted(house: &Daemon, certificate_file: &str) -> bool {
    let connection = house.encrypted("127.0.0.1", house.tls_port());
    handshake(connection, certificate_file, &[b"dot"]).is_ok()
}

fn read(house: &House, file: &str) -> String {
    fs::read_to_string(house.path(&format!("state/{file}"))).unwrap()
}

#[test]
fn a_self_made_certificate_outlives_restarts_and_its_key_is_secret() {
    let mut house = House::new().encrypted().start();
    let made = ["certificate.pem", "certificate-key.pem"].map(|file| read(&house, file));
    let key_file = house.path("state/certificate-key.pem");
    assert_eq!(fs::metadata(&key_file).unwrap().permissions().mode() & 0o777, 0o600);
    house.stop();
    house.start_again();
    assert!(house.reload().contains(" reloaded"));
    assert_eq!(["certificate.pem", "certificate-key.pem"].map(|file| read(&house, file)), made);
    assert!(is_trusted(&house, &house.certificate_file()));
}

#[test]
fn a_new_address_has_a_new_certificate_for_the_same_key() {
    let mut house = House::new().encrypted().start();
    let made = ["certificate.pem", "certificate-key.pem"].map(|file| read(&house, file));
    let tls = format!("listen.tls = ['127.0.0.3:{}']", house.tls_port());
    let told = house.reload_with(&tls);
    assert!(told.contains("listen.tls has changed: restart luytre for it"), "{told}");
    house.stop();
    house.start_again();
    assert_ne!(read(&house, "certificate.pem"), made[0]);
    assert_eq!(read(&house, "certificate-key.pem"), made[1]);
}

#[test]
fn what_a_power_cut_left_is_made_anew() {
    let mut house = House::new().encrypted().start();
    for file in ["certificate.pem", "certificate-key.pem"] {
        house.stop();
        house.write(&format!("state/{file}"), "-----BEGIN");
        house.start_again();
        assert!(is_trusted(&house, &house.certificate_file()), "{file}");
    }
}

#[test]
fn without_a_state_folder_the_certificate_lives_in_memory() {
    let house = House::new().encrypted().with("state.dir = 'list.lyt/state'").start();
    let told = house.log();
    assert!(told.contains("the self-made certificate can't be kept in"), "{told}");
    let connection = house.encrypted("127.0.0.1", house.tls_port());
    let refused = handshake(connection, &house.write("other.crt", &certificate()[0]), &[b"dot"]);
    assert!(refused.unwrap_err().to_string().contains("certificate"), "one is shown, and it is another");
}

#[test]
fn the_operators_certificate_is_shown() {
    let house = house_with(&certificate()).start();
    assert!(is_trusted(&house, &house.path("tls.crt")));
    assert!(!fs::exists(house.certificate_file()).unwrap(), "none is made");
    let mut https =
        handshake(house.encrypted("127.0.0.1", house.https_port()), &house.path("tls.crt"), &[b"h2"]);
    assert!(https.as_mut().is_ok_and(|tls| tls.conn.alpn_protocol() == Some(b"h2")));
}

#[test]
fn a_reload_shows_the_new_one_and_drops_no_connection() {
    let house = house_with(&certificate()).start();
    let old = house.write("old.crt", fs::read(house.path("tls.crt")).unwrap());
    let connection = house.encrypted("127.0.0.1", house.tls_port());
    let mut open = crate::harness::Stream::over(handshake(connection, &old, &[b"dot"]).unwrap());
    let question = Packet::query("luytre.lan");
    assert_eq!(open.send(&question).receive().unwrap(), "NOERROR A 10 127.0.0.1");

    let [cert, key] = certificate();
    house.write("tls.crt", cert);
    house.write("tls.key", key);
    assert!(house.reload().contains(" reloaded"));
    assert!(is_trusted(&house, &house.path("tls.crt")) && !is_trusted(&house, &old));
    assert_eq!(open.send(&question).receive().unwrap(), "NOERROR A 10 127.0.0.1");
}

#[test]
fn a_bad_new_one_is_refused_and_the_old_one_stays() {
    let house = house_with(&certificate()).start();
    let old = house.write("old.crt", fs::read(house.path("tls.crt")).unwrap());
    // The key of another, as between the two writes of a renewal.
    house.write("tls.crt", &certificate()[0]);
    let told = house.reload();
    assert!(told.contains("the certificate was refused; the one in force stays"), "{told}");
    assert!(told.contains("tls.key: it is not the key of"), "{told}");
    assert!(is_trusted(&house, &old));
}

#[test]
fn a_bad_certificate_is_named_at_the_start() {
    let [cert, key] = certificate();
    let [other, _] = certificate();
    for (files, expected) in [
        ([&*other, &*key], "tls.key: it is not the key of "),
        (["", &*key], "tls.crt: it holds no CERTIFICATE block; write a PEM file"),
        ([&*key, &*key], "tls.crt: it holds no CERTIFICATE block; write a PEM file"),
        ([&*cert, &*cert], "tls.key: it holds no PRIVATE KEY block; write a PEM file without a password"),
        ([&cert[..200], &*key], "tls.crt: it is not PEM: "),
        (
            ["-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", &*key],
            "tls.crt: the certificate is malformed: ",
        ),
    ] {
        let house = house_with(&files.map(str::to_owned)).furnished();
        let ended = luytre(["run", "--config", house.config_file()]);
        assert_eq!(ended.code, 1);
        let (expected, told) = (format!("/{expected}"), ended.err);
        assert!(told.contains("the certificate can't be used: ") && told.contains(&expected), "{told}");
    }
    let house = house_with(&certificate()).furnished();
    fs::remove_file(house.path("tls.key")).unwrap();
    let ended = luytre(["run", "--config", house.config_file()]);
    assert!(ended.err.contains("/tls.key: no such file"), "{}", ended.err);
}
