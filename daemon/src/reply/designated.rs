//! Tells devices of our encrypted listeners: the designated resolvers of DDR (RFC 9462), as SVCB records (RFC 9461).

use std::net::{IpAddr, SocketAddr};

use super::packet::{Packet, QUESTION, Section};
use crate::config::ListenConfig;
use crate::wire::rtype;

/// Who looks for an encrypted resolver asks this name for SVCB records (RFC 9462 §4).
pub(super) const NAME: &[u8] = b"\x04_dns\x08resolver\x04arpa";
/// The name that our certificate has and that every address of ours answers to.
const TARGET: &[u8] = b"\x06luytre\x03lan\x00";

/// Listeners change by a restart only, but a house should notice that soon.
const TTL: u32 = 300;
/// Our own address may change sooner, as in its own answer.
const ADDRESS_TTL: u32 = 10;

/// Parameters of SVCB records, which stand in rising order (RFC 9460 §14.3.2, RFC 9461 §5).
mod key {
    pub(super) const ALPN: u16 = 1;
    pub(super) const PORT: u16 = 3;
    pub(super) const IPV4_HINT: u16 = 4;
    pub(super) const IPV6_HINT: u16 = 6;
    pub(super) const DOH_PATH: u16 = 7;
}

/// Our encrypted listeners, as record data made beforehand.
#[derive(Debug, Default)]
pub struct Designations(Box<[Designation]>);

#[derive(Debug)]
struct Designation {
    listens: SocketAddr,
    /// Priority, target, and the parameters before the address.
    head: Box<[u8]>,
    /// The parameters behind the address.
    tail: Box<[u8]>,
}

impl Designations {
    /// What is announced of a configuration.
    pub fn of(listen: &ListenConfig) -> Self {
        // The cheapest for a router comes first.
        let kinds = [
            (&listen.tls, &b"\x03dot"[..], 853, None),
            (&listen.quic, b"\x03doq", 853, None),
            (&listen.https, b"\x02h2", 443, Some(&b"/dns-query{?dns}"[..])),
        ];
        let mut all = Vec::new();
        for (priority, (addresses, alpn, usual_port, path)) in (1_u16..).zip(kinds) {
            for &listens in addresses {
                let port = listens.port().to_be_bytes();
                let port = (listens.port() != usual_port).then(|| parameter(key::PORT, &port));
                let head = [&priority.to_be_bytes()[..], TARGET, &parameter(key::ALPN, alpn)].concat();
                let head = [head, port.unwrap_or_default()].concat().into();
                let tail = path.map(|path| parameter(key::DOH_PATH, path)).unwrap_or_default().into();
                all.push(Designation { listens, head, tail });
            }
        }
        Self(all.into())
    }

    /// Writes a record for each listener at the address that the client reached, and that address besides (RFC 9462
    /// §4: it spares the client a question). Returns whether there was any.
    ///
    /// A listener at another address is not announced: who can't check our certificate takes it only from the address
    /// that it asks already (RFC 9462 §4.3).
    pub(super) fn write(&self, packet: &mut Packet<'_>, question_end: usize, reached: IpAddr) -> bool {
        let mut here = self.0.iter().filter(|designation| designation.serves(reached)).peekable();
        if here.peek().is_none() {
            return false;
        }
        let (address_type, hint, v4, v6);
        let address: &[u8] = match reached {
            IpAddr::V4(address) => {
                (address_type, hint, v4) = (rtype::A, key::IPV4_HINT, address.octets());
                &v4
            }
            IpAddr::V6(address) => {
                (address_type, hint, v6) = (rtype::AAAA, key::IPV6_HINT, address.octets());
                &v6
            }
        };
        let (hint, length) = (hint.to_be_bytes(), (address.len() as u16).to_be_bytes()); // 4 or 16
        for Designation { head, tail, .. } in here {
            let data = [head, &hint[..], &length, address, tail];
            packet.record(Section::Answer, QUESTION, rtype::SVCB, TTL, &data);
        }
        // What is only a help must not make the answer too long.
        if packet.room() >= RECORD + address.len() + OPT {
            // The target of the first record: behind the question, the record's fixed part and its priority.
            let target = question_end + RECORD + 2;
            packet.record(Section::Additional, target, address_type, ADDRESS_TTL, &[address]);
        }
        true
    }
}

impl Designation {
    fn serves(&self, reached: IpAddr) -> bool {
        let ours = self.listens.ip();
        ours == reached || ours.is_unspecified() && ours.is_ipv4() == reached.is_ipv4()
    }
}

fn parameter(key: u16, value: &[u8]) -> Vec<u8> {
    // Every value is a constant of a few bytes.
    [&key.to_be_bytes()[..], &(value.len() as u16).to_be_bytes(), value].concat()
}

/// A record's bytes besides its data, and an OPT record's without options.
const RECORD: usize = 12;
const OPT: usize = 11;
