//! Counts how often a running server calls the memory allocator, by probes of the kernel in the C library (uprobes).
//!
//! So it is the program that ships which is counted, and its peers with it. It needs root, `perf`, and a server that
//! is linked with the system's C library; where one of them is missing, a line says so and there is no figure.

use std::ffi::OsStr;
use std::process::{Command, Output};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::process::Server;
use crate::say;
use crate::servers::find_program;

/// Every way to get memory that programs use; to give it back is no allocation.
const FUNCTIONS: [&str; 5] = ["malloc", "calloc", "realloc", "posix_memalign", "aligned_alloc"];
const LIBRARY: &str = "libc.so.6";

/// Probes on one server's allocator, removed when dropped.
pub(crate) struct Counter {
    events: Vec<String>,
    server: u32,
}

impl Counter {
    /// Nothing where it can't be counted.
    pub(crate) fn install(server: &Server) -> Result<Option<Self>> {
        let (Some(_), Some(library)) = (find_program("perf"), server.mapped(LIBRARY)?) else {
            return Ok(None);
        };
        let mut counter = Self { events: Vec::new(), server: server.id() };
        for function in FUNCTIONS {
            // The driver's own number, so that two runs don't take away each other's.
            let event = format!("bench{}_{function}", std::process::id());
            let added = probe([
                "-q".as_ref(),
                "-x".as_ref(),
                library.as_ref(),
                "--add".as_ref(),
                format!("{event}={function}").as_ref(),
            ]);
            if !added.is_ok_and(|output| output.status.success()) {
                say("SKIPPED: allocations: the kernel takes no probes from this user");
                return Ok(None);
            }
            counter.events.push(format!("probe_libc:{event}"));
        }
        Ok(Some(counter))
    }

    /// Runs the generator's command; returns the server's calls meanwhile, and the generator's result.
    pub(crate) fn during(&self, generator: &Command) -> Result<(u64, Value)> {
        let mut command = Command::new("perf");
        // A comma between the columns; what is counted goes to standard error, the generator's result to the output.
        command.args(["stat", "-x,", "-e"]).arg(self.events.join(",")).arg("-p").arg(self.server.to_string());
        command.arg("--").arg(generator.get_program()).args(generator.get_args());
        let output = command.output().context("perf stat")?;
        let counts = String::from_utf8_lossy(&output.stderr).into_owned();
        ensure!(output.status.success(), "perf stat: {}: {counts}", output.status);
        Ok((
            sum(&counts).with_context(|| format!("perf stat counted nothing: {counts}"))?,
            serde_json::from_slice(&output.stdout)?,
        ))
    }
}

impl Drop for Counter {
    fn drop(&mut self) {
        for event in &self.events {
            // A probe that is left costs nothing while nobody counts by it.
            let _ = probe(["-q".as_ref(), "--del".as_ref(), OsStr::new(event)]);
        }
    }
}

fn probe<const N: usize>(arguments: [&OsStr; N]) -> std::io::Result<Output> {
    Command::new("perf").arg("probe").args(arguments).output()
}

/// The first columns together; nothing unless each event has its line with a number.
fn sum(counts: &str) -> Option<u64> {
    let numbers = counts.lines().filter(|line| line.contains("probe_libc:"));
    let numbers: Vec<u64> =
        numbers.map(|line| line.split(',').next()?.parse().ok()).collect::<Option<_>>()?;
    (numbers.len() == FUNCTIONS.len()).then(|| numbers.into_iter().sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_added_up_and_a_missing_one_is_no_zero() {
        let line = |count: &str, function| format!("{count},,probe_libc:bench7_{function},100,100.00,,\n");
        let whole: String = FUNCTIONS.into_iter().map(|function| line("21", function)).collect();
        assert_eq!(sum(&whole), Some(105));
        assert_eq!(sum(&whole.replacen("21", "<not counted>", 1)), None);
        assert_eq!(sum(&line("3", "malloc")), None);
    }
}
