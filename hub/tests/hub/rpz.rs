//! A zone for providers' resolvers, read by one of those.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::net::UdpSocket;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::folder::{Folder, text};

/// unbound with a zone; ends with the test.
struct Unbound {
    process: Child,
    socket: UdpSocket,
}

impl Unbound {
    /// `None` where there is no unbound.
    fn start(folder: &Path, zone: &Path) -> Option<Self> {
        let port = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let path = folder.join("unbound.conf");
        let upstream = answering();
        let settings = format!(
            "server:\n directory: {0:?}\n chroot: \"\"\n username: \"\"\n pidfile: \"\"\n use-syslog: no\n \
             do-daemonize: no\n verbosity: 1\n interface: 127.0.0.1@{port}\n module-config: \"respip iterator\"\n \
             do-not-query-localhost: no\nremote-control:\n control-enable: no\n\
             forward-zone:\n name: \".\"\n forward-addr: 127.0.0.1@{upstream}\n\
             rpz:\n name: rpz.luytre.\n zonefile: {1:?}\n",
            text(folder),
            text(zone)
        );
        File::create(&path).unwrap().write_all(settings.as_bytes()).unwrap();
        let mut process = Command::new("unbound").arg("-c").arg(&path).stderr(Stdio::piped()).spawn().ok()?;
        let mut log = BufReader::new(process.stderr.take().unwrap()).lines().map_while(Result::ok);
        let ready = log.any(|line| line.contains("start of service"));
        assert!(ready, "unbound does not start: unbound -d -c {}", path.display());
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.connect(("127.0.0.1", port)).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        // Read on, or it would stop when nobody takes what it says.
        std::thread::spawn(move || log.count());
        Some(Self { process, socket })
    }

    /// The code of the answer for a name.
    fn code(&mut self, name: &str) -> u8 {
        let mut query = vec![7, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        for label in name.split('.') {
            query.push(label.len() as u8); // short ones, below
            query.extend_from_slice(label.as_bytes());
        }
        query.extend([0, 0, 1, 0, 1]);
        self.socket.send(&query).unwrap();
        let mut answer = [0; 512];
        self.socket.recv(&mut answer).unwrap();
        answer[3] & 15
    }
}

/// The port of a server that knows every name and nothing of it; for as long as the test program runs.
fn answering() -> u16 {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = socket.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let mut packet = [0; 512];
        while let Ok((length, from)) = socket.recv_from(&mut packet) {
            packet[2] |= 0x80; // it is an answer
            let _ = socket.send_to(&packet[..length], from);
        }
    });
    port
}

impl Drop for Unbound {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

const NXDOMAIN: u8 = 3;

#[test]
fn a_providers_resolver_blocks_what_the_list_blocks_of_the_categories_chosen() {
    let folder = Folder::with(&[
        ("malware.txt", "bad.example\n@@||good.bad.example^\n@@||deep.down.bad.example^\n"),
        ("phishing.txt", "0.0.0.0 exact.example\n"),
        ("ads.txt", "ads.example\n"),
    ]);
    let built = folder.build(&["--serial", "7", "--rpz", "malware", "--rpz", "phishing"]);
    assert!(built.output.status.success(), "{built:?}", built = built.output);
    let zone = folder.out().join("full.rpz");
    assert!(std::fs::read_to_string(&zone).unwrap().contains(" 7 3600 600 "), "the list's serial");
    let Some(mut unbound) = Unbound::start(&folder.out(), &zone) else {
        let _ = writeln!(std::io::stderr(), "SKIPPED: a provider's resolver: unbound is not installed");
        return;
    };
    for (name, blocked) in [
        ("bad.example", true),
        ("www.bad.example", true),
        ("good.bad.example", false),
        ("www.good.bad.example", false),
        ("deep.down.bad.example", false),
        ("other.down.bad.example", true),
        ("exact.example", true),
        ("www.exact.example", true),
        ("deep.exact.example", false),
        ("ads.example", false),
        ("example", false),
    ] {
        assert_eq!(unbound.code(name) == NXDOMAIN, blocked, "{name}");
    }
}

#[test]
fn a_category_that_does_not_exist_is_named() {
    let folder = Folder::with(&[("malware.txt", "bad.example\n")]);
    let output = folder.build(&["--rpz", "malwear"]).output;
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("there is no category \"malwear\""));
}
