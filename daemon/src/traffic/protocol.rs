//! What daemon and helper say to each other over their unix socket.
//!
//! A message is its length (4 octets, most significant first) and so much JSON. The daemon asks, the helper answers each
//! request in its turn. There is no text of rules in it: the helper alone writes those.

use std::io::{self, Read};
use std::net::IpAddr;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::plan::Plan;
use crate::who::Mac;

/// The longest message, in bytes: a plan of 1,024 devices with as many ranges, or a table of flows.
pub const MAX_MESSAGE: usize = 16 << 20;
/// The most entries of one request: what fits into a socket's buffer as one transaction.
pub const MAX_ENTRIES: usize = 1000;
/// The most entries that are told of a set, and the most notes of a kind.
pub const MAX_TOLD: usize = 20_000;
/// The longest that an address stays in a set, in seconds.
pub const MAX_SECONDS: u32 = 7 * 86_400;

/// What the daemon wants.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum Request {
    /// These rules instead of those before; all of them or none.
    Load(Plan),
    /// These addresses into their sets, in one transaction.
    Put(Vec<Entry>),
    /// These out of their sets; who is not in one is no error.
    Take(Vec<Entry>),
    /// Nothing in this set any more; with what is open go the flows that were.
    Clear(Set),
    /// Ends the flows between this device and each of these addresses.
    Evict {
        /// Its number.
        number: u16,
        /// The other ends.
        addresses: Vec<IpAddr>,
    },
    /// Whether the table stands as it was loaded, and what it counted.
    Check,
    /// Every flow of a device with its counters.
    Flows,
    /// What stands in the sets that outlive a daemon.
    Held,
    /// What the rules noted: flows without a name, and servers that are not ours.
    Noted,
    /// The table away: the service stops by intent.
    Remove,
}

/// An address in a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// In which.
    pub set: Set,
    /// For whom; sets for everybody don't look at it.
    pub mac: Mac,
    /// Which.
    pub address: IpAddr,
    /// For how long; 0 for ever.
    pub seconds: u32,
}

/// The sets that change by the element; each exists for IPv4 and for IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Set {
    /// What was answered to a device, for strict mode.
    Named,
    /// What is open to a device that is cut off.
    Open,
    /// What is open to everybody, always: essentials.
    Vital,
    /// What is barred to a device, as a service's.
    Barred,
}

impl Set {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Named, Self::Open, Self::Vital, Self::Barred];

    /// What it is called in the table, without the 4 or 6 of its family.
    pub fn name(self) -> &'static str {
        match self {
            Self::Named => "named",
            Self::Open => "open",
            Self::Vital => "vital",
            Self::Barred => "barred",
        }
    }

    /// Whether its entries are for one device.
    pub fn is_by_device(self) -> bool {
        self != Self::Vital
    }
}

/// What the helper says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum Reply {
    /// Done.
    Done,
    /// The plan of [`Request::Load`] is in force, in a table that was not there or was changed by somebody else: nobody
    /// knows what its sets hold.
    Anew,
    /// The answer to [`Request::Check`].
    State(State),
    /// The answer to [`Request::Flows`].
    Flows(Vec<Flow>),
    /// The answer to [`Request::Held`].
    Held(Vec<Entry>),
    /// The answer to [`Request::Noted`].
    Noted(Noted),
    /// Not done, for this reason; what was before still holds.
    Refused(String),
}

/// How the table stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// Whether it is as it was loaded.
    pub is_whole: bool,
    /// Whether the kernel counts the bytes of flows.
    pub counts_bytes: bool,
    /// Packets refused since it was loaded.
    pub refused: u64,
    /// Packets that strict mode would have refused, while it is observed.
    pub nameless: u64,
}

/// What the rules noted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Noted {
    /// Where devices went without a name that led there, while strict mode was observed.
    pub nameless: Vec<Nameless>,
    /// Who answered as a DHCP server lately.
    pub dhcp: Vec<Server>,
    /// Who announced itself as an IPv6 router lately.
    pub routers: Vec<Server>,
}

/// A new flow that strict mode would have cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nameless {
    /// Whose.
    pub mac: Mac,
    /// Where to.
    pub address: IpAddr,
    /// To which port.
    pub port: u16,
    /// The protocol's number (IANA): TCP's or UDP's.
    pub protocol: u8,
}

/// A device that does what the router alone should.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Which.
    pub mac: Mac,
    /// By which address.
    pub address: IpAddr,
}

/// A flow of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flow {
    /// What the kernel knows it by.
    pub id: u32,
    /// The device's number.
    pub number: u16,
    /// The other end.
    pub remote: IpAddr,
    /// Its port there; 0 for protocols without one.
    pub port: u16,
    /// The protocol's number (IANA).
    pub protocol: u8,
    /// Bytes both ways so far.
    pub bytes: u64,
}

/// A message as it goes over the socket.
pub fn encode(message: &impl Serialize) -> io::Result<Vec<u8>> {
    let body = serde_json::to_vec(message)?;
    let length = u32::try_from(body.len()).ok().filter(|_| body.len() <= MAX_MESSAGE);
    let length = length.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "too long a message"))?;
    Ok([&length.to_be_bytes()[..], &body].concat())
}

/// The length of the message that begins with these octets; the error of one that is too long.
pub fn length(octets: [u8; 4]) -> io::Result<usize> {
    let length = u32::from_be_bytes(octets) as usize;
    let too_long = || io::Error::new(io::ErrorKind::InvalidData, "too long a message");
    (length <= MAX_MESSAGE).then_some(length).ok_or_else(too_long)
}

/// Reads a message's body.
pub fn decode<T: DeserializeOwned>(body: &[u8]) -> io::Result<T> {
    Ok(serde_json::from_slice(body)?)
}

/// Reads the next message of a stream; `None` at its end.
pub fn read<T: DeserializeOwned>(stream: &mut impl Read) -> io::Result<Option<T>> {
    let mut octets = [0; 4];
    match stream.read_exact(&mut octets) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    }
    // Room grows with what comes, not with what is announced.
    let mut body = Vec::new();
    let length = length(octets)?;
    stream.take(length as u64).read_to_end(&mut body)?;
    decode(&body).map(Some)
}

impl Request {
    /// What is wrong with it, if something is.
    pub fn check(&self) -> Result<(), String> {
        match self {
            Self::Load(plan) => plan.check(),
            Self::Put(entries) | Self::Take(entries) => {
                let is_good = |entry: &Entry| {
                    entry.seconds <= MAX_SECONDS && (!entry.set.is_by_device() || entry.mac.is_one_device())
                };
                match entries.len() <= MAX_ENTRIES && entries.iter().all(is_good) {
                    true => Ok(()),
                    false => Err(format!("at most {MAX_ENTRIES} entries, each of a device and a week long")),
                }
            }
            Self::Evict { addresses, .. } if addresses.len() > MAX_ENTRIES => {
                Err(format!("at most {MAX_ENTRIES} addresses"))
            }
            Self::Evict { .. } | Self::Clear(_) => Ok(()),
            Self::Check | Self::Flows | Self::Held | Self::Noted | Self::Remove => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::traffic::plan::{Device, Treatment};

    fn mac() -> impl Strategy<Value = Mac> {
        any::<[u8; 6]>().prop_map(Mac)
    }

    fn entry() -> impl Strategy<Value = Entry> {
        let set = proptest::sample::select(Set::ALL.to_vec());
        (set, mac(), any::<IpAddr>(), any::<u32>()).prop_map(|(set, mac, address, seconds)| Entry {
            set,
            mac,
            address,
            seconds,
        })
    }

    fn plan() -> impl Strategy<Value = Plan> {
        let treatment = any::<[bool; 6]>().prop_map(|[cut, resolvers, tunnels, barred, strict, observed]| {
            Treatment { cut, resolvers, tunnels, barred, strict, observed }
        });
        let device = (mac(), any::<u16>(), treatment).prop_map(|(mac, number, treatment)| Device {
            mac,
            number,
            treatment,
        });
        (proptest::collection::vec(device, 0..9), any::<u16>()).prop_map(|(devices, dns_port)| Plan {
            devices,
            dns_port,
            ..Plan::default()
        })
    }

    fn request() -> impl Strategy<Value = Request> {
        let entries = || proptest::collection::vec(entry(), 0..9);
        prop_oneof![
            plan().prop_map(Request::Load),
            entries().prop_map(Request::Put),
            entries().prop_map(Request::Take),
            (any::<u16>(), proptest::collection::vec(any::<IpAddr>(), 0..9))
                .prop_map(|(number, addresses)| Request::Evict { number, addresses }),
            Just(Request::Clear(Set::Open)),
            Just(Request::Check),
            Just(Request::Flows),
            Just(Request::Held),
            Just(Request::Noted),
            Just(Request::Remove),
        ]
    }

    proptest! {
        #[test]
        fn what_is_sent_is_what_is_heard(requests in proptest::collection::vec(request(), 1..5)) {
            let bytes: Vec<u8> = requests.iter().flat_map(|request| encode(request).unwrap()).collect();
            let mut stream = bytes.as_slice();
            for request in &requests {
                let heard: Option<Request> = read(&mut stream).unwrap();
                prop_assert_eq!(heard.as_ref(), Some(request));
            }
            prop_assert!(read::<Request>(&mut stream).unwrap().is_none());
        }

        #[test]
        fn whatever_comes_ends(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let mut stream = bytes.as_slice();
            while let Ok(Some(request)) = read::<Request>(&mut stream) {
                let _ = request.check();
            }
        }

        #[test]
        fn a_damaged_request_is_refused_or_another_never_worse(
            request in request(), at in any::<proptest::sample::Index>(), value: u8
        ) {
            let mut bytes = encode(&request).unwrap();
            let at = at.index(bytes.len());
            bytes[at] = value;
            if let Ok(Some(heard)) = read::<Request>(&mut bytes.as_slice()) {
                let _ = heard.check();
            }
        }
    }

    #[test]
    fn a_length_that_nobody_needs_is_refused_before_there_is_room_for_it() {
        let mut stream = &[0xff, 0xff, 0xff, 0xff, b'{'][..];
        assert!(read::<Request>(&mut stream).is_err());
        // Announced and never sent: what is read is what came.
        let mut stream = &[0, 0xff, 0xff, 0xff, b'{'][..];
        assert!(read::<Request>(&mut stream).is_err());
    }

    #[test]
    fn too_many_entries_or_too_long_ones_are_refused() {
        let entry = Entry {
            set: Set::Named,
            mac: Mac([2, 0, 0, 0, 0, 1]),
            address: [192, 0, 2, 1].into(),
            seconds: 60,
        };
        assert!(Request::Put(vec![entry; MAX_ENTRIES]).check().is_ok());
        assert!(Request::Put(vec![entry; MAX_ENTRIES + 1]).check().is_err());
        assert!(Request::Put(vec![Entry { seconds: MAX_SECONDS + 1, ..entry }]).check().is_err());
        assert!(Request::Take(vec![Entry { mac: Mac([0; 6]), ..entry }]).check().is_err());
    }
}
