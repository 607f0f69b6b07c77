//! The hardware address of a device (EUI-48, IEEE 802).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A hardware address; in JSON as it is written for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Mac(pub [u8; 6]);

impl From<Mac> for String {
    fn from(mac: Mac) -> Self {
        mac.to_string()
    }
}

impl TryFrom<String> for Mac {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl Mac {
    /// Whether the device made it up, as phones do for every network: the bit "locally administered" is set. Such an
    /// address says nothing of the vendor, and may be another tomorrow.
    pub fn is_random(self) -> bool {
        self.0[0] & 0b10 != 0
    }

    /// Whether one device can have it: it is neither for a group nor all zeros.
    pub fn is_one_device(self) -> bool {
        self.0[0] & 1 == 0 && self.0 != [0; 6]
    }
}

/// `02:00:00:00:00:10`.
impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

/// Six pairs of hexadecimal digits with colons or dashes between them; the error says what to write.
impl FromStr for Mac {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let separator = if text.contains('-') { '-' } else { ':' };
        let mut pairs = text.split(separator);
        let mut octets = [0; 6];
        let all = octets.iter_mut().all(|octet| match pairs.next().and_then(pair) {
            Some(value) => {
                *octet = value;
                true
            }
            None => false,
        });
        if !all || pairs.next().is_some() {
            let shown: String = text.chars().take(40).collect();
            return Err(format!("{shown:?} is not a MAC address; write one such as \"02:00:00:00:00:10\""));
        }
        Ok(Self(octets))
    }
}

fn pair(digits: &str) -> Option<u8> {
    let is_pair = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_pair.then(|| u8::from_str_radix(digits, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colons_and_dashes_are_read_and_colons_written() {
        let mac = Mac([0x02, 0, 0, 0xab, 0, 0x10]);
        for text in ["02:00:00:ab:00:10", "02-00-00-AB-00-10"] {
            assert_eq!(text.parse(), Ok(mac), "{text}");
        }
        assert_eq!(mac.to_string(), "02:00:00:ab:00:10");
    }

    #[test]
    fn anything_else_is_refused_with_what_to_write() {
        for text in [
            "",
            "02:00:00:00:00",
            "02:00:00:00:00:10:11",
            "02:00:00:00:00:1",
            "02:00:00:00:00:+1",
            "02-00:00:00:00:10",
            "0200.0000.0010",
            "02:00:00:00:00:é",
        ] {
            let error = text.parse::<Mac>().unwrap_err();
            assert!(
                error.ends_with("is not a MAC address; write one such as \"02:00:00:00:00:10\""),
                "{error}"
            );
        }
    }

    #[test]
    fn made_up_addresses_are_told_from_the_vendors() {
        let random = |text: &str| text.parse::<Mac>().unwrap().is_random();
        assert!(random("02:00:00:00:00:10") && random("da:a1:19:00:00:01"));
        assert!(!random("00:1b:63:00:00:01") && !random("f0:18:98:00:00:01"));
    }

    #[test]
    fn groups_and_nobody_are_no_device() {
        let device = |text: &str| text.parse::<Mac>().unwrap().is_one_device();
        assert!(device("02:00:00:00:00:10"));
        for text in ["ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:fb", "33:33:00:00:00:fb", "00:00:00:00:00:00"] {
            assert!(!device(text), "{text}");
        }
    }
}
