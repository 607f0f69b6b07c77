//! The history as a whole: a year of a family, power cuts, damage, and what it costs.

mod household;
mod year;
