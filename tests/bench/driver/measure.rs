//! One server at a time: start it, wait for its first answer, put each workload on it.

use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use luytre_tests::dns::{self, Question, Reply};

use crate::material::Material;
use crate::options::Options;
use crate::process::{Memory, Server, may_use, pin};
use crate::say;
use crate::servers::{Kind, Prepared, beside_us};

/// unbound reads 2 M names in 40 s.
const START_MAX: Duration = Duration::from_secs(180);

/// What is asked, in this order: the uncached names come last because they push others out of the caches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Workload {
    Blocked,
    Cached,
    CachedSerial,
    Uncached,
}

impl Workload {
    pub(crate) const ALL: [Self; 4] = [Self::Blocked, Self::Cached, Self::CachedSerial, Self::Uncached];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Blocked => "blocked",
            Self::Cached => "cached",
            Self::CachedSerial => "cached serial",
            Self::Uncached => "uncached",
        }
    }
}

/// The figures of one workload on one server.
pub(crate) struct Figures {
    pub(crate) workload: Workload,
    pub(crate) cpu_us: f64,
    pub(crate) qps: f64,
    pub(crate) p50_us: f64,
    pub(crate) p99_us: f64,
    pub(crate) lost_percent: f64,
    pub(crate) blocked_percent: f64,
    /// Answers that are not NOERROR.
    pub(crate) failed_percent: f64,
}

/// All that was measured of one server.
pub(crate) struct ServerResult {
    pub(crate) kind: Kind,
    pub(crate) version: String,
    pub(crate) names: Option<u64>,
    /// From the start of the process to its first answer with the list in force.
    pub(crate) start: Duration,
    /// After all workloads.
    pub(crate) memory: Memory,
    pub(crate) figures: Vec<Figures>,
}

/// The run: its upstream server is up as long as this lives.
pub(crate) struct Bench<'a> {
    options: &'a Options,
    material: &'a Material,
    upstream: SocketAddr,
    _upstream: Server,
}

impl<'a> Bench<'a> {
    pub(crate) fn start(options: &'a Options, material: &'a Material) -> Result<Self> {
        let upstream = free_address()?;
        let mut command = Command::new(beside_us("bench-upstream")?);
        command.arg("--listen").arg(upstream.to_string());
        let log = options.work.join("upstream.log");
        let mut server = Server::spawn(command, usable(options.core_generator), &log)?;
        first_answer(&mut server, upstream, "up.example", false).context("upstream server")?;
        Ok(Self { options, material, upstream, _upstream: server })
    }

    /// Measures one server; the inner error is a line that says why it is left out.
    pub(crate) fn measure(&self, kind: Kind) -> Result<std::result::Result<ServerResult, String>> {
        let listen = free_address()?;
        let prepared = match kind.prepare(self.options, self.material, listen, self.upstream)? {
            Ok(prepared) => prepared,
            Err(absent) => return Ok(Err(absent)),
        };
        let Prepared { command, version, names } = prepared;
        say(&format!("{}: starting", kind.name()));
        let log = self.options.work.join(format!("{}.log", kind.name()));
        let mut server = Server::spawn(command, usable(self.options.core_server), &log)?;
        let start = first_answer(&mut server, listen, &self.material.probe, !kind.is_echo())?;
        let mut figures = Vec::new();
        for workload in Workload::ALL {
            say(&format!("{}: {}", kind.name(), workload.name()));
            figures.push(self.load(&mut server, listen, workload)?);
        }
        let memory = server.memory()?;
        Ok(Ok(ServerResult { kind, version, names, start, memory, figures }))
    }

    fn load(&self, server: &mut Server, listen: SocketAddr, workload: Workload) -> Result<Figures> {
        let (blocked, cached) = (&self.material.blocked, &self.material.cached);
        let (file, extra): (_, &[&str]) = match workload {
            Workload::Blocked => (blocked, &[]),
            Workload::Cached => {
                // Every name twice with few in flight: one lost to a full socket is fetched the second time.
                let names = std::fs::read_to_string(cached)?.lines().count() * 2;
                let warm_up = ["--seconds", "30", "--window", "32", "--count", &names.to_string()];
                self.generate(listen, cached, &warm_up)?;
                (cached, &[])
            }
            Workload::CachedSerial => (cached, &["--serial"]),
            Workload::Uncached => (cached, &["--unique", "0"]),
        };
        let (seconds, window) = (self.options.seconds.to_string(), self.options.window.to_string());
        let arguments = [&["--seconds", &seconds, "--window", &window], extra].concat();
        let before = server.cpu()?;
        let result = self.generate(listen, file, &arguments)?;
        server.check_alive()?;
        let cpu = server.cpu()?.saturating_sub(before);
        Figures::new(workload, cpu, &result)
    }

    fn generate(&self, server: SocketAddr, names: &Path, arguments: &[&str]) -> Result<serde_json::Value> {
        let mut command = Command::new(beside_us("bench-generator")?);
        command.arg("--server").arg(server.to_string()).arg("--names").arg(names);
        command.args(arguments).arg("--json").stderr(Stdio::inherit());
        pin(&mut command, usable(self.options.core_generator));
        let output = command.output().context("bench-generator")?;
        ensure!(output.status.success(), "bench-generator: {}", output.status);
        serde_json::from_slice(&output.stdout).context("bench-generator's result")
    }
}

impl Figures {
    fn new(workload: Workload, cpu: Duration, result: &serde_json::Value) -> Result<Self> {
        let number = |key: &str| result[key].as_f64().with_context(|| format!("the generator gave no {key}"));
        let (sent, answered) = (number("sent")?, number("answered")?);
        ensure!(answered > 0.0, "{}: none of {sent} queries was answered", workload.name());
        let good = result["rcodes"]["NOERROR"].as_f64().unwrap_or(0.0);
        Ok(Self {
            workload,
            cpu_us: cpu.as_secs_f64() * 1e6 / answered,
            qps: number("qps")?,
            p50_us: number("p50_us")?,
            p99_us: number("p99_us")?,
            lost_percent: number("lost")? / sent.max(1.0) * 100.0,
            blocked_percent: number("blocked")? / answered * 100.0,
            failed_percent: (answered - good) / answered * 100.0,
        })
    }

    /// What is wrong with the answers, if anything: figures of wrong answers compare nothing.
    pub(crate) fn complaint(&self, kind: Kind) -> Option<String> {
        let blocked = self.blocked_percent;
        if self.failed_percent > 0.1 {
            return Some(format!("{:.2} % of the answers are errors", self.failed_percent));
        }
        match self.workload {
            _ if kind.is_echo() => None,
            Workload::Blocked if blocked < 99.9 => Some(format!("only {blocked:.2} % were blocked")),
            Workload::Blocked => None,
            _ if blocked > 0.1 => Some(format!("{blocked:.2} % were blocked")),
            _ => None,
        }
    }
}

/// The core, where we may run on it.
fn usable(core: usize) -> Option<usize> {
    may_use(core).then_some(core)
}

/// A port of loopback that is free for UDP and TCP now, and will be in the next moment.
fn free_address() -> Result<SocketAddr> {
    for _ in 0..100 {
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        let address = socket.local_addr()?;
        if TcpListener::bind(address).is_ok() {
            return Ok(address);
        }
    }
    anyhow::bail!("no port is free for UDP and TCP alike")
}

/// Asks until the server answers (by a block, where one is due) and returns the time since the call.
fn first_answer(server: &mut Server, address: SocketAddr, name: &str, blocked: bool) -> Result<Duration> {
    let start = Instant::now();
    let name = dns::encode_name(name).context("the probe is no name")?;
    let question = Question { label: &[], name: &name, kind: dns::kind::A, edns: true };
    let mut query = [0; dns::LONGEST_QUERY];
    let length = dns::write_query(&mut query, 1, &question).context("the probe is too long")?;
    let mut unblocked = 0;
    while start.elapsed() < START_MAX {
        server.check_alive()?;
        // A new port each time: late answers to earlier tries don't mix with this one's.
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        socket.connect(address)?;
        socket.set_read_timeout(Some(Duration::from_millis(20)))?;
        socket.send(&query[..length])?;
        let mut reply = [0; 1500];
        match socket.recv(&mut reply).ok().and_then(|length| Reply::parse(&reply[..length])) {
            Some(reply) if reply.rcode == 0 && (reply.blocked || !blocked) => return Ok(start.elapsed()),
            Some(_) => unblocked += 1,
            None => {}
        }
        // Nobody listens yet, and the refusal came at once.
        thread::sleep(Duration::from_micros(500));
    }
    anyhow::bail!("no right answer within {} s ({unblocked} wrong ones)", START_MAX.as_secs())
}
