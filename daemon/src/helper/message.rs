//! Netlink messages with their attributes, written and read by offset (netlink(7), `linux/netfilter/nfnetlink.h`).
//!
//! A small encoder of our own: a set element costs microseconds so, where starting `nft` costs milliseconds.

/// Flags of a message (netlink(7)).
pub(super) const REQUEST: u16 = 0x1;
pub(super) const ACK: u16 = 0x4;
pub(super) const DUMP: u16 = 0x300;
pub(super) const CREATE: u16 = 0x400;
/// Message types that every family knows.
pub(super) const ERROR: u16 = 2;
pub(super) const DONE: u16 = 3;
/// Subsystems of nfnetlink: the upper octet of a message type.
pub(super) const CONNTRACK: u16 = 1;
pub(super) const NFTABLES: u16 = 10;
/// Where a header's fields end, and nfnetlink's own behind it.
const HEADER: usize = 16;
const NF_HEADER: usize = 4;
/// An attribute's value is attributes.
const NESTED: u16 = 0x8000;
/// What of an attribute's type is the type.
const TYPE: u16 = 0x3fff;

/// Messages on their way to the kernel.
#[derive(Debug, Default)]
pub(super) struct Writer(Vec<u8>);

impl Writer {
    /// Adds a message: its type with its subsystem, flags, address family and resource.
    pub(super) fn message(
        &mut self,
        kind: u16,
        flags: u16,
        (family, resource): (u8, u16),
        body: impl FnOnce(&mut Self),
    ) {
        let start = self.0.len();
        self.0.extend_from_slice(&[0; 4]);
        self.0.extend_from_slice(&kind.to_ne_bytes());
        self.0.extend_from_slice(&flags.to_ne_bytes());
        // Sequence number and port: one transaction at a time needs neither.
        self.0.extend_from_slice(&[0; 8]);
        self.0.extend_from_slice(&[family, 0]);
        self.0.extend_from_slice(&resource.to_be_bytes());
        body(self);
        let length = (self.0.len() - start) as u32; // bounded by the entries of a request
        self.0[start..start + 4].copy_from_slice(&length.to_ne_bytes());
    }

    /// Adds an attribute to the message that is being written.
    pub(super) fn attribute(&mut self, kind: u16, value: &[u8]) {
        self.open(kind, |writer| writer.0.extend_from_slice(value));
    }

    /// Adds attributes that were read before.
    pub(super) fn raw(&mut self, attributes: &[u8]) {
        self.0.extend_from_slice(attributes);
    }

    /// Adds an attribute whose value is text.
    pub(super) fn text(&mut self, kind: u16, value: &str) {
        self.open(kind, |writer| {
            writer.0.extend_from_slice(value.as_bytes());
            writer.0.push(0);
        });
    }

    /// Adds an attribute whose value is attributes.
    pub(super) fn nest(&mut self, kind: u16, body: impl FnOnce(&mut Self)) {
        self.open(kind | NESTED, body);
    }

    fn open(&mut self, kind: u16, body: impl FnOnce(&mut Self)) {
        let start = self.0.len();
        self.0.extend_from_slice(&[0; 2]);
        self.0.extend_from_slice(&kind.to_ne_bytes());
        body(self);
        let length = self.0.len() - start;
        // A list longer than 64 kB is told by the kernel from what the message has room for.
        self.0[start..start + 2].copy_from_slice(&(length as u16).to_ne_bytes());
        self.0.resize(start + length.next_multiple_of(4), 0);
    }

    /// Everything that was written.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// A message from the kernel.
#[derive(Clone, Copy, Debug)]
pub(super) struct Heard<'a> {
    /// Its type with its subsystem.
    pub(super) kind: u16,
    /// What stands behind the header.
    pub(super) body: &'a [u8],
}

impl<'a> Heard<'a> {
    /// The attributes behind nfnetlink's header.
    pub(super) fn attributes(&self) -> Attributes<'a> {
        Attributes(self.body.get(NF_HEADER..).unwrap_or_default())
    }

    /// The error number of an error message; 0 where it says that all is well.
    pub(super) fn error(&self) -> Option<i32> {
        (self.kind == ERROR)
            .then(|| self.body.first_chunk().map_or(0, |bytes| i32::from_ne_bytes(*bytes)).saturating_neg())
    }
}

/// The messages of one datagram; what makes no sense ends it.
pub(super) fn messages(datagram: &[u8]) -> impl Iterator<Item = Heard<'_>> {
    let mut rest = datagram;
    std::iter::from_fn(move || {
        let length = u32::from_ne_bytes(*rest.first_chunk()?) as usize;
        let kind = u16::from_ne_bytes(*rest.get(4..)?.first_chunk()?);
        let body = rest.get(HEADER..length)?;
        rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some(Heard { kind, body })
    })
}

/// A message's or an attribute's attributes: type and value each. What makes no sense ends them.
#[derive(Clone, Debug)]
pub(super) struct Attributes<'a>(pub(super) &'a [u8]);

impl<'a> Attributes<'a> {
    /// The value of the first of this type.
    pub(super) fn value(mut self, kind: u16) -> Option<&'a [u8]> {
        self.find_map(|(found, value)| (found == kind).then_some(value))
    }

    /// The attributes in it.
    pub(super) fn nested(self, kind: u16) -> Attributes<'a> {
        Attributes(self.value(kind).unwrap_or_default())
    }

    /// A number of 32 bits, most significant octet first.
    pub(super) fn number(self, kind: u16) -> Option<u32> {
        self.value(kind)?.try_into().ok().map(u32::from_be_bytes)
    }

    /// A number of 64 bits, most significant octet first.
    pub(super) fn long(self, kind: u16) -> Option<u64> {
        self.value(kind)?.try_into().ok().map(u64::from_be_bytes)
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let length = usize::from(u16::from_ne_bytes(*self.0.first_chunk()?));
        let kind = u16::from_ne_bytes(*self.0.get(2..)?.first_chunk()?);
        let value = self.0.get(4..length)?;
        self.0 = self.0.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some((kind & TYPE, value))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_written_is_what_is_read() {
        let mut writer = Writer::default();
        for kind in [7, 8] {
            writer.message(kind, REQUEST, (2, 10), |message| {
                message.text(1, "luytre");
                message.nest(2, |list| list.attribute(3, &5_u32.to_be_bytes()));
                message.attribute(4, &6_u64.to_be_bytes());
            });
        }
        let heard: Vec<Heard<'_>> = messages(writer.bytes()).collect();
        assert_eq!(heard.iter().map(|heard| heard.kind).collect::<Vec<_>>(), [7, 8]);
        for heard in heard {
            let attributes = || heard.attributes();
            assert_eq!(attributes().value(1), Some(&b"luytre\0"[..]));
            assert_eq!((attributes().nested(2).number(3), attributes().long(4)), (Some(5), Some(6)));
            assert_eq!((attributes().value(9), heard.error()), (None, None));
        }
    }

    proptest! {
        #[test]
        fn whatever_comes_ends(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            for heard in messages(&bytes) {
                for (kind, _) in heard.attributes() {
                    let _ = heard.attributes().nested(kind).number(kind);
                }
                let _ = heard.error();
            }
        }
    }
}
