//! The daemon's end of the helper's socket.

use std::io;
use std::path::Path;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::time::timeout;

use super::protocol::{Reply, Request, decode, encode, length};

/// So long a request may take: `nft` on a small router takes tenths of a second.
const PATIENCE: Duration = Duration::from_secs(10);

/// A helper that answers.
#[derive(Debug)]
pub struct Link(UnixStream);

impl Link {
    /// Connects to the helper's socket.
    pub async fn connect(socket: &Path) -> io::Result<Self> {
        UnixStream::connect(socket).await.map(Self)
    }

    /// Asks and waits for the answer. After an error the link is of no more use.
    pub async fn ask(&mut self, request: &Request) -> io::Result<Reply> {
        let conversation = async {
            self.0.write_all(&encode(request)?).await?;
            let mut octets = [0; 4];
            self.0.read_exact(&mut octets).await?;
            let mut body = vec![0; length(octets)?];
            self.0.read_exact(&mut body).await?;
            decode(&body)
        };
        timeout(PATIENCE, conversation).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }
}
