//! The tables and the JSON document: figures, and above all their ratios.

use std::fs;
use std::io::{self, Write};
use std::thread;

use serde_json::{Map, Value, json};

use crate::measure::{Figures, ServerResult, Workload};
use crate::options::Options;
use crate::process::may_use;
use crate::servers::Kind;

/// Everything that is shown.
pub(crate) struct Report {
    machine: Machine,
    results: Vec<ServerResult>,
    notes: Vec<String>,
}

struct Machine {
    cores: usize,
    kernel: String,
    seconds: f64,
    window: usize,
}

impl Report {
    pub(crate) fn new(options: &Options, results: Vec<ServerResult>, mut notes: Vec<String>) -> Self {
        let (server, generator) = (options.core_server, options.core_generator);
        if server == generator || !may_use(server) || !may_use(generator) {
            notes.push(format!(
                "server and generator are not apart on cores {server} and {generator}: the times mean little"
            ));
        }
        for result in &results {
            for figures in &result.figures {
                if let Some(complaint) = figures.complaint(result.kind) {
                    notes.push(format!("{}, {}: {complaint}", result.kind.name(), figures.workload.name()));
                }
            }
        }
        let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default().trim().to_owned();
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let machine = Machine { cores, kernel, seconds: options.seconds, window: options.window };
        Self { machine, results, notes }
    }

    /// CPU per query as a multiple of another server's on the same workload.
    fn ratio(&self, figures: &Figures, of: Kind) -> Option<f64> {
        let other = self.find(of)?.figures.iter().find(|other| other.workload == figures.workload)?;
        (other.cpu_us > 0.0).then(|| figures.cpu_us / other.cpu_us)
    }

    fn find(&self, kind: Kind) -> Option<&ServerResult> {
        self.results.iter().find(|result| result.kind == kind)
    }

    /// Luytre's ratios to each peer, by workload.
    fn peers(&self) -> Vec<(Kind, Vec<(Workload, f64)>)> {
        let Some(luytre) = self.find(Kind::Luytre) else { return Vec::new() };
        [Kind::Echo, Kind::Pktinfo, Kind::Unbound, Kind::Dnsmasq]
            .into_iter()
            .filter(|peer| self.find(*peer).is_some())
            .map(|peer| {
                let ratios = luytre
                    .figures
                    .iter()
                    .filter_map(|figures| self.ratio(figures, peer).map(|ratio| (figures.workload, ratio)));
                (peer, ratios.collect())
            })
            .collect()
    }

    pub(crate) fn to_json(&self) -> Value {
        let Machine { cores, kernel, seconds, window } = &self.machine;
        let by_workload = |ratios: Vec<(Workload, f64)>| {
            ratios.into_iter().map(|(workload, ratio)| (workload.name().to_owned(), ratio.into())).collect()
        };
        let peers: Map<_, _> = self
            .peers()
            .into_iter()
            .map(|(peer, ratios)| (peer.name().to_owned(), Value::Object(by_workload(ratios))))
            .collect();
        json!({
            "machine": {"cores": cores, "kernel": kernel, "seconds": seconds, "window": window},
            "servers": self.results.iter().map(|result| self.server_json(result)).collect::<Vec<_>>(),
            "luytre_cpu_to": peers,
            "notes": self.notes,
        })
    }

    fn server_json(&self, result: &ServerResult) -> Value {
        let workloads: Map<_, _> = result
            .figures
            .iter()
            .map(|figures| {
                let value = json!({
                    "cpu_us": figures.cpu_us, "qps": figures.qps, "p50_us": figures.p50_us,
                    "p99_us": figures.p99_us, "lost_percent": figures.lost_percent,
                    "blocked_percent": figures.blocked_percent, "failed_percent": figures.failed_percent,
                    "cpu_to_echo_pktinfo": self.ratio(figures, Kind::Pktinfo),
                });
                (figures.workload.name().to_owned(), value)
            })
            .collect();
        json!({
            "name": result.kind.name(), "version": result.version, "names": result.names,
            "start_s": result.start.as_secs_f64(), "rss_mb": result.memory.rss,
            "rss_anon_mb": result.memory.anonymous, "workloads": workloads,
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
        let peers = self.peers();
        if !peers.is_empty() {
            writeln!(output, "\nluytre's CPU per query as a multiple of")?;
            write_table(output, &peer_rows(&peers))?;
        }
        for note in &self.notes {
            writeln!(output, "note: {note}")?;
        }
        Ok(())
    }

    fn load_rows(&self) -> Vec<Vec<String>> {
        let header =
            ["workload", "server", "CPU µs/query", "× echo+pktinfo", "q/s", "p50 µs", "p99 µs", "lost %"];
        let mut rows = vec![header.map(String::from).to_vec()];
        for workload in Workload::ALL {
            for result in &self.results {
                for figures in result.figures.iter().filter(|figures| figures.workload == workload) {
                    rows.push(vec![
                        workload.name().into(),
                        result.kind.name().into(),
                        format!("{:.2}", figures.cpu_us),
                        self.ratio(figures, Kind::Pktinfo).map_or("-".into(), |ratio| format!("{ratio:.2}")),
                        format!("{:.0}", figures.qps),
                        format!("{:.1}", figures.p50_us),
                        format!("{:.1}", figures.p99_us),
                        format!("{:.3}", figures.lost_percent),
                    ]);
                }
            }
        }
        rows
    }

    fn server_rows(&self) -> Vec<Vec<String>> {
        let header = ["server", "version", "names blocked", "start s", "RSS MB", "of it not mapped files"];
        let mut rows = vec![header.map(String::from).to_vec()];
        rows.extend(self.results.iter().map(|result| {
            vec![
                result.kind.name().into(),
                if result.version.is_empty() { "-".into() } else { result.version.clone() },
                result.names.map_or("-".into(), |names| names.to_string()),
                format!("{:.3}", result.start.as_secs_f64()),
                format!("{:.1}", result.memory.rss),
                format!("{:.1}", result.memory.anonymous),
            ]
        }));
        rows
    }
}

fn peer_rows(peers: &[(Kind, Vec<(Workload, f64)>)]) -> Vec<Vec<String>> {
    let header = std::iter::once("").chain(Workload::ALL.map(Workload::name));
    let mut rows = vec![header.map(String::from).collect::<Vec<_>>()];
    for (peer, ratios) in peers {
        let mut row = vec![peer.name().to_owned()];
        row.extend(Workload::ALL.iter().map(|workload| {
            let ratio = ratios.iter().find(|(of, _)| of == workload);
            ratio.map_or("-".into(), |(_, ratio)| format!("{ratio:.2}"))
        }));
        rows.push(row);
    }
    rows
}

/// Columns aligned: words to the left, what begins with a digit and its header to the right.
fn write_table(output: &mut impl Write, rows: &[Vec<String>]) -> io::Result<()> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let cells = |column: usize| rows.iter().filter_map(move |row| row.get(column));
    let widths: Vec<_> = (0..columns)
        .map(|column| cells(column).map(|cell| cell.chars().count()).max().unwrap_or(0))
        .collect();
    let numeric: Vec<_> = (0..columns)
        .map(|column| {
            cells(column).skip(1).all(|cell| cell.starts_with(|c: char| c.is_ascii_digit() || c == '-'))
        })
        .collect();
    for row in rows {
        let mut line = String::new();
        for (cell, (width, numeric)) in row.iter().zip(widths.iter().zip(&numeric)) {
            let padding = " ".repeat(width - cell.chars().count());
            let (before, after) = if *numeric { (padding.as_str(), "") } else { ("", padding.as_str()) };
            line.push_str(&format!("{before}{cell}{after}  "));
        }
        writeln!(output, "{}", line.trim_end())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_aligned() {
        let rows =
            [["name", "µs"], ["a", "12.5"], ["long name", "-"]].map(|row| row.map(String::from).to_vec());
        let mut output = Vec::new();
        write_table(&mut output, &rows).unwrap();
        assert_eq!(String::from_utf8(output).unwrap(), "name         µs\na          12.5\nlong name     -\n");
    }
}
