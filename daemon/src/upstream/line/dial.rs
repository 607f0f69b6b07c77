//! Makes a connection: address, socket, handshake.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use hickory_net::h2::HttpsClientStream;
use hickory_net::quic::QuicClientStream;
use hickory_net::runtime::{RuntimeProvider, TokioRuntimeProvider};
use hickory_net::tcp::TcpClientStream;
use hickory_net::tls::tls_client_connect;
use hickory_net::xfer::DnsClientStream;
use hickory_net::{BufDnsStreamHandle, DnsMultiplexer, NetError};
use tokio::time::{Instant, timeout};

use super::connection::{Connection, MOST_ACTIVE};
use super::envelope::Enveloped;
use super::gather::{Bunched, Gathering};
use crate::datagrams::Datagrams;
use crate::upstream::bootstrap::Bootstrap;
use crate::upstream::trust::{Tls, server_name};
use crate::upstream::{Server, Settings, Transport};

type TcpStream = <Gathering as RuntimeProvider>::Tcp;

/// Dials servers, with what all of them share.
pub(in crate::upstream) struct Dialler {
    settings: Arc<Settings>,
    bootstrap: Arc<Bootstrap>,
    /// Made when the first server needs it: the roots take memory that plain servers don't need.
    tls: OnceLock<Result<Tls, rustls::Error>>,
}

impl Dialler {
    pub(in crate::upstream) fn new(settings: Arc<Settings>) -> Self {
        let bootstrap = Arc::new(Bootstrap::new(settings.bootstrap.clone()));
        Self { settings, bootstrap, tls: OnceLock::new() }
    }

    /// How long a dial may take: as long as a question.
    pub(super) fn limit(&self) -> Duration {
        self.settings.timeout
    }

    /// Tries a server's addresses in turn until the deadline, `first` before the others. Fails with what the last one
    /// said.
    pub(super) async fn dial(
        &self,
        server: &Server,
        first: Option<IpAddr>,
        deadline: Instant,
    ) -> Result<(Connection, SocketAddr), String> {
        let mut addresses = match (server.address(), server.sought()) {
            (Some(address), _) => vec![address],
            (None, Some(name)) => {
                let found = self.bootstrap.addresses(name).await?;
                found.into_iter().map(|address| SocketAddr::new(address, server.port)).collect()
            }
            (None, None) => Vec::new(), // every server has an address or a name
        };
        addresses.sort_by_key(|address| Some(address.ip()) != first);
        let mut why = "the server has no address".to_owned();
        for (tried, &address) in addresses.iter().enumerate() {
            let to_try = u32::try_from(addresses.len() - tried).unwrap_or(u32::MAX);
            let share = deadline.saturating_duration_since(Instant::now()) / to_try;
            match timeout(share, self.connect(server, address)).await {
                Ok(Ok(connection)) => return Ok((connection, address)),
                Ok(Err(error)) => why = format!("{address}: {error}"),
                Err(_) => why = format!("{address}: no connection in time"),
            }
        }
        Err(why)
    }

    async fn connect(&self, server: &Server, address: SocketAddr) -> Result<Connection, NetError> {
        let host: Arc<str> = server.host.to_string().into();
        Ok(match &server.transport {
            Transport::Udp | Transport::Tcp => {
                let (stream, sender) =
                    TcpClientStream::<TcpStream>::new(address, None, None, Gathering::default());
                self.multiplexed(stream.await?, sender)
            }
            // Without its name (SNI) a server with several certificates would show the wrong one.
            Transport::Tls => {
                let config = Arc::new(self.tls()?.speaking(None));
                let (stream, sender) =
                    tls_client_connect(address, server_name(&server.host)?, config, Gathering::default());
                self.multiplexed(stream.await?, sender)
            }
            Transport::Https { path } => {
                let config = Arc::new(self.tls()?.speaking(Some(b"h2")));
                let stream = HttpsClientStream::builder(config, TokioRuntimeProvider::new());
                Connection::over(stream.build(address, host, path.as_str().into()).await?, false)
            }
            Transport::Quic => {
                let stream = QuicClientStream::builder().crypto_config(self.tls()?.speaking(Some(b"doq")));
                let socket = Arc::new(Datagrams::to(address)?);
                Connection::over(stream.build_with_future(socket, address, host).await?, false)
            }
        })
    }

    fn multiplexed<S: DnsClientStream>(&self, stream: S, sender: BufDnsStreamHandle) -> Connection {
        let streams = DnsMultiplexer::new(Enveloped::from(stream), sender)
            .with_timeout(self.settings.timeout)
            .with_max_active_requests(MOST_ACTIVE);
        Connection::over(Bunched::over(streams), true)
    }

    fn tls(&self) -> Result<&Tls, NetError> {
        let tls = self.tls.get_or_init(|| Tls::new(&self.settings.roots, self.settings.clock));
        tls.as_ref().map_err(|error| io::Error::other(error.clone()).into())
    }
}
