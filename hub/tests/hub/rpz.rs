//! A zone for providers' resolvers, read by one of those.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::net::UdpSocket;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::centre::Centre;
use crate::folder::{Folder, text};

/// A provider's resolver with a zone; ends with the test.
struct Resolver {
    process: Child,
    socket: UdpSocket,
}

impl Resolver {
    /// Those that are installed; the others are told.
    fn all(folder: &Path, zone: &Path) -> Vec<(&'static str, Self)> {
        [("unbound", Self::unbound(folder, zone)), ("named", Self::bind(folder, zone))]
            .into_iter()
            .filter_map(|(name, resolver)| {
                if resolver.is_none() {
                    let _ = writeln!(
                        std::io::stderr(),
                        "SKIPPED: a provider's resolver: {name} is not installed"
                    );
                }
                Some((name, resolver?))
            })
            .collect()
    }

    fn unbound(folder: &Path, zone: &Path) -> Option<Self> {
        let port = free_port();
        let settings = format!(
            "server:\n directory: {0:?}\n chroot: \"\"\n username: \"\"\n pidfile: \"\"\n use-syslog: no\n \
             do-daemonize: no\n verbosity: 1\n interface: 127.0.0.1@{port}\n module-config: \"respip iterator\"\n \
             do-not-query-localhost: no\nremote-control:\n control-enable: no\n\
             forward-zone:\n name: \".\"\n forward-addr: 127.0.0.1@{upstream}\n\
             rpz:\n name: rpz.luytre.\n zonefile: {1:?}\n",
            text(folder),
            text(zone),
            upstream = answering(),
        );
        Self::start(&["unbound", "-c"], &folder.join("unbound.conf"), &settings, "start of service", port)
    }

    fn bind(folder: &Path, zone: &Path) -> Option<Self> {
        let port = free_port();
        let settings = format!(
            "options {{\n directory {0:?}; pid-file none; session-keyfile none; dnssec-validation no;\n \
             listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; recursion yes;\n \
             forward only; forwarders port {upstream} {{ 127.0.0.1; }};\n \
             response-policy {{ zone \"rpz.luytre\"; }} qname-wait-recurse no;\n}};\n\
             controls {{ }};\nzone \"rpz.luytre\" {{ type primary; file {1:?}; }};\n",
            text(folder),
            text(zone),
            upstream = answering(),
        );
        Self::start(&["named", "-g", "-c"], &folder.join("named.conf"), &settings, "reload done", port)
    }

    /// `None` where the program is not installed. It is ready when it says so.
    fn start(command: &[&str], file: &Path, settings: &str, ready: &str, port: u16) -> Option<Self> {
        File::create(file).unwrap().write_all(settings.as_bytes()).unwrap();
        let mut process =
            Command::new(command[0]).args(&command[1..]).arg(file).stderr(Stdio::piped()).spawn().ok()?;
        let mut log = BufReader::new(process.stderr.take().unwrap()).lines().map_while(Result::ok);
        assert!(log.any(|line| line.contains(ready)), "it does not start: {command:?} {}", file.display());
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.connect(("127.0.0.1", port)).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        // Read on, or it would stop when nobody takes what it says.
        std::thread::spawn(move || log.count());
        Some(Self { process, socket })
    }

    /// Whether it says that there is no such name.
    fn blocks(&self, name: &str) -> bool {
        let mut query = vec![7, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        for label in name.split('.') {
            query.push(label.len() as u8); // short ones, below
            query.extend_from_slice(label.as_bytes());
        }
        query.extend([0, 0, 1, 0, 1]);
        self.socket.send(&query).unwrap();
        let mut answer = [0; 512];
        self.socket.recv(&mut answer).unwrap();
        answer[3] & 15 == NXDOMAIN
    }
}

fn free_port() -> u16 {
    UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
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

impl Drop for Resolver {
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
    for (resolver, running) in Resolver::all(&folder.out(), &zone) {
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
            assert_eq!(running.blocks(name), blocked, "{resolver}: {name}");
        }
    }
}

#[test]
fn a_category_that_does_not_exist_is_named() {
    let folder = Folder::with(&[("malware.txt", "bad.example\n")]);
    let output = folder.build(&["--rpz", "malwear"]).output;
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("there is no category \"malwear\""));
}

/// A centre that publishes a zone of what is malware, besides ads that are in the lists alone.
fn centre_with_zone() -> Centre {
    let centre = Centre::new(1000);
    centre.put(
        "hub.toml",
        "[publish]\npopular = 'popular.txt'\n[rpz]\nblocks = ['malware']\nto = 'providers'\n",
    );
    centre.put("names/malware.txt", "bad.example\n");
    centre
}

#[test]
fn a_publication_vouches_for_the_zone_and_does_not_hold_it() {
    let mut centre = centre_with_zone();
    centre.publish(&[]);
    let verify = |centre: &Centre| {
        centre.run(&["verify", "publication", "--root", "keys/root.1.json", "--rpz", "providers/luytre.rpz"])
    };
    assert!(verify(&centre).unwrap().contains("response policy zone: "));
    for (path, bytes) in centre.files() {
        let clear = bytes.windows(11).any(|window| window == b"bad.example");
        assert!(!clear, "{} has names in the clear", path.display());
    }
    for (resolver, running) in Resolver::all(&centre.path(""), &centre.path("providers/luytre.rpz")) {
        assert_eq!(
            (running.blocks("bad.example"), running.blocks("n1.example")),
            (true, false),
            "{resolver}"
        );
    }

    // The same names under another day's timestamp are the same zone.
    centre.day = 2;
    assert!(centre.publish(&[]).contains("serial 1, unchanged"));
    centre.publish(&["--timestamp"]);
    verify(&centre).unwrap();

    let good = std::fs::read_to_string(centre.path("providers/luytre.rpz")).unwrap();
    centre.put("providers/luytre.rpz", &good.replace("bad.example", "good.example"));
    assert!(verify(&centre).unwrap_err().contains("luytre.rpz has the wrong length"));
    centre.put("providers/luytre.rpz", &good.replace("bad.example", "bat.example"));
    assert!(verify(&centre).unwrap_err().contains("luytre.rpz is not the one that is signed"));
}

#[test]
fn a_zone_that_was_wrong_is_withdrawn_with_its_lists() {
    let centre = centre_with_zone();
    centre.publish(&[]);
    centre.put("names/malware.txt", "bad.example\nwrong.example\n");
    centre.publish(&[]);
    let zone = || std::fs::read_to_string(centre.path("providers/luytre.rpz")).unwrap();
    assert!(zone().contains("wrong.example"));
    centre.publish(&["--withdraw", "2"]);
    assert!(!zone().contains("wrong.example") && zone().contains(" 3 3600 "), "the new serial");
    centre.run(&["verify", "publication", "--rpz", "providers/luytre.rpz"]).unwrap();
    // Other categories are another zone, although the lists are the same.
    centre.put("hub.toml", "[publish]\npopular = 'popular.txt'\n[rpz]\nblocks = ['ads']\nto = 'providers'\n");
    centre.put("names/malware.txt", "bad.example\n");
    assert!(centre.publish(&[]).contains("serial 4;"));
    assert!(zone().contains("n1.example"));
}
