//! A signed tree on loopback: a root, a top-level domain and zones below it, signed by ldns, served by nsd, resolved by
//! one unbound that does not validate, and by another that does, to compare with.
//!
//! Scenarios that run at once share one tree; it is gone with the last of them.

use std::fmt::Write;
use std::fs;
use std::net::UdpSocket;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tempfile::TempDir;

use super::house::free_port;
use super::message::Message;
use super::patience::eventually;
use super::query::Query;

/// From before every zone's signatures to behind them: at each time at which a zone's hold, those above it do.
const ALWAYS: &[&str] = &["-i", "20190101000000", "-e", "20360101000000"];

/// Debian's packages: ldnsutils, nsd, unbound.
const TOOLS: [&str; 4] = ["ldns-keygen", "ldns-signzone", "nsd", "unbound"];
const ALGORITHM: &str = "ECDSAP256SHA256";
/// Forged signatures over one set of records: fewer than are refused by counting, and far more than an honest zone has.
const TRAPS: usize = 40;

/// The servers and their files.
pub(crate) struct Tree {
    folder: TempDir,
    servers: Vec<Child>,
    recursive: u16,
    validating: u16,
}

/// A zone below `tld.`: what is in it, how it is signed, and how it is damaged behind its signer's back.
struct Zone {
    name: &'static str,
    records: &'static str,
    signing: Option<&'static [&'static str]>,
    damage: fn(&str) -> String,
}

const WWW: &str = "www A 192.0.2.1";
const SECURE: &str = r#"www A 192.0.2.1
www AAAA 2001:db8::1
alias CNAME www
away CNAME www.nsec3.tld.
away-gone CNAME nowhere.nsec3.tld.
away-plain CNAME www.plain.tld.
gone CNAME nowhere
*.wild A 192.0.2.2
*.wild-alias CNAME www
odd HTTPS 1 . alpn=h2,h3 ipv4hint=192.0.2.1
odd TYPE65280 \# 4 c00c0102
odd MX 10 Mail.Example.
odd SRV 1 2 3 www
odd CAA 0 issue "ca.example"
odd TLSA 3 1 1 0011
odd LOC 52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m
odd RP a.b c.d
moved DNAME nsec3.tld.
n1 A 192.0.2.3
n2 A 192.0.2.3
n3 A 192.0.2.3"#;

/// Keys with one tag, so that a signature does not tell which of them made it. They are points of the curve that were
/// found by counting on from its base; nobody signs with them.
const TRAP: &str = "www A 192.0.2.1
@ DNSKEY 256 3 13 ViU+GkwFIHInZQ2XsTkQ6UH8yt8VNecEo8t+rptFZH0lNSO9lK9pzOVwFQfz3Cjv42Uq9gX5NiDG9vfooQVEQw==
@ DNSKEY 256 3 13 fTwarloqEvipNhX4D1muqlwsPc3q5vv585L6pXGVxm51M0Ojl6RnfFXPhZMcTzJ2kDGfAptT8xkmcaRlAtjZsQ==
@ DNSKEY 256 3 13 JwGAv8ChG0kILvyYmhFZ5rEhOiapIldGdposLLjVJhV1s6S+Os/FTox2llGA1kzdEhA10OQqlqPNYOZERa+/nA==
@ DNSKEY 256 3 13 Z+dp5yTbNUOHsHOkrYqdODEgT9wNxyUZEnMnjuDo7eQ8fjzVmNIbfSkahl7HJmikMhLBCWwqyLNiq5XLbgemaA==
@ DNSKEY 256 3 13 iLjr78VMFRnSLouMWkPRIx3BFIPSTVhxgDKQC8/1fEQ0mbUN6DeWfMK1lXVIxZ72BkOCeotyZrLyqzPfY/kxIw==
@ DNSKEY 256 3 13 zCQEkfkiOMYEK+kVufLws1lO/JgdKAJ7bmK3uG/L5nDegqwitU7s96kHME1ukxEHZ0OksVUAkmTXZLHgOrum2g==
@ DNSKEY 256 3 13 NJEz2Msgczl14KPJJkiNQg1dDl+UBKkOT7lqT9AtNDqIWMThJOz7dNBZcZOI9WiqS12AkerhsappbAt6x5KfIw==
@ DNSKEY 256 3 13 1TsNqDnm5yH8NMiC6e9nRXdDybTjSD0a1miUdJntdX5CrUpuMWBLftDQI7SI4HQMD7oUazuSKv4zHtxfE07SDQ==
@ DNSKEY 256 3 13 k7zsFsfzxMgBHb6AdvFmpm+v4EbIeItAVc/lECXK8guu2Nao7G5ZbGKGG+6xdM+znCFFpmOtNlOhw9oQ8k4baA==
@ DNSKEY 256 3 13 wIgC+b99n0Ow2u7Nq+2rTdJoOPHH6hIE2veYpbwpWD2bq5CddwJobK4pmmFpx+fM6ljWGa0L3HdNkjeBDIpomQ==
@ DNSKEY 256 3 13 ap6j2qtiWE/hZ58A/FR3TIQuYNc6Rw++VO5PTtzXh5jZsDmwXw8vkznU3IzQ7YiqTCqbfMRoAmeMM+9fE+Xinw==
@ DNSKEY 256 3 13 EtOsSIgBTPB5c+iYPHbmM2iDyRl98W7qydmelDVQ8P/XdZvphmsr2vUrLV1oADtZTQaZ6025Mb1+p2+d1+SSYw==
@ DNSKEY 256 3 13 t041zoCJBC5dnxSlzoCGvv27eHNpKKCmUMLs35GBBnY0kPnXIu2OXlNQqOXo+HlcHjUMLwaa1fkYq80p2AXedg==
@ DNSKEY 256 3 13 aeyWa8u1UZDBGci99CNocNKRJYoutEO8pZgV31GtXw+u6zZGSOEhZ6/1g5ehmkjm+SN9LCkFDkQGKs3vSuNbjw==
@ DNSKEY 256 3 13 RDmG4vGGP47bYDW8G5gZVB2zRTvrHMKhaN/ccJ5NovLy0agp6iDLBH9FovH12mlEIooWDOJGPS6Z0+rjETnXjQ==";
const TRAP_TAG: &str = "29830";

const fn zone(name: &'static str, records: &'static str, signing: &'static [&'static str]) -> Zone {
    Zone { name, records, signing: Some(signing), damage: str::to_owned }
}

const fn damaged(name: &'static str, damage: fn(&str) -> String) -> Zone {
    Zone { name, records: WWW, signing: Some(&[]), damage }
}

const ZONES: [Zone; 16] = [
    zone("secure", SECURE, &[]),
    zone("nsec3", "www A 192.0.2.1\n*.wild A 192.0.2.2\na.b.c A 192.0.2.3", &["-n", "-t", "0", "-s", ""]),
    zone("optout", "www A 192.0.2.1\nplain NS ns.plain\nns.plain A 127.0.0.1", &["-n", "-p", "-t", "0"]),
    Zone { name: "plain.optout", records: WWW, signing: None, damage: str::to_owned },
    Zone { name: "plain", records: "www A 192.0.2.1\nn2 A 192.0.2.1", signing: None, damage: str::to_owned },
    zone("iterations", WWW, &["-n", "-t", "100", "-s", ""]),
    zone("rounds", WWW, &["-n", "-t", "1000", "-s", ""]),
    zone("expired", WWW, &["-i", "20200101000000", "-e", "20200201000000"]),
    zone("future", WWW, &["-i", "20350101000000", "-e", "20350201000000"]),
    zone("ed448", WWW, &["ED448"]),
    damaged("bogus", |text| text.replace("192.0.2.1\n", "192.0.2.66\n")),
    damaged("unsigned", |text| without(text, |line| line.starts_with("www.") && line.contains("RRSIG"))),
    damaged("undenied", |text| without(text, |line| line.contains("NSEC"))),
    damaged("foreign-key", |text| tampered_keys(text, 64)),
    damaged("no-zone-key", |text| {
        text.replace("DNSKEY\t257 3", "DNSKEY\t1 3").replace("DNSKEY\t256 3", "DNSKEY\t0 3")
    }),
    Zone { name: "trap", records: TRAP, signing: Some(&[]), damage: trapped },
];

fn without(text: &str, goes: impl Fn(&str) -> bool) -> String {
    text.lines().filter(|line| !goes(line)).fold(String::new(), |rest, line| rest + line + "\n")
}

/// Other keys than those that signed: one letter of each is another.
fn tampered_keys(text: &str, from_end: usize) -> String {
    let change = |line: &str| match line.split_once("3 13 ").filter(|_| line.contains("\tDNSKEY\t")) {
        Some((before, key)) => {
            let (head, tail) = key.split_at(key.len().saturating_sub(from_end).max(4));
            let other = if tail.starts_with('A') { 'B' } else { 'A' };
            format!("{before}3 13 {head}{other}{}\n", &tail[1..])
        }
        None => format!("{line}\n"),
    };
    text.lines().map(change).collect()
}

/// Many forged signatures in place of the right one, each of which any of the keys with one tag may have made.
fn trapped(text: &str) -> String {
    let (mut rest, mut forged) = (String::new(), String::new());
    for line in text.lines() {
        let fields: Vec<&str> = line.split_whitespace().collect();
        match fields[..] {
            [owner, .., _tag, signer, signature]
                if owner.starts_with("www.") && line.contains("RRSIG\tA ") =>
            {
                let unchanged = fields[1..fields.len() - 3].join(" ");
                for number in 10..10 + TRAPS {
                    let signature = format!("AA{number}{}", &signature[4..]);
                    writeln!(forged, "{owner} {unchanged} {TRAP_TAG} {signer} {signature}").unwrap();
                }
            }
            _ => rest += &format!("{line}\n"),
        }
    }
    rest + &forged
}

impl Tree {
    /// The tree; `None`, with a word about it, where the programs are missing that it takes.
    pub(crate) fn planted() -> Option<Arc<Self>> {
        static SHARED: Mutex<Weak<Tree>> = Mutex::new(Weak::new());
        if let Some(missing) = TOOLS.iter().find(|tool| !is_installed(tool)) {
            eprintln!("SKIPPED: a DNSSEC scenario, without {missing}; apt-get install ldnsutils nsd unbound");
            return None;
        }
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        Some(shared.upgrade().unwrap_or_else(|| {
            let tree = Arc::new(Self::plant());
            *shared = Arc::downgrade(&tree);
            tree
        }))
    }

    fn plant() -> Self {
        let folder = TempDir::with_prefix("luytre-tree-").unwrap();
        let (authority, recursive, validating) = (free_port(), free_port(), free_port());
        let mut tree = Self { folder, servers: Vec::new(), recursive, validating };
        tree.write_zones();
        tree.write_servers(authority);
        for (program, config) in
            [("nsd", "nsd.conf"), ("unbound", "recursive.conf"), ("unbound", "validating.conf")]
        {
            let mut command = tree.command(program, &["-d", "-c", config]);
            tree.servers.push(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
        }
        eventually("the tree answers", || [recursive, validating].into_iter().all(is_answered));
        tree
    }

    fn write_zones(&self) {
        let mut tld = String::new();
        for zone in &ZONES {
            let name = format!("{}.tld", zone.name);
            self.write(&format!("{name}.zone"), &zone_text(&name, zone.records));
            let signed = match zone.signing {
                Some(options) => (zone.damage)(&self.sign(&name, options)),
                None => self.read(&format!("{name}.zone")),
            };
            self.write(&format!("{name}.signed"), &signed);
            if !zone.name.contains('.') {
                let ds =
                    if zone.signing.is_some() { self.read(&format!("{name}.ds")) } else { String::new() };
                writeln!(tld, "{0} NS ns.{0}\nns.{0} A 127.0.0.1\n{ds}", zone.name).unwrap();
            }
        }
        self.write("tld.zone", &zone_text("tld", &tld));
        let signed = self.sign("tld", ALWAYS);
        self.write("tld.signed", &signed);
        let soa = "$TTL 300\n. SOA ns.tld. h.tld. 1 3600 600 86400 60\n. NS ns.tld.\ntld. NS ns.tld.\nns.tld. A 127.0.0.1\n";
        self.write("root.zone", &(soa.to_owned() + &self.read("tld.ds")));
        let signed = self.sign(".", ALWAYS);
        self.write("root.signed", &signed);
    }

    /// Signs a zone and returns its text; its key and DS stand beside it.
    fn sign(&self, zone: &str, options: &[&str]) -> String {
        let file = if zone == "." { "root" } else { zone };
        let (algorithm, options) = match options {
            [algorithm] => (*algorithm, &[][..]),
            options => (ALGORITHM, options),
        };
        let made = self.output("ldns-keygen", &["-k", "-a", algorithm, zone]);
        let key = made.trim();
        let (input, output) = (format!("{file}.zone"), format!("{file}.out"));
        let arguments = [&["-o", zone, "-f", &output], options, &[&input, key]].concat();
        self.output("ldns-signzone", &arguments);
        for kind in ["key", "ds"] {
            fs::rename(self.path(&format!("{key}.{kind}")), self.path(&format!("{file}.{kind}"))).unwrap();
        }
        self.read(&output)
    }

    fn write_servers(&self, authority: u16) {
        let zones = || ZONES.iter().map(|zone| format!("{}.tld", zone.name)).chain(["tld".to_owned()]);
        let here = self.folder.path().display();
        let mut nsd = format!(
            "server:\n ip-address: 127.0.0.1@{authority}\n zonesdir: \"{here}\"\n username: \"\"\n pidfile: \"\"\n \
             database: \"\"\n zonelistfile: \"{here}/zones\"\n xfrdfile: \"{here}/xfrd\"\n logfile: \"{here}/nsd.log\"\n \
             server-count: 1\nremote-control:\n control-enable: no\nzone:\n name: .\n zonefile: root.signed\n"
        );
        let unbound = |port: u16, modules: &str| {
            format!(
                "server:\n interface: 127.0.0.1\n port: {port}\n chroot: \"\"\n username: \"\"\n directory: \"{here}\"\n \
                 pidfile: \"\"\n use-syslog: no\n do-not-query-localhost: no\n qname-minimisation: no\n num-threads: 1\n \
                 do-ip6: no\n module-config: \"{modules}\"\n"
            )
        };
        let off = "remote-control:\n control-enable: no\n";
        let mut recursive = unbound(self.recursive, "iterator") + off;
        let stub = |name: &str| format!("stub-zone:\n name: \"{name}\"\n stub-addr: 127.0.0.1@{authority}\n");
        recursive += &stub(".");
        for zone in zones() {
            write!(nsd, "zone:\n name: {zone}\n zonefile: {zone}.signed\n").unwrap();
            recursive += &stub(&zone);
        }
        let validating = unbound(self.validating, "validator iterator")
            + " trust-anchor-file: \"root.key\"\n"
            + off
            + &format!("forward-zone:\n name: \".\"\n forward-addr: 127.0.0.1@{}\n", self.recursive);
        for (file, text) in
            [("nsd.conf", nsd), ("recursive.conf", recursive), ("validating.conf", validating)]
        {
            self.write(file, &text);
        }
    }

    /// The port of the resolver that gives signatures and does not judge them.
    pub(crate) fn port(&self) -> u16 {
        self.recursive
    }

    /// The file of the root's key.
    pub(crate) fn anchor(&self) -> String {
        self.path("root.key")
    }

    /// What unbound makes of a question, validating.
    pub(crate) fn ask_unbound(&self, text: &str) -> Message {
        Query::new(text, self.validating).set(super::flag::AD).send()
    }

    /// The recursive resolver's answer to a query as it is.
    pub(crate) fn resolve(port: u16, query: &[u8]) -> Vec<u8> {
        let socket = UdpSocket::bind(("127.0.0.1", 0)).unwrap();
        socket.connect(("127.0.0.1", port)).unwrap();
        socket.set_read_timeout(Some(super::patience::PATIENCE)).unwrap();
        socket.send(query).unwrap();
        let mut buffer = [0; 65_535];
        let len = socket.recv(&mut buffer).unwrap();
        buffer[..len].to_vec()
    }

    fn path(&self, name: &str) -> String {
        format!("{}/{name}", self.folder.path().display())
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    #[expect(clippy::disallowed_methods, reason = "nobody reads them before they are whole")]
    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        let path = std::env::var("PATH").unwrap_or_default() + ":/usr/sbin";
        command.args(arguments).current_dir(self.folder.path()).env("PATH", path).stdin(Stdio::null());
        command
    }

    fn output(&self, program: &str, arguments: &[&str]) -> String {
        let output = self.command(program, arguments).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{program} {arguments:?}: {told}");
        String::from_utf8(output.stdout).unwrap()
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        for server in &mut self.servers {
            // SAFETY: no memory is passed. The process is our child and not waited for yet: the number is its own.
            unsafe { libc::kill(server.id() as libc::pid_t, libc::SIGTERM) };
            let _ = server.wait();
        }
    }
}

fn zone_text(name: &str, records: &str) -> String {
    let head = "@ SOA ns hostmaster 1 3600 600 86400 60\n@ NS ns\nns A 127.0.0.1";
    format!("$ORIGIN {name}.\n$TTL 300\n{head}\n{records}\n")
}

fn is_answered(port: u16) -> bool {
    let socket = UdpSocket::bind(("127.0.0.1", 0)).unwrap();
    let _ = socket.connect(("127.0.0.1", port));
    let _ = socket.set_read_timeout(Some(std::time::Duration::from_millis(200)));
    let _ = socket.send(&super::Packet::query("www.plain.tld A").bytes());
    let mut buffer = [0; 512];
    socket.recv(&mut buffer).is_ok() && buffer[3] & 0xf == 0
}

fn is_installed(tool: &str) -> bool {
    let path = std::env::var("PATH").unwrap_or_default() + ":/usr/sbin";
    path.split(':').any(|folder| Path::new(folder).join(tool).is_file())
}
