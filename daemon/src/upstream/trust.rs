//! Whose certificates are believed, and at which date.
//!
//! The usual authorities (webpki-roots) and those of `[upstream] ca`; the date comes from our [`Clock`], because a
//! router's can be years off until NTP answers, and NTP's own names are asked through these servers.

use std::sync::Arc;
use std::time::Duration;
use std::{fmt, io};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::time_provider::TimeProvider;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use crate::clock::Clock;

/// Servers whose TLS sessions are kept for a quicker next handshake; more than anybody configures.
const SESSIONS: usize = 32;

/// Certificate authorities that are trusted besides the usual ones.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Roots(Vec<CertificateDer<'static>>);

impl Roots {
    /// Reads a PEM file's certificates. Fails if there is none, or one that can't be an authority; displays why.
    pub fn from_pem(pem: &[u8]) -> Result<Self, String> {
        let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
        let certificates = certificates.map_err(|error| format!("is not PEM: {error}"))?;
        if certificates.is_empty() {
            return Err("has no certificate".to_owned());
        }
        let mut store = RootCertStore::empty();
        for (number, certificate) in (1..).zip(&certificates) {
            let unusable = |error| format!("has a certificate, number {number}, that can't be used: {error}");
            store.add(certificate.clone()).map_err(unusable)?;
        }
        Ok(Self(certificates))
    }

    fn and_the_usual(&self) -> RootCertStore {
        let mut store = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        store.add_parsable_certificates(self.0.iter().cloned());
        store
    }
}

impl fmt::Debug for Roots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Roots({})", self.0.len())
    }
}

/// A client's side of TLS; the protocols share sessions and roots.
pub(crate) struct Tls {
    base: ClientConfig,
}

impl Tls {
    pub(crate) fn new(roots: &Roots, clock: Clock) -> Result<Self, Error> {
        let provider = Arc::new(ring::default_provider());
        let verifier = Verifier::new(roots.and_the_usual(), clock, Arc::clone(&provider))?;
        let mut base = ClientConfig::builder_with_details(provider, Arc::new(Dates(clock)))
            .with_safe_default_protocol_versions()?
            .dangerous() // as every verifier of one's own; this one only ever asks webpki's
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        base.resumption = Resumption::in_memory_sessions(SESSIONS);
        Ok(Self { base })
    }

    /// For a protocol by its ALPN name (RFC 7301); `None` for DNS over TLS, where servers expect none (RFC 7858).
    pub(crate) fn speaking(&self, protocol: Option<&[u8]>) -> ClientConfig {
        let mut config = self.base.clone();
        config.alpn_protocols = protocol.map(<[u8]>::to_vec).into_iter().collect();
        config
    }
}

#[derive(Debug)]
struct Dates(Clock);

impl TimeProvider for Dates {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(Duration::from_secs(self.0.best_known())))
    }
}

/// webpki's verifier, that knows what an untrusted clock can't tell.
///
/// Such a clock knows only that it is *at least* as late as [`Clock::best_known`]. So a certificate that has expired
/// by then has expired, but one that is not valid yet may be by now: it passes if all of its chain is valid together
/// at a later moment. Without this a router whose firmware is older than the server's certificate would never get an
/// answer, nor its clock set.
#[derive(Debug)]
struct Verifier {
    webpki: Arc<WebPkiServerVerifier>,
    clock: Clock,
}

impl Verifier {
    /// The certificates of a chain: so often a later one may move the moment on.
    const CHAIN: usize = 8;

    fn new(roots: RootCertStore, clock: Clock, provider: Arc<CryptoProvider>) -> Result<Self, Error> {
        let built = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build();
        let webpki = built.map_err(|error| Error::General(error.to_string()))?;
        Ok(Self { webpki, clock })
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verify =
            |at| self.webpki.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, at);
        let mut verified = verify(now);
        for _ in 0..Self::CHAIN {
            match &verified {
                Err(Error::InvalidCertificate(CertificateError::NotValidYetContext {
                    not_before, ..
                })) if !self.clock.trusted() => {
                    verified = verify(*not_before);
                }
                _ => break,
            }
        }
        verified
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.webpki.verify_tls12_signature(message, cert, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.webpki.verify_tls13_signature(message, cert, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.webpki.supported_verify_schemes()
    }
}

/// A name or an address as certificates have it.
pub(super) fn server_name(host: &super::Host) -> io::Result<ServerName<'static>> {
    ServerName::try_from(host.to_string()).map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))
}
