//! Who made a device, by the first half of its hardware address: `config/oui.txt`.

use super::Mac;

/// The vendor; `None` where the address is made up, or its vendor is not in our short table.
///
/// Reads through the table, 20 µs on a desktop: for what people look at, not for questions.
pub fn of(mac: Mac) -> Option<&'static str> {
    if mac.is_random() {
        return None;
    }
    let [a, b, c, ..] = mac.0;
    let prefix = format!("{a:02x}{b:02x}{c:02x}");
    let mut vendor = None;
    for line in include_str!("../../../config/oui.txt").lines() {
        match line.strip_prefix('[') {
            Some(name) => vendor = name.strip_suffix(']'),
            None if line.split(' ').any(|listed| listed == prefix) => return vendor,
            None => {}
        }
    }
    None
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
    fn the_table_is_well_formed_and_no_prefix_is_anybody_elses() {
        let table = include_str!("../../../config/oui.txt");
        let mut seen = std::collections::HashSet::new();
        let mut vendors = 0;
        for line in table.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            if line.starts_with('[') {
                vendors += 1;
                assert!(line.ends_with(']'), "{line}");
                continue;
            }
            assert!(vendors > 0, "{line}");
            for prefix in line.split(' ') {
                let is_prefix = prefix.len() == 6
                    && prefix.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
                assert!(is_prefix && seen.insert(prefix), "{prefix}");
            }
        }
        assert!(vendors > 50 && seen.len() > 5000, "{vendors} vendors, {} prefixes", seen.len());
    }
}
