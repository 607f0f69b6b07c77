//! The centre and the routers together: what is published arrives, and nothing else does, whoever stands in between.
//!
//! Each scene is a real `luytre-hub`, a web server that can lie, and a real `luytre`. See [`attacks`] for the list of
//! what an attacker may try; what can be done with documents alone is tried in `trust/tests/attacks.rs`, bit by bit.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test's ways to fail"
)]

#[path = "../daemon/harness/mod.rs"]
mod harness;

mod centre;
mod scene;
mod web;

mod syncing;

mod attacks;
mod disk;
mod fleet;
mod flips;
mod kept;
mod keys;
mod lifting;
mod looking;
mod policy;
mod power;
mod swap;
