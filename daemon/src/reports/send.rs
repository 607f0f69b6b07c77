//! Reports on their way to the centre: one POST each, the oldest first.

use std::sync::Arc;
use std::time::Duration;

use hyper::StatusCode;
use serde::{Deserialize, Serialize};

use super::{Kind, Report, Reports, State};
use crate::document::from_json;
use crate::notify::Target;
use crate::sync::http::{Mirror, Network};
use crate::sync::{Outside, Trouble, random, schedule};
use crate::system;

/// Where the centre takes reports, below its address.
const PATH: &str = "api/v1/reports";
/// The most that is read of an answer, in bytes.
const MAX_ANSWER: usize = 4096;
/// The longest receipt that is kept, in characters; the centre's have 16.
const MAX_RECEIPT: usize = 40;

/// Where reports go.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    /// The centre's address; `None`: reports stay here.
    pub centre: Option<Target>,
}

/// All that the centre is told.
#[derive(Serialize)]
struct Message<'a> {
    channel: &'static str,
    kind: Kind,
    name: &'a str,
    category: &'a str,
    verdict: &'a str,
    listed: &'a [String],
}

/// What the centre says.
#[derive(Deserialize)]
struct Received {
    #[serde(default)]
    receipt: String,
}

/// Sends what waits for as long as the daemon runs; `longest` bounds the time between two tries.
pub async fn send(reports: Arc<Reports>, centre: Target, outside: Outside, longest: Option<Duration>) {
    let mut failures = 0;
    if reports.next().is_some() {
        // After a power cut a whole town starts at once.
        tokio::time::sleep(schedule::after_failure(1, longest, random())).await;
    }
    loop {
        let Some(report) = reports.next() else {
            reports.wake.notified().await;
            continue;
        };
        match post(&report, &centre, &outside).await {
            Ok((state, receipt)) => {
                failures = 0;
                let store = Arc::clone(&reports);
                let write = move || store.answered(report.id, state, receipt);
                if tokio::task::spawn_blocking(write).await.is_err() {
                    return; // it panicked, and the log says where: not to be sent again and again
                }
            }
            Err(trouble) => {
                failures += 1;
                // The name is nobody's business, in logs neither.
                tracing::warn!(%trouble, failures, "a report can't be sent; it waits");
                reports.failed(trouble.to_string());
                tokio::time::sleep(schedule::after_failure(failures, longest, random())).await;
            }
        }
    }
}

/// The centre's answer: what becomes of the report, and its number there.
async fn post(report: &Report, centre: &Target, outside: &Outside) -> Result<(State, String), Trouble> {
    let Report { kind, name, category, verdict, listed, .. } = report;
    let message = Message { channel: "router", kind: *kind, name, category, verdict, listed };
    let body = serde_json::to_vec(&message).unwrap_or_default(); // texts
    // Made for each: reports are rare, and what TLS needs takes memory.
    let network = Network::new(outside, system::environment());
    let (status, answer) = Mirror::new(centre, &network).post(PATH, body, MAX_ANSWER).await?;
    if status.is_success() {
        return Ok((State::Taken, receipt(&answer)));
    }
    match status {
        // It looked at the report, and would say the same tomorrow.
        StatusCode::BAD_REQUEST | StatusCode::CONFLICT | StatusCode::UNPROCESSABLE_ENTITY => {
            Ok((State::Refused, String::new()))
        }
        status => {
            Err(Trouble::Unreachable(format!("{PATH}: the centre answers with status {}", status.as_u16())))
        }
    }
}

/// The number in an answer; a centre that gives none, or none that can be shown, has the report all the same.
fn receipt(answer: &[u8]) -> String {
    let receipt = from_json(answer).map(|Received { receipt }| receipt).unwrap_or_default();
    let plain = receipt.len() <= MAX_RECEIPT
        && receipt.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if plain { receipt } else { String::new() }
}
