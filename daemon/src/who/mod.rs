//! Who is asking: the address of a packet becomes a small number, and that a device of a person.
//!
//! * [`roll`] gives the numbers: a [`Who`] is one device of one person, the same for the whole run.
//! * [`people`] is what a question looks at: from address or token to [`Who`] by one look-up.
//! * [`known`] is what a parent wrote about a device; a [`mac`] is what a device is best known by.

pub mod known;
pub mod mac;
pub mod people;
pub mod roll;

pub use self::known::Known;
pub use self::mac::Mac;
pub use self::people::People;
pub use self::roll::{Key, Roll, Subject, Who};
