//! `upstream` blocks: what a scripted server says.
//!
//! ```text
//! upstream [NAME] [refusing]                 `refusing`: nothing listens there, the host says so by ICMP and RST
//!   QNAME QTYPE [CONDITION...] -> REPLY      the first rule that fits; QNAME and QTYPE may be *
//!     answer OWNER TTL TYPE DATA             records, and `ede CODE "TEXT"`, `option CODE HEX` for the OPT record
//!   also -> REPLY                            one more datagram to the same question
//! ```
//!
//! Conditions: `udp`, `tcp`, `edns`, `noedns`, `cd`, `nocd`, `do`, `#2` (the second time that the rule's other
//! conditions fit). Replies: `silence`, `raw HEX…` (it may go on below), or `RCODE` with words, see [`Reply`].

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use crate::harness::{Asked, CD, Packet, Upstream, flag, option};
use crate::presentation::{hex, name, raw, rtype};
use crate::record::{Written, records};
use crate::text::{Line, Mistake, first_word};
use crate::words::rcode;

/// A server's rules.
#[derive(Clone, Default)]
pub(crate) struct Rules(Vec<Rule>);

#[derive(Clone)]
struct Rule {
    /// In lower case without the final dot; nothing: every name.
    qname: Option<Vec<u8>>,
    qtype: Option<u16>,
    conditions: Vec<String>,
    /// The how manyth time counts, from 1; 0: every time.
    nth: usize,
    replies: Vec<Reply>,
    times: usize,
}

/// What is said.
#[derive(Clone)]
enum Reply {
    Silence,
    Raw(Vec<u8>),
    Message(Box<Message>),
}

/// A reply that is at least the beginning of one.
#[derive(Clone)]
struct Message {
    rcode: u16,
    set: u16,
    unset: u16,
    /// Sent when a `release` step says so.
    held: bool,
    /// The ID is another.
    wrong_id: bool,
    /// The question in lower case: a server that does not keep 0x20.
    lower_case: bool,
    no_question: bool,
    another_question: Option<Vec<u8>>,
    /// `edns=SIZE` or `noedns`; else with OPT if the query had one.
    edns: Option<Option<u16>>,
    options: Vec<u8>,
    records: Vec<Written>,
    trailing: Vec<u8>,
    /// The first record of the header's count is missing.
    cut: usize,
}

impl Rules {
    pub(crate) fn read(lines: &[Line]) -> Result<Self, Mistake> {
        let mut rules: Vec<Rule> = Vec::new();
        for line in lines {
            let (condition, said) =
                line.text.split_once("->").ok_or_else(|| line.mistake("write: QNAME QTYPE -> REPLY"))?;
            let reply = Reply::read(line, said.trim())?;
            match (condition.trim(), rules.last_mut()) {
                ("also", Some(rule)) => rule.replies.push(reply),
                ("also", None) => return Err(line.mistake("`also` follows a rule")),
                (condition, _) => rules.push(line.check(Rule::read(condition, reply))?),
            }
        }
        Ok(Self(rules))
    }

    fn replies(&mut self, asked: &Asked) -> Option<Vec<Reply>> {
        for rule in self.0.iter_mut().filter(|rule| rule.fits(asked)) {
            rule.times += 1;
            if rule.nth == 0 || rule.nth == rule.times {
                return Some(rule.replies.clone());
            }
        }
        None
    }
}

impl Rule {
    fn read(text: &str, reply: Reply) -> Result<Self, String> {
        let mut words = text.split_whitespace();
        let (qname, qtype) = words.next().zip(words.next()).ok_or("write: QNAME QTYPE -> REPLY")?;
        let qname = if qname == "*" { None } else { Some(name(qname)?.to_ascii_lowercase()) };
        let qtype = if qtype == "*" { None } else { Some(rtype(qtype)?) };
        let (mut conditions, mut nth) = (Vec::new(), 0);
        for word in words {
            match (word, word.strip_prefix('#')) {
                (_, Some(number)) => nth = number.parse().map_err(|_| format!("{word}: no number"))?,
                ("udp" | "tcp" | "edns" | "noedns" | "cd" | "nocd" | "do" | "nodo", None) => {
                    conditions.push(word.to_owned());
                }
                _ => return Err(format!("{word}: no such condition")),
            }
        }
        Ok(Self { qname, qtype, conditions, nth, replies: vec![reply], times: 0 })
    }

    fn fits(&self, asked: &Asked) -> bool {
        let question = asked.query.question_bytes();
        let (qname, rest) = question.split_at(question.len() - 4);
        self.qname.as_ref().is_none_or(|name| qname.eq_ignore_ascii_case(name))
            && self.qtype.is_none_or(|qtype| rest[..2] == qtype.to_be_bytes())
            && self.conditions.iter().all(|condition| holds(condition, asked))
    }
}

fn holds(condition: &str, asked: &Asked) -> bool {
    let dnssec_ok = asked.query.opt.as_ref().is_some_and(|opt| opt.dnssec_ok);
    match condition {
        "udp" => !asked.over_tcp,
        "tcp" => asked.over_tcp,
        "edns" => asked.query.opt.is_some(),
        "noedns" => asked.query.opt.is_none(),
        "cd" => asked.query.has(CD),
        "nocd" => !asked.query.has(CD),
        "do" => dnssec_ok,
        _ => !dnssec_ok,
    }
}

impl Reply {
    fn read(line: &Line, said: &str) -> Result<Self, Mistake> {
        let (first, rest) = first_word(said);
        match first {
            "silence" => Ok(Self::Silence),
            "raw" => {
                let below = line.below.iter().map(|line| line.text.as_str());
                let text: Vec<&str> = std::iter::once(rest).chain(below).collect();
                Ok(Self::Raw(line.check(raw(&text.join(" ")))?))
            }
            _ => Message::read(line, first, rest).map(|message| Self::Message(Box::new(message))),
        }
    }

    fn bytes(&self, asked: &Asked) -> Option<Vec<u8>> {
        match self {
            Self::Silence => None,
            // The ID is always the query's: that is what makes it a reply.
            Self::Raw(bytes) => Some([&asked.query.id.to_be_bytes()[..], bytes].concat()),
            Self::Message(message) => Some(message.bytes(asked)),
        }
    }

    fn is_held(&self) -> bool {
        matches!(self, Self::Message(message) if message.held)
    }
}

impl Message {
    fn read(line: &Line, first: &str, words: &str) -> Result<Self, Mistake> {
        let mut message = Self {
            rcode: line.check(rcode(first))?,
            set: flag::RA,
            unset: 0,
            held: false,
            wrong_id: false,
            lower_case: false,
            no_question: false,
            another_question: None,
            edns: None,
            options: Vec::new(),
            records: Vec::new(),
            trailing: Vec::new(),
            cut: 0,
        };
        for word in words.split_whitespace() {
            line.check(message.take(word))?;
        }
        for below in &line.below {
            message.take_below(below)?;
        }
        Ok(message)
    }

    fn take(&mut self, word: &str) -> Result<(), String> {
        let (key, value) = word.split_once('=').unwrap_or((word, ""));
        match key {
            "aa" => self.set |= flag::AA,
            "ad" => self.set |= flag::AD,
            "tc" => self.set |= flag::TC,
            "z" => self.set |= 0x40,
            "nora" => self.set &= !flag::RA,
            "noqr" => self.unset |= flag::QR,
            "nord" => self.unset |= flag::RD,
            "held" => self.held = true,
            "wrong-id" => self.wrong_id = true,
            "lower-case" => self.lower_case = true,
            "no-question" => self.no_question = true,
            "noedns" => self.edns = Some(None),
            "edns" => self.edns = Some(Some(value.parse().map_err(|_| format!("{word}: write edns=SIZE"))?)),
            "claims-one-more" => self.cut = 1,
            _ => return Err(format!("{word}: no such word for a reply")),
        }
        Ok(())
    }

    fn take_below(&mut self, line: &Line) -> Result<(), Mistake> {
        if let Some(written) = records(line)? {
            self.records.extend(written);
            return Ok(());
        }
        let (word, rest) = line.split();
        let (first, behind) = first_word(rest);
        let number = || line.check(first.parse().map_err(|_| format!("{first}: no number")));
        match word {
            "ede" => {
                let text = behind.trim_matches('"').as_bytes();
                let data = [&u16::to_be_bytes(number()?)[..], text].concat();
                self.options.extend(option(15, &data));
            }
            "option" => self.options.extend(option(number()?, &line.check(hex(behind))?)),
            "trailing" => self.trailing = line.check(raw(rest))?,
            "question" => {
                let kind = line.check(rtype(behind))?;
                let question = [line.check(name(first))?, [kind, 1].map(u16::to_be_bytes).concat()];
                self.another_question = Some(question.concat());
            }
            _ => return Err(line.mistake(format!("{word}: not a part of a reply"))),
        }
        Ok(())
    }

    fn bytes(&self, asked: &Asked) -> Vec<u8> {
        let mut packet = Packet::answer_to(&asked.query).unset(flag::RA).set(self.set).unset(self.unset);
        packet = packet.rcode(self.rcode & 0xf);
        if self.wrong_id {
            packet = packet.id(asked.query.id ^ 0x5555);
        }
        if self.lower_case {
            packet = packet.asking(asked.query.question_bytes().to_ascii_lowercase());
        }
        if let Some(question) = &self.another_question {
            packet = packet.asking(question.clone());
        }
        let mut counts = [1, 0, 0, 0];
        for record in &self.records {
            let kind = (record.rtype, record.class);
            packet =
                packet.raw_record(record.section, &record.owner, kind, *record.ttl.start(), &record.data);
            counts[record.section as usize + 1] += 1;
        }
        let size = self.edns.unwrap_or_else(|| asked.query.opt.as_ref().map(|_| 1232));
        if let Some(size) = size {
            packet = packet.opt(size, u32::from(self.rcode >> 4) << 24, &self.options);
            counts[3] += 1;
        }
        if self.no_question {
            packet = packet.asking([]);
            counts[0] = 0;
        }
        counts[1] += self.cut as u16;
        packet.claiming(counts).trailing(&self.trailing).bytes()
    }
}

/// A server that runs.
#[derive(Clone)]
pub(crate) struct Scripted(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    rules: Rules,
    held: Vec<(SocketAddr, Vec<u8>)>,
    unexpected: Vec<String>,
}

impl Scripted {
    /// Starts a server; the second part is the same one's socket side.
    pub(crate) fn start(rules: Rules) -> (Self, Upstream) {
        let state = Arc::new(Mutex::new(State { rules, ..State::default() }));
        let script = Arc::clone(&state);
        (Self(state), Upstream::sending(move |asked| script.lock().unwrap().answer(asked)))
    }

    /// Other rules from now on.
    pub(crate) fn follow(&self, rules: Rules) {
        self.0.lock().unwrap().rules = rules;
    }

    /// Takes what waits for its `release`.
    pub(crate) fn release(&self) -> Vec<(SocketAddr, Vec<u8>)> {
        std::mem::take(&mut self.0.lock().unwrap().held)
    }

    /// The questions that no rule was for.
    pub(crate) fn unexpected(&self) -> Vec<String> {
        self.0.lock().unwrap().unexpected.clone()
    }
}

impl State {
    fn answer(&mut self, asked: &Asked) -> Vec<Vec<u8>> {
        let Some(replies) = self.rules.replies(asked) else {
            self.unexpected.push(asked.question());
            return vec![Packet::answer_to(&asked.query).rcode(5).bytes()];
        };
        let mut now = Vec::new();
        for reply in &replies {
            match reply.bytes(asked) {
                Some(bytes) if reply.is_held() => self.held.push((asked.from, bytes)),
                bytes => now.extend(bytes),
            }
        }
        now
    }
}

/// A query that reached a server, as words: `www.example. A udp rd ad edns=1232 mixed-case`.
pub(crate) fn described(asked: &Asked) -> Vec<String> {
    let query = &asked.query;
    let text = query.question.split(' ').next().unwrap_or_default();
    let (name, kind) =
        asked.question().split_once(' ').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap_or_default();
    let name = if name == "." { name } else { format!("{name}.") };
    let mut words = vec![name, kind];
    let mut add = |word: &str, so: bool| words.extend(so.then(|| word.to_owned()));
    add("udp", !asked.over_tcp);
    add("tcp", asked.over_tcp);
    for (word, bit) in crate::words::FLAGS {
        add(word, query.has(bit));
    }
    let upper = text.contains(|letter: char| letter.is_ascii_uppercase());
    add("mixed-case", upper && text.contains(|letter: char| letter.is_ascii_lowercase()));
    add("lower-case", !upper);
    add("noedns", query.opt.is_none());
    add("records", query.answers.len() + query.authority.len() + query.additional.len() > 0);
    if let Some(opt) = &query.opt {
        add(&format!("edns={}", opt.size), true);
        add("do", opt.dnssec_ok);
        add("options", !opt.options.is_empty());
        for (code, _) in &opt.options {
            add(&format!("option={code}"), true);
        }
    }
    add(&format!("id={}", query.id), true);
    words
}
