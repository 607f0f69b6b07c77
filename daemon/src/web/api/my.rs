//! `GET /api/v1/my`: what holds for the own device; `GET /api/v1/now`: what holds for everybody.

use std::net::IpAddr;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use luytre_lists::CategorySet;
use serde::Serialize;

use super::caller::{OwnDevice, Reading};
use super::{Listing, apart};
use crate::app::Daemon;
use crate::explain::asking;
use crate::family::Family;
use crate::policy::{self, Verdict};
use crate::requests::{Asker, Request};
use crate::snapshot::Snapshot;
use crate::status::rfc3339;
use crate::usage::{Allowance, Time};
use crate::web::problem::Answer;
use crate::who::Who;

pub(super) fn routes() -> Router<Daemon> {
    Router::new().route("/api/v1/my", get(mine)).route("/api/v1/now", get(everybody))
}

/// Whether the Internet is open for somebody.
#[derive(Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(in crate::web) struct Standing {
    /// `allowed` or `blocked`: what a name gets that no list and no rule knows.
    verdict: &'static str,
    /// Why, in one word of the log's vocabulary.
    reason: &'static str,
    /// The rule, `<kind>:<id>`.
    rule: String,
    /// Until when that holds, RFC 3339 in UTC.
    until: Option<String>,
}

/// What holds for a device now.
#[derive(Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(super) struct Mine {
    /// The person's id; empty for a device that is nobody's.
    who: String,
    /// The person's name.
    name: String,
    #[serde(flatten)]
    standing: Standing,
    /// The time that is left today.
    budgets: Vec<Allowance>,
    /// What was asked for, the newest first.
    requests: Vec<Request>,
}

/// What holds for a person now.
#[derive(Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(super) struct PersonNow {
    /// The person's id.
    who: String,
    /// The profile in force: the one chosen, or the age's.
    profile: String,
    /// Whether schedules for everybody hold.
    supervised: bool,
    #[serde(flatten)]
    standing: Standing,
}

/// What holds for the device that calls: no log-in, its own data only.
#[cfg_attr(test, utoipa::path(
    get, path = "/api/v1/my", tag = "requests", security(()),
    responses((status = 200, description = "what holds now", body = Mine), super::openapi::Problems),
))]
pub(super) async fn mine(OwnDevice(address): OwnDevice, State(daemon): State<Daemon>) -> Answer<Json<Mine>> {
    let mine = apart(move || Own::of(&daemon, address)).await?;
    Ok(Json(Mine {
        who: mine.asker.who,
        name: mine.name,
        standing: Standing::of(&mine.verdict, mine.rule),
        budgets: mine.budgets,
        requests: mine.requests,
    }))
}

/// What holds for everybody who lives here.
#[cfg_attr(test, utoipa::path(
    get, path = "/api/v1/now", tag = "family",
    responses((status = 200, description = "everybody", body = Listing<PersonNow>), super::openapi::Problems),
))]
pub(super) async fn everybody(_: Reading, State(daemon): State<Daemon>) -> Json<Listing<PersonNow>> {
    let state = daemon.resolver().shared.load();
    let (clock, family) = (&daemon.resolver().clock, daemon.home().family());
    let (now, year) = (clock.now(), family.zone.date(clock.now()).year());
    Json(Listing::whole(family.people.iter().map(|person| {
        // Nobody can stand in the way of somebody without a device; what unknown devices get is not theirs.
        let verdict = asking(daemon.home(), &state, &person.id).map(|who| open_for(&state, who, now));
        let verdict = verdict.unwrap_or_else(|| Verdict::nothing_against(CategorySet::EMPTY));
        let profile = family.profile_of(person, year);
        PersonNow {
            who: person.id.clone(),
            profile: profile.map(|profile| profile.id.clone()).unwrap_or_default(),
            supervised: profile.is_some_and(|profile| profile.supervised),
            standing: Standing::of(&verdict, state.policy.describe(verdict.rule)),
        }
    })))
}

/// What time and pauses say: the verdict on a name that no list and no rule knows.
fn open_for(state: &Snapshot, who: Who, now: crate::clock::Timestamp) -> Verdict {
    policy::decide_unnamed(&state.policy, who, CategorySet::EMPTY, now)
}

/// What concerns the device that calls, for the API and for the child's page.
pub(in crate::web) struct Own {
    pub(in crate::web) asker: Asker,
    /// The person's name; empty for a device that is nobody's.
    pub(in crate::web) name: String,
    pub(in crate::web) verdict: Verdict,
    pub(in crate::web) rule: String,
    pub(in crate::web) budgets: Vec<Allowance>,
    pub(in crate::web) requests: Vec<Request>,
}

impl Own {
    /// Waits for the disk.
    pub(in crate::web) fn of(daemon: &Daemon, address: IpAddr) -> Self {
        let asker = asker(daemon, address);
        let state = daemon.resolver().shared.load();
        let (now, family) = (daemon.resolver().clock.now(), daemon.home().family());
        let verdict = open_for(&state, state.people.identify(address), now);
        let mut budgets = daemon.usage().allowances(&family, Time::of(&daemon.resolver().clock));
        budgets.retain(|budget| budget.who == asker.who);
        Self {
            name: name_of(&family, &asker.who),
            rule: state.policy.describe(verdict.rule),
            verdict,
            budgets,
            requests: daemon.requests().of(&asker, now),
            asker,
        }
    }
}

fn name_of(family: &Family, id: &str) -> String {
    family.people.iter().find(|person| person.id == id).map(|person| person.name.clone()).unwrap_or_default()
}

impl Standing {
    fn of(verdict: &Verdict, rule: String) -> Self {
        Self {
            verdict: verdict.word(),
            reason: verdict.reason.word(),
            rule,
            until: verdict.until.map(rfc3339),
        }
    }
}

/// Who calls, as the network shows it.
pub(in crate::web) fn asker(daemon: &Daemon, address: IpAddr) -> Asker {
    let who = daemon.resolver().shared.load().people.identify(address);
    let subject = daemon.home().roll().subject(who);
    let device = Some(subject.device.to_string()).filter(|device| !device.is_empty());
    Asker { who: subject.person.into(), device: device.unwrap_or_else(|| address.to_string()) }
}
