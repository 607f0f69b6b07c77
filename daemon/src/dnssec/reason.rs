//! Why a validation failed, for the client (RFC 8914 §4.7-4.13): hickory does not say, so it is read off the records.

use super::inquiry::Seen;
use super::limits::Excess;
use crate::clock::Timestamp;
use crate::reply::ede;
use crate::wire::{Header, Record, Records, rtype, u16_at};

/// An extended error: its code, and words for it.
pub type Explained = (u16, &'static str);

const BOGUS: Explained = (ede::DNSSEC_BOGUS, "the signatures do not hold");

/// The reason that explains the failure of `message`, the answer, with the chain that was looked at.
pub(super) fn find(message: &[u8], chain: &[Seen], now: Timestamp) -> Explained {
    let messages = || chain.iter().map(|seen| &*seen.message).chain([message]);
    let time = messages().find_map(|message| time_fault(message, now as u32)); // serial numbers (RFC 4034 §3.1.5)
    time.or_else(|| unsigned_answer(message))
        .or_else(|| chain.iter().find_map(|seen| key_fault(seen, message)))
        .or_else(|| no_denial(message))
        .unwrap_or(BOGUS)
}

/// The error of a message that was not looked at.
pub(super) fn excessive(excess: Excess) -> Explained {
    let code = match excess {
        Excess::Iterations => ede::UNSUPPORTED_NSEC3_ITERATIONS,
        _ => ede::DNSSEC_BOGUS,
    };
    (code, excess.text())
}

/// A time that lies within every signature over these messages, if there is one: that of the youngest.
pub(super) fn latest_inception<'m>(messages: impl Iterator<Item = &'m [u8]>) -> Option<Timestamp> {
    let inceptions = messages.flat_map(|message| signatures(message).map(|signature| signature.inception));
    inceptions.max().map(Timestamp::from)
}

/// Seconds for which every signature of a message still holds; `None` without signatures.
pub(super) fn holds_for(message: &[u8], now: Timestamp) -> Option<u32> {
    signatures(message).map(|signature| signature.expiration.wrapping_sub(now as u32)).min()
}

struct Signature {
    owner: Vec<u8>,
    covered: u16,
    algorithm: u8,
    key_tag: u16,
    expiration: u32,
    inception: u32,
    section: u8,
}

fn signatures(message: &[u8]) -> impl Iterator<Item = Signature> {
    let records = Records::of(message).into_iter().flatten();
    records.filter(|record| record.rtype == rtype::RRSIG).filter_map(|record| {
        let data = &message[record.data.clone()];
        let word = |at| Some(u32::from(u16_at(data, at)?) << 16 | u32::from(u16_at(data, at + 2)?));
        Some(Signature {
            owner: owner(message, &record),
            covered: u16_at(data, 0)?,
            algorithm: *data.get(2)?,
            key_tag: u16_at(data, 16)?,
            expiration: word(8)?,
            inception: word(12)?,
            section: record.section,
        })
    })
}

/// A set of records of which no signature holds at this time.
fn time_fault(message: &[u8], now: u32) -> Option<Explained> {
    let all: Vec<Signature> = signatures(message).filter(|signature| signature.section < 2).collect();
    let expired = |one: &Signature| one.expiration.wrapping_sub(now) > i32::MAX as u32;
    let early = |one: &Signature| now.wrapping_sub(one.inception) > i32::MAX as u32;
    let of_set = |one: &Signature| {
        let (owner, covered) = (one.owner.clone(), one.covered);
        all.iter().filter(move |other| other.owner == owner && other.covered == covered)
    };
    all.iter().find_map(|one| match () {
        () if of_set(one).all(expired) => Some((ede::SIGNATURE_EXPIRED, "a signature has expired")),
        () if of_set(one).all(early) => Some((ede::SIGNATURE_NOT_YET_VALID, "a signature is not valid yet")),
        () => None,
    })
}

/// An answer record that nobody signed.
fn unsigned_answer(message: &[u8]) -> Option<Explained> {
    let signed: Vec<(Vec<u8>, u16)> =
        signatures(message).map(|signature| (signature.owner, signature.covered)).collect();
    let mut answers =
        Records::of(message)?.filter(|record| record.section == 0 && record.rtype != rtype::RRSIG);
    let unsigned = |record: &Record| !signed.contains(&(owner(message, record), record.rtype));
    answers.any(|record| unsigned(&record)).then_some((ede::RRSIGS_MISSING, "a record has no signature"))
}

/// Keys that are missing, or are no zone's keys.
fn key_fault(seen: &Seen, message: &[u8]) -> Option<Explained> {
    const MISSING: Explained = (ede::DNSKEY_MISSING, "no key fits the signatures");
    if seen.rtype != rtype::DNSKEY {
        return None;
    }
    let keys: Vec<&[u8]> = Records::of(&seen.message)?
        .filter(|record| record.section == 0 && record.rtype == rtype::DNSKEY)
        .map(|record| &seen.message[record.data])
        .collect();
    if keys.is_empty() {
        return Some(MISSING);
    }
    let is_zone_key = |key: &&[u8]| key.first().is_some_and(|flags| flags & 1 == 1);
    if !keys.iter().any(is_zone_key) {
        return Some((ede::NO_ZONE_KEY_BIT, "no key is a zone's key"));
    }
    let signer_is_zone = |signature: &Signature| signature.owner.ends_with(&seen.name);
    let fits = |signature: &Signature| {
        keys.iter().any(|key| key.get(3) == Some(&signature.algorithm) && key_tag(key) == signature.key_tag)
    };
    let mut relevant = signatures(&seen.message).chain(signatures(message)).filter(signer_is_zone).peekable();
    (relevant.peek().is_some() && !relevant.any(|signature| fits(&signature))).then_some(MISSING)
}

/// A denial without proof.
fn no_denial(message: &[u8]) -> Option<Explained> {
    let header = Header::read(message)?;
    let denied = Records::of(message)?.any(|record| matches!(record.rtype, rtype::NSEC | rtype::NSEC3));
    (header.counts[1] == 0 && !denied).then_some((ede::NSEC_MISSING, "nothing proves that it does not exist"))
}

/// RFC 4034 appendix B.
fn key_tag(key: &[u8]) -> u16 {
    let sum: u32 =
        key.iter().zip([8, 0].into_iter().cycle()).map(|(byte, shift)| u32::from(*byte) << shift).sum();
    (sum + (sum >> 16)) as u16
}

/// A record's owner in lower case, without the root; as far as it can be read.
fn owner(message: &[u8], record: &Record) -> Vec<u8> {
    crate::wire::read_name(message, record.start)
        .map(|(name, _)| name.as_name().as_wire().to_vec())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn excess_is_bogus_and_iterations_have_a_code_of_their_own() {
        assert_eq!(excessive(Excess::Keys).0, 6);
        assert_eq!(excessive(Excess::Iterations).0, 27);
    }

    #[test]
    fn a_key_tag_is_what_rfc_4034_computes() {
        // RFC 4034 appendix B.1 sums 16-bit words; the root's key of 2017 has the tag 20326 in every validator.
        assert_eq!(key_tag(&[1, 1, 3, 8]), 0x0101 + 0x0308);
        assert_eq!(key_tag(&[0xff, 0xff, 0, 2]), 2, "the carry is added");
    }
}
