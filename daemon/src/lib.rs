//! `luytre`, the router daemon: a DNS resolver that keeps harmful content out of a family's home.
//!
//! One question's way, which is also the order of the modules:
//!
//! ```text
//!  packet ─► listen ─► query ─► who ─► policy ─┬─► reply::block ──────────────┐
//!            (plain and       (list look-up)   ├─► cache ─► policy ───────────┼─► gate ─► packet
//!             encrypted)                       └─► upstream ─► inspect ───────┘     │
//!                                                              policy, relay        └─► history ─► status, page
//! ```
//!
//! * [`config`] reads `luytre.toml`; [`app`] builds everything from it, runs it and reloads it.
//! * [`snapshot`] is the state that a question reads, behind one atomic pointer.
//! * [`listen`] owns the sockets, [`certificate`] what the encrypted ones prove themselves by; [`resolver`] is the path
//!   above on one screen.
//! * [`query`] and [`wire`] read packets; [`who`] says who asks; [`policy`] decides, without I/O.
//! * [`family`] is what a family decided, [`home`] what of that is in force; [`catalogue`] what ships for it to choose
//!   from: services, safe search, ages; [`calendar`] turns its days and hours into the moments that the policy compares.
//! * [`list`] is the compiled list in force, [`sync`] brings the next one from the centre, [`operator`] what a provider sets of
//!   all its routers; [`cache`] and [`upstream`] find answers, for all who ask the same at once
//!   ([`flights`]); [`dnssec`] judges and [`inspect`] looks into those; [`portal`] finds the page of a line that wants a sign-in; [`reply`] writes them.
//! * [`gate`] lets answers out; [`outcome`] says how a question ended; [`history`] remembers that, on disk as counters
//!   only. [`usage`] counts the minutes of time budgets.
//! * [`accounts`] says who may come in; [`requests`] are what children ask for, [`notify`] tells a parent's phone,
//!   [`reports`] the centre what is wrong with its list, [`health_report`] a provider how the router fares; [`audit`] who
//!   did what.
//! * [`traffic`] says what the firewall is to do, from the same decisions; [`helper`] is the other process that does it.
//! * [`web`] is the page and the API, [`control`] the socket behind `luytre status`, [`status`] what both tell, [`health`] what an
//!   operator may know of it; [`explain`] says why.
//! * [`command`] is the command line; [`clock`], [`tasks`], [`files`], `document`, `datagrams`, [`memory`], [`process`],
//!   `settle`, `syscalls` and [`system`] are the operating system.

pub mod command;
pub mod config;

pub mod app;
pub mod snapshot;

pub mod certificate;
pub mod listen;
pub mod query;
pub mod resolver;
pub mod wire;

pub mod calendar;
pub mod catalogue;
pub mod family;
pub mod home;
pub mod list;
pub mod operator;
pub mod policy;
pub mod sync;
pub mod usage;
pub mod who;

pub mod cache;
pub mod dnssec;
pub mod flights;
pub mod inspect;
pub mod portal;
pub mod reply;
mod splice;
pub mod upstream;

pub mod gate;
pub mod history;
pub mod outcome;

pub mod helper;
pub mod traffic;

pub mod accounts;
pub mod audit;
pub mod health_report;
pub mod notify;
pub mod reports;
pub mod requests;

pub mod control;
pub mod explain;
pub mod health;
pub mod status;
pub mod web;

pub mod clock;
mod datagrams;
mod document;
pub mod files;
pub mod memory;
pub mod process;
mod settle;
mod syscalls;
pub mod system;
pub mod tasks;
pub mod text;

#[cfg(test)]
mod allocations;
