//! How long HTTP caches may keep an answer (RFC 8484 §5.1).

use crate::wire::{Header, Records, rtype, u16_at};

/// The seconds that an answer stays fresh: the smallest TTL of its answers; without answers, how long "there is none"
/// holds (RFC 2308 §5), which the SOA record says; 0 for what nobody should keep.
pub(super) fn seconds(message: &[u8]) -> u32 {
    let (Some(header), Some(records)) = (Header::read(message), Records::of(message)) else { return 0 };
    let answers = header.counts[1];
    let fresh = records.filter_map(|record| match (record.section, record.rtype) {
        (0, _) => Some(record.ttl),
        (1, rtype::SOA) if answers == 0 => Some(record.ttl.min(minimum(&message[record.data])?)),
        _ => None,
    });
    fresh.min().unwrap_or(0)
}

/// The last number of an SOA record's data.
fn minimum(data: &[u8]) -> Option<u32> {
    let at = data.len().checked_sub(4)?;
    Some(u32::from(u16_at(data, at)?) << 16 | u32::from(u16_at(data, at + 2)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An answer with these sections of records, each a type, a TTL and data.
    fn message(sections: [&[(u16, u32, &[u8])]; 3]) -> Vec<u8> {
        let mut bytes = vec![0; 6];
        sections.iter().for_each(|records| bytes.extend((records.len() as u16).to_be_bytes()));
        for (rtype, ttl, data) in sections.concat() {
            bytes.push(0);
            bytes.extend(rtype.to_be_bytes());
            bytes.extend([0, 1]);
            bytes.extend(ttl.to_be_bytes());
            bytes.extend((data.len() as u16).to_be_bytes());
            bytes.extend(data);
        }
        bytes
    }

    const A: &[u8] = &[192, 0, 2, 1];
    /// Two root names, four numbers, and 60 seconds as the minimum.
    const SOA: &[u8] = &[0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 60];

    // RFC 8484 §5.1: the freshness lifetime MUST be at most the smallest TTL in the Answer section.
    #[test]
    fn the_smallest_ttl_of_the_answers_counts_and_no_other() {
        let answers = [(rtype::A, 300, A), (rtype::A, 20, A)];
        assert_eq!(seconds(&message([&answers, &[(rtype::NS, 5, &[0])], &[(rtype::OPT, 0, &[])]])), 20);
    }

    #[test]
    fn what_does_not_exist_is_as_fresh_as_its_soa_says() {
        assert_eq!(seconds(&message([&[], &[(rtype::SOA, 3600, SOA)], &[]])), 60);
        assert_eq!(seconds(&message([&[], &[(rtype::SOA, 30, SOA)], &[]])), 30);
    }

    #[test]
    fn what_says_nothing_is_not_kept() {
        assert_eq!(seconds(&message([&[], &[], &[(rtype::OPT, 0x8000, &[])]])), 0);
        assert_eq!(seconds(&message([&[], &[(rtype::SOA, 30, &[0, 0])], &[]])), 0);
        assert_eq!(seconds(&[0; 5]), 0);
    }
}
