//! `GET /` and the application's other paths: the application; without a script, whether the home is protected, and by
//! what.
//!
//! Whoever is on the LAN may see that it is, a child's device too; so nobody sees a name that was asked. What the
//! questions were about is for the router itself alone; parents read it in the application, which asks the API.

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use luytre_lists::CategoryTable;

use super::language::Language;
use super::texts::Texts;
use super::{Connection, assets, guard, page};
use crate::app::Daemon;
use crate::clock::Timestamp;
use crate::status::Status;

/// Where the application shows something: each view has an address of its own, to come back to.
pub(super) const PATHS: [&str; 10] = [
    "/",
    "/bat-dau",
    "/nguoi/{id}",
    "/hoat-dong",
    "/nhat-ky",
    "/thiet-bi",
    "/yeu-cau",
    "/cai-dat",
    "/tro-giup",
    "/vi-sao",
];

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage {
    language: Language,
    texts: &'static Texts,
    /// The application, where this build has it.
    app: Option<assets::Entry>,
    list: String,
    version: &'static str,
    /// Who looks after this router.
    provider: String,
    details: Option<Details>,
}

/// What the router itself sees.
struct Details {
    names: String,
    age: Option<String>,
    allowed: String,
    blocked: String,
    counted_over: String,
    categories: Vec<Row>,
    servers: Vec<String>,
    notices: Vec<String>,
}

/// One category's questions.
struct Row {
    name: &'static str,
    asked: String,
    blocked: String,
    /// How many were blocked, in percent.
    percent: u64,
}

/// The status page.
pub(super) async fn show(
    State(daemon): State<Daemon>,
    Extension(connection): Extension<Connection>,
    language: Language,
) -> Response {
    let (status, texts) = (daemon.status(0), language.texts());
    let on_router = connection.client.ip().to_canonical().is_loopback();
    let now = daemon.resolver().clock.now();
    let home = HomePage {
        language,
        texts,
        app: assets::entry(),
        list: list_state(&status, texts).to_owned(),
        version: status.version,
        provider: status.provider.clone(),
        details: on_router.then(|| Details::of(status, language, now)),
    };
    guard::own(page::html(StatusCode::OK, &home))
}

fn list_state(status: &Status, texts: &Texts) -> &'static str {
    match status.list.state {
        "starter" => texts.list_starter,
        "local" => texts.list_local,
        "current" => texts.list_current,
        "stale" => texts.list_stale,
        "refused" => texts.list_refused,
        other => other,
    }
}

impl Details {
    fn of(status: Status, language: Language, now: Timestamp) -> Self {
        let texts = language.texts();
        let count = |verdict| texts.number(status.verdicts.get(verdict).copied().unwrap_or_default());
        Self {
            names: texts.number(status.list.names.into()),
            age: status.list.age_s.map(|age| texts.span(age)),
            allowed: count("allowed"),
            blocked: count("blocked"),
            counted_over: texts.span(status.since.map_or(status.uptime_s, |since| now.saturating_sub(since))),
            categories: rows(&status, language),
            servers: status.upstream.into_iter().map(|upstream| upstream.server).collect(),
            notices: status.notices,
        }
    }
}

/// The categories that were asked for, the most often blocked first.
fn rows(status: &Status, language: Language) -> Vec<Row> {
    let table = CategoryTable::shipped();
    let mut counts: Vec<_> = status
        .categories
        .iter()
        .filter_map(|(key, &asked)| {
            let info = table.info(table.by_key(key)?)?;
            Some((status.blocked_categories.get(key).copied().unwrap_or_default(), asked, info))
        })
        .collect();
    counts.sort_by_key(|&(blocked, asked, _)| std::cmp::Reverse((blocked, asked)));
    let texts = language.texts();
    let row = |(blocked, asked, info)| Row {
        name: language.name_of(info),
        asked: texts.number(asked),
        blocked: texts.number(blocked),
        percent: (blocked * 100).checked_div(asked).unwrap_or_default(),
    };
    counts.into_iter().map(row).collect()
}
