//! A daemon that runs: asked, reloaded, looked at, and ended with its house.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::ops::Deref;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use super::browser::Browser;
use super::cli::{luytre, program};
use super::house::House;
use super::https::Https;
use super::message::Message;
use super::patience::{eventually, patiently};
use super::query::{Client, Query};
use super::quic::Quic;
use super::stream::{Stream, connected};
use super::tls::{Tls, handshake};
use super::upstream::Upstream;

const LOCALHOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// A house whose daemon answers. Dropping it ends the daemon and checks that it was well until then.
pub(crate) struct Daemon {
    /// Dropped, and so ended, before the house: what it still writes would leave the folder behind.
    process: Process,
    house: House,
    stopped: bool,
}

impl Deref for Daemon {
    type Target = House;

    fn deref(&self) -> &House {
        &self.house
    }
}

impl Daemon {
    pub(super) fn start(house: House) -> Self {
        let process = Process::start(command(&house));
        Self { house, process, stopped: false }
    }

    pub(crate) fn wait_until_it_answers(self) -> Self {
        self.process.wait_until_it_answers();
        self
    }

    // ---- Asking ----

    /// Asks `NAME` or `NAME TYPE` as most clients do; see [`Query`] for other ways.
    pub(crate) fn ask(&self, text: &str) -> Message {
        self.query(text).send()
    }

    pub(crate) fn config_file(&self) -> &str {
        self.house.config_file()
    }

    pub(crate) fn query(&self, text: &str) -> Query {
        Query::new(text, self.house.port)
    }

    /// A UDP socket to send bytes by.
    pub(crate) fn client(&self) -> Client {
        Client::new(LOCALHOST, self.address())
    }

    pub(crate) fn tcp(&self) -> Stream {
        Stream::connect(LOCALHOST, self.address())
    }

    pub(crate) fn tcp_from(&self, address: &str) -> Stream {
        Stream::connect(address.parse().unwrap(), self.address())
    }

    /// A connection that speaks DNS over TLS and trusts the self-made certificate.
    pub(crate) fn tls(&self) -> Tls {
        self.tls_from("127.0.0.1").unwrap()
    }

    pub(crate) fn tls_from(&self, address: &str) -> io::Result<Tls> {
        let connection = self.encrypted(address, self.house.tls_port());
        handshake(connection, &self.house.certificate_file(), &[b"dot"]).map(Stream::over)
    }

    pub(crate) fn https(&self) -> Https {
        self.https_from("127.0.0.1").unwrap()
    }

    pub(crate) fn https_from(&self, address: &str) -> io::Result<Https> {
        let connection = self.encrypted(address, self.house.https_port());
        handshake(connection, &self.house.certificate_file(), &[b"http/1.1"]).map(Https::new)
    }

    pub(crate) fn quic(&self) -> Quic {
        self.quic_from("127.0.0.1").unwrap()
    }

    pub(crate) fn quic_from(&self, address: &str) -> Result<Quic, quinn::ConnectionError> {
        let to = SocketAddr::new(LOCALHOST, self.house.tls_port());
        Quic::connect(address.parse().unwrap(), to, &self.house.certificate_file(), b"doq")
    }

    /// Somebody in front of the page, on a device of their own.
    pub(crate) fn browser(&self) -> Browser {
        self.browser_from("127.0.0.1")
    }

    pub(crate) fn browser_from(&self, address: &str) -> Browser {
        Browser::new(address.parse().unwrap(), SocketAddr::new(LOCALHOST, self.house.page_port))
    }

    /// A TCP connection on which nothing was said yet.
    pub(crate) fn encrypted(&self, from: &str, port: u16) -> TcpStream {
        connected(from.parse().unwrap(), SocketAddr::new(LOCALHOST, port))
    }

    fn address(&self) -> SocketAddr {
        SocketAddr::new(LOCALHOST, self.house.port)
    }

    // ---- Looking ----

    /// The first upstream.
    pub(crate) fn upstream(&self) -> &Upstream {
        &self.house.upstreams[0]
    }

    pub(crate) fn upstream_number(&self, index: usize) -> &Upstream {
        &self.house.upstreams[index]
    }

    /// What was forwarded to the first upstream, as `NAME TYPE`.
    pub(crate) fn forwarded(&self) -> Vec<String> {
        self.upstream().questions()
    }

    /// `luytre status --json`.
    pub(crate) fn status(&self) -> Value {
        let ended = luytre(["status", "--json", "--config", self.house.config_file()]);
        assert_eq!((ended.code, ended.err.as_str()), (0, ""));
        serde_json::from_str(&ended.out).unwrap()
    }

    /// The status as soon as it has counted so many questions: they are recorded after they are answered.
    pub(crate) fn status_after(&self, questions: u64) -> Value {
        patiently(&format!("a status that counts {questions} questions"), || {
            let status = self.status();
            let count = |verdict: &str| status["verdicts"][verdict].as_u64().unwrap();
            (count("allowed") + count("blocked") == questions).then_some(status)
        })
    }

    /// What it wrote to its log.
    pub(crate) fn log(&self) -> String {
        self.process.log()
    }

    /// The memory that it holds, in kB.
    pub(crate) fn resident_kb(&self) -> u64 {
        self.memory_kb("VmRSS:")
    }

    /// The part of it that is no file's, in kB.
    pub(crate) fn own_kb(&self) -> u64 {
        self.memory_kb("RssAnon:")
    }

    fn memory_kb(&self, kind: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(kind)).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// The CPU's time that its threads took so far.
    pub(crate) fn cpu(&self) -> Duration {
        let threads = std::fs::read_dir(format!("/proc/{}/task", self.process.id())).unwrap();
        let ran = threads.map(|thread| {
            // One that ends meanwhile has done its work before.
            let told = std::fs::read_to_string(thread.unwrap().path().join("schedstat")).unwrap_or_default();
            told.split(' ').next().and_then(|nanoseconds| nanoseconds.parse().ok()).unwrap_or(0)
        });
        Duration::from_nanos(ran.sum())
    }

    // ---- Changing ----

    /// Changes a line of the configuration and reloads; returns what was logged about it.
    pub(crate) fn reload_with(&mut self, line: &str) -> String {
        self.reload_with_all([line])
    }

    pub(crate) fn reload_with_all<'a>(&mut self, lines: impl IntoIterator<Item = &'a str>) -> String {
        lines.into_iter().for_each(|line| self.house.set(line));
        self.house.write_config();
        self.reload()
    }

    /// Moves the clock of a daemon that was started with `--clock=steered`.
    pub(crate) fn time_passes(&self, seconds: u32) {
        let answer = self.control(&format!("clock +{seconds}"));
        assert!(answer.contains("uptime_s"), "{answer}");
    }

    /// Writes a line to the control socket and reads the answer.
    pub(crate) fn control(&self, line: &str) -> String {
        let mut socket = UnixStream::connect(self.house.path("state/luytre.sock")).unwrap();
        socket.write_all(format!("{line}\n").as_bytes()).unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).unwrap();
        answer
    }

    pub(crate) fn signal(&self, signal: libc::c_int) {
        self.process.signal(signal);
    }

    /// SIGHUP; returns what was logged about it.
    pub(crate) fn reload(&self) -> String {
        let before = self.process.log.lock().unwrap().len();
        self.process.signal(libc::SIGHUP);
        patiently("the daemon reloads", || {
            let log = self.process.log.lock().unwrap();
            let new = &log[before..];
            let done = |line: &String| line.contains(" reloaded") || line.contains(" not reloaded");
            new.iter().any(done).then(|| new.join("\n"))
        })
    }

    /// Stops it as a service manager does; the house stays as it is.
    pub(crate) fn stop(&mut self) {
        self.process.signal(libc::SIGTERM);
        let status = self.process.child.wait().unwrap();
        assert!(status.success(), "{status} after SIGTERM:\n{}", self.log());
        self.check();
        self.stopped = true;
    }

    /// Ends it as a power cut does.
    pub(crate) fn kill(&mut self) {
        self.process.child.kill().unwrap();
        self.process.child.wait().unwrap();
        self.stopped = true;
    }

    /// Starts it again, with a new log.
    pub(crate) fn start_again(&mut self) {
        self.process = Process::start(command(&self.house));
        self.stopped = false;
        self.process.wait_until_it_answers();
    }

    /// What must hold at the end of every scenario.
    fn check(&self) {
        assert!(!self.process.has_logged("panicked"), "the daemon panicked:\n{}", self.log());
        for upstream in &self.house.upstreams {
            assert_eq!(upstream.unreadable(), [""; 0], "the upstream got what is no query");
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("---- the daemon's log\n{}\n----", self.log());
        } else if !self.stopped {
            assert!(!self.process.has_ended(), "the daemon ended:\n{}", self.log());
            self.check();
        }
    }
}

/// The program on this house's configuration.
fn command(house: &House) -> Command {
    let mut command = Command::new(program());
    command.args(["run", "--config"]).arg(house.config_file()).args(&house.arguments);
    command.envs(house.variables.iter().map(|(name, value)| (name, value)));
    command
}

/// The process and what it logs; ended when dropped.
pub(crate) struct Process {
    child: Child,
    log: Arc<Mutex<Vec<String>>>,
}

impl Process {
    /// Starts a command that is, or becomes, `luytre run`.
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let log = Arc::<Mutex<Vec<String>>>::default();
        let lines = Arc::clone(&log);
        thread::spawn(move || {
            stderr.lines().map_while(Result::ok).for_each(|line| lines.lock().unwrap().push(line));
        });
        Self { child, log }
    }

    pub(crate) fn wait_until_it_answers(&self) {
        // Logged when sockets, control socket and signals are there.
        eventually("the daemon answers", || self.has_logged(" answering ") || self.has_ended());
        assert!(!self.has_ended(), "the daemon did not start:\n{}", self.log());
    }

    /// What it wrote so far.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().join("\n")
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn has_logged(&self, text: &str) -> bool {
        self.log.lock().unwrap().iter().any(|line| line.contains(text))
    }

    pub(crate) fn has_ended(&self) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.id())).unwrap_or_default();
        // The state stands behind the program's name; Z is a process that is waited for.
        stat.rsplit_once(')').is_none_or(|(_, rest)| rest.trim_start().starts_with('Z'))
    }

    pub(crate) fn signal(&self, signal: libc::c_int) {
        let pid = libc::pid_t::try_from(self.id()).unwrap();
        // SAFETY: no memory is passed. The process is our child and not waited for yet: the number is its own.
        assert_eq!(unsafe { libc::kill(pid, signal) }, 0);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
