//! Sockets: where questions come in and answers go out.
//!
//! * [`open`]: every socket, before anything is answered.
//! * [`udp`]: our own hot path, a thread a core, batches in and batches out ([`mmsg`]).
//! * [`tcp`]: hickory's framing behind our own acceptor, which counts connections.
//! * [`rate`]: how much one client may ask.

mod mmsg;
pub mod open;
pub mod rate;
pub mod tcp;
pub mod udp;
