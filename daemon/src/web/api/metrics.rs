//! `GET /metrics`: the status for Prometheus, in its text format.

use std::fmt::{self, Display, Write};

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Extension, Router};

use super::caller::Caller;
use crate::accounts::Scope;
use crate::app::Daemon;
use crate::status::Status;
use crate::web::Connection;
use crate::web::problem::{Answer, Problem};

/// The text format's version (Prometheus, exposition formats).
const FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

pub(super) fn routes() -> Router<Daemon> {
    Router::new().route("/metrics", get(show))
}

/// The daemon's figures: no names that were asked, nothing about people. From the router itself without a log-in; from
/// elsewhere with a token of scope `metrics`.
#[cfg_attr(test, utoipa::path(
    get, path = "/metrics", tag = "status",
    responses((status = 200, description = "figures", content_type = "text/plain", body = String), super::openapi::Problems),
))]
pub(super) async fn show(
    caller: Caller,
    Extension(connection): Extension<Connection>,
    State(daemon): State<Daemon>,
) -> Answer<impl IntoResponse> {
    let on_router = connection.client.ip().to_canonical().is_loopback();
    match caller {
        _ if on_router => {}
        Caller::Account(_) => {}
        Caller::Token(token) if token.allows(Scope::Metrics) => {}
        Caller::Token(_) => return Err(Problem::forbidden("the token needs the scope metrics")),
        Caller::Stranger => return Err(Problem::stranger()),
    }
    let mut page = Page::default();
    // A String takes everything.
    let _ = page.write(&daemon.status(0), daemon.config().history.keep_counters);
    Ok(([(CONTENT_TYPE, FORMAT)], page.0))
}

/// The text so far.
#[derive(Default)]
struct Page(String);

impl Page {
    fn write(&mut self, status: &Status, hours: usize) -> fmt::Result {
        self.family("luytre_info", "gauge", "What runs")?;
        self.sample("luytre_info", &[("version", status.version)], 1)?;
        self.one("luytre_uptime_seconds", "counter", "Seconds since the start", status.uptime_s)?;
        // They fall out of the window again, so they are no counters.
        self.family(
            "luytre_questions",
            "gauge",
            &format!("Questions of the last {hours} hours, by verdict"),
        )?;
        for (verdict, count) in &status.verdicts {
            self.sample("luytre_questions", &[("verdict", verdict)], count)?;
        }
        self.family("luytre_category_questions", "gauge", "Of these, by what their names are about")?;
        for (category, count) in &status.categories {
            self.sample("luytre_category_questions", &[("category", category)], count)?;
        }
        self.family("luytre_category_blocked", "gauge", "Of these, the blocked ones")?;
        for (category, count) in &status.blocked_categories {
            self.sample("luytre_category_blocked", &[("category", category)], count)?;
        }
        self.one("luytre_cache_entries", "gauge", "Answers in the cache", status.cache.entries)?;
        self.one("luytre_cache_bytes", "gauge", "Memory of the cache", status.cache.bytes)?;
        self.one("luytre_cache_hits_total", "counter", "Questions answered from it", status.cache.hits)?;
        self.one(
            "luytre_cache_misses_total",
            "counter",
            "Questions that it could not answer",
            status.cache.misses,
        )?;
        self.list(status)?;
        self.upstream(status)?;
        self.one("luytre_notices", "gauge", "What is wrong; luytre status says it", status.notices.len())
    }

    fn list(&mut self, status: &Status) -> fmt::Result {
        let list = &status.list;
        self.family("luytre_list_info", "gauge", "The list in force")?;
        self.sample("luytre_list_info", &[("state", list.state)], 1)?;
        self.one("luytre_list_serial", "gauge", "Its number", list.serial)?;
        self.one("luytre_list_names", "gauge", "Names in it", list.names)?;
        if let Some(age) = list.age_s {
            self.one("luytre_list_age_seconds", "gauge", "How old it is", age)?;
        }
        let Some(sync) = &list.sync else { return Ok(()) };
        self.one(
            "luytre_list_fetch_failures",
            "gauge",
            "Failures in a row to hear of the next one",
            sync.failures,
        )?;
        self.one("luytre_list_fetch_bytes", "gauge", "Bytes of the last look for the next one", sync.bytes)?;
        match sync.heard {
            Some(heard) => self.one(
                "luytre_list_heard_timestamp_seconds",
                "gauge",
                "When the centre was last heard of",
                heard,
            ),
            None => Ok(()),
        }
    }

    fn upstream(&mut self, status: &Status) -> fmt::Result {
        self.family("luytre_upstream_up", "gauge", "Whether a server is asked now")?;
        for server in &status.upstream {
            self.sample("luytre_upstream_up", &[("server", &server.server)], u8::from(!server.down))?;
        }
        self.family("luytre_upstream_answer_seconds", "gauge", "A server's smoothed answer time")?;
        for server in &status.upstream {
            if let Some(ms) = server.srtt_ms {
                let labels = [("server", server.server.as_str())];
                self.sample("luytre_upstream_answer_seconds", &labels, f64::from(ms) / 1000.0)?;
            }
        }
        Ok(())
    }

    /// A family of one sample without labels.
    fn one(&mut self, name: &str, kind: &str, help: &str, value: impl Display) -> fmt::Result {
        self.family(name, kind, help)?;
        self.sample(name, &[], value)
    }

    fn family(&mut self, name: &str, kind: &str, help: &str) -> fmt::Result {
        writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}")
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) -> fmt::Result {
        self.0.push_str(name);
        for (index, (label, text)) in labels.iter().enumerate() {
            let before = if index == 0 { '{' } else { ',' };
            write!(self.0, "{before}{label}=\"{}\"", escaped(text))?;
        }
        let after = if labels.is_empty() { "" } else { "}" };
        writeln!(self.0, "{after} {value}")
    }
}

/// A label's text between its quotes.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_escaped() {
        let mut page = Page::default();
        page.sample("m", &[("a", "x\"y\\z\n"), ("b", "é")], 7).unwrap();
        page.sample("m", &[], 0.5).unwrap();
        assert_eq!(page.0, "m{a=\"x\\\"y\\\\z\\n\",b=\"é\"} 7\nm 0.5\n");
    }
}
