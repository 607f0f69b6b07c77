//! What belongs into the sets of the table, as far as the daemon knows: kept to be put back when somebody emptied them,
//! and to bar what a service is found at. PURE.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use super::atlas::{Atlas, Learnt};
use super::design::Member;
use super::order::Learning;
use super::protocol::{Entry, Set};
use crate::who::Mac;

/// The most addresses that are kept to be put back: what a home's devices use in a day. Beyond it they stand in the table
/// alone.
const MOST: usize = 20_000;
/// The most pairs of a device and an address that are barred.
const MOST_BARRED: usize = 20_000;

/// Everything that is in the sets.
#[derive(Clone, Debug, Default)]
pub struct Holdings {
    /// Until when, in seconds of uptime.
    held: HashMap<(Set, Mac, IpAddr), u32>,
    barred: HashSet<(Mac, IpAddr)>,
    /// Which service is found where.
    pub atlas: Atlas,
}

/// What is to be changed in the table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes {
    /// To be put in.
    pub put: Vec<Entry>,
    /// To be taken out.
    pub take: Vec<Entry>,
    /// Flows to be ended: of the device with this number, to these addresses.
    pub evict: Vec<(u16, Vec<IpAddr>)>,
}

impl Holdings {
    /// These were put in at that time, in seconds of uptime.
    pub fn hold(&mut self, entries: &[Entry], given: u32) {
        if self.held.len() + entries.len() > MOST {
            self.held.retain(|_, until| *until > given);
        }
        for entry in entries {
            let key = (entry.set, entry.mac, entry.address);
            if self.held.len() < MOST || self.held.contains_key(&key) {
                let until = given.saturating_add(entry.seconds);
                let held = self.held.entry(key).or_default();
                *held = until.max(*held);
            }
        }
    }

    /// Nothing is open any more.
    pub fn close(&mut self) {
        self.held.retain(|(set, ..), _| *set != Set::Open);
    }

    /// An answer showed where a service is found, or that an address is not its own.
    pub fn learn(&mut self, learning: &Learning, members: &[Member]) -> Changes {
        let mut changes = Changes::default();
        for address in &learning.addresses {
            match self.atlas.learn(*address, learning.service, learning.category) {
                Learnt::Nothing => {}
                Learnt::Shared => {
                    let freed = members.iter().filter(|member| self.barred.remove(&(member.mac, *address)));
                    changes.take.extend(freed.map(|member| barred(member.mac, *address)));
                }
                Learnt::Owned(service) => {
                    for member in members.iter().filter(|member| member.services.contains(service)) {
                        self.bar(member, *address, &mut changes);
                    }
                }
            }
        }
        changes
    }

    /// Other devices are kept from other services.
    pub fn redesign(&mut self, members: &[Member]) -> Changes {
        let mut changes = Changes::default();
        let wanted: HashSet<(Mac, IpAddr)> = members
            .iter()
            .flat_map(|member| {
                let owned = self.atlas.owned().filter(|(_, service)| member.services.contains(*service));
                owned.map(|(address, _)| (member.mac, address))
            })
            .collect();
        self.barred.retain(|pair @ (mac, address)| {
            let stays = wanted.contains(pair);
            if !stays {
                changes.take.push(barred(*mac, *address));
            }
            stays
        });
        for member in members {
            for (_, address) in wanted.iter().filter(|(mac, _)| *mac == member.mac) {
                self.bar(member, *address, &mut changes);
            }
        }
        changes
    }

    /// Everything that still belongs into the sets, for a table whose sets are empty.
    pub fn all(&self, now: u32) -> Vec<Entry> {
        let held = self.held.iter().filter(|(_, until)| **until > now);
        let held = held.map(|((set, mac, address), until)| Entry {
            set: *set,
            mac: *mac,
            address: *address,
            seconds: until - now,
        });
        held.chain(self.barred.iter().map(|(mac, address)| barred(*mac, *address))).collect()
    }

    fn bar(&mut self, member: &Member, address: IpAddr, changes: &mut Changes) {
        if self.barred.len() < MOST_BARRED && self.barred.insert((member.mac, address)) {
            changes.put.push(barred(member.mac, address));
            match changes.evict.iter_mut().find(|(number, _)| *number == member.number) {
                Some((_, addresses)) => addresses.push(address),
                None => changes.evict.push((member.number, vec![address])),
            }
        }
    }
}

/// Barred for ever: until it is taken out.
fn barred(mac: Mac, address: IpAddr) -> Entry {
    Entry { set: Set::Barred, mac, address, seconds: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{ServiceId, ServiceSet};
    use crate::traffic::plan::Treatment;
    use crate::who::Who;

    const TIKTOK: ServiceId = ServiceId(3);
    const PHONE: Mac = Mac([2, 0, 0, 0, 0, 0x10]);

    fn member(services: ServiceSet) -> Member {
        Member { mac: PHONE, who: Who(1), number: 7, treatment: Treatment::default(), services }
    }

    fn answered(address: [u8; 4], service: Option<ServiceId>) -> Learning {
        Learning { service, category: None, addresses: vec![address.into()] }
    }

    #[test]
    fn a_blocked_services_own_address_is_barred_and_a_shared_one_is_not() {
        let mut holdings = Holdings::default();
        let members = [member(ServiceSet::EMPTY.with(TIKTOK))];
        let changes = holdings.learn(&answered([192, 0, 2, 1], Some(TIKTOK)), &members);
        assert_eq!(changes.put, [barred(PHONE, [192, 0, 2, 1].into())]);
        assert_eq!(changes.evict, [(7, vec![[192, 0, 2, 1].into()])]);
        assert_eq!(holdings.learn(&answered([192, 0, 2, 1], Some(TIKTOK)), &members), Changes::default());
        let changes = holdings.learn(&answered([192, 0, 2, 1], None), &members);
        assert_eq!((changes.take.len(), changes.put.len()), (1, 0), "it serves others too");
        assert_eq!(holdings.redesign(&members), Changes::default());
    }

    #[test]
    fn what_is_switched_off_later_is_barred_where_it_was_found_before() {
        let mut holdings = Holdings::default();
        let allowed = [member(ServiceSet::EMPTY)];
        assert_eq!(holdings.learn(&answered([192, 0, 2, 1], Some(TIKTOK)), &allowed), Changes::default());
        let blocked = [member(ServiceSet::EMPTY.with(TIKTOK))];
        assert_eq!(holdings.redesign(&blocked).put.len(), 1);
        assert_eq!(holdings.redesign(&blocked), Changes::default());
        assert_eq!(holdings.redesign(&allowed).take.len(), 1);
    }

    #[test]
    fn what_has_not_expired_is_put_back_and_what_was_closed_is_not() {
        let mut holdings = Holdings::default();
        let entry = |set, last| Entry { set, mac: PHONE, address: [192, 0, 2, last].into(), seconds: 60 };
        holdings.hold(&[entry(Set::Named, 1), entry(Set::Open, 2), entry(Set::Named, 3)], 1000);
        holdings.hold(&[entry(Set::Named, 3)], 1050);
        let put_back = |holdings: &Holdings| {
            let mut all = holdings.all(1060);
            all.sort_by_key(|entry| entry.address);
            all
        };
        assert_eq!(put_back(&holdings), [Entry { seconds: 50, ..entry(Set::Named, 3) }]);
        holdings.hold(&[entry(Set::Open, 2)], 1055);
        assert_eq!(put_back(&holdings).len(), 2);
        holdings.close();
        assert_eq!(put_back(&holdings).len(), 1);
    }

    #[test]
    fn it_is_bounded() {
        let mut holdings = Holdings::default();
        for number in 0..2 * MOST as u32 {
            let address = number.to_be_bytes().into();
            holdings.hold(&[Entry { set: Set::Named, mac: PHONE, address, seconds: 60 }], 0);
        }
        assert_eq!(holdings.all(0).len(), MOST);
    }
}
