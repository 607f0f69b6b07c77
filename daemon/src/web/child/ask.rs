//! `/xin`: a form to ask for a site or for time; and `/xin/bao`, to report a site to the centre as blocked wrongly or as
//! harmful. The block page leads here with the site's name.

use askama::Template;
use axum::extract::{Form, State};
use axum::http::header::ORIGIN;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use luytre_lists::NameBuf;
use serde::Deserialize;

use crate::app::Daemon;
use crate::policy::Reason;
use crate::reports::{self, NotTold, Told};
use crate::requests::{Kind, MAX_REASON, NotAsked, Wish};
use crate::web::api::apart;
use crate::web::api::body::Parameters;
use crate::web::api::caller::OwnDevice;
use crate::web::api::my::asker;
use crate::web::block;
use crate::web::language::Language;
use crate::web::problem::{Answer, Problem};
use crate::web::texts::Texts;
use crate::web::{guard, page};
use crate::wire::rtype;

#[derive(Template)]
#[template(path = "ask.html")]
struct AskPage {
    language: Language,
    texts: &'static Texts,
    /// The site; empty where none is named, or it is no name.
    site: String,
    /// Why it is blocked for this device; empty where it is not.
    why: &'static str,
    category: Option<&'static str>,
    /// Whether asking helps.
    may_ask: bool,
    /// What can be reported of the site: nothing, or one of the two.
    may_report: Option<reports::Kind>,
    /// What went wrong with the last try.
    trouble: &'static str,
    longest: usize,
}

/// What the block page's link says. Others may come along.
#[derive(Deserialize)]
pub(super) struct About {
    #[serde(default)]
    name: String,
}

/// What the forms send.
#[derive(Deserialize)]
pub(super) struct Sent {
    kind: Kind,
    #[serde(default)]
    name: String,
    minutes: Option<u32>,
    #[serde(default)]
    reason: String,
    /// There when the box was ticked.
    mistake: Option<String>,
}

/// What the buttons to report by send.
#[derive(Deserialize)]
pub(super) struct Reported {
    kind: reports::Kind,
    #[serde(default)]
    name: String,
}

/// The form for a site.
pub(super) async fn show(
    OwnDevice(address): OwnDevice,
    State(daemon): State<Daemon>,
    Parameters(About { name }): Parameters<About>,
    language: Language,
) -> Response {
    let page = AskPage::of(&daemon, (address, &name), language, "");
    guard::own(page::html(StatusCode::OK, &page))
}

/// A form was sent: asks, and leads back to the child's page.
pub(super) async fn ask(
    OwnDevice(address): OwnDevice,
    State(daemon): State<Daemon>,
    language: Language,
    headers: HeaderMap,
    Form(sent): Form<Sent>,
) -> Answer<Response> {
    from_our_page(&headers)?;
    let texts = language.texts();
    let Sent { kind, name, minutes, reason, mistake } = sent;
    let reason = match mistake {
        Some(_) => format!("{} {reason}", texts.ask_mistake_reason),
        None => reason,
    };
    let (asking, wish) = (daemon.clone(), Wish { kind, name: name.clone(), minutes, reason });
    let trouble = match apart(move || asking.ask(asker(&asking, address), wish)).await? {
        Ok(_) => {
            let back = format!("/toi?lang={}&sent=1", language.tag());
            return Ok(guard::own(Redirect::to(&back).into_response()));
        }
        Err(NotAsked::Wrong(_)) => texts.ask_wrong,
        Err(NotAsked::TooMany) => texts.ask_too_many,
    };
    let page = AskPage::of(&daemon, (address, &name), language, trouble);
    Ok(guard::own(page::html(StatusCode::UNPROCESSABLE_ENTITY, &page)))
}

/// A report was made: keeps it, and leads back to the child's page.
pub(super) async fn report(
    OwnDevice(address): OwnDevice,
    State(daemon): State<Daemon>,
    language: Language,
    headers: HeaderMap,
    Form(Reported { kind, name }): Form<Reported>,
) -> Answer<Response> {
    from_our_page(&headers)?;
    let (telling, told) = (daemon.clone(), Told { kind, name: name.clone(), category: String::new() });
    let trouble = match apart(move || telling.report(address, told)).await? {
        Ok(_) => {
            let back = format!("/toi?lang={}&sent=report", language.tag());
            return Ok(guard::own(Redirect::to(&back).into_response()));
        }
        Err(NotTold::Wrong(..)) => language.texts().ask_wrong,
        Err(NotTold::TooMany) => language.texts().report_too_many,
    };
    let page = AskPage::of(&daemon, (address, &name), language, trouble);
    Ok(guard::own(page::html(StatusCode::UNPROCESSABLE_ENTITY, &page)))
}

/// A form may be sent from any page, and only a browser sends one: it must say that ours it was.
fn from_our_page(headers: &HeaderMap) -> Result<(), Problem> {
    if headers.contains_key(ORIGIN) {
        return Ok(());
    }
    Err(Problem::forbidden("forms are taken from our own pages; programs use /api/v1"))
}

impl AskPage {
    fn of(
        daemon: &Daemon,
        (address, name): (std::net::IpAddr, &str),
        language: Language,
        trouble: &'static str,
    ) -> Self {
        let texts = language.texts();
        let none = Self {
            language,
            texts,
            site: String::new(),
            why: "",
            category: None,
            may_ask: true,
            may_report: None,
            trouble,
            longest: MAX_REASON,
        };
        let Ok(site) = NameBuf::parse(name.trim().trim_end_matches('.')) else { return none };
        let state = daemon.resolver().shared.load();
        let (who, now) = (state.people.identify(address), daemon.resolver().clock.now());
        let verdict = state.decide(who, site.as_name(), rtype::A, now).verdict;
        let blocked = verdict.is_blocked();
        Self {
            site: site.as_name().to_string(),
            why: if blocked { block::why(texts, &verdict) } else { texts.ask_open },
            category: block::category(language, verdict.rule),
            may_ask: blocked && verdict.reason != Reason::Always,
            may_report: block::reportable(&verdict),
            ..none
        }
    }
}
