//! The centre of Luytre.
//!
//! In the order data flows:
//!
//! 1. [`cli`]: what is asked.
//! 2. [`fetch`]: the lists that others publish, politely. [`list`]: such lists of names that others publish become the compiled list that routers filter by.
//! 3. [`keys`]: what a publication is signed by. [`publish`]: lists of three sizes, deltas from earlier ones and what is
//!    said of them become a folder of signed, static files. [`verify`]: which is looked at as a router does. [`serve`] shows it.
//!    [`audit`]: and what was signed is logged. [`policy`]: beside all that, how a provider sets its routers, by its own keys.
//! 4. [`cache`]: what caches on the way are told. [`config`], [`spelling`]: what people write in files. [`clock`], [`files`], [`progress`]: time is told or asked for
//!    in one place; results are replaced whole; a person at a terminal sees how far it is.
//! 5. [`health`]: what routers report of themselves is added up.

pub mod audit;
pub mod cache;
pub mod cli;
pub mod clock;
pub mod config;
pub mod fetch;
pub mod files;
pub mod health;
pub mod keys;
pub mod list;
pub mod policy;
pub mod progress;
pub mod publish;
pub mod serve;
pub mod spelling;
pub mod verify;
