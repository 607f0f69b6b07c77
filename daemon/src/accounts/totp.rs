//! The second factor: codes that change with time (RFC 6238), and codes for the day when the phone is lost.

use data_encoding::BASE32_NOPAD;
use ring::hmac;
use serde::{Deserialize, Serialize};

use super::Error;
use super::secret::{Digest, copied, random, readable};
use crate::clock::Timestamp;

/// Seconds for which a code holds (RFC 6238 §4.1).
const STEP: u64 = 30;
/// Digits of a code.
const DIGITS: usize = 6;
/// Steps by which two clocks may differ, either way (RFC 6238 §5.2).
const WINDOW: u64 = 1;
/// Codes for the day when the phone is lost.
const RECOVERY: usize = 8;

/// An account's second factor, as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SecondFactor {
    /// The shared key in base 32, as apps take it.
    key: String,
    /// The step of the last code that was taken: that code and older ones are not taken again.
    used: u64,
    /// What is left of the recovery codes.
    recovery: Vec<Digest>,
}

/// A key that the owner's app is to learn; in force once it shows a right code.
#[derive(Clone, Debug)]
pub(super) struct Proposal(String);

impl Proposal {
    pub(super) fn new() -> Result<Self, Error> {
        // As long as the hash (RFC 4226 §4, R6).
        Ok(Self(BASE32_NOPAD.encode(&random::<20>()?)))
    }

    /// The key in base 32, for typing.
    pub(super) fn key(&self) -> &str {
        &self.0
    }

    /// The same for a camera. `account` is letters, digits and dashes.
    pub(super) fn uri(&self, account: &str) -> String {
        format!("otpauth://totp/Luytre:{account}?secret={}&issuer=Luytre", self.0)
    }

    /// The second factor and its recovery codes, if the app shows the right code.
    pub(super) fn accept(&self, code: &str, now: Timestamp) -> Result<(SecondFactor, Vec<String>), Error> {
        let used = fresh(&self.0, code, now, 0).ok_or(Error::SecondFactor { given: true })?;
        let codes = (0..RECOVERY).map(|_| readable::<3>()).collect::<Result<Vec<_>, _>>()?;
        let recovery = codes.iter().map(|code| Digest::of(&copied(code))).collect();
        Ok((SecondFactor { key: self.0.clone(), used, recovery }, codes))
    }
}

impl SecondFactor {
    /// Takes a code, or a recovery code, and remembers that it was used; `false` if it is not right.
    pub(super) fn take(&mut self, code: &str, now: Timestamp) -> bool {
        if let Some(step) = fresh(&self.key, code, now, self.used) {
            self.used = step;
            return true;
        }
        let digest = Digest::of(&copied(code));
        let before = self.recovery.len();
        self.recovery.retain(|left| *left != digest);
        self.recovery.len() < before
    }

    /// How many recovery codes are left.
    pub(super) fn recovery_left(&self) -> usize {
        self.recovery.len()
    }
}

/// The step of a code that is right at this time, and not `used` before.
fn fresh(key: &str, code: &str, now: Timestamp, used: u64) -> Option<u64> {
    let code = code.trim();
    let key = BASE32_NOPAD.decode(key.as_bytes()).ok()?;
    let (first, last) = ((now / STEP).saturating_sub(WINDOW), now / STEP + WINDOW);
    // A code that was taken while the clock was far ahead must not lock its owner out now.
    let used = if used > last { 0 } else { used };
    // Every step is tried, so that the time taken does not tell which was right.
    (first..=last).fold(
        None,
        |found, step| {
            if step > used && code_at(&key, step) == code { Some(step) } else { found }
        },
    )
}

/// The code of a step (RFC 4226 §5.3).
fn code_at(key: &[u8], step: u64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let bytes = tag.as_ref();
    let offset = bytes.last().map_or(0, |last| usize::from(last & 0xf));
    // 20 bytes, and an offset of at most 15.
    let number = bytes[offset..offset + 4].iter().fold(0_u32, |number, &byte| number << 8 | u32::from(byte));
    format!("{:0DIGITS$}", (number & 0x7fff_ffff) % 10_u32.pow(DIGITS as u32))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// What an app shows that learned this key.
    pub(in crate::accounts) fn code(key: &str, now: Timestamp) -> String {
        code_at(&BASE32_NOPAD.decode(key.as_bytes()).unwrap(), now / STEP)
    }

    /// The key of RFC 6238's appendix B in base 32.
    const KEY: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

    fn factor() -> SecondFactor {
        SecondFactor { key: KEY.into(), used: 0, recovery: vec![Digest::of("ABCDEFGH2345")] }
    }

    /// RFC 6238, appendix B; the last six digits.
    #[test]
    fn the_codes_of_the_rfc() {
        for (time, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert!(factor().take(code, time), "{time}");
            assert!(factor().take(code, time + STEP) && factor().take(code, time - STEP), "{time}");
            assert!(!factor().take(code, time + 3 * STEP), "{time}");
            assert!(!factor().take(&code[1..], time), "{time}");
        }
    }

    #[test]
    fn a_code_is_taken_once_and_an_older_one_not_after_it() {
        let mut factor = factor();
        let key = BASE32_NOPAD.decode(KEY.as_bytes()).unwrap();
        let now = 1_795_219_200;
        let [before, at] = [1, 0].map(|back| code_at(&key, now / STEP - back));
        assert!(factor.take(&at, now));
        assert!(!factor.take(&at, now) && !factor.take(&before, now));
        assert!(factor.take(&code_at(&key, now / STEP + 1), now + STEP));
    }

    #[test]
    fn a_code_taken_at_a_wrong_time_does_not_lock_out() {
        let mut factor = factor();
        assert!(factor.take("353130", 20_000_000_000));
        assert!(factor.take("279037", 2_000_000_000));
    }

    #[test]
    fn a_recovery_code_is_good_once_whatever_the_clock_says() {
        let mut factor = factor();
        assert!(factor.take("abcd-efgh-2345", 0));
        assert!(!factor.take("abcd-efgh-2345", 0));
        assert_eq!(factor.recovery_left(), 0);
    }

    #[test]
    fn a_proposal_is_accepted_by_its_code_only() {
        let proposal = Proposal::new().unwrap();
        assert!(proposal.uri("parent").ends_with(&format!("secret={}&issuer=Luytre", proposal.key())));
        let now = 1_795_219_200;
        let code = code_at(&BASE32_NOPAD.decode(proposal.key().as_bytes()).unwrap(), now / STEP);
        assert!(proposal.accept("", now).is_err());
        let (mut factor, codes) = proposal.accept(&code, now).unwrap();
        assert!(!factor.take(&code, now), "used up by the acceptance");
        assert!(codes.iter().all(|code| factor.take(code, now)));
    }
}
