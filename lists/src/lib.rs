//! Names, categories and the compiled list: the part of Luytre that router and centre share.
//!
//! In the order data flows:
//!
//! 1. [`name`]: a name comes in as text or from the wire and is normalised once, to a [`Domain`] or a borrowed
//!    [`Name`]. [`address`]: an address stands in a list as its reverse name.
//! 2. [`category`]: what a name can be about; `config/categories.toml` as a [`CategoryTable`] and sets of 64 bits.
//! 3. [`entry`]: what a list says about a name: block it, block all below it, or carve out an exception.
//! 4. [`hash`]: the keyed hash that turns each suffix of a name into 64 bits.
//! 5. [`writer`]: entries become one sorted, checksummed file; the same input gives the same bytes.
//! 6. [`list`]: that file, checked and looked up in place; a look-up allocates nothing.
//! 7. [`delta`]: the difference of two files, small enough for ten million routers, applied as a stream.
//!
//! Beside them, [`written`] reads every TOML or JSON document of the router into its type.
//!
//! No I/O, no clock and no threads live here: callers hand in bytes. The format is written down, with a worked
//! example, in `docs/list-format.md`.

pub mod address;
pub mod category;
pub mod delta;
pub mod entry;
mod error;
mod format;
pub mod hash;
pub mod list;
pub mod name;
pub mod writer;
pub mod written;

pub use address::{AddressBlock, AddressError, is_inward, network};
pub use category::{Category, CategorySet, CategoryTable};
pub use entry::{Disposition, Entry};
pub use error::FormatError;
pub use list::{Info, List, Match};
pub use name::{Domain, Name, NameBuf, NameError, Suffixes};
pub use writer::{ListWriter, Meta};
