//! Plays a scenario against the real daemon; panics with file, line and difference where it does not go as written.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, UdpSocket};

use crate::expect::{End, Expected, difference};
use crate::harness::{Client, Daemon, House, Message, Packet, Stream, Upstream, eventually, luytre};
use crate::question::{Question, Way};
use crate::scenario::{MAIN, Scenario, Step};
use crate::server::{Rules, Scripted, described};

/// Plays it; `name` stands before each line number.
pub(crate) fn play(name: &str, scenario: &Scenario) {
    let mut stage = Stage::set(scenario);
    for (line, step) in &scenario.steps {
        if let Err(what) = stage.take(step) {
            let unexpected = stage.unexpected();
            panic!("{name}:{line}: {what}{unexpected}");
        }
    }
    let unexpected = stage.unexpected();
    assert!(unexpected.is_empty(), "{name}: {unexpected}");
}

/// Where each server is, by name.
type Addresses = BTreeMap<String, SocketAddr>;

/// The house, its servers and its clients while a scenario goes on.
struct Stage {
    house: Daemon,
    /// In the order of the house's own upstreams.
    servers: Vec<(String, Scripted)>,
    /// How many queries each server's last `asked` step has seen.
    seen: HashMap<String, usize>,
    asking: HashMap<String, Asking>,
    streams: HashMap<String, Connection>,
    addresses: Addresses,
    /// Keeps the ports of refusing servers: nobody else may answer there.
    _refusing: Vec<Refusing>,
}

/// A question that waits for its answer.
struct Asking {
    sent: Vec<u8>,
    by: By,
}

enum By {
    Udp(Client),
    /// The connection's name.
    Tcp(String),
}

/// A TCP connection, and what came on it before anybody expected it.
struct Connection {
    stream: Stream,
    early: Vec<Message>,
}

impl Stage {
    fn set(scenario: &Scenario) -> Self {
        let (mut servers, mut upstreams, mut refusing) = (Vec::new(), Vec::new(), Vec::new());
        let mut addresses = Addresses::new();
        for server in &scenario.servers {
            match &server.rules {
                Some(rules) => {
                    let (scripted, upstream) = Scripted::start(rules.clone());
                    addresses.insert(server.name.clone(), upstream.address());
                    servers.push((server.name.clone(), scripted));
                    upstreams.push(upstream);
                }
                None => {
                    let there = Refusing::new();
                    addresses.insert(server.name.clone(), there.address);
                    refusing.push(there);
                }
            }
        }
        if scenario.servers.is_empty() {
            let (scripted, upstream) = Scripted::start(Rules::default());
            addresses.insert(MAIN.to_owned(), upstream.address());
            servers.push((MAIN.to_owned(), scripted));
            upstreams.push(upstream);
        }
        let in_order: Vec<String> = match scenario.servers.is_empty() {
            true => vec![format!("'udp://{}'", addresses[MAIN])],
            false => scenario.servers.iter().map(|it| format!("'udp://{}'", addresses[&it.name])).collect(),
        };
        let house = furnished(scenario, &in_order.join(", "), &addresses, upstreams);
        let (seen, asking, streams) = Default::default();
        Self { house: house.start(), servers, seen, asking, streams, addresses, _refusing: refusing }
    }

    fn take(&mut self, step: &Step) -> Result<(), String> {
        match step {
            Step::Query(question) => self.ask(question),
            Step::Send(stream, bytes) => {
                let connection = self.connection(stream, Ipv4Addr::LOCALHOST.into(), None);
                connection.stream.send_bytes(bytes);
            }
            Step::Finish(stream) => {
                self.connection(stream, Ipv4Addr::LOCALHOST.into(), None).stream.ask_no_more();
            }
            Step::Expect(expected) => return self.expect(expected),
            Step::Asked { server, count, queries } => return self.asked(server, *count, queries),
            Step::TimePasses(seconds) => self.house.time_passes(*seconds),
            Step::Reload(lines) => {
                let port = self.house.port();
                let lines: Vec<String> =
                    lines.iter().map(|line| filled(line, &self.addresses, port)).collect();
                let logged = self.house.reload_with_all(lines.iter().map(String::as_str));
                if logged.contains(" not reloaded") {
                    return Err(logged);
                }
            }
            Step::Flush(name, count) => return self.flush(name, *count),
            Step::Follow(server, rules) => self.server(server).1.follow(rules.clone()),
            Step::Release(server) => {
                let (index, scripted) = self.server(server);
                for (to, bytes) in scripted.release() {
                    self.house.upstream_number(index).send(&bytes, to);
                }
            }
            Step::Status(path, expected) => return self.status(path, expected),
        }
        Ok(())
    }

    fn ask(&mut self, question: &Question) {
        let to = question.to.unwrap_or(Ipv4Addr::LOCALHOST.into());
        let usual: IpAddr =
            if to.is_ipv6() { Ipv6Addr::LOCALHOST.into() } else { Ipv4Addr::LOCALHOST.into() };
        let from = question.from.unwrap_or(usual);
        let sent = question.bytes.clone();
        let by = match &question.way {
            Way::Udp => {
                let client = Client::new(from, SocketAddr::new(to, self.house.port()));
                client.send(&sent);
                By::Udp(client)
            }
            Way::Tcp(stream) => {
                let own = || format!("own connection {}", self.streams.len());
                let stream = stream.clone().unwrap_or_else(own);
                self.connection(&stream, to, Some(from));
                self.send(&stream, &sent, question.pieces);
                By::Tcp(stream)
            }
        };
        self.asking.insert(question.label.clone(), Asking { sent, by });
    }

    fn send(&mut self, stream: &str, message: &[u8], pieces: Option<usize>) {
        let mut framed = (message.len() as u16).to_be_bytes().to_vec();
        framed.extend(message);
        let (first, rest) = framed.split_at(pieces.unwrap_or(framed.len()));
        let localhost = Ipv4Addr::LOCALHOST.into();
        self.connection(stream, localhost, None).stream.send_bytes(first);
        if !rest.is_empty() {
            // Time for the daemon to see the first piece alone.
            let _ = self.house.ask("luytre.lan");
            self.connection(stream, localhost, None).stream.send_bytes(rest);
        }
    }

    fn connection(&mut self, name: &str, to: IpAddr, from: Option<IpAddr>) -> &mut Connection {
        let to = SocketAddr::new(to, self.house.port());
        self.streams.entry(name.to_owned()).or_insert_with(|| Connection {
            stream: Stream::connect(from.unwrap_or(Ipv4Addr::LOCALHOST.into()), to),
            early: Vec::new(),
        })
    }

    fn expect(&mut self, expected: &Expected) -> Result<(), String> {
        let answer = match &expected.end {
            End::Closed => return self.expect_end(&expected.label),
            End::Nothing => return self.expect_nothing(&expected.label),
            End::Answer(answer) => answer,
        };
        let asking = self.asking.get(&expected.label).ok_or("nothing was asked")?;
        let came = match &asking.by {
            By::Udp(client) => client.receive(),
            By::Tcp(stream) => {
                let id = u16::from_be_bytes([asking.sent[0], asking.sent[1]]);
                let connection = self.streams.get_mut(stream).ok_or("no such connection")?;
                connection.answer_to(id).ok_or("the daemon closed the connection instead")?
            }
        };
        answer.difference(&asking.sent, &came).map_or(Ok(()), |difference| Err(format!("\n{difference}")))
    }

    fn expect_end(&mut self, label: &str) -> Result<(), String> {
        let stream = match self.asking.get(label).map(|asking| &asking.by) {
            Some(By::Tcp(stream)) => stream.as_str(),
            _ => label,
        };
        let connection = self.streams.get_mut(stream).ok_or("no such connection")?;
        match connection.stream.receive() {
            None => Ok(()),
            Some(answer) => Err(format!("not closed, but answered: {answer:?}")),
        }
    }

    /// One socket's messages are taken in order: when the one behind has its answer, there was none to this one.
    fn expect_nothing(&mut self, label: &str) -> Result<(), String> {
        const BEHIND: u16 = 0xbe1d;
        let behind = Packet::query("luytre.lan").id(BEHIND);
        let asking = self.asking.get(label).ok_or("nothing was asked")?;
        let came = match &asking.by {
            By::Udp(client) => {
                client.send(&behind.bytes());
                client.receive()
            }
            By::Tcp(stream) => {
                let connection = self.streams.get_mut(stream).ok_or("no such connection")?;
                connection.stream.send(&behind);
                connection.stream.receive().ok_or("the daemon closed the connection")?
            }
        };
        if came.id == BEHIND { Ok(()) } else { Err(format!("an answer: {came:?}")) }
    }

    fn asked(&mut self, name: &str, count: Option<usize>, queries: &[String]) -> Result<(), String> {
        let index = self.server(name).0;
        let upstream = self.house.upstream_number(index);
        let seen = self.seen.entry(name.to_owned()).or_default();
        let least = count.unwrap_or(1);
        eventually(&format!("upstream {name} is asked {least} times"), || {
            upstream.asked().len() >= *seen + least
        });
        let new: Vec<Vec<String>> = upstream.asked().iter().skip(*seen).map(described).collect();
        *seen += new.len();
        if count.is_some_and(|count| count != new.len()) {
            let told: Vec<String> = new.iter().map(|words| words.join(" ")).collect();
            return Err(format!("asked {} times:\n    {}", new.len(), told.join("\n    ")));
        }
        let told = |(query, words): (&String, &Vec<String>)| match agrees(query, words) {
            true => query.clone(),
            false => words.join(" "),
        };
        let got: Vec<String> = queries.iter().zip(&new).map(told).collect();
        if got == queries { Ok(()) } else { Err(format!("\n{}", difference(queries, &got))) }
    }

    fn flush(&self, name: &str, count: u64) -> Result<(), String> {
        let ended = luytre(["flush", "--config", self.house.config_file(), name]);
        let expected = format!("{name}\t{count}\n");
        if (ended.code, &ended.out) == (0, &expected) { Ok(()) } else { Err(ended.out + &ended.err) }
    }

    fn status(&self, path: &str, expected: &serde_json::Value) -> Result<(), String> {
        let pointer = format!("/{}", path.replace('.', "/"));
        eventually(&format!("{path} in the status is {expected}"), || {
            self.house.status().pointer(&pointer) == Some(expected)
        });
        Ok(())
    }

    fn server(&self, name: &str) -> (usize, &Scripted) {
        let index = self.servers.iter().position(|(known, _)| known == name);
        let index = index.unwrap_or_else(|| panic!("upstream {name} does not run"));
        (index, &self.servers[index].1)
    }

    fn unexpected(&self) -> String {
        let of = |(name, server): &(String, Scripted)| {
            let questions = server.unexpected();
            (!questions.is_empty()).then(|| format!("\n    upstream {name} has no rule for {questions:?}"))
        };
        self.servers.iter().filter_map(of).collect()
    }
}

impl Connection {
    fn answer_to(&mut self, id: u16) -> Option<Message> {
        if let Some(at) = self.early.iter().position(|message| message.id == id) {
            return Some(self.early.remove(at));
        }
        loop {
            let message = self.stream.receive()?;
            if message.id == id {
                return Some(message);
            }
            self.early.push(message);
        }
    }
}

/// `NAME TYPE WORD...`, where a word with a minus must be missing; the rest may be anything.
fn agrees(expected: &str, words: &[String]) -> bool {
    let has = |word: &str| words.iter().any(|had| had == word);
    expected.split_whitespace().all(|word| match word.strip_prefix('-') {
        Some(missing) => !has(missing),
        None => has(word),
    })
}

fn furnished(scenario: &Scenario, servers: &str, addresses: &Addresses, upstreams: Vec<Upstream>) -> House {
    let mut house = House::new()
        .run_with("--clock steered")
        .variable("LUYTRE_LOG", "info")
        .upstreams(upstreams)
        .with(&format!("upstream.servers = [{servers}]"))
        .with("upstream.timeout = 1");
    for (category, name) in &scenario.list {
        house = house.list(category, [name.as_str()]);
    }
    let port = house.port();
    scenario.config.iter().fold(house, |house, line| house.with(&filled(line, addresses, port)))
}

/// A line of the configuration with `{NAME}` replaced by that server's address, and `{port}` by the daemon's port.
fn filled(line: &str, addresses: &Addresses, port: u16) -> String {
    let replace = |line: String, (name, address): (&String, &SocketAddr)| {
        line.replace(&format!("{{{name}}}"), &address.to_string())
    };
    addresses.iter().fold(line.replace("{port}", &port.to_string()), replace)
}

/// A port where nobody listens: connected and bound sockets hold it, and the kernel refuses what comes.
struct Refusing {
    address: SocketAddr,
    _udp: UdpSocket,
}

impl Refusing {
    fn new() -> Self {
        loop {
            let udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
            let address = udp.local_addr().unwrap();
            // Connected to the discard port, it takes datagrams from there alone.
            udp.connect((Ipv4Addr::LOCALHOST, 9)).unwrap();
            if TcpListener::bind(address).is_ok() {
                return Self { address, _udp: udp };
            }
        }
    }
}
