//! How many connections clients have, in all and each, whatever they speak: TCP, TLS, HTTPS and QUIC share one count.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// How many connections each client has.
#[derive(Clone, Debug, Default)]
pub(super) struct Clients(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// One connection's place among its client's; given back when dropped.
#[derive(Debug)]
pub(super) struct Place {
    clients: Clients,
    client: IpAddr,
}

impl Clients {
    /// A place for one more connection; `None` when the client, or all together, have as many as they may.
    pub(super) fn enter(&self, client: IpAddr, (in_all, per_client): (usize, usize)) -> Option<Place> {
        let client = client.to_canonical();
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let all: usize = counts.values().sum();
        let count = counts.entry(client).or_default();
        if all >= in_all || *count >= per_client {
            if *count == 0 {
                counts.remove(&client);
            }
            return None;
        }
        *count += 1;
        Some(Place { clients: self.clone(), client })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.clients.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.client) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(last: u8) -> IpAddr {
        [192, 168, 1, last].into()
    }

    #[test]
    fn places_are_counted_in_all_and_per_client_and_given_back() {
        let (clients, bounds) = (Clients::default(), (3, 2));
        let first = clients.enter(client(1), bounds).unwrap();
        let _second = clients.enter(client(1), bounds).unwrap();
        assert!(clients.enter(client(1), bounds).is_none(), "the client has two");
        let _third = clients.enter(client(2), bounds).unwrap();
        assert!(clients.enter(client(3), bounds).is_none(), "all have three");
        drop(first);
        let _fourth = clients.enter(client(3), bounds).unwrap();
        assert_eq!(clients.0.lock().unwrap().len(), 3, "who was refused leaves nothing behind");
    }

    #[test]
    fn an_ipv4_client_is_the_same_on_a_v6_socket() {
        let clients = Clients::default();
        let _place = clients.enter(client(1), (9, 1)).unwrap();
        assert!(clients.enter("::ffff:192.168.1.1".parse().unwrap(), (9, 1)).is_none());
    }
}
