//! The keys where trust begins.

use std::fmt;
use std::sync::Arc;

use hickory_net::proto::dnssec::TrustAnchors;

/// Keys of the root, or of a private root in their place.
#[derive(Clone)]
pub struct Anchors {
    /// The file they came from; empty for the built-in ones.
    text: Arc<str>,
    pub(super) keys: Arc<TrustAnchors>,
}

impl Anchors {
    /// The root's keys of 2017 (20326) and 2024 (38696) as IANA publishes them. They change by an update of Luytre: it
    /// does not follow key changes by itself (RFC 5011), which would need state that a router may lose.
    pub fn built_in() -> Self {
        Self { text: "".into(), keys: Arc::new(TrustAnchors::default()) }
    }

    /// Keys from zone-file lines such as `. IN DNSKEY 257 3 13 …`. The error says what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let keys: TrustAnchors = text.parse().map_err(|error| {
            format!("is no trust anchor: {error}; write DNSKEY lines, such as \". IN DNSKEY 257 3 13 mdsswUyr3DPW...\"")
        })?;
        if keys.is_empty() {
            return Err(
                "has no DNSKEY of the root; write a line such as \". IN DNSKEY 257 3 13 mdsswUyr3DPW...\""
                    .into(),
            );
        }
        Ok(Self { text: text.into(), keys: Arc::new(keys) })
    }
}

impl PartialEq for Anchors {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl fmt::Debug for Anchors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Anchors").field("keys", &self.keys.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str =
        "mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ==";

    #[test]
    fn a_file_of_the_roots_keys_is_read_and_others_are_refused() {
        let root = format!("; made today\n. IN DNSKEY 257 3 13 {KEY}\n");
        assert_eq!(Anchors::parse(&root).unwrap().keys.len(), 1);
        assert_eq!(Anchors::built_in().keys.len(), 2);
        for wrong in [
            "",
            ". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D",
            &format!("example. IN DNSKEY 257 3 13 {KEY}"),
            "nonsense",
        ] {
            let told = Anchors::parse(wrong).unwrap_err();
            assert!(told.contains("DNSKEY"), "{wrong}: {told}");
        }
    }
}
