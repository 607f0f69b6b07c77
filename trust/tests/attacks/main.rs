//! What an attacker can do with documents. The files themselves, the network and the disk are attacked in `tests/hub`.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod centre;
mod documents;
mod laws;
mod lifts;
mod policies;
mod roots;
