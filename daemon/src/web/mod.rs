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

use axum::extract::DefaultBodyLimit;
use axum::routing::get;
use axum::{Router, middleware};
use tokio::net::TcpListener;

pub use self::connection::Connection;

use crate::app::Daemon;

/// The largest body that a request may have, in bytes: a large family's settings.
const MAX_BODY: usize = 64 << 10;

/// Serves until the task is dropped.
pub async fn serve(listener: TcpListener, daemon: Daemon) {
    connection::serve(listener, daemon, connection::Limits::default()).await;
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
