//! What a parent wrote about a device in `family.toml`.

use std::net::IpAddr;

use super::{Key, Mac, Subject};

/// A device that has a name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Its hardware address.
    pub mac: Option<Mac>,
    /// Addresses that only it has; they go before what the network says of them.
    pub addresses: Vec<IpAddr>,
    /// What it calls itself in a DoH path or a DoT name; letters count alike in both cases.
    pub token: Option<String>,
    /// Its name.
    pub name: String,
    /// Whose it is, by id.
    pub person: Option<String>,
    /// The profile of a device that is nobody's.
    pub profile: Option<String>,
}

impl Known {
    /// What it is best known by: the MAC, else its first address, else its token.
    pub fn key(&self) -> Key {
        let address = || self.addresses.first().map(|address| Key::Address(address.to_canonical()));
        let token = || self.token.as_deref().map(|token| Key::Token(token.to_ascii_lowercase().into()));
        self.mac.map(Key::Mac).or_else(address).or_else(token).unwrap_or_default()
    }

    /// Whom a question from it is put down to.
    pub fn subject(&self) -> Subject {
        Subject { person: self.person.as_deref().unwrap_or_default().into(), device: self.key() }
    }
}
