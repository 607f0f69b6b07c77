//! Which version of the document somebody has seen.

use std::fmt;
use std::str::FromStr;

use ring::digest::{SHA256, digest};

use super::spec::Spec;

/// A strong entity tag (RFC 9110 §8.8.3) of what a document says: 128 bits of the SHA-256 of its JSON. Comments are no
/// part of it, since a save keeps them whoever wrote them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Etag(u128);

impl Etag {
    /// The tag of a spec.
    pub fn of(spec: &Spec) -> Self {
        // Texts, numbers and lists of them: what serde can't write is not among them.
        let json = serde_json::to_vec(spec).unwrap_or_default();
        let hash = digest(&SHA256, &json);
        Self(hash.as_ref().iter().take(16).fold(0, |tag, &byte| tag << 8 | u128::from(byte)))
    }
}

/// As the header has it, quotes included.
impl fmt::Display for Etag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{:032x}\"", self.0)
    }
}

/// What can't be a tag of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotOurs;

impl FromStr for Etag {
    type Err = NotOurs;

    fn from_str(text: &str) -> Result<Self, NotOurs> {
        let digits = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).ok_or(NotOurs)?;
        let is_ours = digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let tag = u128::from_str_radix(digits, 16).ok().filter(|_| is_ours);
        tag.map(Self).ok_or(NotOurs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_the_documents_and_reads_back() {
        let spec = Spec::default();
        let tag = Etag::of(&spec);
        assert_eq!(tag.to_string().parse(), Ok(tag));
        assert_eq!(tag, Etag::of(&spec.clone()));
        assert_ne!(tag, Etag::of(&Spec { unknown_devices: "adult".into(), ..spec }));
        for text in
            ["", "*", "W/\"00\"", "\"+0000000000000000000000000000000\"", "00000000000000000000000000000000"]
        {
            assert_eq!(text.parse::<Etag>(), Err(NotOurs), "{text}");
        }
    }
}
