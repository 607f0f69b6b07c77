//! System calls that Luytre never makes, and that whoever took it over would be glad of: refused by the kernel, for all
//! threads and everything that they start (seccomp(2)).
//!
//! What is named is refused, with EPERM; the rest is allowed. The other way round a C library that makes another call after
//! an update would end a household's DNS.

use std::io;

/// Other processes' memory, mounts and namespaces, the kernel's own code and its largest surfaces.
const REFUSED: [libc::c_long; 34] = [
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_pidfd_getfd,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_fsopen,
    libc::SYS_fsmount,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_open_by_handle_at,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_acct,
    libc::SYS_syslog,
    libc::SYS_personality,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_register,
    libc::SYS_userfaultfd,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    libc::SYS_execveat,
];

/// What the kernel calls the one way of making system calls that we use (`AUDIT_ARCH_…` of linux/audit.h).
const ARCHITECTURE: Option<u32> = if cfg!(target_arch = "x86_64") {
    Some(0xc000_003e)
} else if cfg!(target_arch = "aarch64") {
    Some(0xc000_00b7)
} else if cfg!(target_arch = "arm") {
    Some(0x4000_0028)
} else if cfg!(all(target_arch = "mips", target_endian = "big")) {
    Some(0x0000_0008)
} else if cfg!(all(target_arch = "mips", target_endian = "little")) {
    Some(0x4000_0008)
} else {
    None
};

/// Calls from this number on are another way of making them (x32), on the one architecture that has one.
const OTHER_WAY: u32 = 0x4000_0000;

/// Of `struct seccomp_data`: where the number and the architecture are.
const NUMBER_AT: u32 = 0;
const ARCHITECTURE_AT: u32 = 4;

const LOAD: u32 = libc::BPF_LD | libc::BPF_W | libc::BPF_ABS;
const IF_EQUAL: u32 = libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K;
const IF_AT_LEAST: u32 = libc::BPF_JMP | libc::BPF_JGE | libc::BPF_K;
const RETURN: u32 = libc::BPF_RET | libc::BPF_K;

/// Has the kernel refuse those calls from now on. Fails on kernels without seccomp, and where we run under an emulator.
pub(crate) fn refuse() -> io::Result<()> {
    // Without it a kernel may slow the whole process down for fear of processors that guess (before Linux 5.16).
    install(libc::SECCOMP_FILTER_FLAG_TSYNC | libc::SECCOMP_FILTER_FLAG_SPEC_ALLOW)
}

fn install(flags: libc::c_ulong) -> io::Result<()> {
    let mut filter = filter(ARCHITECTURE.ok_or(io::ErrorKind::Unsupported)?);
    let len = u16::try_from(filter.len()).map_err(io::Error::other)?;
    let program = libc::sock_fprog { len, filter: filter.as_mut_ptr() };
    // SAFETY: takes five numbers. Who starts a program gains no rights by that, which the next call insists on.
    if unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) } != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: `program` and the instructions that it points to live for the call, which copies them.
    match unsafe {
        libc::syscall(libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER, flags, &raw const program)
    } {
        0 => Ok(()),
        -1 => Err(io::Error::last_os_error()),
        thread => Err(io::Error::other(format!("thread {thread} has other rules"))),
    }
}

/// The rules as a program for the kernel: the architecture, then the numbers one by one.
fn filter(architecture: u32) -> Vec<libc::sock_filter> {
    let step = |code: u32, k: u32, (jt, jf): (usize, usize)| libc::sock_filter {
        code: code as u16, // all codes are below 256
        jt: jt as u8,      // and all ways shorter
        jf: jf as u8,
        k,
    };
    let refusals = REFUSED.len();
    let mut filter = vec![
        step(LOAD, ARCHITECTURE_AT, (0, 0)),
        step(IF_EQUAL, architecture, (0, refusals + 3)),
        step(LOAD, NUMBER_AT, (0, 0)),
        step(IF_AT_LEAST, OTHER_WAY, (refusals + 1, 0)),
    ];
    for (nth, number) in REFUSED.iter().enumerate() {
        filter.push(step(IF_EQUAL, *number as u32, (refusals - nth, 0))); // small, as checked above
    }
    filter.push(step(RETURN, libc::SECCOMP_RET_ALLOW, (0, 0)));
    filter.push(step(RETURN, libc::SECCOMP_RET_ERRNO | libc::EPERM as u32, (0, 0)));
    filter
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;

    use super::*;

    /// The code of a call's failure; 0 if it succeeds.
    fn failure(number: libc::c_long) -> i32 {
        // SAFETY: with zeros none of those that are tried here does anything: nothing is asked for, or nothing named.
        match unsafe { libc::syscall(number, 0, 0, 0, 0, 0) } {
            -1 => io::Error::last_os_error().raw_os_error().unwrap_or_default(),
            _ => 0,
        }
    }

    #[test]
    fn a_thread_is_refused_what_we_never_do_and_nothing_else() {
        let tried = std::thread::spawn(|| {
            let harmless = [libc::SYS_unshare, libc::SYS_bpf, libc::SYS_io_uring_setup, libc::SYS_keyctl];
            let before = harmless.map(failure);
            // This thread alone: the others are other tests.
            install(0).unwrap();
            let after = harmless.map(failure);
            let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
            socket.send_to(b"still here", socket.local_addr().unwrap()).unwrap();
            let child = std::process::Command::new("true").status().unwrap();
            (before, after, child.success(), std::fs::read_to_string("/proc/thread-self/status").unwrap())
        });
        let (before, after, child, status) = tried.join().unwrap();
        assert_eq!(before[0], 0, "to unshare nothing is allowed to everybody");
        assert_eq!(after, [libc::EPERM; 4]);
        assert!(child, "the history's check is a process of its own, and so is nft");
        assert!(status.contains("Seccomp:\t2\n") && status.contains("NoNewPrivs:\t1\n"), "{status}");
    }

    #[test]
    fn every_way_through_the_filter_ends_in_one_of_its_answers() {
        let filter = filter(ARCHITECTURE.unwrap());
        let answer = |architecture: u32, number: u32| {
            let (mut at, mut held) = (0, 0);
            loop {
                let step = filter[at];
                let way = match u32::from(step.code) {
                    LOAD => {
                        held = if step.k == NUMBER_AT { number } else { architecture };
                        0
                    }
                    IF_EQUAL => {
                        if held == step.k {
                            step.jt
                        } else {
                            step.jf
                        }
                    }
                    IF_AT_LEAST => {
                        if held >= step.k {
                            step.jt
                        } else {
                            step.jf
                        }
                    }
                    _ => return step.k == libc::SECCOMP_RET_ALLOW,
                };
                at += 1 + usize::from(way);
            }
        };
        let ours = ARCHITECTURE.unwrap();
        for number in 0..1000 {
            let refused = REFUSED.contains(&libc::c_long::from(number));
            assert_eq!(answer(ours, number as u32), !refused, "{number}");
            assert!(!answer(ours ^ 1, number as u32), "{number} on another architecture");
        }
        assert!(!answer(ours, OTHER_WAY | libc::SYS_read as u32), "x32");
    }
}
