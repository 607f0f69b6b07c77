//! Signs that two devices go by one hardware address: it comes in at two ports of a bridge by turns, or tells the DHCP
//! server another name or identity than before. PURE.
//!
//! On a wire nothing tells a device from another that took its address over: a parent should know.

use std::collections::HashMap;

use super::Mac;
use super::devices::Uptime;
use super::leases::{Duid, Lease};
use super::name::HostName;

/// So often within [`WINDOW`] a device changes its port that is two: one that walks about the house does it twice.
const MOVES: usize = 6;
/// Seconds.
const WINDOW: Uptime = 60;
/// Seconds for which a sign is told after it was last seen.
const TOLD: Uptime = 3600;
/// The most devices that are watched.
const MOST: usize = 1024;

/// What shows that an address is two devices'.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// It comes in at two ports by turns.
    Ports,
    /// It told the DHCP server two names or identities.
    Identities,
}

/// All devices that were heard.
#[derive(Clone, Debug, Default)]
pub struct Doubles(HashMap<Mac, Traces>);

/// What one address left.
#[derive(Clone, Debug, Default)]
struct Traces {
    /// The port where it was heard last, and when it changed to another.
    port: Option<u32>,
    moves: [Option<Uptime>; MOVES],
    /// What it told last.
    name: Option<HostName>,
    duid: Option<Duid>,
    /// When something showed that it is two, and what.
    sign: Option<(Uptime, Sign)>,
}

impl Doubles {
    /// A bridge heard it at this port.
    pub fn at_port(&mut self, mac: Mac, port: u32, now: Uptime) {
        let Some(traces) = self.of(mac, now) else { return };
        let is_move = traces.port.replace(port).is_some_and(|before| before != port);
        if is_move {
            traces.moves.rotate_left(1);
            traces.moves[MOVES - 1] = Some(now);
            if traces.moves[0].is_some_and(|first| now.saturating_sub(first) <= WINDOW) {
                traces.sign = Some((now, Sign::Ports));
            }
        }
    }

    /// These are the leases now.
    pub fn leases(&mut self, leases: &[Lease], now: Uptime) {
        for lease in leases {
            let Some(traces) = lease.mac.and_then(|mac| self.of(mac, now)) else { continue };
            let is_other = differs(&mut traces.name, &lease.name) | differs(&mut traces.duid, &lease.duid);
            if is_other {
                traces.sign = Some((now, Sign::Identities));
            }
        }
    }

    /// What shows that this address is two devices', if something does.
    pub fn sign(&self, mac: Mac, now: Uptime) -> Option<Sign> {
        let (when, sign) = self.0.get(&mac)?.sign?;
        (now.saturating_sub(when) < TOLD).then_some(sign)
    }

    /// Every address that a sign is told of.
    pub fn all(&self, now: Uptime) -> Vec<(Mac, Sign)> {
        let mut all: Vec<_> = self.0.keys().filter_map(|mac| Some((*mac, self.sign(*mac, now)?))).collect();
        all.sort_unstable_by_key(|(mac, _)| *mac);
        all
    }

    /// The traces of a device; `None` if there is no room for another.
    fn of(&mut self, mac: Mac, now: Uptime) -> Option<&mut Traces> {
        if !mac.is_one_device() {
            return None;
        }
        if self.0.len() >= MOST && !self.0.contains_key(&mac) {
            self.0.retain(|_, traces| traces.name.is_some() || traces.is_recent(now));
        }
        (self.0.len() < MOST || self.0.contains_key(&mac)).then(|| self.0.entry(mac).or_default())
    }
}

impl Traces {
    fn is_recent(&self, now: Uptime) -> bool {
        let moved = self.moves[MOVES - 1].is_some_and(|last| now.saturating_sub(last) <= WINDOW);
        moved || self.sign.is_some_and(|(when, _)| now.saturating_sub(when) < TOLD)
    }
}

/// Remembers what is told now; whether it told something else before. Who tells nothing differs from nobody.
fn differs<T: Clone + PartialEq>(before: &mut Option<T>, now: &Option<T>) -> bool {
    let is_other = matches!((&*before, now), (Some(before), Some(now)) if before != now);
    if now.is_some() {
        before.clone_from(now);
    }
    is_other
}

#[cfg(test)]
mod tests {
    use super::*;

    const PHONE: Mac = Mac([2, 0, 0, 0, 0, 0x10]);

    fn moving(times: impl IntoIterator<Item = Uptime>) -> Option<Sign> {
        let mut doubles = Doubles::default();
        let mut last = 0;
        for (turn, now) in (0..).zip(times) {
            doubles.at_port(PHONE, 3 + turn % 2, now);
            last = now;
        }
        doubles.sign(PHONE, last)
    }

    #[test]
    fn an_address_at_two_ports_by_turns_is_two_devices_and_one_that_walks_is_not() {
        assert_eq!(moving(0..7), Some(Sign::Ports));
        assert_eq!(moving(0..6), None, "once there and three times to and fro");
        assert_eq!(moving((0..100).map(|turn| turn * 30)), None);
    }

    #[test]
    fn staying_is_no_move_and_a_sign_is_forgotten() {
        let mut doubles = Doubles::default();
        (0..50).for_each(|now| doubles.at_port(PHONE, 3, now));
        assert_eq!(doubles.sign(PHONE, 50), None);
        (50..60).for_each(|now| doubles.at_port(PHONE, now % 2, now));
        assert_eq!(doubles.all(60), [(PHONE, Sign::Ports)]);
        assert_eq!(doubles.all(60 + TOLD), []);
    }

    #[test]
    fn another_name_under_one_address_is_a_sign_and_none_is_not() {
        let mut doubles = Doubles::default();
        let lease = |name: &str| Lease { mac: Some(PHONE), name: HostName::new(name), ..Lease::default() };
        for silent in ["laptop", "", "laptop"] {
            doubles.leases(&[lease(silent)], 0);
            assert_eq!(doubles.sign(PHONE, 0), None, "{silent}");
        }
        doubles.leases(&[lease("gaming-pc")], 1);
        assert_eq!(doubles.sign(PHONE, 1), Some(Sign::Identities));
    }

    #[test]
    fn it_is_bounded() {
        let mut doubles = Doubles::default();
        for number in 0..3 * MOST as u32 {
            let [_, _, high, low] = number.to_be_bytes();
            doubles.at_port(Mac([2, 0, 0, 0, high, low]), 1, number);
        }
        assert!(doubles.0.len() <= MOST);
    }
}
