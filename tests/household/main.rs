//! A home in network namespaces: a router that runs the real daemon, devices on its LAN, a provider behind its WAN.
//!
//! Here is what loopback can't show: addresses that differ, prefixes, port 53 without root, a line that goes down.
//! [`namespace`] makes networks that vanish by themselves, [`router`] starts the daemon, [`household`] joins them.
//!
//! It needs the right to make namespaces: root, or `unshare -Ur`. Without it each scenario says that it was skipped.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test's ways to fail"
)]

#[path = "../daemon/harness/mod.rs"]
mod harness;

mod namespace;

mod router;

mod flow;
mod household;
mod internet;
mod parent;
mod reach;

mod dhcp;
mod responder;

mod answered;
mod bypass;
mod cost;
mod counting;
mod cutting;
mod devices;
mod failing;
mod firewall;
mod leftovers;
mod resolving;
mod rights;
mod starting;
mod strangers;
