//! The figures with their ratios, as tables and as a JSON document.

use std::fs;
use std::io::{self, Write};
use std::thread;

use serde_json::{Map, Value, json};

use crate::measure::{Figures, RoundResult};
use crate::options::Options;
use crate::process::may_use;
use crate::round::{Round, Task};
use crate::servers::Kind;
use crate::table::write_table;

/// Everything that is shown.
pub(crate) struct Report {
    machine: Machine,
    rounds: Vec<Round>,
    results: Vec<RoundResult>,
    notes: Vec<String>,
}

struct Machine {
    cores: usize,
    kernel: String,
    seconds: f64,
    window: usize,
}

impl Report {
    pub(crate) fn new(options: &Options, results: Vec<RoundResult>, mut notes: Vec<String>) -> Self {
        let (server, generator) = (options.core_server, options.core_generator);
        if server == generator || !may_use(server) || !may_use(generator) {
            notes.push(format!(
                "server and generator are not apart on cores {server} and {generator}: the times mean little"
            ));
        }
        for result in &results {
            for figures in &result.figures {
                if let Some(complaint) = figures.complaint(result.kind) {
                    notes.push(format!("{}, {}: {complaint}", result.kind.name(), figures.task.name()));
                }
            }
        }
        let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default().trim().to_owned();
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let machine = Machine { cores, kernel, seconds: options.seconds, window: options.window };
        Self { machine, rounds: options.rounds.clone(), results, notes }
    }

    /// What was asked in this run, in order.
    pub(crate) fn tasks(&self) -> Vec<Task> {
        Task::of(&self.rounds).filter(|task| self.results.iter().any(|result| has(result, *task))).collect()
    }

    /// Each server's figures of one task.
    pub(crate) fn of(&self, task: Task) -> impl Iterator<Item = (Kind, &Figures)> {
        self.results.iter().flat_map(move |result| {
            let figures = result.figures.iter().filter(move |figures| figures.task == task);
            figures.map(|figures| (result.kind, figures))
        })
    }

    fn figures(&self, kind: Kind, task: Task) -> Option<&Figures> {
        self.of(task).find(|(of, _)| *of == kind).map(|(_, figures)| figures)
    }

    /// CPU per query as a multiple of the echo's that does PKTINFO too.
    pub(crate) fn to_echo(&self, figures: &Figures) -> Option<f64> {
        ratio(figures, self.figures(Kind::Pktinfo, figures.task.baseline())?)
    }

    /// Luytre's ratios to each peer, by task.
    fn peers(&self) -> Vec<(Kind, Vec<(Task, f64)>)> {
        [Kind::Echo, Kind::Pktinfo, Kind::Unbound, Kind::Dnsmasq]
            .into_iter()
            .map(|peer| {
                let to_peer = |task: Task| {
                    let of = if peer.is_echo() { task.baseline() } else { task };
                    Some((task, ratio(self.figures(Kind::Luytre, task)?, self.figures(peer, of)?)?))
                };
                (peer, self.tasks().into_iter().filter_map(to_peer).collect::<Vec<_>>())
            })
            .filter(|(_, ratios)| !ratios.is_empty())
            .collect()
    }

    pub(crate) fn to_json(&self) -> Value {
        let Machine { cores, kernel, seconds, window } = &self.machine;
        let by_task = |ratios: Vec<(Task, f64)>| {
            ratios.into_iter().map(|(task, ratio)| (task.name(), ratio.into())).collect()
        };
        let peers: Map<_, _> = self
            .peers()
            .into_iter()
            .map(|(peer, ratios)| (peer.name().to_owned(), Value::Object(by_task(ratios))))
            .collect();
        json!({
            "machine": {"cores": cores, "kernel": kernel, "seconds": seconds, "window": window},
            "servers": self.results.iter().map(|result| self.server_json(result)).collect::<Vec<_>>(),
            "luytre_cpu_to": peers,
            "notes": self.notes,
        })
    }

    fn server_json(&self, result: &RoundResult) -> Value {
        let workloads: Map<_, _> = result
            .figures
            .iter()
            .map(|figures| {
                let value = json!({
                    "cpu_us": figures.cpu_us, "qps": figures.qps, "p50_us": figures.p50_us,
                    "p99_us": figures.p99_us, "lost_percent": figures.lost_percent,
                    "blocked_percent": figures.blocked_percent, "failed_percent": figures.failed_percent,
                    "allocations": figures.allocations, "cpu_to_echo_pktinfo": self.to_echo(figures),
                });
                (figures.task.workload.name().to_owned(), value)
            })
            .collect();
        json!({
            "name": result.kind.name(), "round": result.round.word(), "version": result.version,
            "names": result.names, "start_s": result.start.as_secs_f64(), "rss_mb": result.memory.rss as f64 / 1024.0,
            "rss_anon_mb": result.memory.anonymous as f64 / 1024.0,
            "cache": result.cache.as_ref().map(|growth| json!({"answers": growth.answers, "kb": growth.kb})),
            "workloads": workloads,
        })
    }

    pub(crate) fn write_text(&self, output: &mut impl Write) -> io::Result<()> {
        let Machine { cores, kernel, seconds, window } = &self.machine;
        writeln!(
            output,
            "{cores} cores, Linux {kernel}, {seconds} s a workload, {window} in flight; times drift with the \
             machine, the ratios matter"
        )?;
        writeln!(output)?;
        write_table(output, &self.load_rows())?;
        writeln!(output)?;
        write_table(output, &self.server_rows())?;
        let cache = self.cache_rows();
        if cache.len() > 1 {
            writeln!(output)?;
            write_table(output, &cache)?;
        }
        let peers = self.peers();
        if !peers.is_empty() {
            writeln!(output, "\nluytre's CPU per query as a multiple of")?;
            write_table(output, &self.peer_rows(&peers))?;
        }
        for note in &self.notes {
            writeln!(output, "note: {note}")?;
        }
        Ok(())
    }

    fn load_rows(&self) -> Vec<Vec<String>> {
        let header = [
            "workload",
            "server",
            "CPU µs/query",
            "× echo+pktinfo",
            "q/s",
            "p50 µs",
            "p99 µs",
            "lost %",
            "allocations/query",
        ];
        let mut rows = vec![header.map(String::from).to_vec()];
        for task in self.tasks() {
            rows.extend(self.of(task).map(|(kind, figures)| {
                // Server and generator share the cores: how fast they are together says nothing.
                let shared =
                    |figure: String| if task.round == Round::Cores { "-".to_owned() } else { figure };
                vec![
                    task.name(),
                    kind.name().into(),
                    format!("{:.2}", figures.cpu_us),
                    self.to_echo(figures).map_or("-".into(), |ratio| format!("{ratio:.2}")),
                    shared(format!("{:.0}", figures.qps)),
                    shared(format!("{:.1}", figures.p50_us)),
                    shared(format!("{:.1}", figures.p99_us)),
                    format!("{:.3}", figures.lost_percent),
                    figures.allocations.map_or("-".into(), |count| format!("{count:.3}")),
                ]
            }));
        }
        rows
    }

    /// Each server in the first of its rounds, and with every listener open.
    fn server_rows(&self) -> Vec<Vec<String>> {
        let header =
            ["server", "round", "version", "names blocked", "start s", "RSS MB", "its own", "mapped files"];
        let first = |result: &RoundResult| {
            self.results.iter().find(|other| other.kind == result.kind).map(|first| first.round)
        };
        let shown = self
            .results
            .iter()
            .filter(|result| result.round == Round::Listeners || first(result) == Some(result.round));
        let mut rows = vec![header.map(String::from).to_vec()];
        rows.extend(shown.map(|result| {
            let memory = result.memory;
            vec![
                result.kind.name().into(),
                result.round.word().into(),
                if result.version.is_empty() { "-".into() } else { result.version.clone() },
                result.names.map_or("-".into(), |names| names.to_string()),
                format!("{:.3}", result.start.as_secs_f64()),
                megabytes(memory.rss),
                megabytes(memory.anonymous),
                megabytes(memory.rss.saturating_sub(memory.anonymous)),
            ]
        }));
        rows
    }

    fn cache_rows(&self) -> Vec<Vec<String>> {
        let header = ["cache of", "answers", "MB", "bytes an answer"];
        let mut rows = vec![header.map(String::from).to_vec()];
        rows.extend(self.results.iter().filter_map(|result| {
            let growth = result.cache.as_ref()?;
            let each = growth.kb as f64 * 1024.0 / growth.answers as f64;
            Some(vec![
                result.kind.name().into(),
                growth.answers.to_string(),
                format!("{:.2}", growth.kb as f64 / 1024.0),
                format!("{each:.0}"),
            ])
        }));
        rows
    }

    fn peer_rows(&self, peers: &[(Kind, Vec<(Task, f64)>)]) -> Vec<Vec<String>> {
        let mut rows = vec![
            ["workload"]
                .into_iter()
                .chain(peers.iter().map(|(peer, _)| peer.name()))
                .map(String::from)
                .collect(),
        ];
        for task in self.tasks() {
            let mut row = vec![task.name()];
            row.extend(peers.iter().map(|(_, ratios)| {
                let ratio = ratios.iter().find(|(of, _)| *of == task);
                ratio.map_or("-".into(), |(_, ratio)| format!("{ratio:.2}"))
            }));
            rows.push(row);
        }
        rows
    }
}

fn has(result: &RoundResult, task: Task) -> bool {
    result.figures.iter().any(|figures| figures.task == task)
}

fn ratio(figures: &Figures, to: &Figures) -> Option<f64> {
    (to.cpu_us > 0.0).then(|| figures.cpu_us / to.cpu_us)
}

fn megabytes(kb: u64) -> String {
    format!("{:.1}", kb as f64 / 1024.0)
}
