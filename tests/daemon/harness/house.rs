//! A house before its daemon runs: configuration, list, upstream servers.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::sync::atomic::{AtomicU16, Ordering};

use tempfile::TempDir;

use super::daemon::Daemon;
use super::list::compiled;
use super::upstream::Upstream;

/// A folder with everything that a daemon needs; gone when dropped.
pub(crate) struct House {
    folder: TempDir,
    config_file: String,
    /// `luytre.toml` by dotted key, each value in TOML.
    settings: BTreeMap<String, String>,
    entries: Vec<(String, String)>,
    pub(super) upstreams: Vec<Upstream>,
    pub(super) variables: Vec<(String, String)>,
    /// Of `luytre run`, besides `--config`.
    pub(super) arguments: Vec<String>,
    pub(super) port: u16,
    /// For TLS and QUIC, and for HTTPS.
    pub(super) encrypted_ports: [u16; 2],
    /// Of the page; 0 without one.
    pub(super) page_port: u16,
}

impl House {
    /// A house that listens on 127.0.0.1 and ::1, with an empty list and a plain upstream.
    pub(crate) fn new() -> Self {
        let port = free_port();
        let folder = TempDir::with_prefix("luytre-test-").unwrap();
        let house = Self {
            config_file: format!("{}/luytre.toml", folder.path().display()),
            folder,
            settings: BTreeMap::new(),
            entries: Vec::new(),
            upstreams: vec![Upstream::plain()],
            variables: Vec::new(),
            arguments: Vec::new(),
            port,
            encrypted_ports: [0; 2],
            page_port: 0,
        };
        house
            .with(&format!("listen.dns = ['127.0.0.1:{port}', '[::1]:{port}']"))
            .with("state.dir = 'state'")
            // The machine's own neighbours are none of a test's business.
            .with("who.neighbours = false")
            .with("who.leases = []")
            .with("who.mdns = false")
            .with("list.file = 'list.lyt'")
            // The upstreams of most scenarios sign nothing, and are to be asked what the scenario says only.
            .with("upstream.validate = false")
    }

    /// A line of `luytre.toml`, its key dotted; the last one for a key counts.
    pub(crate) fn with(mut self, line: &str) -> Self {
        self.set(line);
        self
    }

    pub(super) fn set(&mut self, line: &str) {
        let (key, value) = line.split_once(" = ").unwrap_or_else(|| panic!("{line}: write `key = value`"));
        self.settings.insert(key.to_owned(), value.to_owned());
    }

    /// Listens on every address of the machine.
    pub(crate) fn listening_everywhere(self) -> Self {
        let port = self.port;
        self.with(&format!("listen.dns = ['0.0.0.0:{port}', '[::]:{port}']"))
    }

    /// Listens encrypted too, on 127.0.0.1 and ::1, with a self-made certificate.
    pub(crate) fn encrypted(mut self) -> Self {
        self.encrypted_ports = [free_port(), free_port()];
        let [tls, https] = self.encrypted_ports.map(|port| format!("['127.0.0.1:{port}', '[::1]:{port}']"));
        self.with(&format!("listen.tls = {tls}"))
            .with(&format!("listen.quic = {tls}"))
            .with(&format!("listen.https = {https}"))
    }

    /// Shows the page on 127.0.0.1.
    pub(crate) fn with_page(mut self) -> Self {
        self.page_port = free_port();
        let listen = format!("web.listen = ['127.0.0.1:{}']", self.page_port);
        self.with(&listen)
    }

    /// Shows it over HTTPS too, where [`Self::https_port`] says.
    pub(crate) fn with_secure_page(mut self) -> Self {
        self.encrypted_ports[1] = free_port();
        let listen = format!("web.tls = ['127.0.0.1:{}']", self.encrypted_ports[1]);
        self.with_page().with(&listen)
    }

    /// Names in the list: `=name` that name alone; category `-` for exceptions.
    pub(crate) fn list<'a>(mut self, category: &str, names: impl IntoIterator<Item = &'a str>) -> Self {
        self.entries.extend(names.into_iter().map(|name| (category.to_owned(), name.to_owned())));
        self
    }

    /// The server that answers, in place of the plain one.
    pub(crate) fn upstream(self, upstream: Upstream) -> Self {
        self.upstreams([upstream])
    }

    /// Several servers, asked in this order.
    pub(crate) fn upstreams(mut self, upstreams: impl Into<Vec<Upstream>>) -> Self {
        self.upstreams = upstreams.into();
        self.with("upstream.strategy = 'strict'")
    }

    /// An environment variable of the daemon.
    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Arguments of `luytre run`, such as `--clock untrusted`.
    pub(crate) fn run_with(mut self, arguments: &str) -> Self {
        self.arguments.extend(arguments.split(' ').map(str::to_owned));
        self
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Where TLS and QUIC are spoken.
    pub(crate) fn tls_port(&self) -> u16 {
        self.encrypted_ports[0]
    }

    pub(crate) fn https_port(&self) -> u16 {
        self.encrypted_ports[1]
    }

    /// The certificate that the daemon makes itself.
    pub(crate) fn certificate_file(&self) -> String {
        self.path("state/certificate.pem")
    }

    /// A place in the house's folder.
    pub(crate) fn path(&self, name: &str) -> String {
        format!("{}/{name}", self.folder.path().display())
    }

    pub(crate) fn config_file(&self) -> &str {
        &self.config_file
    }

    /// Where it is noon now, give or take some hours, so that no day ends while the scenario plays: by the time of a file.
    pub(crate) fn zone_at_noon(&self) -> &'static str {
        let written = std::fs::metadata(self.write("clock", "")).unwrap().modified().unwrap();
        let hour = written.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() / 3600 % 24;
        match hour {
            0..=5 => "Asia/Ho_Chi_Minh",
            6..=11 => "Africa/Lagos",
            12..=17 => "America/New_York",
            _ => "Pacific/Honolulu",
        }
    }

    /// Writes a file in the house's folder where it lies: no rename, as a careless person does it.
    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        #[expect(clippy::disallowed_methods, reason = "half a file is what some scenarios are about")]
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// Writes configuration and list, and starts the daemon.
    pub(crate) fn start(self) -> Daemon {
        self.furnished().start_as_it_is()
    }

    /// The same without starting.
    pub(crate) fn furnished(self) -> Self {
        let entries: Vec<_> =
            self.entries.iter().map(|(category, name)| (category.as_str(), name.as_str())).collect();
        self.write("list.lyt", compiled(&entries));
        self.write_config();
        self
    }

    /// Starts the daemon on the files that lie there.
    pub(crate) fn start_as_it_is(self) -> Daemon {
        self.start_without_waiting().wait_until_it_answers()
    }

    /// The same, and does not wait until it answers.
    pub(crate) fn start_without_waiting(self) -> Daemon {
        Daemon::start(self)
    }

    pub(super) fn write_config(&self) {
        let servers: Vec<String> =
            self.upstreams.iter().map(|upstream| format!("'udp://{}'", upstream.address())).collect();
        let mut text = String::new();
        if !self.settings.contains_key("upstream.servers") {
            text += &format!("upstream.servers = [{}]\n", servers.join(", "));
        }
        for (key, value) in &self.settings {
            text += &format!("{key} = {value}\n");
        }
        self.write("luytre.toml", text);
    }
}

/// A port that is free for UDP and TCP. Below those that the kernel gives to clients and upstreams, so that nobody
/// takes it before the daemon does.
pub(crate) fn free_port() -> u16 {
    const FIRST: u16 = 10_000;
    const COUNT: u16 = 20_000;
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Two runs at once begin in different places.
    let offset = (std::process::id() % u32::from(COUNT)) as u16;
    super::patience::patiently("a free port", || {
        let port = FIRST + (offset + NEXT.fetch_add(1, Ordering::Relaxed) % COUNT) % COUNT;
        let everywhere = (Ipv4Addr::UNSPECIFIED, port);
        (UdpSocket::bind(everywhere).is_ok() && TcpListener::bind(everywhere).is_ok()).then_some(port)
    })
}
