//! Each device's number in connection marks. It stays while there is room, so that a running flow stays its device's.

use std::collections::{BTreeSet, HashMap};

use crate::who::Mac;

/// Who has which number.
#[derive(Clone, Debug, Default)]
pub struct Numbers(HashMap<Mac, u16>);

impl Numbers {
    /// Gives numbers from 1 to below `end` to these devices, the more important first; those that find no room are left
    /// out. Who is not among them loses the number only when somebody else needs it.
    pub fn give(&mut self, devices: &[Mac], end: u16) -> Vec<(Mac, u16)> {
        let wanted: BTreeSet<Mac> =
            devices.iter().take(usize::from(end).saturating_sub(1)).copied().collect();
        let is_full = |held: &HashMap<Mac, u16>| {
            held.len() + wanted.iter().filter(|mac| !held.contains_key(mac)).count() >= usize::from(end)
        };
        if is_full(&self.0) {
            self.0.retain(|mac, _| wanted.contains(mac));
        }
        let taken: BTreeSet<u16> = self.0.values().copied().collect();
        let mut free = (1..end).filter(|number| !taken.contains(number));
        let mut given = Vec::with_capacity(wanted.len());
        for mac in devices.iter().filter(|mac| wanted.contains(mac)) {
            let number = self.0.get(mac).copied().or_else(|| free.next());
            if let Some(number) = number {
                self.0.insert(*mac, number);
                given.push((*mac, number));
            }
        }
        given
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn macs(numbers: &[u8]) -> Vec<Mac> {
        numbers.iter().map(|number| Mac([2, 0, 0, 0, 0, *number])).collect()
    }

    #[test]
    fn a_device_keeps_its_number_while_others_come_and_go() {
        let mut numbers = Numbers::default();
        let first = numbers.give(&macs(&[1, 2, 3]), 127);
        assert_eq!(first.iter().map(|(_, number)| *number).collect::<Vec<_>>(), [1, 2, 3]);
        let later = numbers.give(&macs(&[9, 3]), 127);
        assert_eq!(later, [(macs(&[9])[0], 4), (macs(&[3])[0], 3)]);
        assert_eq!(numbers.give(&macs(&[1]), 127), [first[0]], "it had left for a while");
    }

    #[test]
    fn the_more_important_find_room() {
        let mut numbers = Numbers::default();
        numbers.give(&macs(&[1, 2, 3]), 4);
        let given = numbers.give(&macs(&[7, 8, 1, 2]), 4);
        assert_eq!(given.iter().map(|(mac, _)| mac.0[5]).collect::<Vec<_>>(), [7, 8, 1]);
    }

    proptest! {
        #[test]
        fn no_two_devices_share_a_number(rounds in proptest::collection::vec(
            proptest::collection::btree_set(0_u8..40, 0..20), 1..8)
        ) {
            let mut numbers = Numbers::default();
            for devices in rounds {
                let given = numbers.give(&macs(&devices.iter().copied().collect::<Vec<_>>()), 15);
                let distinct: BTreeSet<u16> = given.iter().map(|(_, number)| *number).collect();
                prop_assert_eq!(distinct.len(), given.len());
                prop_assert_eq!(given.len(), devices.len().min(14));
                prop_assert!(distinct.iter().all(|number| (1..15).contains(number)));
            }
        }
    }
}
