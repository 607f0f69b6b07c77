//! `GET /toi`: what holds for this device now, until when, and what was asked for.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;

use super::rules::{self, Blocked, Line};
use crate::app::Daemon;
use crate::clock::Timestamp;
use crate::family::{Family, Spec};
use crate::requests::{Kind, Request, State as Became};
use crate::usage::Allowance;
use crate::web::api::apart;
use crate::web::api::caller::OwnDevice;
use crate::web::api::my::Own;
use crate::web::block;
use crate::web::language::Language;
use crate::web::problem::Answer;
use crate::web::texts::Texts;
use crate::web::{guard, page};

/// Requests that are shown, the newest first.
const SHOWN: usize = 10;

#[derive(Template)]
#[template(path = "mine.html")]
struct MyPage {
    language: Language,
    texts: &'static Texts,
    /// What has just been sent.
    sent: &'static str,
    name: String,
    open: bool,
    why: &'static str,
    /// The rule's name, where one stands in the way.
    schedule: String,
    /// When it changes, as the house's clocks show it.
    until: String,
    budgets: Vec<Left>,
    requests: Vec<Asked>,
    rules: Vec<Line>,
    blocked: Vec<Blocked>,
}

/// A budget as a ring.
struct Left {
    id: String,
    what: String,
    left: u32,
    whole: u32,
    bonus: u32,
    percent: u32,
}

/// A request as its child reads it.
struct Asked {
    what: String,
    state: &'static str,
    is_open: bool,
}

/// The page of the device that calls.
pub(super) async fn show(
    OwnDevice(address): OwnDevice,
    State(daemon): State<Daemon>,
    uri: Uri,
    headers: HeaderMap,
) -> Answer<Response> {
    let said = |pair: &str| uri.query().is_some_and(|query| query.split('&').any(|said| said == pair));
    let (asked_for, reported) = (said("sent=1"), said("sent=report"));
    let asked = Language::asked(&uri);
    let page = apart(move || {
        let (spec, family) = (daemon.home().spec(), daemon.home().family());
        let own = Own::of(&daemon, address);
        let theirs = spec.person.iter().find(|person| person.id == own.asker.who);
        let language = asked
            .or_else(|| Language::of_tag(&theirs?.language))
            .unwrap_or_else(|| Language::accepted(&headers));
        let sent = match language.texts() {
            texts if asked_for => texts.my_sent,
            texts if reported => texts.report_sent,
            _ => "",
        };
        MyPage::of(own, language, (&spec, &family), daemon.resolver().clock.now(), sent)
    });
    Ok(guard::own(page::html(StatusCode::OK, &page.await?)))
}

impl MyPage {
    fn of(
        own: Own,
        language: Language,
        (spec, family): (&Spec, &Family),
        now: Timestamp,
        sent: &'static str,
    ) -> Self {
        let texts = language.texts();
        let profile = rules::profile_of(family, &own.asker.who, now);
        let supervised = profile.is_some_and(|profile| profile.supervised);
        let schedule = own.rule.strip_prefix("schedule:").unwrap_or_default();
        let until = own.verdict.until.filter(|&until| until > now);
        Self {
            language,
            texts,
            sent,
            name: own.name,
            open: !own.verdict.is_blocked(),
            why: block::why(texts, &own.verdict),
            schedule: rules::schedule_name(texts, schedule),
            until: until.map(|until| rules::clock(family, until, now)).unwrap_or_default(),
            budgets: own.budgets.iter().map(|left| Left::of(left, spec, language)).collect(),
            requests: own.requests.iter().take(SHOWN).map(|asked| Asked::of(asked, spec, language)).collect(),
            rules: rules::of(spec, &own.asker.who, supervised, language),
            blocked: profile.map(|profile| rules::blocked(profile, language)).unwrap_or_default(),
        }
    }
}

impl Left {
    fn of(left: &Allowance, spec: &Spec, language: Language) -> Self {
        let whole = left.minutes + left.bonus;
        Self {
            id: left.budget.clone(),
            what: budget_name(&left.budget, spec, language),
            left: left.left,
            whole,
            bonus: left.bonus,
            percent: (100 * left.left).checked_div(whole).unwrap_or_default().min(100),
        }
    }
}

impl Asked {
    fn of(asked: &Request, spec: &Spec, language: Language) -> Self {
        let texts = language.texts();
        let mut what = match asked.kind {
            Kind::Site => asked.name.clone(),
            Kind::Service => rules::scope([&format!("service:{}", asked.name)], language),
            Kind::Time if asked.name.is_empty() => texts.my_all.to_owned(),
            Kind::Time => budget_name(&asked.name, spec, language),
        };
        if let Some(minutes) = asked.minutes {
            what = format!("{what}: {minutes} {}", texts.my_minutes);
        }
        let state = match asked.state {
            Became::Open => texts.my_state_open,
            Became::Allowed => texts.my_state_allowed,
            Became::Denied => texts.my_state_denied,
            Became::Expired => texts.my_state_expired,
        };
        Self { what, state, is_open: asked.state == Became::Open }
    }
}

fn budget_name(id: &str, spec: &Spec, language: Language) -> String {
    match spec.budget.iter().find(|budget| budget.id == id) {
        Some(budget) => rules::scope(budget.of.as_slice(), language),
        None => id.to_owned(),
    }
}
