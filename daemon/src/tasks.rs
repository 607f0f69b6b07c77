//! Tasks with names: one that panics is seen in the log, and nothing else goes down with it.

use std::future::Future;

use tokio::task::JoinHandle;

/// Runs a future beside the caller. If it panics, the log names it.
pub fn spawn(name: &'static str, future: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
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
