//! The order of rules, as tables.

mod cost;
mod house;
mod precedence;
