//! The version of a program: three numbers, as `0.2.0`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Three numbers (semver.org, without what may stand behind them), so that any two can be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Version([u16; 3]);

impl FromStr for Version {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |part: &str| {
            let is_plain = part.bytes().all(|byte| byte.is_ascii_digit());
            let has_one_form = part == "0" || !part.starts_with('0');
            part.parse().ok().filter(|_| is_plain && has_one_form)
        };
        let numbers: Option<Vec<u16>> = text.split('.').map(number).collect();
        let version = numbers.and_then(|numbers| numbers.try_into().ok()).map(Self);
        // A router's log is no place for whatever a document holds.
        version.ok_or_else(|| "a version is three numbers up to 65535, such as 0.2.0".to_owned())
    }
}

impl TryFrom<String> for Version {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Version> for String {
    fn from(version: Version) -> Self {
        version.to_string()
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self([major, minor, patch]) = self;
        write!(f, "{major}.{minor}.{patch}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        let version = |text: &str| text.parse::<Version>().unwrap();
        assert!(version("0.10.0") > version("0.9.9"));
        assert!(version("1.0.0") > version("0.65535.65535"));
        assert_eq!(version("0.1.0").to_string(), "0.1.0");
        assert_eq!(serde_json::to_string(&version("1.2.3")).unwrap(), "\"1.2.3\"");
    }

    #[test]
    fn what_is_no_version_is_refused() {
        for wrong in [
            "",
            "1",
            "1.2",
            "1.2.3.4",
            "1.2.x",
            "v1.2.3",
            "1.2.+3",
            "1..3",
            "01.2.3",
            "1.2.65536",
            "1.2.3-rc",
        ] {
            assert!(wrong.parse::<Version>().is_err(), "{wrong}");
        }
    }
}
