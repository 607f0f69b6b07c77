//! Which service is found at which address, as the answers that we gave show it. PURE.
//!
//! An address belongs to a service while names of that service alone led there. The first other name makes it shared for
//! as long as it is remembered: to bar it would take something else away too.

use std::collections::HashMap;
use std::net::IpAddr;

use crate::catalogue::ServiceId;

/// The most addresses that are remembered.
const MOST: usize = 8192;

/// What was learnt by an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Learnt {
    /// Nothing new.
    Nothing,
    /// The address is this service's.
    Owned(ServiceId),
    /// It was, and is not any more.
    Shared,
}

#[derive(Clone, Copy, Debug)]
struct Place {
    /// `None` if it is nobody's alone.
    owner: Option<ServiceId>,
    /// When it was answered last, as a count of answers.
    last: u32,
}

/// All addresses that were answered.
#[derive(Clone, Debug, Default)]
pub struct Atlas {
    places: HashMap<IpAddr, Place>,
    /// Answers so far; wraps after 4 billion.
    count: u32,
}

impl Atlas {
    /// A name of this service, or of none, led to this address.
    pub fn learn(&mut self, address: IpAddr, service: Option<ServiceId>) -> Learnt {
        self.count = self.count.wrapping_add(1);
        if self.places.len() >= MOST && !self.places.contains_key(&address) {
            self.make_room();
        }
        let last = self.count;
        match self.places.get_mut(&address) {
            None => {
                self.places.insert(address, Place { owner: service, last });
                service.map_or(Learnt::Nothing, Learnt::Owned)
            }
            Some(place) => {
                place.last = last;
                match place.owner {
                    Some(owner) if service != Some(owner) => {
                        place.owner = None;
                        Learnt::Shared
                    }
                    _ => Learnt::Nothing,
                }
            }
        }
    }

    /// The service that an address belongs to.
    pub fn owner(&self, address: IpAddr) -> Option<ServiceId> {
        self.places.get(&address)?.owner
    }

    /// Whether anything was ever answered with it, as far as that is remembered.
    pub fn knows(&self, address: IpAddr) -> bool {
        self.places.contains_key(&address)
    }

    /// Every address that belongs to a service.
    pub fn owned(&self) -> impl Iterator<Item = (IpAddr, ServiceId)> {
        self.places.iter().filter_map(|(address, place)| Some((*address, place.owner?)))
    }

    /// Forgets the half that was answered longest ago.
    fn make_room(&mut self) {
        let mut ages: Vec<u32> =
            self.places.values().map(|place| self.count.wrapping_sub(place.last)).collect();
        let middle = ages.len() / 2;
        let (_, median, _) = ages.select_nth_unstable(middle);
        let (median, count) = (*median, self.count);
        self.places.retain(|_, place| count.wrapping_sub(place.last) < median);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIKTOK: ServiceId = ServiceId(1);
    const ZALO: ServiceId = ServiceId(2);

    fn address(number: u32) -> IpAddr {
        number.to_be_bytes().into()
    }

    #[test]
    fn an_address_is_a_services_until_another_name_leads_there() {
        let mut atlas = Atlas::default();
        assert_eq!(atlas.learn(address(1), Some(TIKTOK)), Learnt::Owned(TIKTOK));
        assert_eq!(atlas.learn(address(1), Some(TIKTOK)), Learnt::Nothing);
        assert_eq!(atlas.owner(address(1)), Some(TIKTOK));
        assert_eq!(atlas.learn(address(1), None), Learnt::Shared);
        assert_eq!(atlas.learn(address(1), Some(TIKTOK)), Learnt::Nothing, "it stays shared");
        assert_eq!((atlas.owner(address(1)), atlas.knows(address(1))), (None, true));
        assert_eq!(atlas.learn(address(2), None), Learnt::Nothing);
        assert_eq!(atlas.learn(address(2), Some(ZALO)), Learnt::Nothing, "it was somebody else's first");
    }

    #[test]
    fn it_is_bounded_and_forgets_what_was_answered_longest_ago() {
        let mut atlas = Atlas::default();
        for number in 0..3 * MOST as u32 {
            atlas.learn(address(number), Some(ZALO));
            assert!(atlas.owned().count() <= MOST);
        }
        assert!(atlas.knows(address(3 * MOST as u32 - 1)) && !atlas.knows(address(0)));
    }
}
