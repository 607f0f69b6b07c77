//! The main thread's runtime and the signals that the process listens to.
//!
//! Made before anything else: a SIGHUP that comes while a list is still being checked is kept for later instead of
//! ending the process.

use std::io;

use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The runtime and its signals.
pub struct Process {
    pub(crate) runtime: Runtime,
    pub(crate) signals: Signals,
}

impl Process {
    /// Starts the runtime and takes over SIGHUP, SIGTERM and SIGINT.
    pub fn begin() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let signals = {
            let _inside = runtime.enter();
            Signals {
                reload: signal(SignalKind::hangup())?,
                terminate: signal(SignalKind::terminate())?,
                interrupt: signal(SignalKind::interrupt())?,
            }
        };
        Ok(Self { runtime, signals })
    }
}

/// The signals that mean something to us.
pub(crate) struct Signals {
    reload: Signal,
    terminate: Signal,
    interrupt: Signal,
}

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// SIGHUP: read the configuration and the list again.
    Reload,
    /// SIGTERM, SIGINT: stop.
    Stop,
}

impl Signals {
    /// Waits for the next signal.
    pub(crate) async fn next(&mut self) -> Wish {
        tokio::select! {
            _ = self.terminate.recv() => Wish::Stop,
            _ = self.interrupt.recv() => Wish::Stop,
            _ = self.reload.recv() => Wish::Reload,
        }
    }
}
