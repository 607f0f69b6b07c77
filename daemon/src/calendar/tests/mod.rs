//! Household time against the clocks of the world.

mod holidays;
mod lunar;
mod reading;
mod scenes;
mod windows;
