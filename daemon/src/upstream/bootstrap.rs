//! The addresses of encrypted servers that are written by name.
//!
//! Asked of plain servers by our own UDP client, never through our own policy or cache: a block or a fault of ours must
//! not cut the way upstream. A forged answer gets no further than the certificate, so case and spoofing defences are
//! those of any query: ID and port.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use luytre_lists::{Domain, Name};
use tokio::time::{Instant, timeout};

use super::lock::Lock;
use super::message::{Manners, Question};
use super::random::Random;
use super::udp::Ports;
use crate::tasks;
use crate::wire::{Records, flags, rtype};

/// How long addresses are used at least, and a failed look-up of known ones is not repeated.
const SHORTEST: Duration = Duration::from_secs(60);
/// The longest, whatever the answer says: a day.
const LONGEST: Duration = Duration::from_secs(24 * 3600);
/// Addresses kept of each family.
const MOST: usize = 4;
/// How long one server may take.
const PATIENCE: Duration = Duration::from_secs(1);

/// Looks up servers' names, and keeps what it has found.
pub(crate) struct Bootstrap {
    servers: Vec<Ports>,
    random: Random,
    /// Bounded by the configured servers.
    known: Lock<HashMap<Domain, Known>>,
}

struct Known {
    addresses: Vec<IpAddr>,
    fresh_until: Instant,
}

/// What one question about a name has brought.
#[derive(Default)]
struct Found {
    addresses: Vec<IpAddr>,
    ttl: Option<u32>,
}

impl Bootstrap {
    /// Opens nothing yet.
    pub(crate) fn new(servers: Vec<SocketAddr>) -> Self {
        let servers = servers.into_iter().map(Ports::to).collect();
        Self { servers, random: Random::new(), known: Lock::new(HashMap::new()) }
    }

    /// A name's addresses, v4 and v6 in turn: those that are known, renewed in the background once they are old, so
    /// that a bootstrap server that fails takes nothing away.
    pub(crate) async fn addresses(self: &Arc<Self>, name: &Domain) -> Result<Vec<IpAddr>, String> {
        let now = Instant::now();
        let known = self.known.hold().get_mut(name).map(|known| {
            let old = now >= known.fresh_until;
            if old {
                known.fresh_until = now + SHORTEST; // one look-up at a time
            }
            (known.addresses.clone(), old)
        });
        let Some((addresses, old)) = known else { return self.look_up(name).await };
        if old {
            let (bootstrap, name) = (Arc::clone(self), name.clone());
            tasks::spawn("upstream-bootstrap", async move {
                if let Err(why) = bootstrap.look_up(&name).await {
                    tracing::warn!(%name, why, "the server's address can't be renewed; the old one stays");
                }
            });
        }
        Ok(addresses)
    }

    async fn look_up(&self, name: &Domain) -> Result<Vec<IpAddr>, String> {
        if self.servers.is_empty() {
            return Err(format!(
                "{name} has no known address; write it behind an @, or a server that knows it in [upstream] bootstrap"
            ));
        }
        let mut why = String::new();
        for server in &self.servers {
            let (v4, v6) =
                tokio::join!(self.ask(server, name, rtype::A), self.ask(server, name, rtype::AAAA));
            let (v4, v6) = match (v4, v6) {
                (Err(error), Err(_)) => {
                    why = format!("{name} can't be looked up: {error}");
                    continue;
                }
                (v4, v6) => (v4.unwrap_or_default(), v6.unwrap_or_default()),
            };
            let ttl = v4.ttl.into_iter().chain(v6.ttl).min().unwrap_or_default();
            let addresses = alternating(&v4.addresses, &v6.addresses);
            if addresses.is_empty() {
                why = format!("{name} has no address");
                continue;
            }
            let lifetime = Duration::from_secs(ttl.into()).clamp(SHORTEST, LONGEST);
            let known = Known { addresses: addresses.clone(), fresh_until: Instant::now() + lifetime };
            self.known.hold().insert(name.clone(), known);
            return Ok(addresses);
        }
        Err(why)
    }

    /// Twice, as a datagram may get lost.
    async fn ask(&self, server: &Ports, name: &Domain, rtype: u16) -> Result<Found, String> {
        let query = query(name.as_name(), rtype);
        let mut why = "no answer in time".to_owned();
        for _ in 0..2 {
            let question = Question::of(&query).ok_or("the name makes no question")?;
            let packet = question.dress(Manners { random_case: false, edns: true }, &self.random);
            match timeout(PATIENCE / 2, server.ask(packet, &self.random)).await {
                Ok(Ok(reply)) if !reply.is_error() => return Ok(addresses_in(&reply.bytes, rtype)),
                Ok(Ok(reply)) => {
                    return Err(format!("the bootstrap server answered with error {}", reply.rcode()));
                }
                Ok(Err(error)) => why = error.to_string(),
                Err(_) => {}
            }
        }
        Err(why)
    }
}

/// A plain question.
pub(super) fn query(name: Name<'_>, rtype: u16) -> Vec<u8> {
    let mut query = vec![0, 0];
    query.extend_from_slice(&flags::RD.to_be_bytes());
    query.extend_from_slice(&[0, 1, 0, 0, 0, 0, 0, 0]);
    query.extend_from_slice(name.as_wire());
    query.push(0);
    query.extend_from_slice(&rtype.to_be_bytes());
    query.extend_from_slice(&[0, 1]);
    query
}

/// The addresses in an answer, whatever aliases lead to them: they need the certificate anyway.
fn addresses_in(answer: &[u8], rtype: u16) -> Found {
    let mut found = Found::default();
    let records = Records::of(answer).into_iter().flatten();
    for record in records.filter(|record| record.section == 0) {
        found.ttl = Some(found.ttl.map_or(record.ttl, |ttl| ttl.min(record.ttl)));
        let data = &answer[record.data];
        let v4 = || <[u8; 4]>::try_from(data).ok().map(IpAddr::from);
        let v6 = || <[u8; 16]>::try_from(data).ok().map(IpAddr::from);
        let address = match record.rtype {
            rtype::A if rtype == rtype::A => v4(),
            rtype::AAAA if rtype == rtype::AAAA => v6(),
            _ => None,
        };
        found.addresses.extend(address.filter(|_| found.addresses.len() < MOST));
    }
    found
}

/// One of each in turn: where one family has no way out, the other's turn comes soon.
fn alternating(v4: &[IpAddr], v6: &[IpAddr]) -> Vec<IpAddr> {
    let turns = 0..v4.len().max(v6.len());
    turns.flat_map(|turn| v4.get(turn).into_iter().chain(v6.get(turn))).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::upstream::tests::fake::{Fake, error_to};
    use crate::upstream::tests::hosts::localhost;
    use crate::wire::Rcode;

    /// As if the time of all that is known were over.
    fn expire(bootstrap: &Bootstrap) {
        for known in bootstrap.known.hold().values_mut() {
            known.fresh_until = Instant::now();
        }
    }

    #[tokio::test]
    async fn old_addresses_are_used_while_they_are_renewed_and_kept_when_that_fails() {
        let answers_once = |n: usize, query: &[u8]| {
            vec![if n < 2 { localhost(query) } else { error_to(query, Rcode::ServFail) }]
        };
        let server = Fake::udp(answers_once).await;
        let bootstrap = Arc::new(Bootstrap::new(vec![server.address]));
        let name = Domain::parse("dns.example").unwrap();
        let localhost = vec![IpAddr::from([127, 0, 0, 1])];
        assert_eq!(bootstrap.addresses(&name).await.as_ref(), Ok(&localhost));
        for queries in [4, 6] {
            expire(&bootstrap);
            for _ in 0..5 {
                assert_eq!(bootstrap.addresses(&name).await.as_ref(), Ok(&localhost));
            }
            server.has_seen(queries).await;
        }
        assert_eq!(server.seen().len(), 6, "one look-up at a time");
    }

    #[tokio::test]
    async fn the_next_server_helps() {
        let (failing, good) =
            (Fake::failing(Rcode::Refused).await, Fake::udp(|_, query| vec![localhost(query)]).await);
        let bootstrap = Arc::new(Bootstrap::new(vec![failing.address, good.address]));
        let found = bootstrap.addresses(&Domain::parse("dns.example").unwrap()).await;
        assert_eq!(found, Ok(vec![IpAddr::from([127, 0, 0, 1])]));
    }

    #[test]
    fn both_families_take_turns() {
        let [a, b, c] = ["192.0.2.1", "192.0.2.2", "2001:db8::1"].map(|text| text.parse().unwrap());
        assert_eq!(alternating(&[a, b], &[c]), [a, c, b]);
        assert_eq!(alternating(&[], &[c]), [c]);
    }
}
