//! The history as a whole: a year of a family, power cuts, damage, and what it costs.

mod damage;
mod flash;
mod household;
mod power_cut;
mod trace;
mod whole;
mod year;

use super::place::{Apart, Health, copy};

/// Without other processes.
const HERE: Apart = Apart { check: |_| Health::Good, copy: |from, to| copy(from, to) == 0 };

/// Says that a test could not run here, past the test runner's capture.
fn skip(what: &str) {
    use std::io::Write;
    // Without a stderr nobody reads it anyway.
    let _ = writeln!(std::io::stderr(), "SKIPPED: {what}");
}
