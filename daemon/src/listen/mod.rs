//! Sockets: where questions come in and answers go out.
//!
//! * [`udp`]: our own hot path, a thread a core, batches in and batches out ([`mmsg`]).
//! * [`tcp`]: hickory's framing behind our own acceptor, which counts connections.
//! * [`rate`]: how much one client may ask.

mod mmsg;
pub mod rate;
pub mod tcp;
pub mod udp;
