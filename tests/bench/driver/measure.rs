//! One server in one round: start it, wait for its first answer, put each workload on it.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::allocations::Counter;
use crate::material::Material;
use crate::options::Options;
use crate::probe::{first_answer, free_address, validates};
use crate::process::{Memory, Server, pin};
use crate::round::{Round, Task, Workload};
use crate::say;
use crate::servers::{Kind, Prepared, Setting, beside_us};
use crate::upstreams::Source;

/// Answers whose memory is measured.
const CACHED_ANSWERS: u64 = 10_000;
/// Questions during which allocations are counted: each costs a stop in the kernel.
const COUNTED: &str = "5000";
/// The numbers in uncached names begin here while allocations are counted: far above those asked before.
const NEVER_ASKED: &str = "1000000000";
/// Questions in flight where each takes 20 ms: 10,000 a second, and few enough for a socket to hold (see
/// [`Options::window`]).
const FAR_WINDOW: usize = 200;

/// The figures of one workload on one server.
pub(crate) struct Figures {
    pub(crate) task: Task,
    pub(crate) cpu_us: f64,
    pub(crate) qps: f64,
    pub(crate) p50_us: f64,
    pub(crate) p99_us: f64,
    pub(crate) lost_percent: f64,
    pub(crate) blocked_percent: f64,
    /// Answers that are not NOERROR.
    pub(crate) failed_percent: f64,
    /// Calls of the memory allocator per answer, where they can be counted.
    pub(crate) allocations: Option<f64>,
}

/// All that was measured of one server in one round.
pub(crate) struct RoundResult {
    pub(crate) kind: Kind,
    pub(crate) round: Round,
    pub(crate) version: String,
    pub(crate) names: Option<u64>,
    /// From the start of the process to its first answer with the list in force.
    pub(crate) start: Duration,
    /// After all workloads.
    pub(crate) memory: Memory,
    /// What so many cached answers added to the process's own memory.
    pub(crate) cache: Option<Growth>,
    pub(crate) figures: Vec<Figures>,
}

/// Growth of anonymous memory.
pub(crate) struct Growth {
    pub(crate) answers: u64,
    pub(crate) kb: u64,
}

/// One round: its upstream server is up as long as this lives.
pub(crate) struct Bench<'a> {
    options: &'a Options,
    material: &'a Material,
    round: Round,
    source: Source,
}

impl<'a> Bench<'a> {
    /// Starts the upstream server; the inner error is a line that says why the round is left out.
    pub(crate) fn start(
        options: &'a Options,
        material: &'a Material,
        round: Round,
    ) -> Result<std::result::Result<Self, String>> {
        let source = Source::start(options, round)?;
        Ok(source.map(|source| Self { options, material, round, source }))
    }

    /// Measures one server; the inner error is a line that says why it is left out.
    pub(crate) fn measure(&self, kind: Kind) -> Result<std::result::Result<RoundResult, String>> {
        let round = self.round;
        let listen = free_address()?;
        let setting = Setting { round, listen, upstream: &self.source };
        let prepared = match kind.prepare(self.options, self.material, &setting)? {
            Ok(prepared) => prepared,
            Err(absent) => return Ok(Err(absent)),
        };
        let Prepared { command, version, names } = prepared;
        say(&format!("{}, {}: starting", kind.name(), round.word()));
        let log = self.options.work.join(format!("{}-{}.log", kind.name(), round.word()));
        let mut server = Server::spawn(command, self.options.server_core(round), &log)?;
        // Peers hold no list where the cache is measured, and then any answer will do.
        let blocks = !kind.is_echo() && (round != Round::Memory || kind == Kind::Luytre);
        let start = first_answer(&mut server, listen, &self.material.probe, blocks)?;
        if round == Round::Signed && !self.validates(listen)? {
            return Ok(Err(format!("{}, {}: it does not check signatures here", kind.name(), round.word())));
        }
        let mut figures = Vec::new();
        for workload in round.workloads() {
            let task = Task { round, workload: *workload };
            say(&format!("{}: {}", kind.name(), task.name()));
            figures.push(self.load(&mut server, listen, task)?);
        }
        if round == Round::Home && !kind.is_echo() {
            self.count_allocations(&server, listen, &mut figures)?;
        }
        if round == Round::Listeners {
            self.fill(listen)?;
        }
        let cache = if round == Round::Memory { Some(self.grow(&server, listen)?) } else { None };
        let memory = server.memory()?;
        Ok(Ok(RoundResult { kind, round, version, names, start, memory, cache, figures }))
    }

    fn validates(&self, server: SocketAddr) -> Result<bool> {
        let names = self.source.names.as_deref().context("a signed zone has its names")?;
        let names = std::fs::read_to_string(names)?;
        validates(server, names.lines().next_back().context("the signed zone is empty")?)
    }

    /// The names of a workload, and how they are asked.
    fn questions(&self, task: Task) -> (&Path, &[&str]) {
        match (task.workload, &self.source.names) {
            (Workload::Blocked, _) => (&self.material.blocked, &[]),
            (Workload::Cached, _) => (&self.material.cached, &[]),
            (Workload::CachedSerial, _) => (&self.material.cached, &["--serial"]),
            (Workload::Mix, _) => (&self.material.mix, &[]),
            // Each at most once; all but the one that was asked already.
            (Workload::Uncached, Some(names)) => (names, &["--count", "39000"]),
            (Workload::Uncached, None) => (&self.material.cached, &["--unique", "0"]),
        }
    }

    fn load(&self, server: &mut Server, listen: SocketAddr, task: Task) -> Result<Figures> {
        let (file, extra) = self.questions(task);
        match task.workload {
            Workload::Cached => self.fill(listen)?,
            // What is popular is cached by now; a part of a day brings in the rest of its names.
            Workload::Mix => self
                .generate(listen, file, &["--seconds", "20", "--window", "32", "--count", "20000"])
                .map(drop)?,
            _ => {}
        }
        let window = if self.round == Round::Far { FAR_WINDOW } else { self.options.window };
        let (seconds, window) = (self.options.seconds.to_string(), window.to_string());
        let arguments = [&["--seconds", &seconds, "--window", &window], extra].concat();
        let before = server.cpu()?;
        let result = self.generate(listen, file, &arguments)?;
        server.check_alive()?;
        let cpu = server.cpu()?.saturating_sub(before);
        Figures::new(task, cpu, &result)
    }

    /// Has every name of the cached workload in the cache: asked twice with few in flight, since one lost to a full
    /// socket is fetched the second time.
    fn fill(&self, listen: SocketAddr) -> Result<()> {
        let count = (CACHED_ANSWERS * 2).to_string();
        let arguments = ["--seconds", "30", "--window", "32", "--count", &count];
        self.generate(listen, &self.material.cached, &arguments).map(drop)
    }

    /// Memory that the cache takes, without what the first questions of all take.
    fn grow(&self, server: &Server, listen: SocketAddr) -> Result<Growth> {
        let warm_up = ["--seconds", "30", "--window", "32", "--count", "20000"];
        self.generate(listen, &self.material.one, &warm_up)?;
        let before = server.memory()?.anonymous;
        self.fill(listen)?;
        let kb = server.memory()?.anonymous.saturating_sub(before);
        Ok(Growth { answers: CACHED_ANSWERS, kb })
    }

    /// Counts the allocations of each workload but those that mix others.
    fn count_allocations(&self, server: &Server, listen: SocketAddr, figures: &mut [Figures]) -> Result<()> {
        let Some(counter) = Counter::install(server)? else { return Ok(()) };
        let once = ["--seconds", "30", "--window", "32", "--count", COUNTED];
        for figures in figures {
            let (file, more) = match figures.task.workload {
                Workload::Blocked => (&self.material.blocked, &[][..]),
                Workload::Cached => {
                    // Uncached names came last: what they pushed out is fetched again.
                    self.fill(listen)?;
                    (&self.material.cached, &[][..])
                }
                Workload::Uncached => (&self.material.cached, &["--unique", NEVER_ASKED][..]),
                Workload::CachedSerial | Workload::Mix => continue,
            };
            let (count, result) =
                counter.during(&self.generator(listen, file, &[&once, more].concat())?)?;
            let answered = result["answered"].as_f64().context("the generator gave no answered")?;
            figures.allocations = Some(count as f64 / answered.max(1.0));
        }
        Ok(())
    }

    fn generate(&self, server: SocketAddr, names: &Path, arguments: &[&str]) -> Result<serde_json::Value> {
        let mut command = self.generator(server, names, arguments)?;
        let output = command.stderr(Stdio::inherit()).output().context("bench-generator")?;
        ensure!(output.status.success(), "bench-generator: {}", output.status);
        serde_json::from_slice(&output.stdout).context("bench-generator's result")
    }

    fn generator(&self, server: SocketAddr, names: &Path, arguments: &[&str]) -> Result<Command> {
        let mut command = Command::new(beside_us("bench-generator")?);
        command
            .arg("--server")
            .arg(server.to_string())
            .arg("--names")
            .arg(names)
            .args(arguments)
            .arg("--json");
        pin(&mut command, self.options.generator_core().filter(|_| self.round != Round::Cores));
        Ok(command)
    }
}

impl Figures {
    fn new(task: Task, cpu: Duration, result: &serde_json::Value) -> Result<Self> {
        let number = |key: &str| result[key].as_f64().with_context(|| format!("the generator gave no {key}"));
        let (sent, answered) = (number("sent")?, number("answered")?);
        ensure!(answered > 0.0, "{}: none of {sent} queries was answered", task.name());
        let good = result["rcodes"]["NOERROR"].as_f64().unwrap_or(0.0);
        Ok(Self {
            task,
            cpu_us: cpu.as_secs_f64() * 1e6 / answered,
            qps: number("qps")?,
            p50_us: number("p50_us")?,
            p99_us: number("p99_us")?,
            lost_percent: number("lost")? / sent.max(1.0) * 100.0,
            blocked_percent: number("blocked")? / answered * 100.0,
            failed_percent: (answered - good) / answered * 100.0,
            allocations: None,
        })
    }

    /// What is wrong with the answers, if anything: figures of wrong answers compare nothing.
    pub(crate) fn complaint(&self, kind: Kind) -> Option<String> {
        if self.failed_percent > 0.1 {
            return Some(format!("{:.2} % of the answers are errors", self.failed_percent));
        }
        let due = match self.task.workload {
            _ if kind.is_echo() => return None,
            Workload::Blocked => 99.9..=100.0,
            Workload::Mix => 19.0..=21.0,
            _ => 0.0..=0.1,
        };
        let blocked = self.blocked_percent;
        (!due.contains(&blocked)).then(|| format!("{blocked:.2} % were blocked"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Figures {
        /// For the tests of what shows figures.
        pub(crate) fn none(task: Task) -> Self {
            let [cpu_us, qps, p50_us, p99_us, lost_percent, blocked_percent, failed_percent] = [0.0; 7];
            let allocations = None;
            Self {
                task,
                cpu_us,
                qps,
                p50_us,
                p99_us,
                lost_percent,
                blocked_percent,
                failed_percent,
                allocations,
            }
        }
    }

    #[test]
    fn wrong_answers_are_complained_of() {
        let complaint = |workload, blocked_percent, failed_percent| {
            let task = Task { round: Round::Home, workload };
            Figures { blocked_percent, failed_percent, ..Figures::none(task) }.complaint(Kind::Luytre)
        };
        assert_eq!(complaint(Workload::Blocked, 100.0, 0.0), None);
        assert_eq!(complaint(Workload::Cached, 0.0, 0.0), None);
        assert_eq!(complaint(Workload::Mix, 20.3, 0.0), None);
        assert_eq!(complaint(Workload::Blocked, 90.0, 0.0).as_deref(), Some("90.00 % were blocked"));
        assert_eq!(complaint(Workload::Cached, 1.0, 0.0).as_deref(), Some("1.00 % were blocked"));
        assert_eq!(complaint(Workload::Mix, 0.0, 0.0).as_deref(), Some("0.00 % were blocked"));
        assert_eq!(
            complaint(Workload::Cached, 0.0, 2.0).as_deref(),
            Some("2.00 % of the answers are errors")
        );
    }
}
