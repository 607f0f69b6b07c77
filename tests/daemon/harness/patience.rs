//! Waiting for events, never for luck: each wait has a deadline that only a broken daemon meets.

use std::time::{Duration, Instant};

/// Far longer than anything takes, on a machine that has other work too.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// Starts to measure; call the result for the time since.
pub(crate) fn stopwatch() -> impl Fn() -> Duration {
    #[expect(
        clippy::disallowed_methods,
        reason = "a deadline needs the clock; this is the tests' only caller"
    )]
    let began = Instant::now();
    move || began.elapsed()
}

/// Tries until there is a result; panics with `what` when patience ends.
pub(crate) fn patiently<T>(what: &str, mut attempt: impl FnMut() -> Option<T>) -> T {
    let elapsed = stopwatch();
    loop {
        if let Some(result) = attempt() {
            return result;
        }
        assert!(elapsed() < PATIENCE, "waited {PATIENCE:?} in vain: {what}");
        // Between two looks at something that tells nobody when it changes.
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Waits until it is so.
pub(crate) fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    patiently(what, || is_so().then_some(()));
}
