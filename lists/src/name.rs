//! Domain names, normalised once.
//!
//! Everything behind this module works on one form: length-prefixed labels as on the wire, lower case, without the
//! root's zero byte. [`NameBuf`] holds one on the stack, [`Domain`] on the heap, [`Name`] borrows one.

use std::fmt;

/// The longest name, in the form of this module: 255 octets less the root's (RFC 1035 §3.1).
pub const MAX_NAME: usize = 254;
/// The longest label (RFC 1035 §2.3.4).
pub const MAX_LABEL: usize = 63;

/// Why a text is not a name.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NameError {
    /// Nothing stands there.
    Empty,
    /// Two dots in a row, or a dot at the start.
    EmptyLabel,
    /// A label of more than 63 octets.
    LabelTooLong,
    /// A name of more than 253 characters.
    TooLong,
    /// A character that no host name has.
    Character(char),
    /// An IP address, or a last label of digits only, which no top-level domain is.
    Address,
    /// Not a valid internationalised name (UTS 46).
    Idna,
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("it is empty"),
            Self::EmptyLabel => f.write_str("it has an empty label (two dots in a row, or one at the start)"),
            Self::LabelTooLong => f.write_str("one of its labels is longer than 63 octets"),
            Self::TooLong => f.write_str("it is longer than 253 characters"),
            Self::Character(c) => write!(f, "the character {c:?} can't stand in a host name"),
            Self::Address => f.write_str("it is an address, not a name"),
            Self::Idna => f.write_str("it is not a valid internationalised name"),
        }
    }
}

impl std::error::Error for NameError {}

/// A normalised name, borrowed.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Name<'a>(&'a [u8]);

impl<'a> Name<'a> {
    /// The root.
    pub const ROOT: Name<'static> = Name(&[]);

    /// Takes what [`as_wire`](Self::as_wire) gave; `None` when the bytes are not labels of 1 to 63 octets, or too
    /// many. Case is not looked at.
    pub fn from_wire(wire: &'a [u8]) -> Option<Self> {
        let mut rest = wire;
        while let Some((&len, labels)) = rest.split_first() {
            rest = labels.get(usize::from(len)..).filter(|_| (1..=MAX_LABEL).contains(&len.into()))?;
        }
        (wire.len() <= MAX_NAME).then_some(Self(wire))
    }

    /// The name in this module's form: length-prefixed lower-case labels, no root byte.
    pub const fn as_wire(self) -> &'a [u8] {
        self.0
    }

    /// The labels from the left.
    pub fn labels(self) -> impl Iterator<Item = &'a [u8]> {
        self.suffixes().filter_map(Name::first_label)
    }

    /// The name and its parents, the longest first, without the root.
    pub fn suffixes(self) -> Suffixes<'a> {
        Suffixes(self)
    }

    /// The name without its first label; `None` for the root.
    pub fn parent(self) -> Option<Name<'a>> {
        let &len = self.0.first()?;
        self.0.get(1 + usize::from(len)..).map(Name)
    }

    /// The leftmost label; `None` for the root.
    pub fn first_label(self) -> Option<&'a [u8]> {
        let &len = self.0.first()?;
        self.0.get(1..=usize::from(len))
    }

    /// How many labels the name has.
    pub fn label_count(self) -> usize {
        self.suffixes().count()
    }

    /// The parent (or the name) with this many labels.
    pub fn with_labels(self, count: usize) -> Name<'a> {
        self.suffixes().nth(self.label_count().saturating_sub(count)).unwrap_or(Name(&[]))
    }

    /// Whether this is the zone's name or lies below it.
    pub fn is_in(self, zone: Name<'_>) -> bool {
        self.suffixes().any(|suffix| suffix.0 == zone.0) || zone.0.is_empty()
    }

    /// An owned copy.
    pub fn to_domain(self) -> Domain {
        Domain(self.0.into())
    }
}

/// A name and its parents, the longest first, without the root.
#[derive(Clone, Debug)]
pub struct Suffixes<'a>(Name<'a>);

impl<'a> Iterator for Suffixes<'a> {
    type Item = Name<'a>;

    #[inline]
    fn next(&mut self) -> Option<Name<'a>> {
        let name = self.0;
        self.0 = name.parent()?;
        Some(name)
    }
}

/// Labels joined by dots, without the last dot; what a label can't show is `\DDD` (RFC 1035 §5.1).
impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str(".");
        }
        for (index, label) in self.labels().enumerate() {
            if index > 0 {
                f.write_str(".")?;
            }
            for &byte in label {
                match byte {
                    b'.' | b'\\' => write!(f, "\\{}", char::from(byte))?,
                    0x21..=0x7e => write!(f, "{}", char::from(byte))?,
                    _ => write!(f, "\\{byte:03}")?,
                }
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A normalised name on the stack: what a question is read into, and what text is parsed into.
#[derive(Clone, Copy)]
pub struct NameBuf {
    len: u8,
    bytes: [u8; MAX_NAME],
}

impl NameBuf {
    /// The root, to push labels to.
    pub const fn new() -> Self {
        Self { len: 0, bytes: [0; MAX_NAME] }
    }

    /// Appends a label of any bytes on the right, in lower case.
    pub fn push_label(&mut self, label: &[u8]) -> Result<(), NameError> {
        if label.is_empty() {
            return Err(NameError::EmptyLabel);
        }
        if label.len() > MAX_LABEL {
            return Err(NameError::LabelTooLong);
        }
        let start = usize::from(self.len);
        let end = start + 1 + label.len();
        let room = self.bytes.get_mut(start..end).ok_or(NameError::TooLong)?;
        room[0] = label.len() as u8; // at most 63
        for (to, from) in room[1..].iter_mut().zip(label) {
            *to = from.to_ascii_lowercase();
        }
        self.len = end as u8; // at most MAX_NAME
        Ok(())
    }

    /// Becomes this name; cheaper than a new one, as only the name's own bytes move.
    pub fn copy_from(&mut self, name: Name<'_>) {
        let room = self.bytes.get_mut(..name.0.len());
        self.len = room.map_or(0, |room| {
            room.copy_from_slice(name.0);
            name.0.len() as u8 // a name has at most MAX_NAME bytes
        });
    }

    /// Parses a host name as people write it: any case, with or without the last dot, in Unicode or A-labels.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let text = text.strip_suffix('.').unwrap_or(text);
        if text.is_empty() {
            return Err(NameError::Empty);
        }
        if text.is_ascii() {
            return Self::parse_ascii(text);
        }
        if let Some(bad) = text.chars().find(|c| c.is_control() || c.is_whitespace()) {
            return Err(NameError::Character(bad));
        }
        let ascii = idna::domain_to_ascii(text).map_err(|_| NameError::Idna)?;
        Self::parse_ascii(ascii.strip_suffix('.').unwrap_or(&ascii))
    }

    fn parse_ascii(text: &str) -> Result<Self, NameError> {
        let mut name = Self::new();
        let mut last_is_digits = false;
        for label in text.as_bytes().split(|&byte| byte == b'.') {
            let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
            if let Some(&bad) = label.iter().find(|byte| !allowed(byte)) {
                return Err(NameError::Character(char::from(bad)));
            }
            name.push_label(label)?;
            last_is_digits = label.iter().all(u8::is_ascii_digit);
        }
        if last_is_digits { Err(NameError::Address) } else { Ok(name) }
    }

    /// The name, borrowed.
    pub fn as_name(&self) -> Name<'_> {
        Name(&self.bytes[..usize::from(self.len)])
    }
}

impl Default for NameBuf {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for NameBuf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.as_name(), f)
    }
}

/// A normalised name on the heap, one byte longer than its text.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Domain(Box<[u8]>);

impl Domain {
    /// Parses a host name; see [`NameBuf::parse`].
    pub fn parse(text: &str) -> Result<Self, NameError> {
        NameBuf::parse(text).map(|name| name.as_name().to_domain())
    }

    /// The name, borrowed.
    pub fn as_name(&self) -> Name<'_> {
        Name(&self.0)
    }
}

impl std::str::FromStr for Domain {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::parse(text)
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.as_name(), f)
    }
}

impl fmt::Debug for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.as_name(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<String, NameError> {
        NameBuf::parse(text).map(|name| name.as_name().to_string())
    }

    #[test]
    fn a_name_has_one_form() {
        for text in ["Example.COM", "example.com.", "ｅｘａｍｐｌｅ．com", "example。com"] {
            assert_eq!(parsed(text).as_deref(), Ok("example.com"), "{text}");
        }
        assert_eq!(parsed("tiếngviệt.vn").as_deref(), Ok("xn--tingvit-5t4cyc.vn"));
        assert_eq!(parsed("_dns.resolver.arpa").as_deref(), Ok("_dns.resolver.arpa"));
    }

    #[test]
    fn what_is_not_a_name_says_why() {
        assert_eq!(parsed(""), Err(NameError::Empty));
        assert_eq!(parsed("."), Err(NameError::Empty));
        assert_eq!(parsed("a..b"), Err(NameError::EmptyLabel));
        assert_eq!(parsed(".com"), Err(NameError::EmptyLabel));
        assert_eq!(parsed("192.0.2.1"), Err(NameError::Address));
        assert_eq!(parsed("a b.com"), Err(NameError::Character(' ')));
        assert_eq!(parsed(&format!("{}.com", "a".repeat(64))), Err(NameError::LabelTooLong));
        assert_eq!(parsed(&format!("{}com", "a.".repeat(126))), Err(NameError::TooLong));
        assert!(parsed(&format!("{}c", "a.".repeat(126))).is_ok(), "253 characters are a name");
    }

    #[test]
    fn a_name_knows_its_parents() {
        let name = NameBuf::parse("a.b.example.com").unwrap();
        let name = name.as_name();
        let suffixes: Vec<String> = name.suffixes().map(|suffix| suffix.to_string()).collect();
        assert_eq!(suffixes, ["a.b.example.com", "b.example.com", "example.com", "com"]);
        assert_eq!(name.with_labels(2).to_string(), "example.com");
        let zone = NameBuf::parse("example.com").unwrap();
        assert!(name.is_in(zone.as_name()) && zone.as_name().is_in(zone.as_name()));
        assert!(!NameBuf::parse("badexample.com").unwrap().as_name().is_in(zone.as_name()));
        assert!(name.is_in(Name::ROOT));
    }

    #[test]
    fn stored_bytes_are_a_name_again() {
        let name = NameBuf::parse("www.example.com").unwrap();
        assert_eq!(Name::from_wire(name.as_name().as_wire()), Some(name.as_name()));
        for bad in [&b"\x03ab"[..], b"\0", b"\x01a\x00", &[1; 256], &[64; 66]] {
            assert_eq!(Name::from_wire(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn bytes_from_the_wire_are_shown_safely() {
        let mut name = NameBuf::new();
        name.push_label(b"a.b\\\x00\xff").unwrap();
        name.push_label(b"COM").unwrap();
        assert_eq!(name.as_name().to_string(), "a\\.b\\\\\\000\\255.com");
    }
}
