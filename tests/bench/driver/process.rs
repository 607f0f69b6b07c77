//! Children: pinned to a core, watched through /proc, ended with us whatever happens.

use std::fs::{self, File};
use std::io;
use std::mem;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

/// A running server, killed on drop.
pub(crate) struct Server {
    child: Child,
    log: PathBuf,
}

/// Resident memory in kB, counted page by page (the counters of `/proc/PID/status` lag behind by up to 256 kB).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Memory {
    pub(crate) rss: u64,
    /// The process's own. The rest are pages of mapped files, which the kernel can take back.
    pub(crate) anonymous: u64,
}

impl Server {
    /// Starts it with its output in `log`.
    pub(crate) fn spawn(mut command: Command, core: Option<usize>, log: &Path) -> Result<Self> {
        let output = File::create(log).with_context(|| log.display().to_string())?;
        command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        pin(&mut command, core);
        let program = command.get_program().to_string_lossy().into_owned();
        let child = command.spawn().with_context(|| format!("starting {program}"))?;
        Ok(Self { child, log: log.to_owned() })
    }

    /// An error with the end of its output when it no longer runs.
    pub(crate) fn check_alive(&mut self) -> Result<()> {
        let Some(status) = self.child.try_wait()? else { return Ok(()) };
        let text = fs::read_to_string(&self.log).unwrap_or_default();
        let tail: Vec<_> = text.lines().rev().take(3).collect();
        let tail: Vec<_> = tail.into_iter().rev().collect();
        bail!("ended early ({status}), see {}: {}", self.log.display(), tail.join(" | "))
    }

    /// User and system time of all its threads so far.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        let stat = self.read("stat")?;
        let ticks = cpu_ticks(&stat).context("/proc/PID/stat is not as expected")?;
        // SAFETY: sysconf reads a constant and has no precondition.
        let per_second = u64::try_from(unsafe { libc::sysconf(libc::_SC_CLK_TCK) }).unwrap_or(100);
        Ok(Duration::from_nanos(ticks * (1_000_000_000 / per_second.max(1))))
    }

    pub(crate) fn memory(&self) -> Result<Memory> {
        let text = self.read("smaps_rollup")?;
        let kb = |key| field_kb(&text, key).with_context(|| format!("no {key}"));
        Ok(Memory { rss: kb("Rss:")?, anonymous: kb("Anonymous:")? })
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The file of this name that it has mapped, such as a shared library.
    pub(crate) fn mapped(&self, name: &str) -> Result<Option<PathBuf>> {
        let maps = self.read("maps")?;
        let paths = maps.lines().filter_map(|line| line.find('/').map(|at| PathBuf::from(&line[at..])));
        Ok(paths.into_iter().find(|path| path.ends_with(name)))
    }

    fn read(&self, file: &str) -> Result<String> {
        let path = format!("/proc/{}/{file}", self.child.id());
        fs::read_to_string(&path).context(path)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Already ended is as good as killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// utime + stime, fields 14 and 15, counted behind the name, which may hold anything.
fn cpu_ticks(stat: &str) -> Option<u64> {
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

fn field_kb(text: &str, key: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(key))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

/// Has the child run on one core only, and die with us even when we are killed.
pub(crate) fn pin(command: &mut Command, core: Option<usize>) {
    let set = core.map(cpu_set);
    let parent = std::process::id();
    // SAFETY: between fork and exec only async-signal-safe calls are made (sched_setaffinity, prctl, getppid),
    // nothing is allocated, and `set` is a copy of plain data.
    unsafe {
        command.pre_exec(move || {
            if let Some(set) = &set
                && libc::sched_setaffinity(0, size_of_val(set), set) != 0
            {
                return Err(io::Error::last_os_error());
            }
            if libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) != 0 {
                return Err(io::Error::last_os_error());
            }
            // The parent may have gone before prctl took effect.
            if u32::try_from(libc::getppid()) != Ok(parent) {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            Ok(())
        });
    }
}

fn cpu_set(core: usize) -> libc::cpu_set_t {
    // SAFETY: cpu_set_t is a plain bit array, all zeros is the empty set; CPU_SET ignores cores past its end.
    unsafe {
        let mut set = mem::zeroed();
        libc::CPU_SET(core, &mut set);
        set
    }
}

/// Whether we may run on this core: a container often has but a few.
pub(crate) fn may_use(core: usize) -> bool {
    // SAFETY: as in `cpu_set`; the kernel writes at most the size given, and only a set that it filled is read.
    unsafe {
        let mut set: libc::cpu_set_t = mem::zeroed();
        core < libc::CPU_SETSIZE as usize
            && libc::sched_getaffinity(0, size_of_val(&set), &mut set) == 0
            && libc::CPU_ISSET(core, &set)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proc_files_are_read_past_odd_names() {
        let stat = "12 (a) b (c)) S 1 2 3 4 5 6 7 8 9 10 70 30 0 0 20";
        assert_eq!(cpu_ticks(stat), Some(100));
        assert_eq!(cpu_ticks("12 (a) S 1"), None);
        let rollup = "55 ---p 00 00:00 0 [rollup]\nRss:        2048 kB\nAnonymous:      512 kB\n";
        assert_eq!(field_kb(rollup, "Rss:"), Some(2048));
        assert_eq!(field_kb(rollup, "Swap:"), None);
    }

    #[test]
    fn a_child_is_pinned_and_ends_with_its_handle() {
        let core = (0..64).find(|core| may_use(*core)).unwrap();
        let log = std::env::temp_dir().join(format!("luytre-bench-test-{}", std::process::id()));
        let mut command = Command::new("sleep");
        command.arg("60");
        let mut server = Server::spawn(command, Some(core), &log).unwrap();
        server.check_alive().unwrap();
        // A program that has just begun has touched nothing but its stack. This one ends, and with it the wait.
        let has_files = |memory: Memory| memory.rss > memory.anonymous;
        while !has_files(server.memory().unwrap()) {
            std::thread::yield_now();
        }
        assert!(server.mapped("libc.so.6").unwrap().is_none_or(|path| path.is_absolute()));
        let proc = format!("/proc/{}", server.child.id());
        let status = fs::read_to_string(format!("{proc}/status")).unwrap();
        let allowed = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:")).unwrap();
        assert_eq!(allowed.trim(), core.to_string());
        drop(server);
        assert!(!Path::new(&proc).exists());
        fs::remove_file(log).unwrap();
    }
}
