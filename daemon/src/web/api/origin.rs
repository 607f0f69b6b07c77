//! Whether a request that changes something comes from our own page.
//!
//! A hostile page can make a browser in the home send requests to the router, with the parent's cookie if SameSite
//! fails. Browsers name the page's origin in all of those; programs (curl, Home Assistant) name none.

use axum::extract::Request;
use axum::http::header::{HeaderName, ORIGIN};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::web::host::host_of;
use crate::web::problem::Problem;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Refuses what a foreign page sends.
pub(in crate::web) async fn check(request: Request, next: Next) -> Response {
    if request.method().is_safe() || is_ours(request.headers(), &host_of(&request)) {
        return next.run(request).await;
    }
    let detail = "a page of another site may not change anything here";
    Problem::new(StatusCode::FORBIDDEN, detail).into_response()
}

/// The host is one of ours already; an origin is ours if it is the same host.
fn is_ours(headers: &HeaderMap, host: &str) -> bool {
    let texts = |name| headers.get_all(name).iter().map(|value| value.to_str().unwrap_or_default());
    let same_origin = |origin: &str| {
        let authority = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
        authority.is_some_and(|authority| authority.eq_ignore_ascii_case(host))
    };
    // Older browsers don't send it; those that do can't be made to send something else.
    let near = |site: &str| matches!(site, "same-origin" | "none");
    texts(ORIGIN).all(same_origin) && texts(SEC_FETCH_SITE).all(near)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_ours_or_not_there() {
        let ours = |origins: &[&str]| {
            let headers = origins.iter().map(|origin| (ORIGIN, origin.parse().unwrap()));
            is_ours(&headers.collect(), "luytre.lan:8080")
        };
        assert!(ours(&[]) && ours(&["http://luytre.lan:8080"]) && ours(&["https://LUYTRE.lan:8080"]));
        for foreign in [
            "null",
            "",
            "http://luytre.lan",
            "http://luytre.lan:80801",
            "http://evil.example",
            "luytre.lan:8080",
        ] {
            assert!(!ours(&[foreign]), "{foreign}");
            assert!(!ours(&["http://luytre.lan:8080", foreign]), "{foreign}");
        }
    }

    #[test]
    fn a_browser_that_says_cross_site_is_believed() {
        for (site, ours) in
            [("same-origin", true), ("none", true), ("cross-site", false), ("same-site", false), ("", false)]
        {
            let headers = HeaderMap::from_iter([(SEC_FETCH_SITE, site.parse().unwrap())]);
            assert_eq!(is_ours(&headers, "luytre.lan"), ours, "{site}");
        }
    }
}
