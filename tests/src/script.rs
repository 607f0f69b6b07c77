//! What the scripted upstream server says: pure, from the query's bytes to the reply's in the same buffer.
//!
//! Every name has A 192.0.2.1 and AAAA 2001:db8::1; other types have no data. The first label changes that:
//! `tc` (cut over UDP), `nx` (NXDOMAIN), `servfail`, `slow` (later) and `drop` (never).

use crate::dns::{HEADER, Record, kind, put, skip_name, u16_at};

/// Seconds that every record of the script lives.
const TTL: u32 = 300;
const V4: [u8; 4] = [192, 0, 2, 1];
const V6: [u8; 16] = [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
/// Serial 1, refresh 3600, retry 600, expire 86400, negative TTL 300, behind two root names.
const SOA: [u8; 22] = [0, 0, 0, 0, 0, 1, 0, 0, 14, 16, 0, 0, 2, 88, 0, 1, 81, 128, 0, 0, 1, 44];

const NOERROR: u8 = 0;
const FORMERR: u8 = 1;
const SERVFAIL: u8 = 2;
const NXDOMAIN: u8 = 3;
const NOTIMP: u8 = 4;
/// The low four bits of BADVERS (16) are 0; its upper bits stand in the OPT record.
const BADVERS_HIGH: u8 = 1;

/// How the query came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// Replies to `tc` names are cut.
    Udp,
    /// Replies are whole.
    Tcp,
}

/// A reply that now stands in the buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scripted {
    /// Its length.
    pub length: usize,
    /// The name asked for a late answer.
    pub slow: bool,
}

/// Turns the query in `buffer[..length]` into its reply. Nothing: no reply is due (a `drop` name, something
/// too short to answer, or a reply, which answered would go round for ever).
pub fn answer(buffer: &mut [u8], length: usize, transport: Transport) -> Option<Scripted> {
    let query = buffer.get(..length)?;
    if length < HEADER || query[2] & 0x80 != 0 {
        return None;
    }
    if query[2] & 0x78 != 0 {
        return bare(buffer, NOTIMP);
    }
    let Some(asked) = Asked::parse(query) else { return bare(buffer, FORMERR) };
    match asked.script {
        Script::Drop => None,
        script => {
            let length = write(buffer, &asked, transport)?;
            Some(Scripted { length, slow: script == Script::Slow })
        }
    }
}

/// The part of a query that the reply depends on.
struct Asked {
    /// Where the question ends.
    end: usize,
    kind: u16,
    script: Script,
    edns: Option<Edns>,
}

struct Edns {
    version: u8,
    wants_dnssec: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Script {
    Plain,
    Cut,
    Absent,
    Fail,
    Slow,
    Drop,
}

impl Asked {
    /// Nothing when it isn't exactly one question with records that lie within the message.
    fn parse(query: &[u8]) -> Option<Self> {
        if u16_at(query, 4)? != 1 {
            return None;
        }
        let name_end = skip_name(query, HEADER)?;
        let end = name_end + 4;
        let kind = u16_at(query, name_end)?;
        u16_at(query, name_end + 2)?;
        let mut at = end;
        let mut edns = None;
        let counts = [u16_at(query, 6)?, u16_at(query, 8)?, u16_at(query, 10)?];
        for _ in 0..counts.into_iter().map(u32::from).sum() {
            let record = Record::parse(query, at)?;
            if record.kind == kind::OPT {
                let [_, version, flags, _] = record.ttl.to_be_bytes();
                edns = Some(Edns { version, wants_dnssec: flags & 0x80 != 0 });
            }
            at = record.end;
        }
        Some(Self { end, kind, script: Script::of(&query[HEADER..name_end])?, edns })
    }
}

impl Script {
    /// By the first label; nothing for a compressed name, which has no place in a question.
    fn of(name: &[u8]) -> Option<Self> {
        let length = usize::from(*name.first()?);
        let label = name.get(1..=length)?;
        if length > 63 || (length > 0 && skip_name(name, 0)? != name.len()) || name.last() != Some(&0) {
            return None;
        }
        const BY_LABEL: [(&[u8], Script); 5] = [
            (b"tc", Script::Cut),
            (b"nx", Script::Absent),
            (b"servfail", Script::Fail),
            (b"slow", Script::Slow),
            (b"drop", Script::Drop),
        ];
        let scripted = BY_LABEL.iter().find(|(word, _)| label.eq_ignore_ascii_case(word));
        Some(scripted.map_or(Script::Plain, |(_, script)| *script))
    }
}

/// A header alone, for what can't be read any further.
fn bare(buffer: &mut [u8], rcode: u8) -> Option<Scripted> {
    set_header(buffer, rcode, [0; 4]);
    Some(Scripted { length: HEADER, slow: false })
}

/// Writes the reply behind the question, which stays as it came (its case too), and returns the length.
fn write(buffer: &mut [u8], asked: &Asked, transport: Transport) -> Option<usize> {
    let bad_version = asked.edns.as_ref().is_some_and(|edns| edns.version > 0);
    let cut = asked.script == Script::Cut && transport == Transport::Udp;
    let rcode = match asked.script {
        Script::Absent => NXDOMAIN,
        Script::Fail => SERVFAIL,
        _ => NOERROR,
    };
    let data: Option<&[u8]> = match asked.kind {
        kind::A => Some(&V4),
        kind::AAAA => Some(&V6),
        _ => None,
    };
    let (mut answers, mut authorities) = (0, 0);
    let mut at = asked.end;
    if !(bad_version || cut || rcode == SERVFAIL) {
        if let (NOERROR, Some(data)) = (rcode, data) {
            at = put_record(buffer, at, &[0xc0, 12], asked.kind, data)?;
            answers = 1;
        } else {
            // The root owns every negative answer: it is an ancestor of any name, whatever zones there are.
            at = put_record(buffer, at, &[0], kind::SOA, &SOA)?;
            authorities = 1;
        }
    }
    if let Some(edns) = &asked.edns {
        let extended = if bad_version { BADVERS_HIGH } else { 0 };
        let flags = if edns.wants_dnssec { 0x80 } else { 0 };
        at = put(buffer, at, &[0, 0, 41, 0x04, 0xd0, extended, 0, flags, 0, 0, 0])?;
    }
    let rcode = if bad_version { NOERROR } else { rcode };
    set_header(buffer, rcode, [1, answers, authorities, asked.edns.is_some().into()]);
    if cut {
        buffer[2] |= 0x02;
    }
    Some(at)
}

/// QR and RA are set, opcode, RD and CD stay, AA, TC, Z and AD go.
fn set_header(buffer: &mut [u8], rcode: u8, counts: [u8; 4]) {
    buffer[2] = buffer[2] & 0x79 | 0x80;
    buffer[3] = buffer[3] & 0x10 | 0x80 | rcode;
    for (place, count) in buffer[4..HEADER].chunks_exact_mut(2).zip(counts) {
        place.copy_from_slice(&[0, count]);
    }
}

fn put_record(buffer: &mut [u8], at: usize, owner: &[u8], kind: u16, data: &[u8]) -> Option<usize> {
    let mut at = put(buffer, at, owner)?;
    at = put(buffer, at, &kind.to_be_bytes())?;
    at = put(buffer, at, &[0, 1])?;
    at = put(buffer, at, &TTL.to_be_bytes())?;
    at = put(buffer, at, &u16::try_from(data.len()).ok()?.to_be_bytes())?;
    put(buffer, at, data)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::{Question, Reply, encode_name, write_query};
    use crate::names::Dice;

    fn query(name: &str, kind: u16, edns: bool) -> ([u8; 600], usize) {
        let mut buffer = [0; 600];
        let name = encode_name(name).unwrap();
        let length = write_query(&mut buffer, 77, &Question { label: &[], name: &name, kind, edns }).unwrap();
        (buffer, length)
    }

    fn ask(name: &str, kind: u16, transport: Transport) -> Option<Vec<u8>> {
        let (mut buffer, length) = query(name, kind, true);
        answer(&mut buffer, length, transport).map(|scripted| buffer[..scripted.length].to_vec())
    }

    fn counts(packet: &[u8]) -> Vec<u16> {
        (4..12).step_by(2).map(|at| u16_at(packet, at).unwrap()).collect()
    }

    #[test]
    fn addresses_and_no_data() {
        let v4 = ask("Some.Name", kind::A, Transport::Udp).unwrap();
        assert_eq!(counts(&v4), [1, 1, 0, 1]);
        assert!(v4.windows(4).any(|four| four == V4) && v4.windows(5).any(|label| label == b"\x04Some"));
        assert_eq!(
            Reply::parse(&v4).map(|reply| (reply.id, reply.rcode, reply.blocked)),
            Some((77, 0, false))
        );
        let v6 = ask(".", kind::AAAA, Transport::Tcp).unwrap();
        assert!(v6.windows(16).any(|sixteen| sixteen == V6));
        let none = ask("some.name", 16, Transport::Udp).unwrap();
        assert_eq!(counts(&none), [1, 0, 1, 1]);
        assert_eq!(Reply::parse(&none).unwrap().rcode, NOERROR);
    }

    #[test]
    fn first_labels_change_the_answer() {
        assert_eq!(ask("drop.example", kind::A, Transport::Udp), None);
        let absent = ask("NX.example", kind::A, Transport::Udp).unwrap();
        assert_eq!((absent[3] & 15, counts(&absent)), (NXDOMAIN, vec![1, 0, 1, 1]));
        let failed = ask("servfail.example", kind::A, Transport::Udp).unwrap();
        assert_eq!((failed[3] & 15, counts(&failed)), (SERVFAIL, vec![1, 0, 0, 1]));
        let cut = ask("tc.example", kind::A, Transport::Udp).unwrap();
        assert_eq!((cut[2] & 2, counts(&cut)), (2, vec![1, 0, 0, 1]));
        let whole = ask("tc.example", kind::A, Transport::Tcp).unwrap();
        assert_eq!((whole[2] & 2, counts(&whole)), (0, vec![1, 1, 0, 1]));
        let (mut buffer, length) = query("slow.example", kind::A, false);
        assert!(answer(&mut buffer, length, Transport::Udp).unwrap().slow);
        assert!(
            ask("notnx.nx.example", kind::A, Transport::Udp).is_some_and(|reply| reply[3] & 15 == NOERROR)
        );
    }

    #[test]
    fn odd_messages_get_what_is_due() {
        let (mut buffer, length) = query("a.b", kind::A, true);
        assert_eq!(answer(&mut buffer, 11, Transport::Udp), None);
        buffer[2] |= 0x80;
        assert_eq!(answer(&mut buffer, length, Transport::Udp), None, "a reply");
        buffer[2] = 0x20;
        assert!(answer(&mut buffer, length, Transport::Udp).is_some_and(|reply| reply.length == HEADER));
        assert_eq!(buffer[3] & 15, NOTIMP);
        let (mut buffer, length) = query("a.b", kind::A, true);
        buffer[5] = 2;
        assert!(answer(&mut buffer, length, Transport::Udp).is_some());
        assert_eq!((buffer[3] & 15, counts(&buffer)), (FORMERR, vec![0; 4]));
        let (mut buffer, length) = query("a.b", kind::A, true);
        buffer[length - 5] = 1;
        let bad_version = answer(&mut buffer, length, Transport::Udp).unwrap();
        assert_eq!((counts(&buffer), buffer[bad_version.length - 6]), (vec![1, 0, 0, 1], BADVERS_HIGH));
    }

    #[test]
    fn noise_never_panics() {
        let mut dice = Dice::new(5);
        for _ in 0..200_000 {
            let (mut buffer, length) = query("servfail.some.example", kind::A, true);
            for _ in 0..1 + dice.below(6) {
                let at = dice.below(length);
                buffer[at] = u8::try_from(dice.below(256)).unwrap();
            }
            let length = dice.below(length + 1);
            if let Some(scripted) = answer(&mut buffer, length, Transport::Udp) {
                assert!(scripted.length <= buffer.len());
            }
        }
        assert_eq!(answer(&mut [0; 20], 21, Transport::Udp), None, "a length past the buffer");
    }

    #[test]
    fn a_reply_that_does_not_fit_is_not_sent() {
        let (buffer, length) = query("a.b", kind::A, true);
        let mut tight = buffer[..length].to_vec();
        assert_eq!(answer(&mut tight, length, Transport::Udp), None);
    }
}
