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

use crate::cache;
use crate::config::ServeConfig;

/// Where the publication is found.
const PATH: &str = "/list";
/// Serves a folder until the process ends.
pub fn serve(folder: &Path, serve: &ServeConfig) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(serve.listen)
            .await
            .with_context(|| format!("{} can't be listened on", serve.listen))?;
        axum::serve(listener, router(folder)).await.context("the server ended")
    })
}

/// `nest_service` hands on the path within the publication.
fn router(folder: &Path) -> Router {
    let files = Router::new().fallback_service(ServeDir::new(folder)).layer(middleware::from_fn(tell_caches));
    Router::new().nest_service(PATH, files)
}

async fn tell_caches(request: Request<axum::body::Body>, next: Next) -> Response {
    let control = cache::control(request.uri().path().trim_start_matches('/'));
    let mut response = next.run(request).await;
    if response.status().is_success() {
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(control));
    }
    response
}
