//! `luytre-hub serve`: shows the publication, for one machine and for trying things out. Any web server, object store or
//! delivery network does the same: the files are static.

use std::path::Path;

use anyhow::{Context, Result};
use axum::Router;
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderValue, Request};
use axum::middleware::{self, Next};
use axum::response::Response;
use tower_http::services::ServeDir;

use crate::config::{PublishConfig, ServeConfig};

/// Where the publication is found.
const PATH: &str = "/list";
/// Files with a digest for a name never change.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// The others do, and what is urgent must not lie in caches.
const A_MINUTE: HeaderValue = HeaderValue::from_static("public, max-age=60");

/// Serves until the process ends.
pub fn serve(publish: &PublishConfig, serve: &ServeConfig) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(serve.listen)
            .await
            .with_context(|| format!("{} can't be listened on", serve.listen))?;
        axum::serve(listener, router(&publish.to)).await.context("the server ended")
    })
}

fn router(folder: &Path) -> Router {
    Router::new().nest_service(PATH, ServeDir::new(folder)).layer(middleware::from_fn(cache))
}

async fn cache(request: Request<axum::body::Body>, next: Next) -> Response {
    let path = request.uri().path();
    let lasts = path.contains("/full/") || path.contains("/delta/") || path.contains("/root/");
    let mut response = next.run(request).await;
    if response.status().is_success() {
        response.headers_mut().insert(CACHE_CONTROL, if lasts { FOR_EVER } else { A_MINUTE });
    }
    response
}
