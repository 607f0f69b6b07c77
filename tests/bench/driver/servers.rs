//! The servers of the bench: what each is called, how it is configured, and what it is started with.
//!
//! Each gets one core's worth of itself, the same blocked names (the peers at most `--peer-names` of them), room
//! for all cached names and for all queries in flight, and the same upstream server.

use std::env;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::family::{self, BLOCKED};
use crate::material::Material;
use crate::options::Options;
use crate::round::Round;
use crate::upstreams::{Source, TLS_NAME};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Echo,
    Pktinfo,
    Luytre,
    Unbound,
    Dnsmasq,
}

/// A server ready to be started.
pub(crate) struct Prepared {
    pub(crate) command: Command,
    pub(crate) version: String,
    /// Blocked names that it holds; nothing for the echo, or where the list doesn't say.
    pub(crate) names: Option<u64>,
}

/// What a server is set up for.
pub(crate) struct Setting<'a> {
    pub(crate) round: Round,
    pub(crate) listen: SocketAddr,
    pub(crate) upstream: &'a Source,
}

impl Setting<'_> {
    fn threads(&self) -> usize {
        if self.round == Round::Cores { 2 } else { 1 }
    }
}

impl Kind {
    pub(crate) const ALL: [Self; 5] = [Self::Echo, Self::Pktinfo, Self::Luytre, Self::Unbound, Self::Dnsmasq];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Echo => "echo",
            Self::Pktinfo => "echo+pktinfo",
            Self::Luytre => "luytre",
            Self::Unbound => "unbound",
            Self::Dnsmasq => "dnsmasq",
        }
    }

    /// By the word of `--only`.
    pub(crate) fn parse(word: &str) -> Result<Self> {
        Ok(match word.trim() {
            "echo" => Self::Echo,
            "pktinfo" | "echo+pktinfo" => Self::Pktinfo,
            "luytre" => Self::Luytre,
            "unbound" => Self::Unbound,
            "dnsmasq" => Self::Dnsmasq,
            other => bail!("--only: {other} is none of echo, pktinfo, luytre, unbound, dnsmasq"),
        })
    }

    /// The echoes only send back.
    pub(crate) fn is_echo(self) -> bool {
        matches!(self, Self::Echo | Self::Pktinfo)
    }

    /// Writes the configuration and composes the command; where the program is absent, or lacks what the round is
    /// about, a line that says so.
    pub(crate) fn prepare(
        self,
        options: &Options,
        material: &Material,
        setting: &Setting<'_>,
    ) -> Result<std::result::Result<Prepared, String>> {
        // Absolute, since unbound changes its folder.
        let folder = fs::canonicalize(&options.work)?.join(self.name());
        fs::create_dir_all(&folder)?;
        // What the cache takes is measured beside no list of names.
        let blocked = if setting.round == Round::Memory { &[][..] } else { &material.peer_names };
        let peer_names = Some(blocked.len() as u64);
        let (command, version, names) = match self {
            Self::Echo | Self::Pktinfo => (self.echo(setting)?, String::new(), None),
            Self::Luytre => {
                let Some(list) = &material.list else {
                    return Ok(Err(format!(
                        "luytre: left out, since {} or {} is absent",
                        options.luytre.display(),
                        options.hub.display()
                    )));
                };
                let config = luytre_config(&folder, &fs::canonicalize(&list.file)?, setting);
                let config = write(folder.join("luytre.toml"), &config)?;
                write(folder.join("family.toml"), &family::document())?;
                // Servers end by a kill here: after three of those the next start would be one in safe mode.
                let _ = fs::remove_file(folder.join("state/starts"));
                if let Some(refusal) =
                    refusal(&options.luytre, &config)?.filter(|_| setting.round.is_optional())
                {
                    return Ok(Err(format!(
                        "luytre, {}: not in this build: {refusal}",
                        setting.round.word()
                    )));
                }
                let mut command = Command::new(&options.luytre);
                command.arg("run").arg("--config").arg(config);
                (command, version(&options.luytre, "--version"), list.names)
            }
            Self::Unbound => {
                let Some(program) = find_program("unbound") else { return Ok(Err(absent("unbound"))) };
                let config = write(folder.join("unbound.conf"), &unbound_config(&folder, blocked, setting)?)?;
                let mut command = Command::new(&program);
                command.arg("-d").arg("-p").arg("-c").arg(config);
                (command, version(&program, "-V"), peer_names)
            }
            Self::Dnsmasq => {
                let Some(program) = find_program("dnsmasq") else { return Ok(Err(absent("dnsmasq"))) };
                let config = write(folder.join("dnsmasq.conf"), &dnsmasq_config(blocked)?)?;
                let mut joined = OsString::from("--conf-file=");
                joined.push(config);
                let mut command = Command::new(&program);
                command.args(dnsmasq_arguments(setting)).arg(joined);
                (command, version(&program, "--version"), peer_names)
            }
        };
        Ok(Ok(Prepared { command, version, names }))
    }

    fn echo(self, setting: &Setting<'_>) -> Result<Command> {
        let mut command = Command::new(beside_us("bench-echo")?);
        command.arg("--listen").arg(setting.listen.to_string());
        command.arg("--threads").arg(setting.threads().to_string());
        if self == Self::Pktinfo {
            command.arg("--pktinfo");
        }
        Ok(command)
    }
}

/// A program of this package: they are built together and stand in one folder.
pub(crate) fn beside_us(name: &str) -> Result<PathBuf> {
    let path = env::current_exe()?.with_file_name(name);
    anyhow::ensure!(path.is_file(), "{} is absent: build the whole package luytre-tests", path.display());
    Ok(path)
}

fn absent(name: &str) -> String {
    format!("{name}: left out, since it is not installed (`./dev bench` installs it)")
}

/// A program by its name: in PATH and where Debian puts servers, which an ordinary user's PATH leaves out.
pub(crate) fn find_program(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<_> = env::split_paths(&path).chain(["/usr/sbin".into(), "/sbin".into()]).collect();
    folders.into_iter().map(|folder| folder.join(name)).find(|program| program.is_file())
}

/// The first line that the program says of itself up to its version, for the table.
fn version(program: &Path, option: &str) -> String {
    let output = Command::new(program).arg(option).output().map(|output| output.stdout).unwrap_or_default();
    let text = String::from_utf8_lossy(&output).into_owned();
    let words = text.lines().next().unwrap_or_default().split_whitespace();
    words
        .into_iter()
        .find(|word| word.starts_with(|c: char| c.is_ascii_digit()))
        .unwrap_or_default()
        .to_owned()
}

pub(crate) fn write(path: PathBuf, text: &str) -> Result<PathBuf> {
    fs::write(&path, text).with_context(|| path.display().to_string())?;
    Ok(path)
}

/// Why this build refuses the configuration, if it does: the line that names the key.
fn refusal(luytre: &Path, config: &Path) -> Result<Option<String>> {
    let output = Command::new(luytre).arg("check").arg("--config").arg(config).output()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let line = said.lines().find(|line| !line.trim().is_empty()).unwrap_or("luytre check failed").to_owned();
    Ok((!output.status.success()).then_some(line))
}

/// The generator is one client, so the limits per client would measure themselves. A thread a core that it may use is
/// the default.
fn luytre_config(folder: &Path, list: &Path, setting: &Setting<'_>) -> String {
    let Setting { round, listen, upstream } = setting;
    let (listeners, server, trust) = match round {
        Round::Listeners => (
            "tls = [\"127.0.0.1:0\"]\nhttps = [\"127.0.0.1:0\"]\nquic = [\"127.0.0.1:0\"]\n",
            "udp",
            String::new(),
        ),
        Round::Tls => ("", "tls", format!("ca = {:?}\n", upstream.trust)),
        Round::Signed => ("", "udp", format!("trust_anchor = {:?}\n", upstream.trust)),
        _ => ("", "udp", String::new()),
    };
    // What the cache takes is measured with its default size; else there is room for all of the 10,000 names that are
    // asked, as its peers have.
    let entries = if *round == Round::Memory { 10_000 } else { 12_000 };
    format!(
        "[listen]\ndns = [\"{listen}\"]\n{listeners}\n\
         [upstream]\nservers = [\"{server}://{address}\"]\nvalidate = {validate}\n{trust}\n\
         [cache]\nentries = {entries}\n\n\
         [list]\nfile = {list:?}\n\n\
         [reply]\nmode = \"null\"\n\n\
         [house]\nblock = {BLOCKED}\n\n\
         [family]\nfile = {family:?}\n\n\
         [state]\ndir = {state:?}\n\n\
         [web]\nlisten = []\n\n\
         [limits]\nclient_rate = 0\n",
        address = upstream.address,
        validate = *round == Round::Signed,
        state = folder.join("state"),
        family = folder.join("family.toml"),
    )
}

/// Signatures are checked in the round for that alone, as with the others; ports and memory for a home, not for a
/// carrier.
fn unbound_config(folder: &Path, blocked: &[String], setting: &Setting<'_>) -> Result<String> {
    let Setting { round, listen, upstream } = setting;
    let folder = folder.display();
    let (ip, port) = (upstream.address.ip(), upstream.address.port());
    let modules = if *round == Round::Signed { "validator iterator" } else { "iterator" };
    let mut text = format!(
        "server:\n  interface: {}@{}\n  num-threads: {}\n  do-daemonize: no\n  verbosity: 0\n  use-syslog: no\n  \
         logfile: \"\"\n  username: \"\"\n  chroot: \"\"\n  directory: \"{folder}\"\n  pidfile: \"\"\n  \
         module-config: \"{modules}\"\n  do-not-query-localhost: no\n  access-control: 127.0.0.0/8 allow\n  \
         msg-cache-size: 16m\n  rrset-cache-size: 32m\n  outgoing-range: 4096\n  num-queries-per-thread: 2048\n",
        listen.ip(),
        listen.port(),
        setting.threads(),
    );
    match round {
        Round::Signed => writeln!(text, "  trust-anchor-file: {:?}", upstream.trust)?,
        Round::Tls => writeln!(text, "  tls-cert-bundle: {:?}", upstream.trust)?,
        _ => {}
    }
    for name in blocked {
        writeln!(text, "  local-zone: \"{name}.\" always_null")?;
    }
    write!(text, "remote-control:\n  control-enable: no\nforward-zone:\n  name: \".\"\n")?;
    match round {
        Round::Tls => write!(text, "  forward-tls-upstream: yes\n  forward-addr: {ip}@{port}#{TLS_NAME}\n")?,
        _ => writeln!(text, "  forward-addr: {ip}@{port}")?,
    }
    Ok(text)
}

/// The cache has room to spare, since exactly 10,000 places would always drop the next of 10,000 names in turn;
/// the default of 150 queries in flight would refuse a part of the load.
fn dnsmasq_arguments(setting: &Setting<'_>) -> Vec<String> {
    let Setting { listen, upstream, .. } = setting;
    let fixed =
        "--no-daemon --no-resolv --no-hosts --bind-interfaces --cache-size=20000 --dns-forward-max=10000";
    let mut arguments: Vec<_> = fixed.split(' ').map(str::to_owned).collect();
    arguments.push(format!("--listen-address={}", listen.ip()));
    arguments.push(format!("--port={}", listen.port()));
    arguments.push(format!("--server={}#{}", upstream.address.ip(), upstream.address.port()));
    arguments
}

fn dnsmasq_config(blocked: &[String]) -> Result<String> {
    let mut text = String::new();
    for name in blocked {
        writeln!(text, "address=/{name}/0.0.0.0")?;
    }
    Ok(text)
}
