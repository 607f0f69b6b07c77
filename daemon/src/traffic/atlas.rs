//! Which service is found at which address, and what is there, as the answers that we gave show it. PURE.
//!
//! An address belongs to a service while names of that service alone led there. The first other name makes it shared for
//! as long as it is remembered: to bar it would take something else away too. So it is with the category of what is
//! found at an address that is no service's.

use std::collections::HashMap;
use std::net::IpAddr;

use luytre_lists::Category;

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
    /// `None` if names of several led there, or of none.
    category: Option<Category>,
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
    /// A name of this service and this category, or of none, led to this address.
    pub fn learn(
        &mut self,
        address: IpAddr,
        service: Option<ServiceId>,
        category: Option<Category>,
    ) -> Learnt {
        self.count = self.count.wrapping_add(1);
        if self.places.len() >= MOST && !self.places.contains_key(&address) {
            self.make_room();
        }
        let last = self.count;
        match self.places.get_mut(&address) {
            None => {
                self.places.insert(address, Place { owner: service, category, last });
                service.map_or(Learnt::Nothing, Learnt::Owned)
            }
            Some(place) => {
                place.last = last;
                place.category = place.category.filter(|known| Some(*known) == category);
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

    /// What is found at an address, if names of one category alone led there.
    pub fn category(&self, address: IpAddr) -> Option<Category> {
        self.places.get(&address)?.category
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
        assert_eq!(atlas.learn(address(1), Some(TIKTOK), None), Learnt::Owned(TIKTOK));
        assert_eq!(atlas.learn(address(1), Some(TIKTOK), None), Learnt::Nothing);
        assert_eq!(atlas.owner(address(1)), Some(TIKTOK));
        assert_eq!(atlas.learn(address(1), None, None), Learnt::Shared);
        assert_eq!(atlas.learn(address(1), Some(TIKTOK), None), Learnt::Nothing, "it stays shared");
        assert_eq!((atlas.owner(address(1)), atlas.knows(address(1))), (None, true));
        assert_eq!(atlas.learn(address(2), None, None), Learnt::Nothing);
        assert_eq!(
            atlas.learn(address(2), Some(ZALO), None),
            Learnt::Nothing,
            "it was somebody else's first"
        );
    }

    #[test]
    fn what_is_found_at_an_address_is_known_while_names_agree() {
        let mut atlas = Atlas::default();
        let [games, news] = [Category::new(3), Category::new(5)];
        atlas.learn(address(1), None, games);
        atlas.learn(address(1), None, games);
        assert_eq!(atlas.category(address(1)), games);
        for other in [news, games, None] {
            atlas.learn(address(1), None, other);
            assert_eq!(atlas.category(address(1)), None, "once shared it stays so");
        }
    }

    #[test]
    fn it_is_bounded_and_forgets_what_was_answered_longest_ago() {
        let mut atlas = Atlas::default();
        for number in 0..3 * MOST as u32 {
            atlas.learn(address(number), Some(ZALO), None);
            assert!(atlas.owned().count() <= MOST);
        }
        assert!(atlas.knows(address(3 * MOST as u32 - 1)) && !atlas.knows(address(0)));
    }
}
