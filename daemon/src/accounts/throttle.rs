//! How often one may be wrong: counted per address, so that whoever guesses locks out nobody but themselves.
//!
//! An address has a few attempts at once; then each has to wait longer than the one before. Somebody who has many
//! addresses (a LAN has 2⁶⁴ of them) meets the second bound: when many attempts fail, whoever sends them, each one is
//! looked at a little later. Later, never not at all: the owner gets in from another device whatever happens here.
//!
//! Times are seconds since the start, which an unset clock does not disturb.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::Error;

/// Attempts that an address has at once.
const FREE: u32 = 5;
/// The wait after those, in seconds; each further one doubles it.
const FIRST_WAIT: u32 = 30;
/// The longest wait, in seconds.
const LONGEST_WAIT: u32 = 15 * 60;
/// After so many quiet seconds an address's attempts are forgotten.
const FORGOTTEN: u32 = 60 * 60;
/// Addresses that are watched; beyond them the one is forgotten that was quiet the longest.
const ADDRESSES: usize = 256;

/// Failures a minute, of all together, from which on attempts are slowed.
const CALM: u32 = 20;
/// How much each failure beyond slows them.
const SLOWER: Duration = Duration::from_millis(100);
/// The slowest.
const SLOWEST: Duration = Duration::from_secs(2);

/// Who tried how often.
#[derive(Debug, Default)]
pub(super) struct Throttle(Mutex<Table>);

#[derive(Debug, Default)]
struct Table {
    addresses: HashMap<IpAddr, Tries>,
    /// The minute that `failures` counts.
    minute: u32,
    failures: u32,
}

#[derive(Clone, Copy, Debug, Default)]
struct Tries {
    count: u32,
    last: u32,
}

impl Throttle {
    /// Counts an attempt as failed until [`Throttle::succeeded`] says otherwise, so that attempts at once can't pass
    /// together. Returns how long to wait before it is looked at.
    pub(super) fn admit(&self, address: IpAddr, now: u32) -> Result<Duration, Error> {
        let mut table = self.table();
        let address = address.to_canonical();
        let tries = table.addresses.get(&address).copied().unwrap_or_default();
        let tries = if now.saturating_sub(tries.last) >= FORGOTTEN { Tries::default() } else { tries };
        let open = tries.last.saturating_add(wait_after(tries.count));
        if now < open {
            return Err(Error::TooMany { wait: open - now });
        }
        table.make_room(address);
        table.addresses.insert(address, Tries { count: tries.count + 1, last: now });
        if table.minute != now / 60 {
            (table.minute, table.failures) = (now / 60, 0);
        }
        table.failures += 1;
        Ok(SLOWER.saturating_mul(table.failures.saturating_sub(CALM)).min(SLOWEST))
    }

    /// The address's last attempt was right: it begins anew.
    pub(super) fn succeeded(&self, address: IpAddr) {
        let mut table = self.table();
        if table.addresses.remove(&address.to_canonical()).is_some() {
            table.failures = table.failures.saturating_sub(1);
        }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn make_room(&mut self, address: IpAddr) {
        if self.addresses.len() < ADDRESSES || self.addresses.contains_key(&address) {
            return;
        }
        let quietest = self.addresses.iter().min_by_key(|(_, tries)| tries.last).map(|(address, _)| *address);
        if let Some(quietest) = quietest {
            self.addresses.remove(&quietest);
        }
    }
}

/// How many seconds after its last attempt an address that had so many may try again.
fn wait_after(count: u32) -> u32 {
    let doublings = match count.checked_sub(FREE) {
        None => return 0,
        Some(beyond) => beyond.min(10),
    };
    (FIRST_WAIT << doublings).min(LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> IpAddr {
        [192, 168, 1, last].into()
    }

    fn wait(throttle: &Throttle, address: IpAddr, now: u32) -> Option<u32> {
        match throttle.admit(address, now) {
            Ok(_) => None,
            Err(Error::TooMany { wait }) => Some(wait),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn an_address_waits_longer_each_time_and_another_does_not_wait() {
        let throttle = Throttle::default();
        for _ in 0..FREE {
            assert_eq!(wait(&throttle, address(1), 100), None);
        }
        assert_eq!(wait(&throttle, address(1), 100), Some(30));
        assert_eq!(wait(&throttle, "::ffff:192.168.1.1".parse().unwrap(), 129), Some(1), "the same device");
        assert_eq!(wait(&throttle, address(2), 129), None);
        assert_eq!(wait(&throttle, address(1), 130), None);
        assert_eq!(wait(&throttle, address(1), 130), Some(60));
        let mut now = 130;
        for _ in 0..20 {
            now += LONGEST_WAIT;
            assert_eq!(wait(&throttle, address(1), now), None);
        }
        assert_eq!(wait(&throttle, address(1), now), Some(LONGEST_WAIT));
        assert_eq!(wait(&throttle, address(1), now + FORGOTTEN), None);
        assert_eq!(wait(&throttle, address(1), now + FORGOTTEN), None, "forgotten");
    }

    #[test]
    fn who_is_right_begins_anew() {
        let throttle = Throttle::default();
        for _ in 0..20 {
            assert_eq!(wait(&throttle, address(1), 0), None);
            throttle.succeeded(address(1));
        }
    }

    #[test]
    fn a_thousand_addresses_are_slowed_but_never_refused() {
        let throttle = Throttle::default();
        let delays = (0..1000_u32).map(|n| throttle.admit(IpAddr::from(n.to_be_bytes()), 0).unwrap());
        let delays: Vec<Duration> = delays.collect();
        assert_eq!((delays[0], delays[999]), (Duration::ZERO, SLOWEST));
        assert!(delays.is_sorted());
        assert_eq!(throttle.table().addresses.len(), ADDRESSES);
        assert_eq!(throttle.admit(address(1), 60).unwrap(), Duration::ZERO, "the next minute is calm");
    }
}
