//! A client's TLS, which trusts one certificate file and says what it speaks.

use std::io;
use std::net::TcpStream;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::stream::Stream;

/// A connection with DNS over TLS on it.
pub(crate) type Tls = Stream<StreamOwned<ClientConnection, TcpStream>>;

/// A client that trusts the certificate in this file, and offers these protocols.
pub(super) fn client(certificate_file: &str, alpn: &[&[u8]]) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(certificate_file).unwrap()).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let versions = [&rustls::version::TLS13, &rustls::version::TLS12];
    let builder = builder.with_protocol_versions(&versions).unwrap();
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
    config
}

/// Shakes hands as a client that knows the daemon as luytre.lan.
pub(crate) fn handshake(
    mut connection: TcpStream,
    certificate_file: &str,
    alpn: &[&[u8]],
) -> io::Result<StreamOwned<ClientConnection, TcpStream>> {
    let name = ServerName::try_from("luytre.lan").unwrap();
    let config = Arc::new(client(certificate_file, alpn));
    let mut tls = ClientConnection::new(config, name).map_err(io::Error::other)?;
    while tls.is_handshaking() {
        tls.complete_io(&mut connection)?;
    }
    Ok(StreamOwned::new(tls, connection))
}
