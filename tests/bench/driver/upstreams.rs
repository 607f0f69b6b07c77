//! The upstream servers of the rounds: ours that answers at once or late, and real ones for what ours can't.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use luytre_tests::names;

use crate::options::Options;
use crate::probe::{first_answer, free_address};
use crate::process::Server;
use crate::round::Round;
use crate::say;
use crate::servers::{beside_us, find_program, write};

/// How far the upstream server of [`Round::Far`] is, in ms: a provider's resolver in the same country.
const FAR_MS: &str = "20";
/// Names of the signed zone. Each is asked once at most, so a run takes no more than these.
const SIGNED_NAMES: usize = 40_000;
/// The name in the certificate of the server that speaks TLS.
pub(crate) const TLS_NAME: &str = "dns.bench.example";

/// An upstream server that runs.
pub(crate) struct Source {
    pub(crate) address: SocketAddr,
    /// What clients must trust: the authority of its certificate, or the key of its zone.
    pub(crate) trust: PathBuf,
    /// The names that it knows, when it doesn't know all.
    pub(crate) names: Option<PathBuf>,
    _server: Server,
}

impl Source {
    /// The upstream server of a round; the inner error says what is missing for it.
    pub(crate) fn start(options: &Options, round: Round) -> Result<std::result::Result<Self, String>> {
        let folder = options.work.join(format!("upstream-{}", round.word()));
        fs::create_dir_all(&folder)?;
        // Absolute, since the servers change their folder.
        let folder = fs::canonicalize(folder)?;
        match round {
            Round::Signed => signed(options, &folder),
            Round::Tls => tls(options, &folder),
            Round::Far => scripted(options, &folder, FAR_MS).map(Ok),
            _ => scripted(options, &folder, "0").map(Ok),
        }
    }

    fn run(
        options: &Options,
        folder: &Path,
        command: Command,
        address: SocketAddr,
        probe: &str,
    ) -> Result<Self> {
        let mut server = Server::spawn(command, options.generator_core(), &folder.join("log"))?;
        first_answer(&mut server, address, probe, false).context("upstream server")?;
        Ok(Self { address, trust: PathBuf::new(), names: None, _server: server })
    }
}

/// The one of this package.
fn scripted(options: &Options, folder: &Path, delay_ms: &str) -> Result<Source> {
    let address = free_address()?;
    let mut command = Command::new(beside_us("bench-upstream")?);
    command.arg("--listen").arg(address.to_string()).args(["--delay-ms", delay_ms]);
    Source::run(options, folder, command, address, "up.example")
}

/// unbound, which says the same of every name, by TLS; its plain port only tells when it is up.
fn tls(options: &Options, folder: &Path) -> Result<std::result::Result<Source, String>> {
    let (Some(unbound), Some(_)) = (find_program("unbound"), find_program("openssl")) else {
        return Ok(Err("SKIPPED: tls: unbound or openssl is not installed".to_owned()));
    };
    make_certificate(folder)?;
    let (plain, address) = (free_address()?, free_address()?);
    let text = format!(
        "server:\n  interface: {}@{}\n  interface: {}@{}\n  tls-port: {}\n  tls-service-key: \"server.key\"\n  \
         tls-service-pem: \"server.pem\"\n  num-threads: 1\n  incoming-num-tcp: 100\n  do-daemonize: no\n  \
         use-syslog: no\n  logfile: \"\"\n  username: \"\"\n  chroot: \"\"\n  directory: \"{}\"\n  pidfile: \"\"\n  \
         access-control: 127.0.0.0/8 allow\n  module-config: \"iterator\"\n  local-zone: \".\" redirect\n  \
         local-data: \". 300 IN A 192.0.2.1\"\nremote-control:\n  control-enable: no\n",
        plain.ip(),
        plain.port(),
        address.ip(),
        address.port(),
        address.port(),
        folder.display(),
    );
    let mut command = Command::new(unbound);
    command.arg("-d").arg("-p").arg("-c").arg(write(folder.join("unbound.conf"), &text)?);
    let source = Source::run(options, folder, command, plain, "up.example")?;
    Ok(Ok(Source { address, trust: folder.join("ca.pem"), ..source }))
}

/// An authority and a server's certificate by it, for 127.0.0.1 and [`TLS_NAME`].
fn make_certificate(folder: &Path) -> Result<()> {
    write(
        folder.join("names"),
        &format!("subjectAltName=IP:127.0.0.1,DNS:{TLS_NAME}\nbasicConstraints=CA:FALSE\n"),
    )?;
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    for line in [
        format!("req -x509 {key} -keyout ca.key -out ca.pem -days 30 -subj /CN=bench"),
        format!("req {key} -keyout server.key -out server.csr -subj /CN={TLS_NAME}"),
        "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out server.pem -days 30 -extfile names"
            .to_owned(),
    ] {
        run(folder, "openssl", &line)?;
    }
    Ok(())
}

/// nsd with a root zone of our own, signed: its one key is all that must be trusted.
fn signed(options: &Options, folder: &Path) -> Result<std::result::Result<Source, String>> {
    let missing = |tool| Ok(Err(format!("SKIPPED: signed: {tool} is not installed")));
    let Some(nsd) = find_program("nsd") else { return missing("nsd") };
    if find_program("ldns-signzone").is_none() {
        return missing("ldns-signzone");
    }
    let hosts: Vec<_> = names::invent(9, SIGNED_NAMES);
    let list = write(folder.join("names.txt"), &hosts.join("\n"))?;
    sign(folder, &hosts)?;
    let address = free_address()?;
    let text = format!(
        "server:\n  ip-address: {}@{}\n  server-count: 1\n  username: \"\"\n  chroot: \"\"\n  database: \"\"\n  \
         zonesdir: \"{folder}\"\n  pidfile: \"{folder}/nsd.pid\"\n  xfrdfile: \"{folder}/xfrd.state\"\n  \
         xfrdir: \"{folder}\"\n  zonelistfile: \"{folder}/zone.list\"\n  rrl-ratelimit: 0\nremote-control:\n  \
         control-enable: no\nzone:\n  name: \".\"\n  zonefile: \"root.zone.signed\"\n",
        address.ip(),
        address.port(),
        folder = folder.display(),
    );
    let mut command = Command::new(nsd);
    command.arg("-d").arg("-c").arg(write(folder.join("nsd.conf"), &text)?);
    let source = Source::run(options, folder, command, address, &hosts[0])?;
    Ok(Ok(Source { trust: folder.join("root.key"), names: Some(list), ..source }))
}

/// Writes `root.zone.signed` and its key `root.key`, unless they are there and less than ten days old (signatures of
/// ldns last four weeks).
fn sign(folder: &Path, hosts: &[String]) -> Result<()> {
    const FRESH: std::time::Duration = std::time::Duration::from_secs(10 * 86_400);
    let made = fs::metadata(folder.join("root.zone.signed")).and_then(|file| file.modified());
    if made.is_ok_and(|made| made.elapsed().is_ok_and(|age| age < FRESH)) {
        return Ok(());
    }
    say("signing the zone of the round `signed`");
    let mut zone = ". 3600 IN SOA ns.bench. host.bench. 1 3600 600 86400 300\n. 3600 IN NS ns.bench.\n\
                    ns.bench. 3600 IN A 127.0.0.1\n"
        .to_owned();
    hosts.iter().for_each(|host| zone.push_str(&format!("{host}. 300 IN A 192.0.2.1\n")));
    write(folder.join("root.zone"), &zone)?;
    // One key for all (CSK), by the algorithm that most signed zones use today: ECDSA P-256.
    let made = run(folder, "ldns-keygen", "-a ECDSAP256SHA256 -k .")?;
    let key = made.trim();
    run(folder, "ldns-signzone", &format!("-o . -f root.zone.signed root.zone {key}"))?;
    fs::copy(folder.join(format!("{key}.key")), folder.join("root.key"))?;
    Ok(())
}

/// Runs a tool in `folder` and returns what it printed.
fn run(folder: &Path, tool: &str, arguments: &str) -> Result<String> {
    let mut command = Command::new(tool);
    command.args(arguments.split_whitespace()).current_dir(folder).stdin(Stdio::null());
    let output = command.output().with_context(|| tool.to_owned())?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{tool} {arguments}: {}: {}", output.status, said.trim());
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
