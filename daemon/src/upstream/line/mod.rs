//! The line to a server that is spoken to over a connection: TCP, TLS, HTTPS or QUIC.
//!
//! One warm connection for each server and runtime carries all its questions. It is dialled when the first question
//! needs it, once for all that wait; it is dialled anew when it has ended or gone silent. A question that an *older*
//! connection has lost is asked once more on a new one, as servers close idle connections whenever they like (RFC 7766
//! §6.2.4); that is no failure of the server's.
//!
//! The protocols are hickory's ([`DnsExchange`](hickory_net::xfer::DnsExchange)), who wants messages instead of bytes.
//! What follows from that:
//!
//! * A query is parsed and encoded again. Ours come out as they went in but for the ID (`tests/encrypted.rs` holds that).
//! * Answers over TCP and TLS are handed through in an [`envelope`] that hickory doesn't look into: the client judges
//!   odd records, not a parser on the way. Over HTTPS and QUIC an answer that hickory can't parse is a failed try.
//! * Its HTTP/2 client names the host without the port in `:authority`, and knows no IPv6 host (`Server` refuses it).

mod connection;
mod dial;
mod envelope;
mod gather;

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hickory_net::NetError;
use hickory_net::proto::op::{DnsRequest, DnsRequestOptions, Message};
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use self::connection::Connection;
pub(super) use self::dial::Dialler;
use super::Server;
use super::choice::TRIES;
use super::lock::Lock;
use super::message::{Packet, Reply};
use crate::tasks;

/// After a failed dial the questions fail with it for this long: a handshake costs both sides more than a question.
const PAUSE: Duration = Duration::from_millis(250);
/// The characters that are kept of an error: an HTTP server can put a whole page into one.
const ERROR_LENGTH: usize = 200;

/// The line to one server.
pub(super) struct Line(Arc<Shared>);

struct Shared {
    server: Server,
    dialler: Arc<Dialler>,
    state: Lock<State>,
    /// The address that answered the last dial, to begin with the next time.
    worked: Lock<Option<IpAddr>>,
}

enum State {
    Closed,
    Dialling(watch::Receiver<Option<Dialled>>),
    Open(Arc<Connection>),
    Failed { why: Arc<str>, until: Instant },
}

type Dialled = Result<Arc<Connection>, Arc<str>>;

/// A connection, and whether it stood before its question came.
struct Found {
    connection: Arc<Connection>,
    old: bool,
}

impl Line {
    /// Opens nothing yet.
    pub(super) fn to(server: Server, dialler: Arc<Dialler>) -> Self {
        let (state, worked) = (Lock::new(State::Closed), Lock::new(None));
        Self(Arc::new(Shared { server, dialler, state, worked }))
    }

    /// Whether a question would go out at once.
    pub(super) fn is_open(&self) -> bool {
        matches!(&*self.0.state.hold(), State::Open(connection) if !connection.has_ended())
    }

    /// Asks and waits for the answer, however long that takes: the caller sets the limit, and drops the future. Gives
    /// the time that the answer took on its connection, too.
    ///
    /// Questions behind one that waits in silence for twice the server's usual `patience` get a new connection: the
    /// way may have broken without a word, as when the uplink gets a new address. `sent` counts the queries of the
    /// question.
    pub(super) async fn ask(
        &self,
        mut packet: Packet,
        patience: Duration,
        sent: &AtomicUsize,
    ) -> io::Result<(Reply, Duration)> {
        if self.0.server.transport.is_encrypted() {
            packet.pad();
        }
        let request = request(&packet)?;
        let found = self.connection(patience * 2).await?;
        let mut asked = Instant::now();
        let mut answer = found.connection.ask(request.clone()).await;
        let may_ask_again = || sent.load(Ordering::Relaxed) < TRIES;
        if found.old && answer.as_ref().is_err_and(|error| found.connection.is_lost(error)) && may_ask_again()
        {
            found.connection.end();
            let again = self.connection(patience * 2).await?;
            sent.fetch_add(1, Ordering::Relaxed);
            asked = Instant::now();
            answer = again.connection.ask(request).await;
        }
        let bytes = answer.map_err(|error| io::Error::other(in_short(&error.to_string())))?;
        let elapsed = asked.elapsed();
        // The stream has matched it to its question, by its ID or by itself.
        packet.set_id(crate::wire::u16_at(&bytes, 0).unwrap_or_default());
        match packet.fit(&bytes) {
            Some(fit) => Ok((Reply { bytes, fit }, elapsed)),
            None => Err(io::Error::new(io::ErrorKind::InvalidData, "the answer is to another question")),
        }
    }

    /// The connection that stands, or the one that is dialled for all who wait.
    async fn connection(&self, silence: Duration) -> io::Result<Found> {
        let mut dialling = {
            let mut state = self.0.state.hold();
            match &*state {
                State::Open(connection) if connection.is_good(Instant::now(), silence) => {
                    return Ok(Found { connection: Arc::clone(connection), old: true });
                }
                State::Failed { why, until } if Instant::now() < *until => {
                    return Err(io::Error::other(why.to_string()));
                }
                State::Dialling(dialling) => dialling.clone(),
                _ => {
                    let dialling = self.dial();
                    *state = State::Dialling(dialling.clone());
                    dialling
                }
            }
        };
        let dialled = match dialling.wait_for(Option::is_some).await {
            Ok(dialled) => dialled.clone(),
            Err(_) => None, // the task panicked
        };
        match dialled {
            Some(Ok(connection)) => Ok(Found { connection, old: false }),
            Some(Err(why)) => Err(io::Error::other(why.to_string())),
            None => {
                *self.0.state.hold() = State::Closed;
                Err(io::ErrorKind::Interrupted.into())
            }
        }
    }

    /// Dials in a task of its own, so that it goes on when the question that began it has been answered elsewhere.
    fn dial(&self) -> watch::Receiver<Option<Dialled>> {
        let (told, dialling) = watch::channel(None);
        let shared = Arc::clone(&self.0);
        tasks::spawn("upstream-dial", async move {
            let dialled = shared.dial().await;
            *shared.state.hold() = match &dialled {
                Ok(connection) => State::Open(Arc::clone(connection)),
                Err(why) => State::Failed { why: Arc::clone(why), until: Instant::now() + PAUSE },
            };
            told.send_replace(Some(dialled));
        });
        dialling
    }
}

impl Shared {
    async fn dial(&self) -> Dialled {
        let worked = *self.worked.hold();
        let limit = self.dialler.limit();
        match timeout(limit, self.dialler.dial(&self.server, worked, Instant::now() + limit)).await {
            Ok(Ok((connection, address))) => {
                *self.worked.hold() = Some(address.ip());
                Ok(Arc::new(connection))
            }
            Ok(Err(why)) => Err(in_short(&why).into()),
            Err(_) => Err("no connection in time".into()),
        }
    }
}

/// The query as hickory wants it.
fn request(packet: &Packet) -> io::Result<DnsRequest> {
    let message = Message::from_vec(packet.bytes()).map_err(|error| {
        io::Error::new(io::ErrorKind::InvalidInput, format!("the query can't be sent on a stream: {error}"))
    })?;
    Ok(DnsRequest::new(message, DnsRequestOptions::default()))
}

/// The start of an error on one line: parts of it may come from the server.
fn in_short(error: &str) -> String {
    error.chars().take(ERROR_LENGTH).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

impl Connection {
    /// Whether an error is the connection's and not only the question's.
    fn is_lost(&self, error: &NetError) -> bool {
        self.has_ended()
            || matches!(
                error,
                NetError::Io(_)
                    | NetError::H2(_)
                    | NetError::QuinnConnection(_)
                    | NetError::QuinnReadError(_)
                    | NetError::QuinnWriteError(_)
            )
    }
}
