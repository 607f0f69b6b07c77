//! The centre of Luytre.
//!
//! In the order data flows:
//!
//! 1. [`cli`]: what is asked.
//! 2. [`list`]: lists of names that others publish become the compiled list that routers filter by.
//! 3. [`files`], [`progress`]: results are replaced whole; a person at a terminal sees how far it is.

pub mod cli;
pub mod files;
pub mod list;
pub mod progress;
