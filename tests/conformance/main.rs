//! The conformance suite: what the RFCs say of a forwarder, one scenario a file, played against the real daemon.
//!
//! `scenarios/GROUP/NAME.scenario` says what a server replies, what a client asks, and what must come back; README.md
//! beside it says how. Each scenario has a daemon of its own on loopback, with a clock that stands still but for
//! `time passes` steps.
//!
//! `cargo test --test conformance -- [PART OF A NAME...]`

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test's ways to fail")]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a test's ways to tell")]

mod expect;
#[path = "../daemon/harness/mod.rs"]
mod harness;
mod play;
mod presentation;
mod question;
mod record;
mod scenario;
mod server;
mod text;
mod words;

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook};
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Waiting for servers that stay silent takes most of the time: more threads than cores.
const THREADS: usize = 8;

thread_local! {
    /// What the last panic of this thread said.
    static SAID: RefCell<String> = RefCell::default();
}

fn main() -> ExitCode {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("conformance/scenarios");
    let named = |file: &Path| {
        let name = file.strip_prefix(&folder).unwrap_or(file).with_extension("");
        name.display().to_string()
    };
    let chosen = |name: &str| wanted.is_empty() || wanted.iter().any(|word| name.contains(word.as_str()));
    let files = scenario::files_in(&folder);
    let files: Vec<_> =
        files.iter().map(|file| (named(file), file)).filter(|(name, _)| chosen(name)).collect();
    set_hook(Box::new(|info| {
        let payload = info.payload();
        let text = payload.downcast_ref::<String>().cloned();
        let text = text.or_else(|| payload.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        let at = info.location().map(|at| format!(" ({}:{})", at.file(), at.line())).unwrap_or_default();
        SAID.with(|said| *said.borrow_mut() = text.unwrap_or_default() + &at);
    }));
    let (next, failed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some((name, file)) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    match played(file) {
                        Ok(()) => println!("ok {name}"),
                        Err(why) => {
                            failed.fetch_add(1, Ordering::Relaxed);
                            println!("FAILED {name}\n  {why}");
                        }
                    }
                }
            });
        }
    });
    let failed = failed.into_inner();
    println!("{} passed, {failed} failed, 0 skipped", files.len() - failed);
    if failed == 0 && !files.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn played(file: &Path) -> Result<(), String> {
    let scenario = scenario::Scenario::load(file)?;
    let name = file.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap_or(file).display().to_string();
    let ended = catch_unwind(AssertUnwindSafe(|| play::play(&name, &scenario)));
    ended.map_err(|_| SAID.with(|said| said.borrow().clone()))
}
