//! `[limits]`: the bounds that keep one device from taking everything.

use std::num::NonZeroU32;
use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::read::Refusal;
use super::read::values::number;

const MAX_WORKERS: usize = 16;

/// `[limits]` as it is written.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "config/luytre.toml says it of every key")]
pub struct LimitsSpec {
    pub workers: i64,
    pub client_rate: i64,
    pub client_burst: i64,
    pub clients: i64,
    pub in_flight: i64,
    pub tcp_connections: i64,
    pub tcp_connections_per_client: i64,
    pub tcp_idle: i64,
    pub devices: i64,
}

/// The bounds that keep one device from taking everything.
#[derive(Clone, Debug, PartialEq)]
pub struct LimitsConfig {
    /// Threads that answer UDP; 1 to 16.
    pub workers: usize,
    /// Questions a second from one address, at most 1,000,000; `None` sets no limit.
    pub client_rate: Option<NonZeroU32>,
    /// Questions from one address at once, before the rate counts; 1 to 1,000,000.
    pub client_burst: u32,
    /// Addresses whose rate is watched; 64 to 65536.
    pub clients: usize,
    /// Questions that wait for an upstream answer; 1 to 65535.
    pub in_flight: usize,
    /// Connections open over TCP, TLS, HTTPS and QUIC together; 1 to 10,000.
    pub tcp_connections: usize,
    /// Of these from one address; 1 to 10,000.
    pub tcp_connections_per_client: usize,
    /// How long a connection may be silent; 1 to 120 seconds.
    pub tcp_idle: Duration,
    /// Devices of the network that are told apart; 16 to 8192.
    pub devices: usize,
}

impl Default for LimitsSpec {
    fn default() -> Self {
        Self {
            workers: 0,
            client_rate: 300,
            client_burst: 1000,
            clients: 4096,
            in_flight: 1000,
            tcp_connections: 150,
            tcp_connections_per_client: 20,
            tcp_idle: 10,
            devices: 1024,
        }
    }
}

impl LimitsSpec {
    pub(super) fn resolve(self) -> Result<LimitsConfig, Refusal> {
        let workers = number("limits.workers", self.workers, 0..=MAX_WORKERS as i64, "threads")?;
        let rate = number("limits.client_rate", self.client_rate, 0..=1_000_000, "questions a second")?;
        let connections = |key, value| number(key, value, 1..=10_000, "connections");
        Ok(LimitsConfig {
            workers: if workers == 0 { one_a_core() } else { workers },
            client_rate: NonZeroU32::new(rate),
            client_burst: number("limits.client_burst", self.client_burst, 1..=1_000_000, "questions")?,
            clients: number("limits.clients", self.clients, 64..=65_536, "addresses")?,
            in_flight: number("limits.in_flight", self.in_flight, 1..=65_535, "questions")?,
            tcp_connections: connections("limits.tcp_connections", self.tcp_connections)?,
            tcp_connections_per_client: connections(
                "limits.tcp_connections_per_client",
                self.tcp_connections_per_client,
            )?,
            tcp_idle: Duration::from_secs(number("limits.tcp_idle", self.tcp_idle, 1..=120, "seconds")?),
            devices: number("limits.devices", self.devices, 16..=8192, "devices")?,
        })
    }
}

fn one_a_core() -> usize {
    thread::available_parallelism().map_or(1, usize::from).min(MAX_WORKERS)
}
