//! The page: HTTP on the LAN, for people and for programs.
//!
//! A request's way, which is also the order of the modules:
//!
//! ```text
//!  connection ─► guard ─► host ─┬─ ours ──► home (/ and the parents' views), assets (their application)
//!  (LAN, bounds) (headers)      │           child (/toi, /xin), api (/api/v1/…, /metrics)
//!                               └─ not ours ─► block: the page that a blocked site's visitor sees
//! ```
//!
//! What children and strangers see is made here and works without a script; what parents see is an application in
//! `webui/src` that asks the [`api`]. Pages and texts lie in `webui/` too; [`texts`] and [`language`] say them in
//! Vietnamese or English, [`page`] puts them together, [`problem`] is every error.

mod connection;
mod guard;
mod host;

mod assets;
mod block;
mod child;
mod home;

mod api;

mod language;
mod page;
mod problem;
mod texts;

#[cfg(test)]
mod tests;

use std::io;
use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::routing::get;
use axum::{Router, middleware};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

pub use self::connection::Connection;

use crate::app::Daemon;
use crate::certificate::Certificates;
use crate::config::WebConfig;
use crate::listen::open::{self, StartError};
use crate::tasks;

/// What is spoken over TLS (RFC 7301): one request a connection gains nothing by HTTP/2.
const HTTP: &[u8] = b"http/1.1";
/// The largest body that a request may have, in bytes: a large family's settings.
const MAX_BODY: usize = 64 << 10;

/// The page's sockets, open.
pub struct Sockets {
    plain: Vec<std::net::TcpListener>,
    tls: Vec<std::net::TcpListener>,
}

impl Sockets {
    /// Opens every socket that the configuration names.
    pub fn open(config: &WebConfig) -> Result<Self, StartError> {
        Ok(Self { plain: open::tcp(&config.listen)?, tls: open::tcp(&config.tls)? })
    }

    /// Serves beside the caller, whose runtime it is. `certificates` are there if anything is encrypted.
    pub fn serve(self, daemon: &Daemon, certificates: Option<&Arc<Certificates>>) -> io::Result<()> {
        let serve = |listener, tls: Option<&TlsAcceptor>| -> io::Result<()> {
            let (listener, limits) = (TcpListener::from_std(listener)?, connection::Limits::default());
            tasks::spawn("web", connection::serve(listener, tls.cloned(), daemon.clone(), limits));
            Ok(())
        };
        self.plain.into_iter().try_for_each(|listener| serve(listener, None))?;
        let Some(certificates) = certificates else { return Ok(()) };
        let config = certificates.server_config(&[HTTP]).map_err(io::Error::other)?;
        let tls = TlsAcceptor::from(Arc::new(config));
        self.tls.into_iter().try_for_each(|listener| serve(listener, Some(&tls)))
    }
}

/// Every page and resource. Requests bring their [`Connection`] as an extension.
pub fn router(daemon: Daemon) -> Router {
    let views = home::PATHS.iter().fold(Router::new(), |views, path| views.route(path, get(home::show)));
    views
        .merge(assets::routes())
        .merge(child::routes())
        .merge(api::routes())
        .fallback(problem::not_found)
        .method_not_allowed_fallback(problem::method_not_allowed)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(middleware::from_fn_with_state(daemon.clone(), host::sort))
        // Outermost, so that no answer goes without.
        .layer(middleware::map_response(guard::harden))
        .with_state(daemon)
}
