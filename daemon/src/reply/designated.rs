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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::query::Query;
    use crate::reply::block::PageAddress;
    use crate::reply::local;
    use crate::wire::{Header, Records};

    fn designations(tls: &[&str]) -> Designations {
        let mut listen = Config::default().listen;
        listen.tls = tls.iter().map(|socket| socket.parse().unwrap()).collect();
        Designations::of(&listen)
    }

    /// The answer to a device that reached us by this address.
    fn answer(designations: &Designations, reached: &str) -> Vec<u8> {
        let question = [&[0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0][..], NAME, &[0, 0, 64, 0, 1]].concat();
        let query = Query::parse(&question).unwrap();
        let special = crate::policy::Special::NoData;
        let local = crate::policy::Local { special, zone_labels: 2 };
        let (mut out, mut len, asked) = (vec![0; 2000], 0, (reached.parse().unwrap(), true));
        let own = local::Own { page: PageAddress::default(), designations };
        let allocations = crate::allocations::during(|| {
            len = local::special(&query, &question, local, asked, own, &mut out);
        });
        assert_eq!(allocations, 0);
        out.truncate(len);
        out
    }

    // RFC 9460 §2.2: priority, target, then parameters in rising order.
    #[test]
    fn a_usual_port_is_left_out_and_another_is_told() {
        let message = answer(&designations(&["192.168.1.1:853", "192.168.1.1:8853"]), "192.168.1.1");
        let records: Vec<_> = Records::of(&message).unwrap().collect();
        let data: Vec<&[u8]> = records.iter().map(|record| &message[record.data.clone()]).collect();
        let target = b"\0\x01\x06luytre\x03lan\0\0\x01\0\x04\x03dot";
        assert_eq!(data[0], [&target[..], b"\0\x04\0\x04\xc0\xa8\x01\x01"].concat());
        assert_eq!(data[1], [&target[..], b"\0\x03\0\x02\x22\x95\0\x04\0\x04\xc0\xa8\x01\x01"].concat());
        assert_eq!((data[2], records[2].section), (&[192, 168, 1, 1][..], 2));
        assert_eq!(records.len(), 3);
    }

    #[test]
    fn only_what_listens_where_the_device_asked_is_told() {
        let count =
            |tls: &[&str], reached| Header::read(&answer(&designations(tls), reached)).unwrap().counts[1];
        assert_eq!(count(&["0.0.0.0:853"], "192.168.1.1"), 1);
        assert_eq!(count(&["0.0.0.0:853"], "fd00::1"), 0);
        assert_eq!(count(&["[::]:853", "[fd00::2]:853"], "fd00::1"), 1);
        assert_eq!(count(&["192.168.1.1:853"], "192.168.1.2"), 0);
        assert_eq!(count(&["192.168.1.1:853"], "::ffff:192.168.1.1"), 1);
        assert_eq!(count(&[], "192.168.1.1"), 0);
    }
}
