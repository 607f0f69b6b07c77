//! The control socket: `luytre status`, `luytre flush` and the like speak with the running daemon.
//!
//! One line in, a [`Request`]; one JSON document out. Whoever can open the socket may read what a household asks, so
//! it is for the daemon's own user and group only.

use std::fmt;
use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixListener;

use luytre_lists::Domain;

use crate::tasks;

/// The most that is read of a request, in bytes: a word and a name.
const MAX_REQUEST: u64 = 300;
/// The largest answer that is read, in bytes.
const MAX_ANSWER: u64 = 64 << 20;
/// How long either side waits.
const PATIENCE: Duration = Duration::from_secs(5);

/// What can be asked of a running daemon.
#[derive(Clone, Debug)]
pub enum Request {
    /// `status N`: the status, with the last N questions.
    Status(usize),
    /// `health`: how the service is, without a word about anybody.
    Health,
    /// `flush NAME`: forget what the cache holds of a name.
    Flush(Domain),
    /// `pause MINUTES`: cut the whole house off for that long; 0 lifts it.
    Pause(u32),
    /// `list`: take in the list that another process has put in its place.
    TakeList,
    /// `look`: look for a new list now.
    Look,
    /// `clock trusted`: the date can be believed from now on.
    Trust,
    /// `clock +SECONDS`: move the time of a daemon that was started with `--clock steered`; for tests.
    Advance(u32),
}

impl Request {
    /// Reads a line; the error says what to write.
    fn parse(line: &str) -> Result<Self, String> {
        let (word, rest) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
        match word {
            "status" => Ok(Self::Status(rest.parse().unwrap_or(0))),
            "health" => Ok(Self::Health),
            "pause" => rest.parse().map(Self::Pause).map_err(|_| "write: pause MINUTES".into()),
            "look" => Ok(Self::Look),
            "flush" => Domain::parse(rest).map(Self::Flush).map_err(|error| format!("{rest}: {error}")),
            "list" => Ok(Self::TakeList),
            "clock" if rest == "trusted" => Ok(Self::Trust),
            "clock" => {
                let seconds = rest.strip_prefix('+').and_then(|seconds| seconds.parse().ok());
                seconds.map(Self::Advance).ok_or_else(|| "write: clock trusted, or: clock +SECONDS".into())
            }
            _ => Err("unknown request; write: status N, or: flush NAME".into()),
        }
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(recent) => write!(f, "status {recent}"),
            Self::Health => f.write_str("health"),
            Self::Pause(minutes) => write!(f, "pause {minutes}"),
            Self::Look => f.write_str("look"),
            Self::Flush(name) => write!(f, "flush {name}"),
            Self::TakeList => f.write_str("list"),
            Self::Trust => f.write_str("clock trusted"),
            Self::Advance(seconds) => write!(f, "clock +{seconds}"),
        }
    }
}

/// A document that says what went wrong.
pub fn error(what: &str) -> String {
    serde_json::json!({ "error": what }).to_string()
}

/// Where the socket is.
pub fn path(state: &Path) -> PathBuf {
    state.join("luytre.sock")
}

/// Opens the socket. One that a dead daemon left is replaced; a living one is an error.
pub fn bind(path: &Path) -> io::Result<UnixListener> {
    if UnixStream::connect(path).is_ok() {
        return Err(io::Error::new(io::ErrorKind::AddrInUse, "another luytre answers on it"));
    }
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(path)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o660))?;
    Ok(listener)
}

/// Answers until the task is dropped; `answer` makes the document.
pub async fn serve<F: Future<Output = String> + Send>(
    listener: UnixListener,
    answer: impl Fn(Request) -> F + Clone + Send + Sync + 'static,
) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let answer = answer.clone();
        tasks::spawn("control", async move {
            let answered = tokio::time::timeout(PATIENCE, converse(stream, answer)).await;
            if let Ok(Err(error)) = answered {
                tracing::debug!(%error, "a control connection ended");
            }
        });
    }
}

async fn converse<F: Future<Output = String>>(
    mut stream: tokio::net::UnixStream,
    answer: impl Fn(Request) -> F,
) -> io::Result<()> {
    let mut line = String::new();
    tokio::io::BufReader::new((&mut stream).take(MAX_REQUEST)).read_line(&mut line).await?;
    let answer = match Request::parse(&line) {
        Ok(request) => answer(request).await,
        Err(what) => error(&what),
    };
    stream.write_all(answer.as_bytes()).await
}

/// Asks the daemon of this state folder. The error says where it was sought.
pub fn ask(state: &Path, request: Request) -> io::Result<String> {
    let socket = path(state);
    let unheard = |error: io::Error| {
        io::Error::other(format!(
            "no daemon answers on {}: {error}; is `luytre run` running with this configuration?",
            socket.display()
        ))
    };
    converse_with(&socket, request).map_err(unheard)
}

fn converse_with(socket: &Path, request: Request) -> io::Result<String> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(format!("{request}\n").as_bytes())?;
    let mut answer = String::new();
    stream.take(MAX_ANSWER).read_to_string(&mut answer)?;
    Ok(answer)
}
