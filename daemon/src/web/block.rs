//! The block page: which site, why, and what one can do about it; in both languages, the reader's first.

use askama::Template;
use axum::Json;
use axum::http::header::{ACCEPT, HOST};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use luytre_lists::CategoryTable;
use serde_json::json;

use super::host::Foreign;
use super::language::Language;
use super::page;
use super::texts::Texts;
use crate::policy::{Reason, Rule, Verdict};
use crate::reports::Kind;
use crate::snapshot::Snapshot;

#[derive(Template)]
#[template(path = "block.html")]
struct BlockPage<'a> {
    language: Language,
    site: &'a str,
    blocked: bool,
    parts: [Part; 2],
    provider: &'a str,
}

/// The page in one language.
struct Part {
    language: Language,
    texts: &'static Texts,
    why: &'static str,
    /// What the site is about, where that is why.
    category: Option<&'static str>,
    /// Where to ask for it; empty where asking is no use.
    ask: String,
    /// Where to report a wrong block; empty where the list has no part in it.
    report: String,
}

/// Answers a request for a site that isn't ours.
///
/// Also when it isn't blocked any more: a device that still keeps the block's address must not take this for the site.
pub(super) fn answer(state: &Snapshot, site: &Foreign, headers: &HeaderMap) -> Response {
    if wants_json(headers) {
        return as_json(state, site);
    }
    let language = Language::accepted(headers);
    let may_ask = site.verdict.is_blocked() && site.verdict.reason != Reason::Always;
    let may_report = reportable(&site.verdict) == Some(Kind::Wrong);
    let link = |language, is_of_use| match is_of_use {
        true => form_at(headers, &site.shown, language),
        false => String::new(),
    };
    let parts = language.first().map(|language| Part {
        language,
        texts: language.texts(),
        why: why(language.texts(), &site.verdict),
        category: category(language, site.verdict.rule),
        ask: link(language, may_ask),
        report: link(language, may_report),
    });
    let blocked = site.verdict.is_blocked();
    page::html(
        StatusCode::FORBIDDEN,
        &BlockPage { language, site: &site.shown, blocked, parts, provider: &state.provider },
    )
}

/// The form to ask and report by is the router's own: sent from a page of this site it would be refused. It is where this page was
/// reached, so at the same port.
fn form_at(headers: &HeaderMap, site: &str, language: Language) -> String {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let port = host.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok());
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    // A name's unusual bytes stand escaped in it; asking for such a site is left to who can type it.
    let plain = site.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
    let name = if plain { site } else { "" };
    format!("http://luytre.lan{port}/xin?name={name}&lang={}", language.tag())
}

fn as_json(state: &Snapshot, site: &Foreign) -> Response {
    let table = CategoryTable::shipped();
    let verdict = &site.verdict;
    let document = json!({
        "host": site.shown,
        "verdict": verdict.word(),
        "reason": verdict.reason.word(),
        "rule": state.policy.describe(verdict.rule),
        "categories": verdict.categories.iter().map(|category| table.key(category)).collect::<Vec<_>>(),
    });
    (StatusCode::FORBIDDEN, Json(document)).into_response()
}

/// Programs say that they take JSON; browsers, that they take HTML.
fn wants_json(headers: &HeaderMap) -> bool {
    let accepts = |kind: &str| {
        let mut accepted = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
        accepted.any(|accepted| accepted.to_ascii_lowercase().contains(kind))
    };
    accepts("application/json") && !accepts("text/html")
}

pub(super) fn why(texts: &Texts, verdict: &Verdict) -> &'static str {
    match verdict.reason {
        _ if !verdict.is_blocked() => texts.open_why,
        Reason::Always => texts.why_always,
        Reason::Operator => texts.why_operator,
        Reason::Category => texts.why_category,
        Reason::Paused => texts.why_paused,
        Reason::Rule => texts.why_rule,
        Reason::Schedule => texts.why_schedule,
        Reason::Budget => texts.why_budget,
        Reason::Service => texts.why_service,
        Reason::Suspected => texts.why_suspected,
        // These never block.
        Reason::Special
        | Reason::Local
        | Reason::Essential
        | Reason::Grant
        | Reason::Rewrite
        | Reason::None => texts.open_why,
    }
}

/// What of a verdict the centre can mend: what its list says, or does not say. The family's own rules it can't.
pub(super) fn reportable(verdict: &Verdict) -> Option<Kind> {
    match verdict.reason {
        Reason::Special | Reason::Local | Reason::Essential => None,
        Reason::Always | Reason::Category | Reason::Suspected => Some(Kind::Wrong),
        _ if verdict.is_blocked() => None,
        _ => Some(Kind::Harmful),
    }
}

/// The category that blocks. `always` has no name: what is in it is not for a child to read.
pub(super) fn category(language: Language, rule: Rule) -> Option<&'static str> {
    match rule {
        Rule::Category(category) if category != luytre_lists::Category::ALWAYS => {
            CategoryTable::shipped().info(category).map(|info| language.name_of(info))
        }
        _ => None,
    }
}
