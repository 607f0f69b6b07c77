//! Who made a device, by the first half of its hardware address: `config/oui.txt`, compiled by the build script.

use super::Mac;

/// For each prefix its three octets and the number of its vendor, in order.
const PREFIXES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/oui.bin"));
/// A vendor a line.
const VENDORS: &str = include_str!(concat!(env!("OUT_DIR"), "/vendors.txt"));

/// The vendor; `None` where the address is made up, or its vendor is not in our short table.
pub fn of(mac: Mac) -> Option<&'static str> {
    if mac.is_random() {
        return None;
    }
    let (entries, _) = PREFIXES.as_chunks::<4>();
    let prefix = &mac.0[..3];
    let found = entries.binary_search_by(|entry| entry[..3].cmp(prefix)).ok()?;
    VENDORS.lines().nth(entries[found][3].into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vendor(mac: &str) -> Option<&'static str> {
        of(mac.parse().unwrap())
    }

    #[test]
    fn vendors_are_known_by_the_first_half() {
        for (mac, name) in [
            ("f0:18:98:00:00:01", "Apple"),
            ("00:07:AB:12:34:56", "Samsung"),
            ("b8:27:eb:00:00:01", "Raspberry Pi"),
            ("00:09:bf:00:00:01", "Nintendo"),
        ] {
            assert_eq!(vendor(mac), Some(name), "{mac}");
        }
    }

    #[test]
    fn who_is_not_listed_or_made_its_address_up_has_none() {
        assert_eq!(vendor("00:00:5e:00:01:01"), None);
        assert_eq!(vendor("02:00:00:00:00:10"), None);
    }

    #[test]
    fn each_prefix_of_the_file_has_its_vendor() {
        let (mut name, mut count) = ("", 0);
        for line in include_str!("../../../config/oui.txt").lines().filter(|line| !line.starts_with('#')) {
            if let Some(section) = line.strip_prefix('[') {
                name = section.trim_end_matches(']');
            } else {
                for prefix in line.split_ascii_whitespace() {
                    let [a, b, c] = [0, 2, 4].map(|at| u8::from_str_radix(&prefix[at..at + 2], 16).unwrap());
                    assert_eq!(
                        of(Mac([a, b, c, 1, 2, 3])).filter(|_| a & 2 == 0),
                        Some(name).filter(|_| a & 2 == 0)
                    );
                    count += 1;
                }
            }
        }
        assert!(count > 5000, "{count}");
    }
}
