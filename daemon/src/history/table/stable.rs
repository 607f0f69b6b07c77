//! What sled takes for written is on the disk.
//!
//! sled puts each piece of its log on the disk by `sync_file_range`, and a later piece then says that the earlier ones are
//! there. But that call neither waits for what tells where the bytes lie nor for the disk's own cache (its manual page:
//! "extremely dangerous"). When the power goes, the later piece may be there without the earlier, and sled, believing it,
//! finds its whole log torn and clears it. Linked under the same name, this is what sled calls instead.

use libc::{c_int, c_uint, off64_t};

/// Waits until all of a file is on its disk; as the call whose place it takes, it returns 0, or -1 with `errno` set.
#[unsafe(no_mangle)]
extern "C" fn sync_file_range(file: c_int, _offset: off64_t, _bytes: off64_t, _flags: c_uint) -> c_int {
    // SAFETY: a system call on a number; one that is no descriptor gives EBADF.
    unsafe { libc::fdatasync(file) }
}
