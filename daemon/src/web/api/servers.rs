//! `POST /api/v1/servers/test`: whether a DNS server answers, before or after it stands in the configuration.

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use super::body::Body;
use super::caller::Changing;
use crate::app::Daemon;
use crate::upstream::{Server, probe};
use crate::web::problem::{Answer, Problem};

/// Tests at the same time: each may open a connection and hold it for some seconds.
static PLACES: Semaphore = Semaphore::const_new(2);

pub(super) fn routes() -> Router<Daemon> {
    Router::new().route("/api/v1/servers/test", post(test))
}

/// Which server.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(super) struct Candidate {
    /// As in `[upstream] servers`: `tls://dns.example`, `https://dns.example/dns-query@192.0.2.1`, `udp://192.0.2.1` …
    server: String,
}

/// How it went.
#[derive(Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(super) struct Tested {
    /// Whether a good answer came.
    works: bool,
    /// After so many milliseconds, handshake and all; `null` without an answer.
    took_ms: Option<u32>,
    /// Whether nobody on the way can read along or answer in its place.
    encrypted: bool,
    /// Why there was no good answer; empty if there was.
    trouble: String,
}

/// Asks a server for the root's name servers, once; nothing changes by it.
#[cfg_attr(test, utoipa::path(
    post, path = "/api/v1/servers/test", tag = "status", request_body = Candidate,
    responses((status = 200, description = "how it went", body = Tested), super::openapi::Problems),
))]
pub(super) async fn test(
    _: Changing,
    State(daemon): State<Daemon>,
    Body(Candidate { server }): Body<Candidate>,
) -> Answer<Json<Tested>> {
    let server: Server =
        server.trim().parse().map_err(|error| Problem::unfit("/server", format!("{error}")))?;
    let _place =
        PLACES.try_acquire().map_err(|_| Problem::full("two tests are running; wait for them", 5))?;
    let settings = daemon.resolver().shared.load().upstream.clone();
    let encrypted = server.transport.is_authenticated();
    Ok(Json(match probe(&server, &settings).await {
        Ok(took) => {
            let took_ms = Some(u32::try_from(took.as_millis()).unwrap_or(u32::MAX));
            Tested { works: true, took_ms, encrypted, trouble: String::new() }
        }
        Err(trouble) => Tested { works: false, took_ms: None, encrypted, trouble },
    }))
}
