//! Luytre beside unbound and dnsmasq, all forwarding to one scripted server that answers any question.
//!
//! Each question is asked of each, once fresh and once again for what they kept; every difference must have its
//! explanation in `allowed.txt`, and every explanation its difference. Names come from the popularity list where the data
//! is (`${LUYTRE_DATA:-../shared/data}`), else they are made up.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test's ways to fail")]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a test's ways to tell")]

mod allowed;
mod compare;
#[path = "../../daemon/harness/mod.rs"]
mod harness;
mod peers;
mod world;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};

use crate::allowed::Seen;
use crate::harness::{Client, House, Message, Packet, Stream, Upstream, stopwatch};
use crate::peers::Peer;
use crate::world::Kind;

const NAMES: usize = 2_600;
const TYPES_A_NAME: usize = 4;
const TYPES: [&str; 10] = ["A", "AAAA", "HTTPS", "TXT", "MX", "NS", "SRV", "PTR", "CNAME", "TYPE65280"];
/// Questions that are asked before they are asked again: what was kept is less than a second old.
const CHUNK: usize = 100;

/// Who is asked.
struct Server {
    name: &'static str,
    address: SocketAddr,
    client: Client,
}

fn main() -> ExitCode {
    let elapsed = stopwatch();
    let upstream = Upstream::answering(world::answer);
    let at = upstream.address();
    let house = House::new()
        .upstream(upstream)
        .with("cache.entries = 60000")
        .with("limits.client_rate = 0")
        .with("reply.mode = 'null'")
        .start();
    let ours = server("luytre", SocketAddr::from((Ipv4Addr::LOCALHOST, house.port())));
    let peers: Vec<Peer> = [("unbound", Peer::unbound(at)), ("dnsmasq", Peer::dnsmasq(at))]
        .into_iter()
        .filter_map(|(name, peer)| {
            if peer.is_none() {
                eprintln!("SKIPPED: {name} is not installed");
            }
            peer
        })
        .collect();
    let theirs: Vec<Server> = peers.iter().map(|peer| server(peer.name, peer.address())).collect();
    let questions = questions();
    let seen = compare_all(&ours, &theirs, &questions);
    let names: Vec<&str> = theirs.iter().map(|server| server.name).collect();
    let verdict = allowed::judge(&seen, &names);
    verdict.unexplained.iter().for_each(|line| println!("UNEXPLAINED {line}"));
    verdict.stale.iter().for_each(|line| println!("NO LONGER SEEN {line}"));
    println!("{} questions to {} in {:.1} s", questions.len(), names.join(", "), elapsed().as_secs_f32());
    let bad = verdict.unexplained.len() + verdict.stale.len();
    let (failed, skipped) = (usize::from(bad > 0), 2 - names.len());
    println!("{} passed, {failed} failed, {skipped} skipped", names.len().saturating_sub(failed));
    if bad == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn server(name: &'static str, address: SocketAddr) -> Server {
    Server { name, address, client: Client::new(Ipv4Addr::LOCALHOST.into(), address) }
}

fn compare_all(ours: &Server, theirs: &[Server], questions: &[String]) -> Seen {
    let mut seen = Seen::new();
    for chunk in questions.chunks(CHUNK) {
        for way in ["fresh", "kept"] {
            let said =
                |server: &Server| chunk.iter().map(|question| server.ask(question)).collect::<Vec<_>>();
            let ours = said(ours);
            for peer in theirs {
                for ((question, ours), theirs) in chunk.iter().zip(&ours).zip(said(peer)) {
                    note(&mut seen, peer.name, way, question, [ours, &theirs]);
                }
            }
        }
    }
    seen
}

fn note(seen: &mut Seen, peer: &str, way: &str, question: &str, [ours, theirs]: [&Vec<Message>; 2]) {
    let kind = Kind::of(question.split(' ').next().unwrap_or_default()).word();
    let mut add = |aspect: &str, one: &str, other: &str| {
        let words = [peer, way, kind, aspect, one, other].map(str::to_owned);
        let entry = seen.entry(words).or_insert_with(|| (question.to_owned(), 0));
        entry.1 += 1;
    };
    if ours.len() != theirs.len() {
        add("tc", &ours.len().to_string(), &theirs.len().to_string());
    }
    for (one, other) in ours.iter().zip(theirs) {
        compare::differences(one, other).iter().for_each(|[aspect, one, other]| add(aspect, one, other));
    }
}

impl Server {
    /// The answer by UDP, and the one by TCP if the first is cut.
    fn ask(&self, question: &str) -> Vec<Message> {
        let id = question.bytes().fold(0x5eed, |id: u16, byte| id.rotate_left(5) ^ u16::from(byte));
        let packet = Packet::query(question).id(id).edns();
        self.client.send(&packet.bytes());
        let first = loop {
            let message = self.client.receive();
            // What comes late, after a repetition, belongs to an earlier question.
            if message.id == id && message.question.eq_ignore_ascii_case(question) {
                break message;
            }
        };
        if !first.has(harness::flag::TC) {
            return vec![first];
        }
        let mut stream = Stream::connect(Ipv4Addr::LOCALHOST.into(), self.address);
        let whole = stream.send(&packet).receive();
        std::iter::once(first).chain(whole).collect()
    }
}

/// `NAME TYPE`, the types in turn.
fn questions() -> Vec<String> {
    let names = popular_names().unwrap_or_else(|| {
        println!("no popularity list here: the names are made up");
        (0..NAMES).map(|number| format!("www.name-{number}.example")).collect()
    });
    let typed = |(index, name): (usize, String)| {
        (0..TYPES_A_NAME).map(move |turn| format!("{name} {}", TYPES[(index + turn * 3) % TYPES.len()]))
    };
    names.into_iter().enumerate().flat_map(typed).collect()
}

fn popular_names() -> Option<Vec<String>> {
    let near = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let file = std::env::var_os("LUYTRE_DATA").map_or(near, PathBuf::from).join("benign.txt.xz");
    if !file.is_file() {
        return None;
    }
    let list = Command::new("xzcat").arg(file).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8(list.stdout).ok()?;
    // Names with a meaning of their own are the business of scenarios/special.
    let usual = |name: &&str| {
        !name.is_empty()
            && !name.ends_with(".arpa")
            && !name.ends_with("use-application-dns.net")
            && name.contains('.')
    };
    // The list is in order of names or of popularity: from all over it.
    let all: Vec<&str> = text.lines().filter(usual).collect();
    let step = (all.len() / NAMES).max(1);
    let names: Vec<String> = all.into_iter().step_by(step).take(NAMES).map(str::to_owned).collect();
    (names.len() == NAMES).then_some(names)
}
