//! A device's own name, asked of itself: multicast DNS's reverse look-up, sent to the device alone (RFC 6762 §5.5).
//!
//! Why not listen to what all devices announce: on a router that means to join the group on each of the LAN's
//! interfaces and follow them as they come and go, and to read what anybody sends at any rate. Asking costs two
//! packets for a device that has no name yet, and only its own address can answer.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use luytre_lists::AddressBlock;
use rand::RngExt;
use rand::rngs::StdRng;
use tokio::net::UdpSocket;
use tokio::time::{Instant, timeout_at};

use super::name::HostName;
use crate::wire::{Header, Records, flags, follow_name, read_name, rtype, u16_at};

/// Where every responder listens (RFC 6762 §3).
const PORT: u16 = 5353;
/// How often a device is asked, and how long it may take each time: one that sleeps wakes up for the second.
const TRIES: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(2)];
/// Messages that may come instead of the answer before it is given up.
const PATIENCE: usize = 8;
/// The longest answer that is read, in bytes: more than a frame's worth needs no name.
const ANSWER: usize = 1500;
const IN: u16 = 1;
/// In the class of an answer: it replaces what is known (RFC 6762 §10.2).
const CACHE_FLUSH: u16 = 0x8000;

/// Asks a device for its name; `None` if it doesn't answer, or with nothing that is a name.
pub async fn ask(address: IpAddr) -> Option<HostName> {
    ask_at(SocketAddr::new(address, PORT)).await
}

async fn ask_at(device: SocketAddr) -> Option<HostName> {
    let any = if device.is_ipv4() { IpAddr::V4(Ipv4Addr::UNSPECIFIED) } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind((any, 0)).await.ok()?;
    // The kernel then drops what comes from elsewhere.
    socket.connect(device).await.ok()?;
    let id = rand::make_rng::<StdRng>().random();
    let question = question(id, device.ip());
    for patience in TRIES {
        socket.send(&question).await.ok()?;
        let deadline = Instant::now() + patience;
        if let Some(name) = timeout_at(deadline, answer(&socket, &question)).await.ok().flatten() {
            return Some(name);
        }
    }
    None
}

/// The name in the first answer that is one; ends with an error or when too much else came.
async fn answer(socket: &UdpSocket, question: &[u8]) -> Option<HostName> {
    let mut buffer = [0; ANSWER];
    for _ in 0..PATIENCE {
        let length = socket.recv(&mut buffer).await.ok()?;
        if let Some(name) = name_in(&buffer[..length], question) {
            return Some(name);
        }
    }
    None
}

/// `PTR` of the address's reverse name.
fn question(id: u16, address: IpAddr) -> Vec<u8> {
    let mut message = id.to_be_bytes().to_vec();
    message.extend_from_slice(&[0, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    message.extend_from_slice(AddressBlock::from(address).reverse_name().as_name().as_wire());
    message.push(0);
    message.extend_from_slice(&rtype::PTR.to_be_bytes());
    message.extend_from_slice(&IN.to_be_bytes());
    message
}

/// The host's name in an answer to our question: `An-Phone` of `An-Phone.local`.
fn name_in(message: &[u8], question: &[u8]) -> Option<HostName> {
    let header = Header::read(message)?;
    if u16_at(question, 0) != Some(header.id) || !header.has(flags::QR) {
        return None;
    }
    let (asked, _) = read_name(question, crate::wire::HEADER_LEN)?;
    let target = Records::of(message)?.find(|record| {
        let owner = read_name(message, record.start);
        record.section == 0
            && (record.rtype, record.class & !CACHE_FLUSH) == (rtype::PTR, IN)
            && owner.is_some_and(|(owner, _)| owner.as_name() == asked.as_name())
    })?;
    let label = follow_name(message, target.data.start).next()??;
    HostName::new(&String::from_utf8_lossy(label))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A responder's answer: the question again, then a PTR that points to it and holds these labels.
    fn reply(question: &[u8], labels: &[&[u8]]) -> Vec<u8> {
        let mut message = question.to_vec();
        message[2] = 0x84;
        message[7] = 1;
        let data: Vec<u8> = labels
            .iter()
            .flat_map(|label| [&[u8::try_from(label.len()).unwrap()], *label].concat())
            .chain([0])
            .collect();
        message.extend_from_slice(&[0xc0, 12, 0, 12, 0x80, 1, 0, 0, 0, 10]);
        message.extend_from_slice(&u16::try_from(data.len()).unwrap().to_be_bytes());
        message.extend_from_slice(&data);
        message
    }

    fn asked() -> Vec<u8> {
        question(7, [192, 168, 1, 7].into())
    }

    fn name(message: &[u8]) -> Option<String> {
        name_in(message, &asked()).map(|name| name.to_string())
    }

    #[test]
    fn the_first_label_is_the_name() {
        assert_eq!(name(&reply(&asked(), &[b"An-Phone", b"local"])).as_deref(), Some("An-Phone"));
        assert_eq!(
            name(&reply(&asked(), &["Điện thoại".as_bytes(), b"local"])).as_deref(),
            Some("Điện thoại")
        );
    }

    #[test]
    fn what_answers_another_question_is_no_answer() {
        let good = reply(&asked(), &[b"An-Phone", b"local"]);
        assert_eq!(name(&asked()), None, "a question");
        assert_eq!(name(&reply(&question(8, [192, 168, 1, 7].into()), &[b"x"])), None, "another number");
        let mut other = good.clone();
        other[13] = b'9'; // 9.1.168.192.in-addr.arpa
        assert_eq!(name(&other), None, "another address");
        for length in 0..good.len() {
            assert_eq!(name(&good[..length]), None, "cut to {length} bytes");
        }
    }

    #[test]
    fn a_hostile_name_is_cleaned_or_none() {
        assert_eq!(name(&reply(&asked(), &[b"\x1b[2Jx\xff\x00", b"local"])).as_deref(), Some("[2Jx"));
        assert_eq!(name(&reply(&asked(), &[b"\x1b\x07"])), None);
        assert_eq!(name(&reply(&asked(), &[])), None);
    }

    #[tokio::test]
    async fn a_device_that_answers_late_or_wrongly_first_is_still_heard() {
        let responder = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let device = responder.local_addr().unwrap();
        let asking = crate::tasks::spawn("asks", async move {
            assert_eq!(ask_at(device).await, HostName::new("an-phone"));
        });
        let mut buffer = [0; 512];
        let (length, client) = responder.recv_from(&mut buffer).await.unwrap();
        responder.send_to(b"nonsense", client).await.unwrap();
        let answer = reply(&buffer[..length], &[b"an-phone", b"local"]);
        responder.send_to(&answer, client).await.unwrap();
        asking.await.unwrap();
    }

    proptest! {
        #[test]
        fn whatever_answers_is_read_to_its_end(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut message = reply(&asked(), &[b"x"]);
            message.truncate(60);
            message.extend_from_slice(&bytes);
            let _ = name(&message);
        }
    }
}
