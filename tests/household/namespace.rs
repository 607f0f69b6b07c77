//! Network namespaces that nobody has to clean up.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::panic;
use std::process::{Command, Stdio};
use std::thread;

/// A network namespace without a name: the kernel removes it, and every interface in it, when this handle is dropped
/// and the processes started in it have ended. So nothing is left even after a test that was killed.
pub(crate) struct Namespace {
    handle: File,
}

impl Namespace {
    /// A new one, loopback up. The error of who may not: `PermissionDenied`.
    pub(crate) fn new() -> io::Result<Self> {
        let made = thread::spawn(|| {
            // SAFETY: no memory is passed. Only this thread, which ends here, changes its namespace.
            match unsafe { libc::unshare(libc::CLONE_NEWNET) } {
                0 => File::open("/proc/thread-self/ns/net"),
                _ => Err(io::Error::last_os_error()),
            }
        });
        let namespace = Self { handle: made.join().unwrap()? };
        // No search for duplicates of link-local addresses: what comes up speaks at once.
        for interfaces in ["all", "default"] {
            namespace.set(&format!("net/ipv6/conf/{interfaces}/accept_dad"), "0");
        }
        namespace.ip("link set lo up");
        Ok(namespace)
    }

    /// Another handle of the same.
    pub(crate) fn again(&self) -> Self {
        Self { handle: self.handle.try_clone().unwrap() }
    }

    /// Runs `work` here: sockets that it opens belong to this namespace for good, whoever uses them later.
    pub(crate) fn inside<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        let descriptor = self.handle.as_raw_fd();
        thread::scope(|scope| {
            let visit = scope.spawn(|| {
                enter(descriptor).unwrap();
                work()
            });
            visit.join().unwrap_or_else(|failure| panic::resume_unwind(failure))
        })
    }

    /// A command that runs here.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let descriptor = self.handle.as_raw_fd();
        let mut command = Command::new(program);
        // SAFETY: between fork and exec only setns is called, which is async-signal-safe, and nothing is allocated.
        // The descriptor is open in the child as it is in us.
        unsafe { command.pre_exec(move || enter(descriptor)) };
        command
    }

    /// `ip ARGUMENTS`, here; it must succeed.
    pub(crate) fn ip(&self, arguments: &str) {
        let output = self.command("ip").args(arguments.split(' ')).output().expect("iproute2 is installed");
        assert!(output.status.success(), "ip {arguments}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Sets a variable of the kernel, here.
    pub(crate) fn set(&self, variable: &str, value: &str) {
        let file = format!("/proc/sys/{variable}");
        #[expect(clippy::disallowed_methods, reason = "a variable is not a file that could be half written")]
        self.inside(|| std::fs::write(&file, value)).unwrap_or_else(|error| panic!("{file}: {error}"));
    }

    /// Loads rules, here.
    pub(crate) fn load(&self, rules: &str) {
        assert!(self.takes(rules), "{rules}");
    }

    /// Loads rules, here, if this kernel can; whether it does.
    pub(crate) fn takes(&self, rules: &str) -> bool {
        let mut nft = self.command("nft");
        let nft = nft.args(["-f", "-"]).stdin(Stdio::piped()).stderr(Stdio::null());
        let mut nft = nft.spawn().expect("nftables is installed");
        nft.stdin.take().unwrap().write_all(rules.as_bytes()).unwrap();
        nft.wait().unwrap().success()
    }

    /// What `nft ARGUMENTS` prints, here; it must succeed.
    pub(crate) fn nft(&self, arguments: &str) -> String {
        let output = self.command("nft").args(arguments.split(' ')).output().expect("nftables is installed");
        assert!(output.status.success(), "nft {arguments}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// A cable from here to `other`: interface `end` here, `other_end` there, both up.
    pub(crate) fn connect(&self, end: &str, other: &Self, other_end: &str) {
        let there = format!("/proc/{}/fd/{}", std::process::id(), other.handle.as_raw_fd());
        self.ip(&format!("link add {end} type veth peer name {other_end} netns {there}"));
        self.ip(&format!("link set {end} up"));
        other.ip(&format!("link set {other_end} up"));
    }

    /// What the kernel knows it by; a number is used again only after the namespace is gone.
    pub(crate) fn number(&self) -> u64 {
        self.handle.metadata().unwrap().ino()
    }
}

/// Moves the calling thread.
fn enter(descriptor: RawFd) -> io::Result<()> {
    // SAFETY: no memory is passed; a descriptor that is no namespace is an error, not more.
    match unsafe { libc::setns(descriptor, libc::CLONE_NEWNET) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Whether a process on this machine lives in that namespace, or this one holds it open.
pub(crate) fn is_in_use(number: u64) -> bool {
    let here = |entry: io::Result<std::fs::DirEntry>| {
        entry.is_ok_and(|entry| {
            std::fs::metadata(entry.path())
                .is_ok_and(|file| file.ino() == number && is_namespace(&entry.path()))
        })
    };
    let lives = |entry: io::Result<std::fs::DirEntry>| {
        entry.is_ok_and(|entry| {
            std::fs::metadata(entry.path().join("ns/net")).is_ok_and(|file| file.ino() == number)
        })
    };
    std::fs::read_dir("/proc").unwrap().any(lives) || std::fs::read_dir("/proc/self/fd").unwrap().any(here)
}

fn is_namespace(descriptor: &std::path::Path) -> bool {
    std::fs::read_link(descriptor).is_ok_and(|target| target.to_string_lossy().starts_with("net:"))
}
