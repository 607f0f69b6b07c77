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

use crate::material::Material;
use crate::options::Options;

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

    /// Writes the configuration and composes the command; where the program is absent, a line that says so.
    pub(crate) fn prepare(
        self,
        options: &Options,
        material: &Material,
        listen: SocketAddr,
        upstream: SocketAddr,
    ) -> Result<std::result::Result<Prepared, String>> {
        // Absolute, since unbound changes its folder.
        let folder = fs::canonicalize(&options.work)?.join(self.name());
        fs::create_dir_all(&folder)?;
        let peer_names = Some(material.peer_names.len() as u64);
        let (command, version, names) = match self {
            Self::Echo | Self::Pktinfo => (self.echo(listen)?, String::new(), None),
            Self::Luytre => {
                let Some(list) = material.list.as_ref() else {
                    let (luytre, hub) = (options.luytre.display(), options.hub.display());
                    return Ok(Err(format!("luytre: left out, since {luytre} or {hub} is absent")));
                };
                let file = fs::canonicalize(&list.file)?;
                let config = luytre_config(&folder, &file, listen, upstream);
                let config = write(folder.join("luytre.toml"), &config)?;
                let mut command = Command::new(&options.luytre);
                command.arg("run").arg("--config").arg(config);
                (command, version(&options.luytre, "--version"), list.names)
            }
            Self::Unbound => {
                let Some(program) = find_program("unbound") else { return Ok(Err(absent("unbound"))) };
                let config = unbound_config(&folder, &material.peer_names, listen, upstream)?;
                let config = write(folder.join("unbound.conf"), &config)?;
                let mut command = Command::new(&program);
                command.arg("-d").arg("-p").arg("-c").arg(config);
                (command, version(&program, "-V"), peer_names)
            }
            Self::Dnsmasq => {
                let Some(program) = find_program("dnsmasq") else { return Ok(Err(absent("dnsmasq"))) };
                let config = write(folder.join("dnsmasq.conf"), &dnsmasq_config(&material.peer_names)?)?;
                let mut joined = OsString::from("--conf-file=");
                joined.push(config);
                let mut command = Command::new(&program);
                command.args(dnsmasq_arguments(listen, upstream)).arg(joined);
                (command, version(&program, "--version"), peer_names)
            }
        };
        Ok(Ok(Prepared { command, version, names }))
    }

    fn echo(self, listen: SocketAddr) -> Result<Command> {
        let mut command = Command::new(beside_us("bench-echo")?);
        command.arg("--listen").arg(listen.to_string());
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

/// In PATH and where Debian puts servers, which an ordinary user's PATH leaves out.
fn find_program(name: &str) -> Option<PathBuf> {
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

fn write(path: PathBuf, text: &str) -> Result<PathBuf> {
    fs::write(&path, text).with_context(|| path.display().to_string())?;
    Ok(path)
}

/// The generator is one client, so the limits per client would measure themselves.
fn luytre_config(folder: &Path, list: &Path, listen: SocketAddr, upstream: SocketAddr) -> String {
    format!(
        "[listen]\ndns = [\"{listen}\"]\n\n\
         [upstream]\nservers = [\"udp://{upstream}\"]\nvalidate = false\n\n\
         [cache]\nentries = 20000\n\n\
         [list]\nfile = {list:?}\n\n\
         [reply]\nmode = \"null\"\n\n\
         [house]\nblock = [\"adult\", \"gambling\", \"ads\", \"trackers\", \"malware\", \"phishing\", \"scam\", \"proxy_vpn\", \"dating\", \"file_hosting\"]\n\n\
         [state]\ndir = {state:?}\n\n\
         [web]\nlisten = []\n\n\
         [limits]\nclient_rate = 0\n",
        state = folder.join("state"),
    )
}

/// No validation, as for the others; ports and memory for a home, not for a carrier.
fn unbound_config(
    folder: &Path,
    blocked: &[String],
    listen: SocketAddr,
    upstream: SocketAddr,
) -> Result<String> {
    let folder = folder.display();
    let (ip, port) = (upstream.ip(), upstream.port());
    let mut text = format!(
        "server:\n  interface: {}@{}\n  num-threads: 1\n  do-daemonize: no\n  verbosity: 0\n  use-syslog: no\n  \
         logfile: \"\"\n  username: \"\"\n  chroot: \"\"\n  directory: \"{folder}\"\n  pidfile: \"\"\n  \
         module-config: \"iterator\"\n  do-not-query-localhost: no\n  access-control: 127.0.0.0/8 allow\n  \
         msg-cache-size: 16m\n  rrset-cache-size: 32m\n  outgoing-range: 4096\n  num-queries-per-thread: 2048\n",
        listen.ip(),
        listen.port(),
    );
    for name in blocked {
        writeln!(text, "  local-zone: \"{name}.\" always_null")?;
    }
    write!(text, "remote-control:\n  control-enable: no\n")?;
    write!(text, "forward-zone:\n  name: \".\"\n  forward-addr: {ip}@{port}\n")?;
    Ok(text)
}

/// The cache has room to spare, since exactly 10,000 places would always drop the next of 10,000 names in turn;
/// the default of 150 queries in flight would refuse a part of the load.
fn dnsmasq_arguments(listen: SocketAddr, upstream: SocketAddr) -> Vec<String> {
    let fixed =
        "--no-daemon --no-resolv --no-hosts --bind-interfaces --cache-size=20000 --dns-forward-max=10000";
    let mut arguments: Vec<_> = fixed.split(' ').map(str::to_owned).collect();
    arguments.push(format!("--listen-address={}", listen.ip()));
    arguments.push(format!("--port={}", listen.port()));
    arguments.push(format!("--server={}#{}", upstream.ip(), upstream.port()));
    arguments
}

fn dnsmasq_config(blocked: &[String]) -> Result<String> {
    let mut text = String::new();
    for name in blocked {
        writeln!(text, "address=/{name}/0.0.0.0")?;
    }
    Ok(text)
}
