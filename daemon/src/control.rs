//! The control socket: `luytre status` asks the running daemon.
//!
//! One line in (`status N`: with the last N questions), one JSON document out. Whoever can open the socket may read
//! what a household asks, so it is for the daemon's own user and group only. Tests also write `clock +N`, which moves
//! the time of a daemon that was started with `--clock steered`.

use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixListener;

use crate::clock::Clock;
use crate::tasks;

/// The most that is read of a request, in bytes.
const MAX_REQUEST: u64 = 64;
/// The largest answer that is read, in bytes.
const MAX_ANSWER: u64 = 64 << 20;
/// How long either side waits.
const PATIENCE: Duration = Duration::from_secs(5);

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

/// Answers until the task is dropped; `status` makes the document, `clock` is the daemon's.
pub async fn serve(
    listener: UnixListener,
    clock: Clock,
    status: impl Fn(usize) -> String + Clone + Send + Sync + 'static,
) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let status = status.clone();
        tasks::spawn("control", async move {
            let answered = tokio::time::timeout(PATIENCE, answer(stream, clock, status)).await;
            if let Ok(Err(error)) = answered {
                tracing::debug!(%error, "a control connection ended");
            }
        });
    }
}

async fn answer(
    mut stream: tokio::net::UnixStream,
    clock: Clock,
    status: impl Fn(usize) -> String,
) -> io::Result<()> {
    let mut request = String::new();
    tokio::io::BufReader::new((&mut stream).take(MAX_REQUEST)).read_line(&mut request).await?;
    let answer = match request.trim().split_once(' ') {
        Some(("status", recent)) => status(recent.parse().unwrap_or(0)),
        Some(("clock", step)) => advance(clock, step),
        _ => "{\"error\":\"unknown request; write: status N\"}".to_owned(),
    };
    stream.write_all(answer.as_bytes()).await
}

/// Moves a steered clock by `+SECONDS`.
fn advance(clock: Clock, step: &str) -> String {
    let seconds = step.strip_prefix('+').and_then(|seconds| seconds.parse().ok());
    match seconds.map(|seconds| clock.advance(seconds)) {
        Some(Some(uptime)) => format!("{{\"uptime_s\":{uptime}}}"),
        Some(None) => "{\"error\":\"the clock runs by itself; start with --clock steered\"}".to_owned(),
        None => "{\"error\":\"write: clock +SECONDS\"}".to_owned(),
    }
}

/// Asks the daemon of this state folder for its status, with the last `recent` questions.
pub fn ask(state: &Path, recent: usize) -> io::Result<String> {
    let mut stream = UnixStream::connect(path(state))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(format!("status {recent}\n").as_bytes())?;
    let mut answer = String::new();
    stream.take(MAX_ANSWER).read_to_string(&mut answer)?;
    Ok(answer)
}
