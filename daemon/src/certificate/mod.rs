//! The certificate of the encrypted listeners, the page's among them: from the files that `[listen] cert` and `key` name ([`files`]), else
//! self-made and kept in the state folder ([`self_made`]).
//!
//! A reload reads the files anew. New connections then get the new certificate; those that are open go on.

mod error;
mod files;
mod self_made;

use std::net::IpAddr;
use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, ring};
use rustls::server::{ClientHello, NoServerSessionStorage, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};

pub use self::error::CertificateError;

use crate::config::{CertificateFiles, Config};

/// The certificate in force, for every listener; replaced by [`Certificates::reload`].
#[derive(Debug)]
pub struct Certificates(ArcSwap<InForce>);

#[derive(Debug)]
struct InForce {
    key: Arc<CertifiedKey>,
    /// Where it came from; `None` if self-made.
    files: Option<CertificateFiles>,
}

impl Certificates {
    /// Reads or makes the certificate, if anything in the configuration needs one. What the operator should know
    /// besides is added to the notices.
    pub fn at_start(
        config: &Config,
        notices: &mut Vec<String>,
    ) -> Result<Option<Arc<Self>>, CertificateError> {
        if !config.listen.is_encrypted() && config.web.tls.is_empty() {
            return Ok(None);
        }
        let in_force = InForce::of(config, notices)?;
        Ok(Some(Arc::new(Self(ArcSwap::from_pointee(in_force)))))
    }

    /// Reads the files again. What is wrong with them is logged, and the certificate in force stays. A self-made one
    /// stays as it is.
    pub fn reload(&self, config: &Config) {
        if self.0.load().files.is_none() && config.listen.certificate.is_none() {
            return;
        }
        let mut notices = Vec::new();
        match InForce::of(config, &mut notices) {
            Ok(new) => self.0.store(Arc::new(new)),
            Err(error) => tracing::error!(%error, "the certificate was refused; the one in force stays"),
        }
        notices.iter().for_each(|notice| tracing::warn!("{notice}"));
    }

    /// A configuration for a listener that speaks these protocols (RFC 7301); a client that names others is refused,
    /// so that nobody can lead it from one service to another (RFC 9325 §3.7).
    pub fn server_config(self: &Arc<Self>, alpn: &[&[u8]]) -> Result<ServerConfig, rustls::Error> {
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&TLS13, &TLS12])?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(self) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
        // Clients come back by a ticket that they keep, which spares us a signature, and memory for each of them.
        config.ticketer = ring::Ticketer::new()?;
        config.session_storage = Arc::new(NoServerSessionStorage {});
        Ok(config)
    }
}

impl ResolvesServerCert for Certificates {
    /// One certificate, whatever the name asked for.
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.load().key))
    }
}

impl InForce {
    fn of(config: &Config, notices: &mut Vec<String>) -> Result<Self, CertificateError> {
        let key = match &config.listen.certificate {
            Some(named) => files::read(named)?,
            None => self_made::kept_in(&config.state.dir, &addresses(config), notices)?,
        };
        Ok(Self { key: Arc::new(key), files: config.listen.certificate.clone() })
    }
}

/// Addresses that a client may know us by.
fn addresses(config: &Config) -> Vec<IpAddr> {
    let all = config.listen.addresses().chain(&config.web.tls);
    let mut addresses: Vec<IpAddr> = all.map(|socket| socket.ip()).collect();
    addresses.retain(|address| !address.is_unspecified());
    addresses.sort();
    addresses.dedup();
    addresses
}

/// Named wherever it is used: rustls's default for the process would depend on who asks first.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}
