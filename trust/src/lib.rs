//! The signed metadata of a publication: who may say which list is right, and every check of it.
//!
//! A publication is a folder of static files on any web server. Nothing on the way is trusted, not even the server:
//! what counts are the signatures of three roles, after The Update Framework.
//!
//! ```text
//! root/<n>.json    offline keys: which keys the roles have. Signed by the root before it and by itself
//!   │
//!   ├─► timestamp.json   an online key, renewed all the time: which manifest is the latest
//!   │       │ length, SHA-256
//!   ├─► lifts.json       an online key, delegated: which blocks are mistakes; bounded in names and time
//!   └─► manifest.json    offline keys: the lists of each size, and the deltas to them
//!           │ length, SHA-256
//!           └─► full/<sha256>   delta/<from>-<to>/<sha256>
//! ```
//!
//! In the order data flows:
//!
//! 1. [`hex`], [`moment`], [`version`]: what stands in the documents: digests, keys, times and versions, each with one way to
//!    write it.
//! 2. [`canonical`]: the bytes that are signed (RFC 8785).
//! 3. [`envelope`]: a document with its signatures; [`sign`] makes one.
//! 4. [`root`], [`timestamp`], [`manifest`], [`lifts`]: what each role says. [`categories`]: and what lists may be about.
//! 5. [`trusted`]: what a router believes so far, and the checks by which it comes to believe more, in their order.
//! 6. [`policy`]: beside all that, how a provider wants its routers set, by keys of its own.
//! 7. [`refusal`]: why something is not believed.
//!
//! No I/O, no clock: callers hand in bytes and the time. Nothing here panics on any input.

pub mod canonical;
pub mod categories;
pub mod envelope;
pub mod hex;
pub mod lifts;
pub mod manifest;
pub mod moment;
pub mod policy;
pub mod refusal;
pub mod root;
pub mod timestamp;
pub mod trusted;
pub mod version;

pub use categories::Categories;
pub use envelope::{SigningKey, sign};
pub use hex::{Hasher, KeyId, PublicKey, Sha256};
pub use lifts::Lifts;
pub use manifest::{AuditHead, Delta, Edition, FileRef, Manifest};
pub use moment::Moment;
pub use policy::{Operator, Policy, Ring};
pub use refusal::{Refusal, Role};
pub use root::{Keyholders, Roles, Root};
pub use timestamp::Timestamp;
pub use trusted::{Seen, Trusted};
pub use version::Version;

/// The longest `root/<n>.json` that is read, in bytes: dozens of keys and signatures.
pub const MAX_ROOT: usize = 64 * 1024;
/// The longest `timestamp.json` that is read, in bytes: ten million routers ask for it every hour.
pub const MAX_TIMESTAMP: usize = 500;
/// The longest `manifest.json` that is read, in bytes: every edition with dozens of deltas.
pub const MAX_MANIFEST: usize = 64 * 1024;
/// The longest `lifts.json` that is read, in bytes: every name that it may hold, and the signatures.
pub const MAX_LIFTS: usize = 80 * 1024;
/// The longest `policy.json` that is read, in bytes, and the longest `operator.json`: a few servers and addresses, and the
/// signatures.
pub const MAX_POLICY: usize = 16 * 1024;
