//! Addresses in a list: those that names are sent to, and those that are listed, each as its reverse name, by which a
//! router finds it.
//!
//! Not every one is for a list: what is private is another host in each home, and a wide prefix is many strangers.

use std::net::IpAddr;

use luytre_lists::{AddressBlock, NameBuf};

use super::line::Reject;

/// The shortest prefixes that a list may block, in bits: what one network is given, and no more.
const SHORTEST_V4: u8 = 16;
const SHORTEST_V6: u8 = 32;

/// An address, with `0` and scoped addresses as hosts files have them.
pub(super) fn is_address(word: &str) -> bool {
    let address = word.split_once('%').map_or(word, |(address, _scope)| address);
    address == "0" || address.parse::<IpAddr>().is_ok()
}

/// An address that leads nowhere.
pub(super) fn is_sink(word: &str) -> bool {
    match word.parse::<IpAddr>() {
        Ok(address) => address.is_unspecified() || address.is_loopback(),
        Err(_) => word == "0",
    }
}

/// Whether it is an address, alone or with a number behind a slash.
pub(super) fn is_block(word: &str) -> bool {
    let (address, length) = word.split_once('/').unwrap_or((word, ""));
    length.bytes().all(|byte| byte.is_ascii_digit()) && address.parse::<IpAddr>().is_ok()
}

/// The reverse name of a public address or prefix.
pub(super) fn reverse_name(text: &str) -> Result<NameBuf, Reject> {
    let block: AddressBlock = text.parse().map_err(|_| Reject::Prefix)?;
    if !block.is_public() {
        return Err(Reject::Inward);
    }
    let shortest = if block.is_v6() { SHORTEST_V6 } else { SHORTEST_V4 };
    if block.length() < shortest { Err(Reject::Prefix) } else { Ok(block.reverse_name()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, Reject> {
        assert!(is_block(text), "{text}");
        reverse_name(text).map(|name| name.as_name().to_string())
    }

    #[test]
    fn an_address_means_its_reverse_name() {
        for text in ["192.0.2.7", "192.0.2.7/32"] {
            assert_eq!(read(text).as_deref(), Ok("7.2.0.192.in-addr.arpa"), "{text}");
        }
        assert_eq!(read("192.0.2.0/24").as_deref(), Ok("2.0.192.in-addr.arpa"));
        assert_eq!(read("2001:DB8::/32").as_deref(), Ok("8.b.d.0.1.0.0.2.ip6.arpa"));
        assert!(!is_block("192.0.2.7/login.php") && !is_block("example.com/24"));
    }

    #[test]
    fn private_addresses_and_wide_prefixes_are_rejected() {
        for text in
            ["10.1.2.3", "192.168.0.0/16", "0.0.0.0", "::1", "fe80::1", "::ffff:192.0.2.7", "2000::/4"]
        {
            assert_eq!(read(text), Err(Reject::Inward), "{text}");
        }
        for text in
            ["192.0.2.0/25", "193.0.0.0/8", "192.0.2.7/24", "2001:db8::/33", "2400::/20", "192.0.2.0/99"]
        {
            assert_eq!(read(text), Err(Reject::Prefix), "{text}");
        }
    }
}
