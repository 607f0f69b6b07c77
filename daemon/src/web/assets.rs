//! The application's files, built from `webui/src` and compiled in, compressed.

use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE};
use axum::response::IntoResponse;
use axum::routing::get;

use super::language::Language;
use crate::app::Daemon;

/// A file of the application.
struct Asset {
    path: &'static str,
    kind: &'static str,
    /// Compressed with gzip, which every browser takes; brotli they take over TLS only.
    gzipped: &'static [u8],
}

/// Where the application begins, by the paths of its files.
pub(super) struct Entry {
    pub(super) script: &'static str,
    pub(super) style: &'static str,
    /// The texts in Vietnamese.
    vi: &'static str,
    /// The texts in English.
    en: &'static str,
}

impl Entry {
    /// The texts that the reader will want: asked for at once, not when the script has been read.
    pub(super) fn texts(&self, language: &Language) -> &'static str {
        language.of(self.vi, self.en)
    }
}

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// Where the application begins; `None` in a build without it.
pub(super) fn entry() -> Option<Entry> {
    (!ENTRY.script.is_empty()).then_some(ENTRY)
}

/// Every file.
pub(super) fn routes() -> Router<Daemon> {
    ASSETS.iter().fold(Router::new(), |router, asset| {
        router.route(asset.path, get(move || std::future::ready(asset.answer())))
    })
}

impl Asset {
    fn answer(&self) -> impl IntoResponse + use<> {
        // What lies in this folder has a hash in its name: another content has another name.
        let kept = match self.path.starts_with("/assets/") {
            true => HeaderValue::from_static("public, max-age=31536000, immutable"),
            false => HeaderValue::from_static("public, max-age=3600"),
        };
        let headers = [
            (CONTENT_TYPE, HeaderValue::from_static(self.kind)),
            (CONTENT_ENCODING, HeaderValue::from_static("gzip")),
            (CACHE_CONTROL, kept),
        ];
        (headers, self.gzipped)
    }
}
