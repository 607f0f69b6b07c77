//! A try at a server that may not be in use: does it answer, and after how long?

use std::sync::Arc;
use std::time::Duration;

use luytre_lists::Name;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::bootstrap::query;
use super::{ExchangeError, Forwarder, Server, Settings};
use crate::wire::rtype;

/// Asks a server once for the root's name servers, which each resolver knows and which says nothing of us; with the
/// bootstrap servers, roots of trust and time-out of these settings. Returns how long it took; the error says why there
/// is no good answer.
pub async fn probe(server: &Server, settings: &Settings) -> Result<Duration, String> {
    let alone = Settings { servers: vec![server.clone()], zones: Vec::new(), ..settings.clone() };
    let forwarder = Forwarder::new(Arc::new(alone), Arc::new(Semaphore::new(1)));
    let began = Instant::now();
    let deadline = began + settings.timeout;
    let answer = forwarder.exchange_with(server, &query(Name::ROOT, rtype::NS), deadline).await;
    match answer {
        // The code of the answer (RFC 1035 §4.1.1).
        Ok(answer) => match answer.get(3).map(|flags| flags & 15) {
            Some(0) => Ok(began.elapsed()),
            Some(5) => Err("it answers, but not us (REFUSED)".to_owned()),
            Some(code) => Err(format!("it answers with error {code}")),
            None => Err("its answer is too short".to_owned()),
        },
        Err(ExchangeError::Timeout) => Err(format!("no answer within {} s", settings.timeout.as_secs())),
        Err(error) => Err(error.to_string()),
    }
}
