//! Which site a request is for. A name that we block is answered with our address, so its visitors come here.
//!
//! Only our own names get our own pages (design invariant 12): a hostile site whose name leads to the router's address
//! could otherwise have a browser in the home read them (DNS rebinding).

use std::borrow::Cow;
use std::net::IpAddr;

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::header::HOST;
use axum::http::uri::Authority;
use axum::middleware::Next;
use axum::response::Response;
use luytre_lists::{CategorySet, NameBuf};

use super::{Connection, block, problem};
use crate::app::Daemon;
use crate::policy::{Action, Local, Special, Verdict};
use crate::snapshot::Snapshot;
use crate::wire::rtype;

/// The most that is shown of a host that isn't a name, in characters.
const MAX_SHOWN: usize = 64;

/// Lets requests for our own hosts through; every other host gets the block page.
pub(super) async fn sort(
    State(daemon): State<Daemon>,
    Extension(connection): Extension<Connection>,
    request: Request,
    next: Next,
) -> Response {
    match answer_foreign(&daemon, connection, &request) {
        Some(answer) => answer,
        None => next.run(request).await,
    }
}

fn answer_foreign(daemon: &Daemon, connection: Connection, request: &Request) -> Option<Response> {
    // Once for the whole answer: a rule's number means nothing in another snapshot.
    let state = daemon.resolver().shared.load();
    match Site::of(daemon, &state, connection, &host_of(request)) {
        Site::Ours => None,
        Site::Foreign(_) if request.uri().path().starts_with("/api/") => Some(problem::misdirected()),
        Site::Foreign(foreign) => Some(block::answer(&state, &foreign, request.headers())),
    }
}

/// The host that a request names; empty when it names none, or several (RFC 9112 §3.2).
pub(super) fn host_of(request: &Request) -> Cow<'_, str> {
    // The host of a target in absolute form stands above the header (RFC 9112 §3.2.2).
    if let Some(authority) = request.uri().authority() {
        return authority.as_str().into();
    }
    let mut hosts = request.headers().get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(host), None) => String::from_utf8_lossy(host.as_bytes()),
        _ => "".into(),
    }
}

/// Which site a request is for.
#[derive(Debug)]
enum Site {
    Ours,
    Foreign(Foreign),
}

/// A site that isn't ours.
#[derive(Debug)]
pub(super) struct Foreign {
    /// Its name; as much as can be shown of it where it isn't one.
    pub(super) shown: String,
    /// What would be answered if its name were asked for now.
    pub(super) verdict: Verdict,
}

impl Site {
    fn of(daemon: &Daemon, state: &Snapshot, connection: Connection, host: &str) -> Self {
        let authority = host.parse::<Authority>().ok().filter(|authority| !authority.as_str().contains('@'));
        let bare = authority.as_ref().map_or("", Authority::host);
        let address = bare.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        if let Ok(address) = address {
            let web = &daemon.config().web;
            let listen = web.listen.iter().chain(&web.tls).chain([&connection.reached]);
            let mut ours = listen.map(|ours| ours.ip().to_canonical());
            if ours.any(|ours| ours == address.to_canonical()) {
                return Self::Ours;
            }
        }
        let Ok(name) = NameBuf::parse(bare) else {
            // What is not a name can't be blocked.
            let verdict = Verdict::nothing_against(CategorySet::EMPTY);
            return Self::Foreign(Foreign { shown: visible(host), verdict });
        };
        let name = name.as_name();
        let now = daemon.resolver().clock.now();
        let verdict =
            state.decide(state.people.identify(connection.client.ip()), name, rtype::A, now).verdict;
        match verdict.action {
            // The name itself, not what lies below it.
            Action::Local(Local { special: Special::OwnName, zone_labels })
                if usize::from(zone_labels) == name.label_count() =>
            {
                Self::Ours
            }
            // As `./dev run` and people at the router's own console write it; no other machine can.
            Action::Local(Local { special: Special::Localhost, .. })
                if connection.reached.ip().is_loopback() =>
            {
                Self::Ours
            }
            _ => Self::Foreign(Foreign { shown: name.to_string(), verdict }),
        }
    }
}

/// A hostile text, cut short; what isn't plain ASCII could pose as something else, or turn the line around.
fn visible(text: &str) -> String {
    let shown = |c: char| if c.is_ascii_graphic() { c } else { '\u{fffd}' };
    let mut visible: String = text.chars().take(MAX_SHOWN).map(shown).collect();
    if text.chars().nth(MAX_SHOWN).is_some() {
        visible.push('…');
    }
    visible
}
