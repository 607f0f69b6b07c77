//! Pages: templates and style from `webui/pages`, as answers.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

use super::problem;

/// The style of every page, which stands in each of them; the content security policy holds its hash.
pub(super) const STYLE: &str = include_str!("../../../webui/pages/style.css");

/// A page as an answer.
pub(super) fn html(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => (status, Html(text)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page could not be made");
            problem::internal()
        }
    }
}
