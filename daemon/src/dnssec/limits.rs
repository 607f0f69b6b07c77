//! A look at a message before anybody computes for it: what no honest server sends is refused by counting.
//!
//! hickory tries up to nine signatures for a set of records, each with up to two keys of the same tag; a set of keys it
//! checks against every signature over it. These bounds keep the product small for one message (KeyTrap,
//! CVE-2023-50387), [`inquiry`](super::inquiry) bounds the messages.

use std::fmt;

use crate::wire::{Record, Records, rtype, u16_at};

/// Signatures in one message: a CNAME chain or a denial has ten sets of records, each signed twice during a change of
/// keys.
const MAX_SIGNATURES: usize = 48;
/// Signatures over a zone's keys. The root has three while its keys change.
const MAX_KEY_SIGNATURES: usize = 8;
/// Keys of a zone, and records that point to them. Few zones have more than six.
const MAX_KEYS: usize = 16;
/// Changes of owner or type from record to record: hickory's work grows with the square of it.
const MAX_RUNS: usize = 128;
/// Rounds of hashing in an NSEC3 above which an answer is refused (RFC 9276 §3.2).
pub(super) const MAX_ITERATIONS: u16 = 500;
/// Rounds above which a denial proves nothing and the zone counts as unsigned (RFC 9276 §3.2 advises no more than
/// needed; 50 is what others are going to).
pub(super) const SOFT_ITERATIONS: u16 = 50;

/// Why a message is not looked at any closer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Excess {
    Malformed,
    Signatures,
    Keys,
    Sets,
    Iterations,
}

impl fmt::Display for Excess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl Excess {
    /// What to tell of it.
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Malformed => "the answer can't be read",
            Self::Signatures => "too many signatures",
            Self::Keys => "too many keys",
            Self::Sets => "too many sets of records",
            Self::Iterations => "too many NSEC3 iterations",
        }
    }
}

/// Counts what a message would have us compute.
pub(super) fn check(message: &[u8]) -> Result<(), Excess> {
    let mut records = Records::of(message).ok_or(Excess::Malformed)?;
    let mut counts = Counts::default();
    for record in &mut records {
        counts.add(message, &record)?;
    }
    if records.malformed() { Err(Excess::Malformed) } else { Ok(()) }
}

#[derive(Default)]
struct Counts {
    signatures: usize,
    key_signatures: usize,
    keys: usize,
    runs: usize,
    /// Owner's bytes, by place, and type of the record before.
    last: Option<(usize, usize, u16)>,
}

impl Counts {
    fn add(&mut self, message: &[u8], record: &Record) -> Result<(), Excess> {
        let data = &message[record.data.clone()];
        match record.rtype {
            rtype::RRSIG => {
                self.signatures += 1;
                self.key_signatures += usize::from(u16_at(data, 0) == Some(rtype::DNSKEY));
            }
            rtype::DNSKEY | rtype::DS => self.keys += 1,
            rtype::NSEC3 if u16_at(data, 2).is_some_and(|rounds| rounds > MAX_ITERATIONS) => {
                return Err(Excess::Iterations);
            }
            _ => {}
        }
        self.count_run(message, record);
        match () {
            () if self.signatures > MAX_SIGNATURES || self.key_signatures > MAX_KEY_SIGNATURES => {
                Err(Excess::Signatures)
            }
            () if self.keys > MAX_KEYS => Err(Excess::Keys),
            () if self.runs > MAX_RUNS => Err(Excess::Sets),
            () => Ok(()),
        }
    }

    fn count_run(&mut self, message: &[u8], record: &Record) {
        let owner_end = record.ttl_at - 4;
        let same = self.last.is_some_and(|(start, end, rtype)| {
            rtype == record.rtype && message[start..end] == message[record.start..owner_end]
        });
        self.runs += usize::from(!same);
        self.last = Some((record.start, owner_end, record.rtype));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A message with so many records of a type in its answer section, all of one owner.
    fn message(count: u16, rtype: u16, data: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        bytes[6..8].copy_from_slice(&count.to_be_bytes());
        for _ in 0..count {
            bytes.push(0);
            bytes.extend(rtype.to_be_bytes());
            bytes.extend([0, 1, 0, 0, 0, 60, 0, u8::try_from(data.len()).unwrap()]);
            bytes.extend(data);
        }
        bytes
    }

    #[test]
    fn what_no_honest_server_sends_is_refused() {
        let key_signature = [&[0, 48, 13, 1][..], &[0; 20]].concat();
        for (count, rtype, data, refused) in [
            (48, rtype::RRSIG, &[0, 1, 13, 1][..], None),
            (49, rtype::RRSIG, &[0, 1, 13, 1], Some(Excess::Signatures)),
            (8, rtype::RRSIG, &key_signature, None),
            (9, rtype::RRSIG, &key_signature, Some(Excess::Signatures)),
            (16, rtype::DNSKEY, &[1, 0, 3, 13], None),
            (17, rtype::DNSKEY, &[1, 0, 3, 13], Some(Excess::Keys)),
            (17, rtype::DS, &[1, 0, 13, 2], Some(Excess::Keys)),
            (4, rtype::NSEC3, &[1, 0, 1, 0xf4], None),
            (1, rtype::NSEC3, &[1, 0, 1, 0xf5], Some(Excess::Iterations)),
            (2000, rtype::A, &[192, 0, 2, 1], None),
        ] {
            assert_eq!(check(&message(count, rtype, data)).err(), refused, "{count} of type {rtype}");
        }
    }

    #[test]
    fn sets_of_records_are_counted_however_they_are_mixed() {
        let (mut mixed, all) = (message(0, 1, &[]), message(2, rtype::A, &[192, 0, 2, 1]));
        let (one, txt) = (&all[12..27], &message(1, rtype::TXT, &[1, b'x'])[12..]);
        for _ in 0..65 {
            mixed.extend([one, txt].concat());
        }
        mixed[7] = 130;
        assert_eq!(check(&mixed), Err(Excess::Sets));
        mixed[7] = 128;
        assert_eq!(check(&mixed), Ok(()));
        let mut cut = message(1, rtype::A, &[192, 0, 2, 1]);
        cut.pop();
        assert_eq!(check(&cut), Err(Excess::Malformed));
    }
}
