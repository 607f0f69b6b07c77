//! From an address to its place among [`People`](super::People): two multiplications with secrets, where the standard
//! library's SipHash takes 40 ns of a packet that is answered in a thousand. What it protects is a table of bounded
//! size: who knew the secrets could make the look-up of its own address slow.
//!
//! Source: the construction of wyhash (Wang Yi) and foldhash (Orson Peters), as in [`cache`](crate::cache).

use std::hash::{BuildHasher, Hasher, RandomState};
use std::net::IpAddr;

/// An address as a number: IPv4 as it is mapped into IPv6 (RFC 4291 §2.5.5.2), so that both forms are one.
pub(super) fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

/// The secrets of one table.
#[derive(Clone, Debug)]
pub(super) struct AddressHash([u64; 2]);

impl Default for AddressHash {
    fn default() -> Self {
        let random = RandomState::new();
        // Odd, so that no bit is lost in a multiplication.
        Self([random.hash_one(0), random.hash_one(1) | 1])
    }
}

impl BuildHasher for AddressHash {
    type Hasher = AddressHasher;

    fn build_hasher(&self) -> AddressHasher {
        AddressHasher(self.0[0], self.0[1])
    }
}

/// Hashes one number.
pub(super) struct AddressHasher(u64, u64);

impl Hasher for AddressHasher {
    fn write_u128(&mut self, number: u128) {
        let (high, low) = ((number >> 64) as u64, number as u64);
        // Twice: the hosts of one network differ in a few bits only.
        self.0 = fold(fold(high ^ self.0, low ^ self.1), self.1);
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u128((*byte).into()));
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// Both halves of the product, one over the other.
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product >> 64) as u64 ^ product as u64
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn both_forms_of_an_ipv4_address_are_one_number() {
        let v4: IpAddr = "192.168.1.7".parse().unwrap();
        let mapped: IpAddr = "::ffff:192.168.1.7".parse().unwrap();
        assert_eq!(number(v4), number(mapped));
        assert_ne!(number(v4), number("::c0a8:107".parse().unwrap()));
    }

    /// A table takes its place from the low bits and its tag from the high ones.
    #[test]
    fn neighbours_in_a_network_are_spread() {
        let hash = AddressHash::default();
        let hashes: Vec<u64> = (0..1024_u128).map(|host| hash.hash_one(0xfd00_u128 << 112 | host)).collect();
        let places: HashSet<u64> = hashes.iter().map(|hash| hash & 1023).collect();
        let tags: HashSet<u64> = hashes.iter().map(|hash| hash >> 57).collect();
        // Of random numbers 647 places are taken, give or take 15, and all 128 tags.
        assert!(places.len() > 500 && tags.len() > 90, "{} places, {} tags", places.len(), tags.len());
    }
}
