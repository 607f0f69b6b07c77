//! One server of a group, and one try at it: ask, ask again as the server needs it, and say what came of it.
//!
//! Most tries are one query and one answer. A second query goes to the same server when it gives the question back in
//! another case, stumbles over EDNS, or has more to say than fits a datagram. The first two are remembered.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::health::Health;
use super::line::{Dialler, Line};
use super::message::{Fit, Manners, Question, Reply};
use super::random::Random;
use super::udp::Ports;
use super::{Server, ServerHealth, Transport};
use crate::wire::Rcode;

/// The longest wait for the whole of a truncated answer.
const WHOLE_ANSWER: Duration = Duration::from_secs(2);

/// One server, shared by the groups that name it.
pub(super) struct Upstream {
    server: Server,
    link: Link,
    pub(super) health: Health,
}

/// The way to a server.
enum Link {
    /// Datagrams, and a line over TCP for the answers that don't fit.
    Datagrams {
        ports: Ports,
        whole: Line,
    },
    Line(Line),
}

/// A handshake takes this many times the wait for an answer: TCP and TLS go to the server and back before it.
const HANDSHAKE: u32 = 3;

/// One question, on its way through the servers.
pub(super) struct Inquiry<'a> {
    pub(super) question: Question<'a>,
    pub(super) random: &'a Random,
    /// When the client must have been told something.
    pub(super) deadline: Instant,
    /// Queries sent so far, to any server.
    pub(super) sent: AtomicUsize,
}

/// What came of a try.
pub(super) enum Outcome {
    /// The answer to the question.
    Answer(Vec<u8>),
    /// SERVFAIL and its like: an answer if nobody has a better one.
    Error(Vec<u8>),
    /// No answer; why not.
    Failed(String),
}

impl Upstream {
    /// Opens nothing yet.
    pub(super) fn new(server: Server, dialler: &Arc<Dialler>) -> Self {
        let line = |server: &Server| Line::to(server.clone(), Arc::clone(dialler));
        let link = match (&server.transport, server.address()) {
            (Transport::Udp, Some(address)) => {
                Link::Datagrams { ports: Ports::to(address), whole: line(&Server::tcp(address)) }
            }
            _ => Link::Line(line(&server)),
        };
        Self { server, link, health: Health::default() }
    }

    pub(super) fn server(&self) -> &Server {
        &self.server
    }

    pub(super) fn show(&self, now: Instant) -> ServerHealth {
        self.health.show(&self.server, now)
    }

    /// How long to wait for an answer before somebody else is asked too.
    pub(super) fn patience(&self) -> Duration {
        match &self.link {
            Link::Line(line) if !line.is_open() => self.health.patience() * HANDSHAKE,
            _ => self.health.patience(),
        }
    }

    /// Asks this server. Without an answer it doesn't end: the caller sets the limit, and drops the future.
    pub(super) async fn attempt(&self, inquiry: &Inquiry<'_>) -> Outcome {
        self.health.asked(Instant::now());
        let why = match self.converse(inquiry).await {
            Ok(reply) if reply.fit == Fit::Bare => format!("answered {} and no question", reply.rcode()),
            Ok(reply) if !reply.is_error() => return Outcome::Answer(reply.bytes),
            Ok(reply) => {
                // SERVFAIL is mostly the name's fault; who answers REFUSED is not for us.
                if reply.rcode() == Rcode::Refused as u16 {
                    self.health.failed(Instant::now(), "answered REFUSED");
                }
                return Outcome::Error(reply.bytes);
            }
            Err(error) => error.to_string(),
        };
        self.health.failed(Instant::now(), &why);
        Outcome::Failed(format!("{}: {why}", self.server))
    }

    async fn converse(&self, inquiry: &Inquiry<'_>) -> io::Result<Reply> {
        let mut manners = self.health.manners(Instant::now());
        // Nobody can forge an answer into a stream without seeing the question.
        manners.random_case &= matches!(self.link, Link::Datagrams { .. });
        let mut reply = self.query(inquiry, manners).await?;
        if reply.fit == Fit::OtherCase {
            self.health.lost_case(Instant::now());
            manners.random_case = false;
            reply = self.query(inquiry, manners).await?;
        }
        // Old routers' forwarders don't know EDNS (RFC 6891 §7). If it was not that, they decline without it too.
        if manners.edns && reply.declines_edns() && inquiry.question.has_edns() {
            manners.edns = false;
            reply = self.query(inquiry, manners).await?;
            if !reply.declines_edns() {
                self.health.rejected_edns(Instant::now());
            }
        }
        if let Link::Datagrams { whole, .. } = &self.link
            && reply.is_truncated()
        {
            // Boxed: it is rare, and would make every question's future larger.
            reply = Box::pin(self.fetch_whole(whole, inquiry, manners, reply)).await;
        }
        Ok(reply)
    }

    async fn query(&self, inquiry: &Inquiry<'_>, manners: Manners) -> io::Result<Reply> {
        inquiry.sent.fetch_add(1, Ordering::Relaxed);
        let packet = inquiry.question.dress(manners, inquiry.random);
        let (reply, elapsed) = match &self.link {
            Link::Datagrams { ports, .. } => {
                let asked = Instant::now();
                (ports.ask(packet, inquiry.random).await?, asked.elapsed())
            }
            Link::Line(line) => Box::pin(line.ask(packet, self.health.patience(), &inquiry.sent)).await?,
        };
        self.health.answered(elapsed, manners, &reply);
        Ok(reply)
    }

    /// The same question over TCP. Should that fail, the truncated answer is better than none: in half of the time
    /// that is left, so that it can still be given.
    async fn fetch_whole(
        &self,
        line: &Line,
        inquiry: &Inquiry<'_>,
        manners: Manners,
        truncated: Reply,
    ) -> Reply {
        inquiry.sent.fetch_add(1, Ordering::Relaxed);
        let manners = Manners { random_case: false, ..manners };
        let packet = inquiry.question.dress(manners, inquiry.random);
        let left = inquiry.deadline.saturating_duration_since(Instant::now()) / 2;
        let whole = line.ask(packet, self.health.patience(), &inquiry.sent);
        match timeout(left.min(WHOLE_ANSWER), whole).await {
            Ok(Ok((reply, _))) if reply.fit != Fit::Bare => reply,
            _ => truncated,
        }
    }
}
