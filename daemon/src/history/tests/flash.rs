//! What a day costs the flash, measured below the file system.

use std::fs::{self, File};
use std::os::fd::AsRawFd;
use std::path::Path;
use std::process::Command;

use super::household::periods;
use super::year::Life;
use crate::history::level::{Calendar, PERIOD};
use crate::usage::tests::Evening;

/// What a day may write to a file system, in bytes. OpenWrt makes an overlay on a block device with the options of the
/// first, and so with blocks of 1 kB, where there are 100 MB or less (fstools' `libfstools/common.c`; above, f2fs, which
/// has no journal and is in few kernels). The second is what a PC has: its journal takes 16 kB for every time stamp, and
/// all that is written has one.
const MOST: [(&[&str], u64); 2] = [(&["-L", "rootfs_data"], 1_000_000), (&["-b", "4096"], 2_500_000)];

/// In 32 of a day's 144 periods some child is at something with a budget: three children, four hours each.
const PERIODS_IN_USE: u64 = 32;

/// An ext4 on a loop device, gone when it is dropped.
struct Loop {
    device: String,
    mount: tempfile::TempDir,
    _image: tempfile::NamedTempFile,
}

fn run(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

impl Loop {
    fn make(options: &[&str]) -> Option<Self> {
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
        let image = tempfile::NamedTempFile::new_in(folder).ok()?;
        image.as_file().set_len(64 << 20).ok()?;
        let path = image.path().to_str()?;
        // What is put off at the making would be counted as ours.
        let at_once = ["-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0", path];
        run("mkfs.ext4", &[options, &at_once].concat())?;
        let device = run("losetup", &["-f", "--show", path])?;
        let mount = tempfile::tempdir().ok()?;
        let made = Self { device, mount, _image: image };
        run("mount", &["-o", "noatime", &made.device, made.mount.path().to_str()?])?;
        Some(made)
    }

    /// Bytes written to the device so far, with all that the file system holds back.
    fn written(&self) -> u64 {
        let folder = File::open(self.mount.path()).unwrap();
        // SAFETY: the descriptor is open.
        assert_eq!(unsafe { libc::syncfs(folder.as_raw_fd()) }, 0);
        let name = self.device.rsplit('/').next().unwrap();
        let stat = fs::read_to_string(format!("/sys/block/{name}/stat")).unwrap();
        // The seventh number: sectors of 512 bytes written (the kernel's Documentation/block/stat.rst).
        stat.split_whitespace().nth(6).unwrap().parse::<u64>().unwrap() * 512
    }
}

impl Drop for Loop {
    fn drop(&mut self) {
        // sled's threads let go of the file a moment after it is closed. Best effort: what was not mounted need not be
        // unmounted.
        let mount = self.mount.path().to_str().unwrap_or_default();
        for _ in 0..100 {
            if run("umount", &[mount]).is_some() || run("mountpoint", &["-q", mount]).is_none() {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        let _ = run("losetup", &["-d", &self.device]);
    }
}

#[test]
fn a_day_of_a_busy_family_writes_less_than_a_megabyte() {
    for (options, target) in MOST {
        let Some(flash) = Loop::make(options) else {
            return super::skip(
                "no flash writes: making and mounting a loop device takes root and mkfs.ext4",
            );
        };
        let calendar = Calendar::default();
        let mut life = Life::begin(flash.mount.path());
        let mut evening = Evening::begin(flash.mount.path());
        let (mut days, mut budgets) = (Vec::new(), Vec::new());
        let (mut before, mut used) = (flash.written(), 0);
        // Three days until old rows go.
        for time in periods(6) {
            life.live(time, &calendar);
            // What the kernel would write within the next half minute is written now, not merged with what comes later.
            let written = flash.written();
            let in_use = (time / PERIOD) % 144 < PERIODS_IN_USE;
            for two_minutes in 0..if in_use { PERIOD / 120 } else { 0 } {
                evening.two_minutes(time + two_minutes * 120);
                flash.written();
            }
            used += flash.written() - written;
            if (time + PERIOD).is_multiple_of(86_400) {
                let now = flash.written();
                days.push(now - before);
                budgets.push(used);
                (before, used) = (now, 0);
            }
        }
        drop(life);
        let most = days[3..].iter().max().unwrap();
        println!(
            "mkfs.ext4 {}: {days:?} bytes written a day, of them {budgets:?} for budgets; target {target}",
            options.join(" ")
        );
        assert!(*most <= target, "{days:?}");
        let history = days.iter().zip(&budgets).skip(3).map(|(day, budgets)| day - budgets).max().unwrap();
        assert!(history <= MOST[0].1, "{history} bytes without the budgets: {days:?}");
    }
}
