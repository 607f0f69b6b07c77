//! Tasks with names: one that panics is seen in the log, nothing else goes down with it, and what must not end is run
//! anew.

use std::future::Future;
use std::pin::Pin;

use tokio::task::JoinHandle;

/// Runs a future beside the caller. If it panics, the log names it.
///
/// Each lies in a box of its own: tokio's code for a task comes once then, not twice for each of our thirty.
pub fn spawn(name: &'static str, future: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
    spawn_boxed(name, Box::pin(future))
}

fn spawn_boxed(name: &'static str, future: Pin<Box<dyn Future<Output = ()> + Send>>) -> JoinHandle<()> {
    /// Dropped by a normal end too; tells only of a panic.
    struct Watch(&'static str);
    impl Drop for Watch {
        fn drop(&mut self) {
            if std::thread::panicking() {
                tracing::error!(task = self.0, "a task panicked; the rest goes on");
            }
        }
    }
    #[expect(clippy::disallowed_methods, reason = "this is what to use instead")]
    tokio::spawn(async move {
        let _watch = Watch(name);
        future.await;
    })
}

/// Runs what `make` gives, and anew whenever it panics: what one packet did must not silence the house. Ends when it
/// ends by itself, or when there is nothing more to run.
pub async fn keep<F: Future<Output = ()> + Send + 'static>(
    name: &'static str,
    mut make: impl FnMut() -> Option<F>,
) {
    while let Some(future) = make() {
        if spawn(name, future).await.is_ok() {
            return;
        }
    }
}

/// Lets the calling thread step back behind all others that want the processor: it runs while nobody else does, and gives
/// way at once. A lower priority alone would keep who wakes up to answer waiting for milliseconds.
pub fn step_back() {
    let priority: libc::c_int = 0; // all that the kernel's sched_param holds; musl's has more
    // SAFETY: for Linux 0 is the calling thread (sched_setscheduler(2), setpriority(2), NOTES), and `priority` lives for
    // the call. By its number, because musl has no sched_setscheduler. That either may fail changes nothing.
    unsafe {
        libc::syscall(libc::SYS_sched_setscheduler, 0, libc::SCHED_IDLE, &raw const priority);
        libc::setpriority(libc::PRIO_PROCESS, 0, 10);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_panics_is_run_anew_until_it_ends() {
        let mut runs = 0;
        keep("clumsy", || {
            runs += 1;
            let run = runs;
            Some(async move { assert!(run > 2, "this panic is part of the test") })
        })
        .await;
        assert_eq!(runs, 3);
    }
}
