//! The load generator of the bench: asks one server over UDP and counts what comes back.
//!
//! It keeps a window of queries in flight over several sockets ([`flood`]), or one at a time ([`serial`]). Each
//! run is bounded in time, and goes to loopback or to a test namespace only.

#![allow(
    clippy::disallowed_methods,
    reason = "it measures real time: a clock handed in would measure itself"
)]

mod flood;
mod queries;
mod serial;
mod tally;

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use luytre_tests::{dns, guard, names};

use crate::queries::Queries;

const USAGE: &str = "\
usage: bench-generator --server ADDR:PORT --names FILE --seconds N [options]
  --window N      queries in flight, 1 to 4096 (256)
  --sockets N     connected sockets that they are spread over, 1 to 64 (8)
  --type TYPE     record type (A)
  --serial        one query in flight, for the round-trip time
  --count N       stop after N queries even if time is left
  --unique START  put a label u<number>, counted from START, before each name, so that none is cached
  --timeout-ms N  when a query counts as lost (1000)
  --no-edns       no OPT record, so no extended errors either
  --json          one JSON object instead of text";
const SECONDS_MAX: f64 = 3600.0;

/// What the command line asks for, checked.
struct Options {
    server: SocketAddr,
    names: PathBuf,
    limits: Limits,
    window: usize,
    sockets: usize,
    kind: u16,
    edns: bool,
    serial: bool,
    unique: Option<u64>,
    json: bool,
}

/// When a run ends, and when a query is given up.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) time: Duration,
    pub(crate) count: u64,
    pub(crate) timeout: Duration,
}

fn main() -> ExitCode {
    match Options::parse(lexopt::Parser::from_env()) {
        Err(error) => {
            // Standard error may be closed; the exit code says it too.
            let _ = writeln!(io::stderr(), "bench-generator: {error:#}\n{USAGE}");
            ExitCode::from(2)
        }
        Ok(None) => match writeln!(io::stdout(), "{USAGE}") {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        },
        Ok(Some(options)) => match run(&options) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                let _ = writeln!(io::stderr(), "bench-generator: {error:#}");
                ExitCode::FAILURE
            }
        },
    }
}

impl Options {
    /// Nothing when help is asked for.
    fn parse(mut arguments: lexopt::Parser) -> Result<Option<Self>> {
        use lexopt::prelude::*;
        let (mut server, mut names, mut seconds) = (None, None, None::<f64>);
        let (mut window, mut sockets, mut kind) = (256, 8, dns::kind::A);
        let (mut edns, mut serial, mut json, mut unique) = (true, false, false, None);
        let (mut count, mut timeout_ms) = (u64::MAX, 1000);
        while let Some(argument) = arguments.next()? {
            match argument {
                Long("server") => server = Some(arguments.value()?.parse::<SocketAddr>()?),
                Long("names") => names = Some(PathBuf::from(arguments.value()?)),
                Long("seconds") => seconds = Some(arguments.value()?.parse()?),
                Long("window") => window = arguments.value()?.parse()?,
                Long("sockets") => sockets = arguments.value()?.parse()?,
                Long("type") => {
                    let text = arguments.value()?.string()?;
                    kind = dns::parse_kind(&text).with_context(|| format!("{text} is no record type"))?;
                }
                Long("serial") => serial = true,
                Long("count") => count = arguments.value()?.parse()?,
                Long("unique") => unique = Some(arguments.value()?.parse()?),
                Long("timeout-ms") => timeout_ms = arguments.value()?.parse()?,
                Long("no-edns") => edns = false,
                Long("json") => json = true,
                Long("help") => return Ok(None),
                other => return Err(other.unexpected().into()),
            }
        }
        let server = server.context("--server is missing")?;
        if let Some(refusal) = guard::refusal(server.ip()) {
            bail!("--server: {refusal}");
        }
        let seconds = seconds.context("--seconds is missing")?;
        ensure!(
            seconds > 0.0 && seconds <= SECONDS_MAX,
            "--seconds is more than 0 and at most {SECONDS_MAX}"
        );
        ensure!((1..=64).contains(&sockets), "--sockets is 1 to 64");
        ensure!((1..=4096).contains(&window), "--window is 1 to 4096");
        ensure!((1..=60_000).contains(&timeout_ms), "--timeout-ms is 1 to 60000");
        let (time, timeout) = (Duration::from_secs_f64(seconds), Duration::from_millis(timeout_ms));
        let limits = Limits { time, count, timeout };
        let names = names.context("--names is missing")?;
        Ok(Some(Self { server, names, limits, window, sockets, kind, edns, serial, unique, json }))
    }
}

fn run(options: &Options) -> Result<()> {
    let read = names::read(&options.names).with_context(|| options.names.display().to_string())?;
    let mut queries = Queries::new(&read, options.kind, options.edns, options.unique)
        .with_context(|| format!("{} holds no usable name", options.names.display()))?;
    drop(read);
    let tally = if options.serial {
        serial::run(options.server, &mut queries, options.limits)?
    } else {
        let sockets = options.sockets.min(options.window);
        flood::run(options.server, &mut queries, options.limits, sockets, options.window.div_ceil(sockets))?
    };
    let mut output = io::stdout().lock();
    if options.json {
        writeln!(output, "{}", tally.to_json())?;
    } else {
        tally.write_text(&mut output)?;
    }
    Ok(())
}
