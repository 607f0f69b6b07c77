//! After the start: what only the start needed goes back to the kernel.

use std::ffi::{c_int, c_void};

/// The smallest page of any processor that we run on, in bytes.
const PAGE: usize = 4096;

/// Gives back the program's own pages that are as they stand in its file: what goes on being used is mapped again when
/// it is, in parts of a millisecond from the page cache; what read the configuration and checked the list is not. On a router
/// with 64 MB the kernel takes unmapped pages of files first.
pub(crate) fn give_back_code() {
    // SAFETY: `first_object` reads what it is given while the call lasts, and keeps nothing.
    unsafe { libc::dl_iterate_phdr(Some(first_object), std::ptr::null_mut()) };
}

/// The first object is the program; the others, where there are any, share their pages with other programs.
unsafe extern "C" fn first_object(object: *mut libc::dl_phdr_info, _: usize, _: *mut c_void) -> c_int {
    const STOP: c_int = 1;
    // SAFETY: dl_iterate_phdr(3) gives a valid object with its table of `dlpi_phnum` headers.
    let (base, headers) = unsafe {
        let object = &*object;
        (object.dlpi_addr, std::slice::from_raw_parts(object.dlpi_phdr, object.dlpi_phnum.into()))
    };
    // SAFETY: it takes a number and gives a number.
    let page = usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(PAGE).max(PAGE);
    for header in headers.iter().filter(|header| header.p_type == libc::PT_LOAD) {
        let is_written = header.p_flags & libc::PF_W != 0;
        let (Ok(from), Ok(length)) =
            (usize::try_from(base + header.p_vaddr), usize::try_from(header.p_memsz))
        else {
            continue;
        };
        // A segment's first page is its own; the last one may end in the bytes of the next.
        let (first, end) = (from / page * page, (from + length) / page * page);
        if !is_written && first < end {
            // SAFETY: a segment without PF_W is a private mapping of the file that nobody has written to, so that what
            // is read again is what was there. Where the kernel refuses, nothing changes.
            unsafe { libc::madvise(first as *mut c_void, end - first, libc::MADV_DONTNEED) };
        }
    }
    STOP
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Kilobytes of files that are mapped and present, ours among them.
    fn mapped_kb() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("RssFile:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    #[test]
    fn code_goes_and_what_runs_comes_back() {
        let before = mapped_kb();
        give_back_code();
        let after = mapped_kb();
        assert!(after < before, "{before} kB, then {after}");
    }
}
