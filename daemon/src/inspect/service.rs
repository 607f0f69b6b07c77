//! The data of an SVCB or HTTPS record (RFC 9460 §2.2): priority, target, parameters.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use luytre_lists::NameBuf;

use crate::wire::{read_name, rtype, skip_name, u16_at};

/// Keys of parameters (RFC 9460 §14.3.2).
pub(super) mod key {
    /// The keys that a client must understand.
    pub(in crate::inspect) const MANDATORY: u16 = 0;
    /// IPv4 addresses of the target.
    pub(in crate::inspect) const IPV4_HINT: u16 = 4;
    /// The configuration of encrypted ClientHello (RFC 9848).
    pub(in crate::inspect) const ECH: u16 = 5;
    /// IPv6 addresses of the target.
    pub(in crate::inspect) const IPV6_HINT: u16 = 6;
}

/// Whether records of this type are service bindings.
pub(super) fn is_service(rtype: u16) -> bool {
    matches!(rtype, rtype::SVCB | rtype::HTTPS)
}

/// One parameter's places in the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Param {
    pub(super) key: u16,
    /// Where key and length begin, up to the value's end.
    pub(super) whole: Range<usize>,
}

impl Param {
    /// Where the value stands; the length is in the two bytes before it.
    pub(super) fn value(&self) -> Range<usize> {
        self.whole.start + 4..self.whole.end
    }
}

/// The target's name; the root stands for the owner itself. `None` if the data is malformed.
pub(super) fn target(message: &[u8], data: &Range<usize>) -> Option<NameBuf> {
    let (name, end) = read_name(message, data.start + 2)?;
    (end <= data.end).then_some(name)
}

/// The parameters, in their order. Ends early where they are malformed: a client refuses such a record (§2.2).
pub(super) fn params(message: &[u8], data: &Range<usize>) -> impl Iterator<Item = Param> {
    let end = data.end;
    let mut at = skip_name(message, data.start + 2).unwrap_or(end);
    std::iter::from_fn(move || {
        let (key, len) = (u16_at(message, at)?, u16_at(message, at + 2)?);
        let whole = at..at + 4 + usize::from(len);
        at = whole.end;
        (whole.end <= end).then_some(Param { key, whole })
    })
    .fuse()
}

/// The addresses in a parameter, if it is a hint.
pub(super) fn hints<'a>(message: &'a [u8], param: &Param) -> impl Iterator<Item = IpAddr> + 'a {
    let value = message.get(param.value()).unwrap_or_default();
    let (v4, v6) = match param.key {
        key::IPV4_HINT => (value, &[][..]),
        key::IPV6_HINT => (&[][..], value),
        _ => (&[][..], &[][..]),
    };
    let v4 = v4.as_chunks::<4>().0.iter().map(|octets| IpAddr::V4(Ipv4Addr::from(*octets)));
    let v6 = v6.as_chunks::<16>().0.iter().map(|octets| IpAddr::V6(Ipv6Addr::from(*octets)));
    v4.chain(v6)
}
