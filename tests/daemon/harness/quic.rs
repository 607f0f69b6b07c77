//! A client's QUIC connection, which sends what a scenario writes on each stream.

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use quinn::crypto::rustls::QuicClientConfig;
use quinn::{ClientConfig, Connection, ConnectionError, Endpoint, IdleTimeout, TransportConfig};
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

use super::message::Message;
use super::packet::Packet;
use super::patience::PATIENCE;

/// A connection to the daemon.
pub(crate) struct Quic {
    runtime: Runtime,
    connection: Connection,
    /// Keeps the socket.
    _endpoint: Endpoint,
}

impl Quic {
    pub(crate) fn connect(
        from: IpAddr,
        to: SocketAddr,
        certificate_file: &str,
        alpn: &[u8],
    ) -> Result<Self, ConnectionError> {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let tls = QuicClientConfig::try_from(super::tls::client(certificate_file, &[alpn])).unwrap();
        let mut config = ClientConfig::new(Arc::new(tls));
        let mut transport = TransportConfig::default();
        // Shorter than patience: who is not answered learns it here.
        transport.max_idle_timeout(Some(IdleTimeout::try_from(Duration::from_secs(2)).unwrap()));
        transport.keep_alive_interval(Some(Duration::from_millis(200)));
        config.transport_config(Arc::new(transport));
        let (endpoint, connection) = runtime.block_on(async {
            let endpoint = Endpoint::client(SocketAddr::new(from, 0)).unwrap();
            let connecting = endpoint.connect_with(config, to, "luytre.lan").unwrap();
            (endpoint, connecting.await)
        });
        Ok(Self { runtime, connection: connection?, _endpoint: endpoint })
    }

    /// Asks on a stream of its own.
    pub(crate) fn ask(&self, packet: &Packet) -> Message {
        let [answer] = self.ask_all(std::slice::from_ref(packet)).try_into().unwrap();
        answer
    }

    /// Asks each question on a stream of its own, all at once.
    #[expect(clippy::disallowed_methods, reason = "a test's panics are seen where it waits")]
    pub(crate) fn ask_all(&self, packets: &[Packet]) -> Vec<Message> {
        let streams: Vec<_> = packets.iter().map(|packet| self.exchange(framed(&packet.bytes()))).collect();
        self.patiently(async {
            let mut answers = Vec::new();
            for stream in streams.into_iter().map(tokio::spawn).collect::<Vec<_>>() {
                let bytes = stream.await.unwrap().expect("an answer");
                assert_eq!(usize::from(u16::from_be_bytes([bytes[0], bytes[1]])), bytes.len() - 2);
                answers.push(Message::decode(&bytes[2..]).unwrap());
            }
            answers
        })
    }

    /// Sends bytes on a stream and ends it; the number that the daemon closes the connection with.
    pub(crate) fn closes_after(&self, bytes: Vec<u8>) -> u64 {
        let exchange = self.exchange(bytes);
        let answered = self.patiently(exchange);
        assert!(answered.is_none(), "an answer: {answered:?}");
        self.closes()
    }

    /// Waits until the daemon closes; the number that it gives as the reason.
    pub(crate) fn closes(&self) -> u64 {
        match self.patiently(self.connection.closed()) {
            ConnectionError::ApplicationClosed(reason) => reason.error_code.into_inner(),
            other => panic!("ended otherwise: {other}"),
        }
    }

    fn exchange(&self, bytes: Vec<u8>) -> impl Future<Output = Option<Vec<u8>>> + Send + 'static {
        let connection = self.connection.clone();
        async move {
            let (mut send, mut receive) = connection.open_bi().await.ok()?;
            send.write_all(&bytes).await.ok()?;
            send.finish().ok()?;
            receive.read_to_end(70_000).await.ok()
        }
    }

    fn patiently<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(async { timeout(PATIENCE, future).await }).expect("in time")
    }
}

/// A message behind its length.
pub(crate) fn framed(message: &[u8]) -> Vec<u8> {
    [&u16::try_from(message.len()).unwrap().to_be_bytes()[..], message].concat()
}
