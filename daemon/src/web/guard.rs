//! What every answer carries, so that a browser lets nothing in that isn't ours.

use axum::http::HeaderValue;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::response::Response;

/// Of every answer that says nothing else: no script, image, form, frame or other host, only the one style that stands
/// in the pages, by its hash. A blocked site has no second address for a style sheet, so each page brings it along.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'sha256-H8CVC6B8jjeeRl4OXiOLYyoTkC9MwbvC/v7cOdtHDYQ='; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// Of our own pages: besides, our own script, style, pictures and API, and forms that are sent to us.
const OWN_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'sha256-H8CVC6B8jjeeRl4OXiOLYyoTkC9MwbvC/v7cOdtHDYQ='; img-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
);

/// A page of our own, with what its script and forms need. Its forms tell us that they are ours (`Origin`), which
/// `no-referrer` would keep back.
pub(super) fn own(mut page: Response) -> Response {
    page.headers_mut().insert(CONTENT_SECURITY_POLICY, OWN_POLICY);
    page.headers_mut().insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    page
}

/// Adds the headers that an answer doesn't bring. Nothing may be kept: what is blocked now may be allowed in a minute,
/// at the same address.
pub(super) async fn harden(mut response: Response) -> Response {
    for (name, value) in [
        (CONTENT_SECURITY_POLICY, POLICY),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    ] {
        response.headers_mut().entry(name).or_insert(value);
    }
    response
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;
    use crate::web::page::STYLE;

    /// RFC 4648 §4.
    fn base64(bytes: &[u8]) -> String {
        const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let encode = |chunk: &[u8]| {
            let bits =
                chunk.iter().fold(0, |bits, &byte| bits << 8 | usize::from(byte)) << (8 * (3 - chunk.len()));
            let digit = |index: usize| match index <= chunk.len() {
                true => char::from(ALPHABET[bits >> (18 - 6 * index) & 63]),
                false => '=',
            };
            [digit(0), digit(1), digit(2), digit(3)]
        };
        bytes.chunks(3).flat_map(encode).collect()
    }

    #[test]
    fn the_policy_lets_our_style_through() {
        let hash = format!("'sha256-{}'", base64(&Sha256::digest(STYLE)));
        for policy in [POLICY, OWN_POLICY] {
            assert!(
                policy.to_str().unwrap().contains(&hash),
                "style.css has changed: write {hash} in guard.rs"
            );
        }
    }
}
