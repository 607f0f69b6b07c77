//! `luytre.toml`: what is refused, what a reload changes, what stands over the file.

use std::fs::File;
use std::net::{TcpListener, UdpSocket};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::Command;

use crate::harness::{Ended, House, luytre, patiently, program};

const REACHED: &str = "NOERROR A 300 192.0.2.1";
const DENIED: &str = "NOERROR A 10 0.0.0.0 ede 15 4";

#[test]
fn check_names_file_line_key_and_what_to_write() {
    let house = House::new();
    for (text, expected) in [
        ("[cache]\n\nentires = 5", "3: cache.entires: unknown key; did you mean cache.entries?"),
        ("[lisetn]\ndns = []", "1: lisetn: unknown section; did you mean [listen]?"),
        (
            "[cache]\nentries = \"many\"",
            "2: cache.entries: \"many\" is not a whole number; write it without quotes",
        ),
        (
            "[listen]\ndns = \"127.0.0.1:53\"",
            "2: listen.dns: \"127.0.0.1:53\" is not a list; write [\"127.0.0.1:53\"]",
        ),
        ("[reply]\nmode = \"pgae\"", "2: reply.mode: "),
        ("[house]\nblock = [\n  \"adult\",\n  \"adlut\",\n]", "4: house.block: "),
        ("[upstream]\ntimeout = 0", "2: upstream.timeout: "),
        ("[upstream]\nservers = [\"dns.example\"]", "2: upstream.servers: "),
        ("[cache]\nentries = = 5", "2:11: not TOML"),
        ("[firewall]\nstrict = true", "2: firewall.strict: "),
    ] {
        let file = house.write("luytre.toml", text);
        let expected = format!("luytre: {file}:{expected}");
        for command in ["check", "run"] {
            let ended = luytre([command, "--config", &file]);
            assert_eq!((ended.code, ended.out.as_str()), (1, ""), "{text}");
            assert!(ended.err.starts_with(&expected), "{:?} is not {expected:?}", ended.err);
            assert_eq!(ended.err.lines().count(), 1, "{}", ended.err);
        }
    }
}

#[test]
fn check_likes_what_is_good() {
    let house = House::new().furnished();
    let file = house.config_file();
    let ended = luytre(["check", "--config", file]);
    assert_eq!((ended.code, ended.out, ended.err.as_str()), (0, format!("{file}: good\n"), ""));
}

/// What `config/luytre.toml` shows are the defaults: it is good as it is, and so is an empty file.
#[test]
fn the_shipped_file_and_an_empty_one_are_good() {
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/../config/luytre.toml");
    assert_eq!(luytre(["check", "--config", shipped]).code, 0);
    let house = House::new();
    house.write("luytre.toml", "");
    assert_eq!(luytre(["check", "--config", house.config_file()]).code, 0);
}

#[test]
fn a_missing_file_is_named() {
    for command in ["check", "run", "status"] {
        let ended = luytre([command, "--config", "/nowhere/luytre.toml"]);
        assert_eq!(ended.code, 1);
        assert!(ended.err.contains("/nowhere/luytre.toml"), "{}", ended.err);
    }
}

#[test]
fn a_command_line_that_makes_no_sense_exits_with_2() {
    for arguments in [
        &["frobnicate"][..],
        &["run", "--frobnicate"],
        &["check", "--json"],
        &["lookup", "bad.example"],
        &["lookup", "--list", "x.lyt"],
        &["list", "frobnicate", "x.lyt"],
        &["explain"],
        &["explain", "example.com", "NOTYPE"],
        &["explain", "example.com", "--at", "yesterday"],
        &["run", "--config"],
    ] {
        let ended = luytre(arguments);
        assert_eq!((ended.code, ended.out.as_str()), (2, ""), "{arguments:?}");
        assert!(ended.err.starts_with("luytre: "), "{}", ended.err);
    }
    assert_eq!(luytre(["help"]).code, 0);
    assert!(luytre(["--version"]).out.starts_with("luytre "));
}

// ---- SIGHUP ----

#[test]
fn a_reload_changes_rules_at_once() {
    let mut house = House::new().with("house.deny = ['first.example']").start();
    assert_eq!(house.ask("first.example"), DENIED);
    house.reload_with("house.deny = ['second.example']");
    assert_eq!(house.ask("first.example"), REACHED);
    assert_eq!(house.ask("second.example"), DENIED);
    house.reload_with("reply.mode = 'nxdomain'");
    assert_eq!(house.ask("second.example"), "NXDOMAIN soa 10 ede 15");
    house.reload_with("listen.lan = ['127.0.0.2/32']");
    assert_eq!(house.ask("second.example"), "REFUSED ede 18");
}

#[test]
fn a_bad_file_leaves_everything_as_it_is() {
    let house = House::new().with("house.deny = ['denied.example']").start();
    for (text, told) in [
        ("house.deny = []\ncache.entires = 5", "luytre.toml:2: cache.entires: unknown key"),
        ("house.deny = [", "luytre.toml:1"),
    ] {
        house.write("luytre.toml", text);
        let log = house.reload();
        assert!(log.contains("ERROR") && log.contains(told), "{log}");
        assert_eq!(house.ask("denied.example"), DENIED);
        assert_eq!(house.ask("plain.example"), REACHED);
    }
    std::fs::remove_file(house.config_file()).unwrap();
    assert!(house.reload().contains("luytre.toml"));
    assert_eq!(house.ask("denied.example"), DENIED);
}

#[test]
fn what_needs_a_restart_says_so_and_the_rest_is_taken() {
    let mut house = House::new().start();
    house.reload_with("house.deny = ['denied.example']");
    let log = house.reload_with("listen.dns = ['127.0.0.1:1']");
    assert!(log.contains("listen.dns") && log.contains("restart"), "{log}");
    assert_eq!(house.ask("denied.example"), DENIED);
}

#[test]
fn reloads_in_a_row_leave_a_daemon_that_answers() {
    let mut house = House::new().start();
    for number in 0..20 {
        house.reload_with(&format!("house.deny = ['n{number}.example']"));
        assert_eq!(house.ask(&format!("n{number}.example")), DENIED);
    }
    let before = house.resident_kb();
    for _ in 0..50 {
        house.reload();
    }
    assert!(house.resident_kb() < before + 4_000, "{before} kB, then {} kB", house.resident_kb());
}

/// A reload may be asked for while a large list is still being read from slow flash. The pipe in the list's place
/// holds the daemon there until the scenario lets it go on.
#[test]
fn a_reload_during_the_start_ends_nothing() {
    let house = House::new().furnished();
    let list = house.path("list.lyt");
    std::fs::remove_file(&list).unwrap();
    assert!(Command::new("mkfifo").arg(&list).status().unwrap().success());
    let starting = house.start_without_waiting();
    let writing = patiently("the daemon opens its list", || {
        File::options().write(true).custom_flags(libc::O_NONBLOCK).open(&list).ok()
    });
    starting.signal(libc::SIGHUP);
    drop(writing);
    let house = starting.wait_until_it_answers();
    assert_eq!(house.ask("plain.example"), REACHED);
}

// ---- The environment ----

#[test]
fn a_variable_stands_over_the_file() {
    let house = House::new();
    let (port, other) = (house.port(), House::new().port());
    let house = house
        .with(&format!("listen.dns = ['127.0.0.1:{other}']"))
        .variable("LUYTRE_LISTEN__DNS", &format!("127.0.0.1:{port},[::1]:{port}"))
        .variable("LUYTRE_HOUSE__DENY", "denied.example")
        .start();
    assert_eq!(house.ask("plain.example"), REACHED);
    assert_eq!(house.query("plain.example").to("::1").send(), REACHED);
    assert_eq!(house.ask("denied.example"), DENIED);
    assert!(UdpSocket::bind(("127.0.0.1", other)).is_ok(), "the file's port is free");
}

#[test]
fn a_bad_variable_is_named() {
    let house = House::new().furnished();
    let mut check = Command::new(program());
    check.args(["check", "--config", house.config_file()]).env("LUYTRE_CACHE__ENTIRES", "5");
    let ended = Ended::of(check, "");
    assert_eq!(ended.code, 1);
    assert!(
        ended.err.contains("LUYTRE_CACHE__ENTIRES") && ended.err.contains("LUYTRE_CACHE__ENTRIES"),
        "{}",
        ended.err
    );
}

// ---- What is in the way ----

#[test]
fn a_busy_port_is_named() {
    let house = House::new().furnished();
    let address = format!("127.0.0.1:{}", house.port());
    let run = || luytre(["run", "--config", house.config_file()]);
    let assert_named = |transport: &str| {
        let ended = run();
        assert_eq!(ended.code, 1, "{}", ended.err);
        let told = format!("can't listen on {transport} {address}");
        assert!(ended.err.contains(&told) && ended.err.contains("another program"), "{}", ended.err);
    };
    let udp = UdpSocket::bind(&address).unwrap();
    assert_named("UDP");
    drop(udp);
    let _tcp = TcpListener::bind(&address).unwrap();
    assert_named("TCP");
}

#[test]
fn a_second_daemon_on_the_same_port_says_so_and_leaves_the_first_alone() {
    let first = House::new().start();
    let second = House::new().with(&format!("listen.dns = ['127.0.0.1:{}']", first.port())).furnished();
    let ended = luytre(["run", "--config", second.config_file()]);
    assert_eq!(ended.code, 1);
    assert!(ended.err.contains(&format!("127.0.0.1:{}", first.port())), "{}", ended.err);
    assert_eq!(first.ask("plain.example"), REACHED);
}

#[test]
fn an_address_that_is_not_ours_is_named() {
    let house = House::new().with("listen.dns = ['203.0.113.1:5300']").furnished();
    let ended = luytre(["run", "--config", house.config_file()]);
    assert_eq!(ended.code, 1);
    assert!(ended.err.contains("203.0.113.1:5300"), "{}", ended.err);
}

/// Full flash, a read-only disk, a file where a folder should be: DNS runs, and somebody is told.
#[test]
fn without_a_state_folder_dns_runs() {
    for dir in ["/proc/nobody/writes/here", "luytre.toml"] {
        let house = House::new()
            .list("adult", ["bad.example"])
            .with(&format!("state.dir = '{dir}'"))
            .with("reply.mode = 'refused'")
            .start();
        assert_eq!(house.ask("bad.example"), "REFUSED ede 17", "the list is in force all the same");
        assert_eq!(house.ask("plain.example"), REACHED);
        assert!(house.log().contains("WARN") && house.log().contains(dir), "{}", house.log());
        house.write("list.lyt", b"damaged");
        house.reload();
        assert_eq!(house.ask("bad.example"), "REFUSED ede 17");
    }
}

#[test]
fn sigterm_ends_it_in_peace_and_it_starts_again() {
    let mut house = House::new().start();
    for _ in 0..3 {
        house.stop();
        assert!(!Path::new(&house.path("state/luytre.sock")).exists(), "the socket goes with the daemon");
        house.start_again();
        assert_eq!(house.ask("plain.example"), REACHED);
        house.status();
    }
}

#[test]
fn who_looks_after_the_router_is_named_to_who_meets_a_blocked_site() {
    let provider = "VNTT <b> · 1800 1234";
    let house = House::new()
        .list("gambling", ["casino.example"])
        .with_page()
        .with(&format!("web.provider = '{provider}'"))
        .start();
    let page = house.browser().request_to("casino.example", "GET", "/", None);
    assert_eq!(page.status, 403);
    assert!(page.body.contains("<bdi>VNTT &#60;b&#62; · 1800 1234</bdi>"), "{}", page.body);
    assert_eq!(house.status()["provider"], provider);
}
