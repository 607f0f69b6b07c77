//! The router: the real daemon on its port 53, with no more rights than it needs.

use std::fs::{self, Permissions};
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use serde_json::Value;

use crate::harness::{Ended, Process, compiled, eventually, program};
use crate::household::{Provider, ROUTER};
use crate::namespace::Namespace;

/// Debian's `nobody`, and OpenWrt's.
const NOBODY: u32 = 65534;
/// The only right beyond an ordinary user's: to bind port 53.
const RIGHTS: &str = "-all,+net_bind_service";
/// The helper's: to change the network.
const HELPERS_RIGHTS: &str = "-all,+net_admin";
/// What a home with the firewall on says besides.
const GUARDED: [&str; 4] = [
    "firewall.enabled = true",
    "firewall.lan_interfaces = ['br-lan']",
    "listen.dns = ['0.0.0.0:53', '[::]:53']",
    "who.mdns = false",
];

/// The router's namespace with `luytre run` in it. `bad.example` is listed as adult, a block gives the page's address,
/// and it listens on its LAN addresses unless the settings say otherwise.
pub(crate) struct Router {
    daemon: Process,
    /// `luytre net-helper`, where the firewall is on.
    helper: Option<Process>,
    namespace: Namespace,
    folder: TempDir,
    /// Of the daemon's command line.
    options: Vec<String>,
}

impl Router {
    /// Starts the daemon; `settings` are lines of `luytre.toml`, their keys dotted, and stand over the defaults, or
    /// options of its command line.
    /// With a `family.toml` the firewall is on.
    pub(crate) fn start(namespace: Namespace, settings: &[&str], family: Option<&str>) -> Self {
        let folder = TempDir::with_prefix("luytre-household-").unwrap();
        let mut settings = settings.to_vec();
        if family.is_some() {
            let is_default = |line: &&str| settings.iter().all(|setting| key(setting) != key(line));
            let guarded: Vec<&str> = GUARDED.into_iter().filter(is_default).collect();
            settings.extend(guarded);
        }
        furnish(folder.path(), &settings, family);
        let helper = family.map(|_| helper(&namespace, folder.path(), &[]));
        let options = settings.iter().filter(|setting| setting.starts_with("--"));
        let options: Vec<String> = options.map(|option| (*option).to_owned()).collect();
        let daemon = daemon(&namespace, folder.path(), &options);
        Self { daemon, helper, namespace, folder, options }
    }

    /// Whether the plan for the next boot says this.
    pub(crate) fn keeps_a_plan_with(&self, text: &str) -> bool {
        fs::read_to_string(self.file("state/firewall.json")).is_ok_and(|plan| plan.contains(text))
    }

    /// What daemon and helper took of the CPU so far.
    pub(crate) fn cpu_time(&self) -> Duration {
        let of = |process: &Process| {
            // The first number: nanoseconds on a CPU.
            let tasks = fs::read_dir(format!("/proc/{}/task", process.id())).unwrap();
            let spent = tasks.map(|task| fs::read_to_string(task.unwrap().path().join("schedstat")).unwrap());
            spent.map(|text| text.split(' ').next().unwrap().parse::<u64>().unwrap()).sum::<u64>()
        };
        Duration::from_nanos(of(&self.daemon) + self.helper.as_ref().map_or(0, of))
    }

    /// Everything ends at once, and what was in the kernel is gone; the disk stays.
    pub(crate) fn loses_power(&mut self) {
        self.daemon.signal(libc::SIGKILL);
        drop(self.helper.take());
        self.namespace.nft("delete table inet luytre");
        self.namespace.set("net/ipv4/ip_forward", "0");
        self.namespace.set("net/ipv6/conf/all/forwarding", "0");
    }

    /// Ends the daemon as a fault does; its rules stay.
    pub(crate) fn crashes(&self) {
        self.daemon.signal(libc::SIGKILL);
        eventually("it is gone", || self.daemon.has_ended());
    }

    /// Stops the daemon as a service manager does.
    pub(crate) fn stops_the_daemon(&self) {
        self.daemon.signal(libc::SIGTERM);
        eventually("it stops", || self.daemon.has_ended());
    }

    pub(crate) fn start_the_daemon_again(&mut self) {
        self.daemon = daemon(&self.namespace, self.folder.path(), &self.options);
    }

    /// Ends the helper as a fault does, and starts it again as procd does.
    pub(crate) fn kill_the_helper(&mut self) {
        drop(self.helper.take());
    }

    pub(crate) fn start_the_helper_again(&mut self) {
        self.helper = Some(helper(&self.namespace, self.folder.path(), &[]));
    }

    /// The same where `nft` is not installed.
    pub(crate) fn start_the_helper_without_nft(&mut self) {
        self.helper = Some(helper(&self.namespace, self.folder.path(), &["env", "PATH=/nowhere"]));
    }

    /// Says a line to its control socket.
    pub(crate) fn control(&self, line: &str) {
        let mut socket = UnixStream::connect(self.file("state/luytre.sock")).unwrap();
        socket.write_all(format!("{line}\n").as_bytes()).unwrap();
        socket.read_to_string(&mut String::new()).unwrap();
    }

    /// The code that it is set up by.
    pub(crate) fn setup_code(&self) -> String {
        let mut command = Command::new(self.file("luytre"));
        command.args(["setup-code", "--config"]).arg(self.file("luytre.toml"));
        Ended::of(command, "").out.split_whitespace().last().unwrap().to_owned()
    }

    /// Writes what the family says from now on.
    pub(crate) fn family_says(&self, text: &str) {
        let (file, new) = (self.file("state/family.toml"), self.file("state/family.toml.hand"));
        #[expect(clippy::disallowed_methods, reason = "it is renamed when it is whole")]
        fs::write(&new, text).unwrap();
        fs::rename(new, file).unwrap();
    }

    /// A file beside its configuration.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What `luytre status --json` says.
    pub(crate) fn status(&self) -> Value {
        let mut command = Command::new(self.file("luytre"));
        command.args(["status", "--json", "--config"]).arg(self.file("luytre.toml"));
        let Ended { code, out, err } = Ended::of(command, "");
        assert_eq!(code, 0, "{err}");
        serde_json::from_str(&out).unwrap()
    }

    /// The device with this hardware address, as the status shows it.
    pub(crate) fn device(&self, mac: &str) -> Option<Value> {
        let status = self.status();
        status["devices"].as_array().unwrap().iter().find(|device| device["mac"] == mac).cloned()
    }

    /// Whether the kernel had news for a netlink socket here that did not fit into its buffer.
    pub(crate) fn lost_news(&self) -> bool {
        let sockets = fs::read_to_string(format!("/proc/{}/net/netlink", self.daemon.id())).unwrap();
        // Columns: sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode
        let mut drops = sockets.lines().skip(1).filter_map(|line| line.split_whitespace().nth(8));
        drops.any(|drops| drops != "0")
    }

    /// Sends the daemon a signal.
    pub(crate) fn signal(&self, signal: libc::c_int) {
        self.daemon.signal(signal);
    }

    pub(crate) fn namespace(&self) -> &Namespace {
        &self.namespace
    }

    /// A line of the daemon's `/proc/PID/status`, without its key.
    pub(crate) fn process_status(&self, key: &str) -> String {
        let status = fs::read_to_string(format!("/proc/{}/status", self.daemon.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
        line.unwrap_or_else(|| panic!("no {key}")).split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

impl Drop for Router {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("---- the daemon's log\n{}\n----", self.daemon.log());
            if let Some(helper) = &self.helper {
                eprintln!("---- the helper's log\n{}\n----", helper.log());
            }
        } else {
            assert!(!self.daemon.has_ended() && !self.daemon.has_logged("panicked"), "{}", self.daemon.log());
            if let Some(helper) = &self.helper {
                assert!(!helper.has_ended() && !helper.has_logged("panicked"), "{}", helper.log());
            }
        }
    }
}

/// The folder as an installer leaves it: the program, the list, the configuration, and a state folder of the daemon's.
fn furnish(folder: &Path, settings: &[&str], family: Option<&str>) {
    let lan = ROUTER.map(|address| match address.contains(':') {
        true => format!("'[{address}]:53'"),
        false => format!("'{address}:53'"),
    });
    let defaults = [
        &format!("listen.dns = [{}]", lan.join(", ")),
        &format!("upstream.servers = ['udp://{}']", Provider::ADDRESS),
        // Its one zone is not signed.
        "upstream.validate = false",
        "reply.mode = 'page'",
        "state.dir = 'state'",
        "list.file = 'list.lyt'",
        "who.leases = ['dhcp.leases']",
    ];
    let kept = defaults.into_iter().filter(|line| settings.iter().all(|setting| key(setting) != key(line)));
    let written = settings.iter().copied().filter(|setting| !setting.starts_with("--"));
    let text: String = kept.chain(written).flat_map(|line| [line, "\n"]).collect();
    let list = compiled(&[
        ("adult", "bad.example"),
        ("proxy_vpn", "vpn.example"),
        ("proxy_vpn", "mask.icloud.com"),
        ("doh", "doh.example"),
        ("dyndns", "dyn.example"),
    ]);
    let files = [("luytre.toml", text.into_bytes()), ("list.lyt", list)];
    fs::create_dir(folder.join("state")).unwrap();
    let family = family.map(|text| ("state/family.toml", text.as_bytes().to_vec()));
    for (name, bytes) in files.into_iter().chain(family) {
        #[expect(clippy::disallowed_methods, reason = "nobody reads them before they are whole")]
        fs::write(folder.join(name), bytes).unwrap();
    }
    // A copy, since the build's folder may be one that only its owner can enter. By a process of its own: a file that
    // we had open for writing, another scenario's daemon would inherit between fork and exec, and it could not be run.
    let copied = Command::new("cp").arg(program()).arg(folder.join("luytre")).status().unwrap();
    assert!(copied.success(), "{copied}");
    fs::set_permissions(folder, Permissions::from_mode(0o755)).unwrap();
    if has_other_users() {
        std::os::unix::fs::chown(folder.join("state"), Some(NOBODY), Some(NOBODY)).unwrap();
    }
}

/// What a line of settings is about.
fn key(line: &str) -> Option<&str> {
    line.split(' ').next()
}

/// `luytre run`, which answers.
fn daemon(namespace: &Namespace, folder: &Path, options: &[String]) -> Process {
    let mut command = unprivileged(namespace, folder, RIGHTS);
    command
        .arg(folder.join("luytre"))
        .args(["run", "--config"])
        .arg(folder.join("luytre.toml"))
        .args(options);
    let daemon = Process::start(command);
    daemon.wait_until_it_answers();
    daemon
}

/// `luytre net-helper` with its one right, its socket there; `by` stands before it on the command line.
fn helper(namespace: &Namespace, folder: &Path, by: &[&str]) -> Process {
    let socket = folder.join("state/helper.sock");
    let mut command = unprivileged(namespace, folder, HELPERS_RIGHTS);
    command.args(by).arg(folder.join("luytre")).args(["net-helper", "--socket"]).arg(&socket);
    command.arg("--plan").arg(folder.join("state/firewall.json"));
    let helper = Process::start(command);
    eventually("the helper waits", || helper.has_logged("waits for the daemon") || helper.has_ended());
    assert!(!helper.has_ended(), "the helper did not start:\n{}", helper.log());
    helper
}

/// `setpriv` as `nobody`, or as ourselves where a user namespace knows nobody else, with these rights alone.
fn unprivileged(namespace: &Namespace, folder: &Path, rights: &str) -> Command {
    let mut command = namespace.command("setpriv");
    command.current_dir(folder);
    if has_other_users() {
        command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups"]);
    }
    for set in ["--bounding-set", "--inh-caps", "--ambient-caps"] {
        command.args([set, rights]);
    }
    // The daemon goes with us, whatever ends us.
    command.args(["--no-new-privs", "--pdeathsig", "KILL", "--"]);
    command
}

/// Not so in a user namespace that `unshare -Ur` made: it maps one user alone.
pub(crate) fn has_other_users() -> bool {
    let map = fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    map.split_whitespace().nth(2).is_some_and(|count| count != "1")
}
