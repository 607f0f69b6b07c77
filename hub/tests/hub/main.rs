//! `luytre-hub` from outside: what it makes of folders and files, and what it says when it refuses.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helpers of tests: a failure is to be seen where it happens"
)]

mod bucket;
mod centre;
mod fetching;
mod folder;
mod gates;
mod health;
mod input;
mod policy;
mod publication;
mod rpz;
mod sources;
mod whole_data;
