//! Secrets that machines keep: random, too long to be guessed, and stored as hashes only.

use std::fmt;

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use ring::digest;
use ring::rand::{SecureRandom, SystemRandom};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::Error;

/// A secret that was just made, to be shown once: 256 random bits.
pub struct Secret(String);

impl Secret {
    /// A new one behind a prefix that says what it opens.
    pub(super) fn new(prefix: &str) -> Result<Self, Error> {
        Ok(Self(format!("{prefix}{}", BASE64URL_NOPAD.encode(&random::<32>()?))))
    }

    /// The text: letters, digits, `-` and `_`.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// Not for logs.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// SHA-256 of a secret: enough to know it again, of no use to who reads it. (Passwords, which people think of, need
/// [`password`](super::password) instead.)
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Digest([u8; digest::SHA256_OUTPUT_LEN]);

impl Digest {
    pub(super) fn of(secret: &str) -> Self {
        let mut bytes = [0; digest::SHA256_OUTPUT_LEN];
        bytes.copy_from_slice(digest::digest(&digest::SHA256, secret.as_bytes()).as_ref());
        Self(bytes)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&HEXLOWER.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = HEXLOWER.decode(text.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or_else(|| de::Error::custom("a digest is 64 hexadecimal digits"))
    }
}

/// Bytes that nobody can know.
pub(super) fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| Error::System("it gives no random bytes"))?;
    Ok(bytes)
}

/// Letters and digits that nobody takes for one another, for people to copy: 32 of them, 5 bits each.
const READABLE: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// A random text for people to copy, `groups` times four letters or digits (20 bits) with dashes between.
pub(super) fn readable<const GROUPS: usize>() -> Result<String, Error> {
    let mut groups = Vec::with_capacity(GROUPS);
    for _ in 0..GROUPS {
        let letters = random::<4>()?.map(|byte| char::from(READABLE[usize::from(byte % 32)]));
        groups.push(String::from_iter(letters));
    }
    Ok(groups.join("-"))
}

/// What counts of a text that a person copied: letters, in capitals, and digits.
pub(super) fn copied(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_known_again_by_its_digest_alone() {
        let (one, other) = (Secret::new("lyt_").unwrap(), Secret::new("lyt_").unwrap());
        assert_eq!(one.reveal().len(), 4 + 43);
        assert!(Digest::of(one.reveal()) == Digest::of(one.reveal()));
        assert!(Digest::of(one.reveal()) != Digest::of(other.reveal()));
        let written = serde_json::to_string(&Digest::of("x")).unwrap();
        assert_eq!(serde_json::from_str::<Digest>(&written).unwrap(), Digest::of("x"));
        assert!(serde_json::from_str::<Digest>("\"abc\"").is_err());
        assert!(!format!("{one:?}").contains(one.reveal()));
    }

    #[test]
    fn what_people_copy_counts_without_its_dress() {
        let code = readable::<3>().unwrap();
        assert_eq!((code.len(), copied(&code).len()), (14, 12));
        assert_eq!(copied(&format!(" {} ", code.to_lowercase().replace('-', " "))), copied(&code));
    }
}
