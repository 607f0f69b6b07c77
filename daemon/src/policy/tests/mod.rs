//! The order of rules, as tables.

mod house;
mod precedence;
