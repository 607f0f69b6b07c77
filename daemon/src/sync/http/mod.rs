//! Files from a web server, and now and then a document for it: HTTP/1.1 (RFC 9112) by hyper, in the clear or over TLS.
//! One connection a mirror serves a whole round.
//!
//! No redirect is followed, no cookie kept, nothing sent that tells one router from another.

mod dial;
mod proxy;

use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{self, HeaderMap, HeaderName};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::time::timeout;

use self::dial::Line;
pub use self::dial::Network;
use super::Trouble;
use crate::notify::Target;
use crate::tasks;

/// How long a server may say nothing.
const PATIENCE: Duration = Duration::from_secs(30);
/// The least that a server has to send once it sends, in bytes a second: less is as good as nothing.
const SLOWEST: u64 = 256;
/// The most that an answer's head may take, in bytes; the least that hyper allows.
const MAX_HEAD: usize = 8192;

/// A server, and the connection to it while there is one.
pub struct Mirror<'a> {
    target: &'a Target,
    network: &'a Network,
    line: Option<(SendRequest<Full<Bytes>>, Via)>,
    received: u64,
}

/// How requests name what they want (RFC 9112 §3.2): by path, or to a proxy by the whole address.
#[derive(Clone)]
enum Via {
    Direct,
    Proxy { credentials: Option<String> },
}

/// What is asked for besides the path.
#[derive(Clone, Copy, Default)]
pub struct Condition<'a> {
    /// Not if it is still this version.
    pub unless: Option<&'a str>,
    /// From this byte on.
    pub from: u64,
}

/// What is wanted of a server.
enum Wish<'a> {
    Get(Condition<'a>),
    Post(Bytes),
}

/// What came.
pub enum Answer {
    /// There is no such file.
    NotThere,
    /// It is still the same.
    Unchanged,
    /// Bytes.
    Body(Body),
}

/// A page as it came, wherever it leads.
pub struct Page {
    /// Its status.
    pub status: StatusCode,
    /// Where it leads to.
    pub location: Option<String>,
    /// How it begins.
    pub body: Vec<u8>,
}

/// The bytes of a file, on their way.
pub struct Body {
    incoming: Incoming,
    /// The server's name for this version of the file.
    pub etag: Option<String>,
    /// Which byte of the file comes first.
    pub from: u64,
    /// How many come, if the server says so.
    pub length: Option<u64>,
}

impl<'a> Mirror<'a> {
    /// Connects to nobody yet.
    pub fn new(target: &'a Target, network: &'a Network) -> Self {
        Self { target, network, line: None, received: 0 }
    }

    /// Bytes of answers' bodies so far.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Asks for a file below the base address.
    pub async fn get(&mut self, file: &str, condition: Condition<'_>) -> Result<Answer, Trouble> {
        let kept = self.line.is_some();
        let answer = match self.ask(Some(file), Wish::Get(condition)).await {
            // A server may close a connection that was kept, at any time.
            Err(_) if kept => self.ask(Some(file), Wish::Get(condition)).await,
            answer => answer,
        };
        answer.and_then(|response| understand(response, condition.from)).map_err(|trouble| trouble.at(file))
    }

    /// A whole file of at most `most` bytes; `None` if it is not there.
    pub async fn document(&mut self, file: &str, most: usize) -> Result<Option<Vec<u8>>, Trouble> {
        match self.get(file, Condition::default()).await? {
            Answer::Body(body) => self.read(file, body, most).await.map(Some),
            Answer::NotThere | Answer::Unchanged => Ok(None),
        }
    }

    /// All bytes of an answer; more than `most` are an error.
    pub async fn read(&mut self, file: &str, mut body: Body, most: usize) -> Result<Vec<u8>, Trouble> {
        let mut bytes = Vec::new();
        let reading = async {
            while let Some(chunk) = body.next().await? {
                if bytes.len() + chunk.len() > most {
                    return Err(Trouble::Refused(format!("more than {most} bytes came")));
                }
                bytes.extend_from_slice(&chunk);
            }
            Ok(())
        };
        let read = timeout(PATIENCE, reading).await.unwrap_or_else(|_| Err(silent()));
        self.received += bytes.len() as u64;
        match read {
            Ok(()) => Ok(bytes),
            Err(trouble) => {
                self.line = None;
                Err(trouble.at(file))
            }
        }
    }

    /// The page at the address itself, with the first `most` bytes of it. What it leads to is not followed.
    pub async fn page(&mut self, most: usize) -> Result<Page, Trouble> {
        let response = self.ask(None, Wish::Get(Condition::default())).await?;
        let status = response.status();
        let location =
            response.headers().get(header::LOCATION).and_then(|text| text.to_str().ok()).map(str::to_owned);
        let mut body = Vec::new();
        let mut incoming = response.into_body();
        while body.len() < most {
            let Some(Ok(frame)) = incoming.frame().await else { break };
            let bytes = frame.into_data().unwrap_or_default();
            body.extend_from_slice(&bytes[..bytes.len().min(most - body.len())]);
        }
        self.hang_up();
        Ok(Page { status, location, body })
    }

    /// Hands over a JSON document; gives the status, and an answer of at most `most` bytes. Nothing is sent twice.
    pub async fn post(
        &mut self,
        path: &str,
        document: Vec<u8>,
        most: usize,
    ) -> Result<(StatusCode, Vec<u8>), Trouble> {
        self.line = None;
        let response =
            self.ask(Some(path), Wish::Post(document.into())).await.map_err(|trouble| trouble.at(path))?;
        let status = response.status();
        let answer = timeout(PATIENCE, Limited::new(response.into_body(), most).collect()).await;
        let answer = answer.map_err(|_| silent().at(path))?;
        let answer = answer.map_err(|error| unreachable(&*error).at(path))?;
        Ok((status, answer.to_bytes().to_vec()))
    }

    /// Hands a JSON document to the address itself; gives the status, and hangs up on whatever else is said.
    pub async fn deliver(&mut self, document: Vec<u8>) -> Result<StatusCode, Trouble> {
        let response = self.ask(None, Wish::Post(document.into())).await?;
        self.hang_up();
        Ok(response.status())
    }

    /// A file below the base address, or what is at the address itself.
    async fn ask(&mut self, file: Option<&str>, wish: Wish<'_>) -> Result<Response<Incoming>, Trouble> {
        let (mut sender, via) = match self.line.take() {
            Some(line) => line,
            None => timeout(PATIENCE, self.connect()).await.map_err(|_| silent())??,
        };
        let request = self.request(file, wish, &via)?;
        let asking = async {
            sender.ready().await?;
            sender.send_request(request).await
        };
        let response = timeout(PATIENCE, asking).await.map_err(|_| silent())?;
        let response = response.map_err(|error| unreachable(&error))?;
        self.line = Some((sender, via));
        Ok(response)
    }

    async fn connect(&self) -> Result<(SendRequest<Full<Bytes>>, Via), Trouble> {
        let Line { stream, proxy } = self.network.dial(self.target).await?;
        let mut builder = http1::Builder::new();
        builder.max_buf_size(MAX_HEAD);
        let (sender, connection) =
            builder.handshake(TokioIo::new(stream)).await.map_err(|error| unreachable(&error))?;
        tasks::spawn("sync-connection", async move {
            // What went wrong is told to whoever waits for an answer.
            let _ = connection.await;
        });
        let via = proxy.map_or(Via::Direct, |credentials| Via::Proxy { credentials });
        Ok((sender, via))
    }

    fn request(
        &self,
        file: Option<&str>,
        wish: Wish<'_>,
        via: &Via,
    ) -> Result<Request<Full<Bytes>>, Trouble> {
        let path = match file {
            Some(file) => format!("{}/{file}", self.target.path.trim_end_matches('/')),
            None => self.target.path.clone(),
        };
        let mut request = Request::builder().uri(match via {
            Via::Direct => path,
            Via::Proxy { .. } => format!("http://{}{path}", self.target.authority),
        });
        if let Via::Proxy { credentials: Some(credentials) } = via {
            request = request.header(header::PROXY_AUTHORIZATION, credentials);
        }
        let body = match wish {
            Wish::Get(Condition { unless, from }) => {
                if let Some(etag) = unless {
                    request = request.header(header::IF_NONE_MATCH, etag);
                }
                if from > 0 {
                    request = request.header(header::RANGE, format!("bytes={from}-"));
                }
                Bytes::new()
            }
            Wish::Post(document) => {
                request = request.method(Method::POST).header(header::CONTENT_TYPE, "application/json");
                document
            }
        };
        request
            .header(header::HOST, &self.target.authority)
            .header(header::USER_AGENT, "luytre")
            .header(header::ACCEPT_ENCODING, "identity")
            .body(Full::new(body))
            .map_err(|error| Trouble::Local(format!("the address can't be asked for: {error}")))
    }

    /// Counts bytes that were read piece by piece.
    pub(super) fn count(&mut self, bytes: u64) {
        self.received += bytes;
    }

    /// Hangs up: what is left of an answer is not wanted.
    pub(super) fn hang_up(&mut self) {
        self.line = None;
    }
}

impl Body {
    /// The next bytes; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Trouble> {
        loop {
            let frame = timeout(PATIENCE, self.incoming.frame()).await.map_err(|_| silent())?;
            match frame.transpose().map_err(|error| unreachable(&error))?.map(|frame| frame.into_data()) {
                None => return Ok(None),
                Some(Ok(bytes)) if !bytes.is_empty() => return Ok(Some(bytes)),
                // Trailers mean nothing here.
                Some(_) => {}
            }
        }
    }

    /// How long so many bytes may take.
    pub fn time_for(bytes: u64) -> Duration {
        PATIENCE + Duration::from_secs(bytes / SLOWEST)
    }
}

fn understand(response: Response<Incoming>, asked_from: u64) -> Result<Answer, Trouble> {
    let headers = response.headers();
    let from = match response.status() {
        StatusCode::OK => 0,
        StatusCode::PARTIAL_CONTENT if range_begin(headers) == Some(asked_from) => asked_from,
        StatusCode::NOT_FOUND | StatusCode::GONE => return Ok(Answer::NotThere),
        StatusCode::NOT_MODIFIED => return Ok(Answer::Unchanged),
        status if status.is_redirection() => {
            let to = text(headers, &header::LOCATION).unwrap_or_default();
            let what =
                format!("the server sends us to {to:?}; configure that address if it is the right one");
            return Err(Trouble::Unreachable(what));
        }
        status => {
            return Err(Trouble::Unreachable(format!("the server answers with status {}", status.as_u16())));
        }
    };
    let (etag, length) = (text(headers, &header::ETAG), text(headers, &header::CONTENT_LENGTH));
    let length = length.and_then(|length| length.parse().ok());
    Ok(Answer::Body(Body { etag, from, length, incoming: response.into_body() }))
}

/// Where a part begins: `bytes 100-199/200` (RFC 9110 §14.4).
fn range_begin(headers: &HeaderMap) -> Option<u64> {
    let range = text(headers, &header::CONTENT_RANGE)?;
    range.strip_prefix("bytes ")?.split_once('-')?.0.parse().ok()
}

/// A header that is short and plain.
fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().filter(|text| text.len() <= 200).map(str::to_owned)
}

fn silent() -> Trouble {
    Trouble::Unreachable(format!("nothing came within {} s", PATIENCE.as_secs()))
}

fn unreachable(error: &(dyn std::error::Error + 'static)) -> Trouble {
    let mut why = error.to_string();
    let mut source = error.source();
    while let Some(deeper) = source {
        why = format!("{why}: {deeper}");
        source = deeper.source();
    }
    Trouble::Unreachable(why)
}
