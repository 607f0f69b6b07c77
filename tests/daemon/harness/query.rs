//! One question to the daemon, and what must hold for every answer.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use super::message::Message;
use super::packet::{CD, DO, Packet, RD, flag, option};
use super::patience::PATIENCE;
use super::stream::Stream;

/// The largest UDP answer without EDNS (RFC 1035 §4.2.1).
const PLAIN_UDP: usize = 512;
/// What a client announces unless the scenario says otherwise.
const EDNS_SIZE: u16 = 1232;

/// A question being asked: by UDP, from and to 127.0.0.1, with EDNS, unless it says otherwise.
#[derive(Clone)]
#[must_use = "a question that nobody sends"]
pub(crate) struct Query {
    text: String,
    flags: u16,
    edns: Option<(u16, u32)>,
    options: Vec<u8>,
    from: IpAddr,
    to: SocketAddr,
    over_tcp: bool,
}

impl Query {
    pub(crate) fn new(text: &str, port: u16) -> Self {
        let localhost = IpAddr::V4(Ipv4Addr::LOCALHOST);
        Self {
            text: text.to_owned(),
            flags: RD,
            edns: Some((EDNS_SIZE, 0)),
            options: Vec::new(),
            from: localhost,
            to: SocketAddr::new(localhost, port),
            over_tcp: false,
        }
    }

    /// Without an OPT record.
    pub(crate) fn plain(mut self) -> Self {
        self.edns = None;
        self
    }

    pub(crate) fn set(mut self, flags: u16) -> Self {
        self.flags |= flags;
        self
    }

    pub(crate) fn unset(mut self, flags: u16) -> Self {
        self.flags &= !flags;
        self
    }

    /// Asks for DNSSEC records (RFC 3225).
    pub(crate) fn dnssec_ok(self) -> Self {
        let size = self.edns.map_or(EDNS_SIZE, |(size, _)| size);
        Self { edns: Some((size, DO)), ..self }
    }

    /// Takes UDP answers up to this size.
    pub(crate) fn size(mut self, size: u16) -> Self {
        self.edns = Some((size, 0));
        self
    }

    /// Carries an EDNS option.
    pub(crate) fn option(mut self, code: u16, data: &[u8]) -> Self {
        self.options.extend(option(code, data));
        self
    }

    /// Asks this address of ours.
    pub(crate) fn to(mut self, address: &str) -> Self {
        self.to.set_ip(address.parse().unwrap());
        if self.to.is_ipv6() {
            self.from = Ipv6Addr::LOCALHOST.into();
        }
        self
    }

    /// Asks from this address.
    pub(crate) fn from(mut self, address: &str) -> Self {
        self.from = address.parse().unwrap();
        self
    }

    pub(crate) fn tcp(mut self) -> Self {
        self.over_tcp = true;
        self
    }

    /// Asks, and checks what holds for every answer.
    pub(crate) fn send(self) -> Message {
        let packet = self.packet();
        let bytes = packet.bytes();
        let answer = if self.over_tcp {
            Stream::connect(self.from, self.to).send(&packet).receive().expect("an answer, not an end")
        } else {
            Client::new(self.from, self.to).exchange(&bytes)
        };
        self.check(&Message::decode(&bytes).unwrap(), &answer);
        answer
    }

    fn packet(&self) -> Packet {
        let packet = Packet::query(&self.text).id(some_id(&self.text)).flags(self.flags);
        match self.edns {
            Some((size, ttl)) => packet.opt(size, ttl, &self.options),
            None => packet,
        }
    }

    fn check(&self, query: &Message, answer: &Message) {
        let told = format!("{query:?}\n{answer:?}");
        assert_eq!(answer.id, query.id, "{told}");
        assert!(answer.has(flag::QR | flag::RA), "{told}");
        // RFC 1035 §4.1.1: RD "is copied into the response"; RFC 4035 §3.2.2: so is CD.
        assert_eq!((answer.flags ^ query.flags) & (RD | CD), 0, "{told}");
        // The name with the client's own letters: who uses 0x20 drops what comes back otherwise.
        assert_eq!(answer.question_bytes(), query.question_bytes(), "{told}");
        // RFC 6891 §6.1.1: "If an OPT record is present in a received request, compliant responders MUST include an
        // OPT record in their respective responses", §7: and not otherwise.
        assert_eq!(answer.opt.is_some(), query.opt.is_some(), "{told}");
        if let (Some(theirs), Some(ours)) = (&query.opt, &answer.opt) {
            assert_eq!((ours.size, ours.version), (EDNS_SIZE, 0), "{told}");
            // RFC 3225 §3: "The DO bit of the query MUST be copied in the response."
            assert_eq!(ours.dnssec_ok, theirs.dnssec_ok, "{told}");
        }
        if !self.over_tcp {
            let limit = self.edns.map_or(PLAIN_UDP, |(size, _)| usize::from(size).clamp(PLAIN_UDP, 1232));
            assert!(
                answer.bytes.len() <= limit,
                "{} bytes to a client that takes {limit}",
                answer.bytes.len()
            );
        }
    }
}

/// A client's UDP socket, connected: it hears only answers that come from the address it asked.
pub(crate) struct Client(UdpSocket);

impl Client {
    pub(crate) fn new(from: IpAddr, to: SocketAddr) -> Self {
        let socket = UdpSocket::bind((from, 0)).unwrap();
        socket.connect(to).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Self(socket)
    }

    pub(crate) fn send(&self, message: &[u8]) {
        self.0.send(message).unwrap();
    }

    pub(crate) fn receive(&self) -> Message {
        let bytes = self.receive_bytes();
        Message::decode(&bytes).unwrap_or_else(|why| panic!("{why}: {bytes:02x?}"))
    }

    /// Whether anything comes back within a moment: for servers that are still starting.
    pub(crate) fn hears_something(&self, message: &[u8]) -> bool {
        self.0.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
        let heard = self.0.send(message).is_ok() && self.0.recv(&mut [0; 65_535]).is_ok();
        self.0.set_read_timeout(Some(PATIENCE)).unwrap();
        heard
    }

    /// What came, whether it can be read or not.
    pub(crate) fn receive_bytes(&self) -> Vec<u8> {
        let mut buffer = [0; 65_535];
        let len =
            self.0.recv(&mut buffer).unwrap_or_else(|error| panic!("no answer in {PATIENCE:?}: {error}"));
        buffer[..len].to_vec()
    }

    fn exchange(&self, message: &[u8]) -> Message {
        self.send(message);
        self.receive()
    }

    /// The answer to a message that is answered at once if at all. One socket's datagrams are taken in order: when a
    /// question behind the message has its answer, there was none to the message.
    pub(crate) fn answer_to(&self, message: &[u8]) -> Option<Message> {
        const BEHIND: u16 = 0xbe1d;
        self.send(message);
        self.send(&Packet::query("luytre.lan").id(BEHIND).bytes());
        let first = self.receive();
        let is_behind = |message: &Message| message.id == BEHIND && message.question == "luytre.lan A";
        if is_behind(&first) {
            return None;
        }
        let second = self.receive();
        assert!(is_behind(&second), "two answers to one message: {first}, {second}");
        Some(first)
    }
}

/// IDs that differ from question to question, and are the same in each run.
fn some_id(text: &str) -> u16 {
    text.bytes().fold(0x5eed, |id: u16, byte| id.rotate_left(5) ^ u16::from(byte))
}
