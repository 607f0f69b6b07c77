//! The daemon from outside: what a household, an upstream server and an operator see of it.
//!
//! Each scenario starts the built program on loopback with a list, an upstream and a configuration of its own; see
//! [`harness`]. The modules stand in the order in which a question meets their subject.
//!
//! `LUYTRE_BIN` and `LUYTRE_HUB_BIN` name other programs to test than those of `./dev build`. `LUYTRE_LONG=1` lets
//! [`endurance`] go on for minutes instead of seconds.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test's ways to fail"
)]

mod harness;

mod special;

mod order;

mod limits;
mod odd_packets;
mod tcp;

mod certificates;
mod discovery;
mod https;
mod quic;
mod tls;

mod blocking;

mod budgets;

mod cache;
mod dnssec;
mod encrypted_upstream;
mod failures;
mod forwarding;
mod inspection;
mod stale;
mod truncation;

mod configuration;
mod family;
mod history;
mod lists;
mod parents;
mod status;

mod accounts;
mod health_report;
mod secure_page;
mod tokens;
mod webhook;

mod endurance;

mod centre;
mod real_data;
