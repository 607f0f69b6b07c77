//! The forwarder against servers that lie, stumble, cut short or say nothing.

mod encrypted;
pub(in crate::upstream) mod fake;
pub(in crate::upstream) mod hosts;
mod peer;
mod servers;
mod spoofing;

use std::sync::Arc;
use std::time::Duration;

use luytre_lists::NameBuf;

use tokio::sync::Semaphore;

use super::random::Random;
use super::{ExchangeError, Forwarder, Server, Settings, Strategy};

/// A forwarder that asks these in their order, with short waits.
fn strict(servers: &[Server]) -> Forwarder {
    with(Settings { strategy: Strategy::Strict, ..for_testing(servers) })
}

/// The second try comes after 225 ms, the third after 675.
fn for_testing(servers: &[Server]) -> Settings {
    Settings { servers: servers.to_vec(), timeout: Duration::from_millis(900), ..Settings::default() }
}

fn with(settings: Settings) -> Forwarder {
    with_places(settings, 1000)
}

fn with_places(settings: Settings, places: usize) -> Forwarder {
    Forwarder::with_random(Arc::new(settings), Arc::new(Semaphore::new(places)), Random::seeded(7))
}

/// Asks for a name's address.
async fn ask(forwarder: &Forwarder, name: &str) -> Result<Vec<u8>, ExchangeError> {
    let question = NameBuf::parse(name).unwrap();
    forwarder.exchange(question.as_name(), &fake::query(name)).await
}

/// Asks, and gives the last byte of the address in the answer.
async fn address(forwarder: &Forwarder, name: &str) -> u8 {
    *ask(forwarder, name).await.unwrap().last().unwrap()
}
