//! A resolver of somebody else's make, that speaks DNS over TLS and over HTTPS: unbound.

use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::ring;

use super::house::{House, free_port};
use super::patience::eventually;

/// Who certifies the resolver; the house trusts it by `upstream.ca`.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }

    /// A TLS server with a certificate for this name.
    pub(super) fn server(&self, name: &str) -> ServerConfig {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new([name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
        builder.with_single_cert(vec![certificate.into()], key.into()).unwrap()
    }
}

/// Unbound on 127.0.0.1, with `*.example A 192.0.2.7` and nothing else; ended when it is dropped.
pub(crate) struct Unbound {
    config_file: String,
    tls_port: u16,
    https_port: u16,
    child: Child,
}

impl Unbound {
    /// Its files lie in the house's folder; its certificate is for this name.
    pub(crate) fn start(house: &House, authority: &Authority, name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new([name.to_owned()]).unwrap();
        let certificate =
            house.write("unbound.pem", params.signed_by(&key, &authority.issuer).unwrap().pem());
        let key = house.write("unbound.key", key.serialize_pem());
        let (tls_port, https_port) = (free_port(), free_port());
        let config = format!(
            "server:\n  do-daemonize: no\n  username: \"\"\n  chroot: \"\"\n  pidfile: \"\"\n  use-syslog: no\n\
             \x20 interface: 127.0.0.1@{tls_port}\n  tls-port: {tls_port}\n\
             \x20 interface: 127.0.0.1@{https_port}\n  https-port: {https_port}\n\
             \x20 tls-service-pem: \"{certificate}\"\n  tls-service-key: \"{key}\"\n\
             \x20 module-config: \"iterator\"\n  local-zone: example. redirect\n\
             \x20 local-data: \"example. 300 A 192.0.2.7\"\nremote-control:\n  control-enable: no\n"
        );
        let config_file = house.write("unbound.conf", config);
        let child = Self::run(&config_file, tls_port);
        Self { config_file, tls_port, https_port, child }
    }

    fn run(config_file: &str, port: u16) -> Child {
        let mut child = Command::new("/usr/sbin/unbound")
            .args(["-d", "-c", config_file])
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("unbound is installed: ./dev test installs it");
        eventually("unbound answers", || {
            assert_eq!(child.try_wait().unwrap(), None, "unbound ended");
            TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok()
        });
        child
    }

    /// Ends it and begins it anew at the same ports.
    pub(crate) fn restart(&mut self) {
        self.end();
        self.child = Self::run(&self.config_file, self.tls_port);
    }

    pub(crate) fn end(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Where it speaks DNS over `tls` or `https`.
    pub(crate) fn address(&self, transport: &str) -> SocketAddr {
        let port = if transport == "tls" { self.tls_port } else { self.https_port };
        (Ipv4Addr::LOCALHOST, port).into()
    }
}

impl Drop for Unbound {
    fn drop(&mut self) {
        self.end();
    }
}
