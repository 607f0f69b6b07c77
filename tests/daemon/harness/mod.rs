//! What the scenarios are told with: a house with its daemon, its list, its upstream and its clients, all on loopback.
//!
//! A scenario builds a [`House`], starts it, asks it by text (`"bad.example HTTPS"`) and compares what comes back as
//! text too (`"NOERROR A 10 127.0.0.1 ede 17 4"`, see [`message`]). What holds for every answer is checked
//! where it comes in ([`query`]), and what holds for every daemon when it ends ([`daemon`]): no scenario repeats it.
//!
//! The suites in `tests/conformance` are played with the same house, by `#[path]`.

#![allow(dead_code, unused_imports, reason = "each of the programs that share it leaves some of it unused")]

mod browser;
mod cli;
mod daemon;
mod foreign;
mod house;
mod https;
mod kdig;
mod list;
mod message;
mod packet;
mod patience;
mod query;
mod quic;
mod receiver;
mod stream;
mod tap;
mod tls;
mod tree;
mod upstream;
mod words;

pub(crate) use self::browser::{Browser, Page};
pub(crate) use self::cli::{Ended, hub_program, luytre, program};
pub(crate) use self::daemon::Daemon;
pub(crate) use self::foreign::{Authority, Unbound};
pub(crate) use self::house::{House, free_port};
pub(crate) use self::kdig::kdig;
pub(crate) use self::list::compiled;
pub(crate) use self::message::{Message, Record, name_text};
pub(crate) use self::packet::{A, CD, DO, Packet, RD, Section, flag, option, wire_name};
pub(crate) use self::patience::{eventually, patiently, stopwatch};
pub(crate) use self::query::Client;
pub(crate) use self::quic::Quic;
pub(crate) use self::receiver::Receiver;
pub(crate) use self::stream::Stream;
pub(crate) use self::tap::Tap;
pub(crate) use self::tls::{Tls, handshake};
pub(crate) use self::tree::Tree;
pub(crate) use self::upstream::{Asked, Upstream};
pub(crate) use self::words::{known_type, rcode_word, type_word};

#[allow(unused_imports, reason = "the household starts a daemon, and asks, by its own ways")]
pub(crate) use self::{daemon::Process, query::Query};
