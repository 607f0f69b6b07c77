//! The order of rules, as tables.

mod cost;
mod house;
mod precedence;

pub(crate) use self::cost::large_family;
