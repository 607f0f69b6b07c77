//! What a denial must say beyond what hickory asks of it.
//!
//! hickory wants the wildcard that an answer was made of to be denied, where RFC 4035 §5.3.4 wants the name asked to be
//! denied below it: an answer whose NSEC is the wildcard's own, the usual case, it calls bogus. And a denial that leaves
//! room for unsigned delegations (opt-out) it calls secure, where RFC 5155 §9.2 forbids AD.

use hickory_net::proto::dnssec::Proof;
use hickory_net::proto::dnssec::rdata::{DNSSECRData, NSEC};
use hickory_net::proto::rr::{Name, RData, Record, RecordType};

/// Whether signed records were made of a wildcard, rightly: an NSEC denies the name below the wildcard's parent that
/// the name asked is or lies below.
pub(super) fn is_proven(owner: &Name, answers: &[Record], authorities: &[Record]) -> bool {
    let signatures = answers.iter().filter_map(|record| match &record.data {
        RData::DNSSEC(DNSSECRData::RRSIG(rrsig)) if record.proof == Proof::Secure => Some(rrsig.input()),
        _ => None,
    });
    let Some(signature) = signatures.min_by_key(|input| input.num_labels) else { return false };
    if signature.num_labels >= owner.num_labels() {
        return false;
    }
    let next_closer = owner.trim_to(usize::from(signature.num_labels) + 1);
    let all_secure = answers.iter().filter(|record| record.record_type() != RecordType::RRSIG);
    all_secure.clone().all(|record| record.proof == Proof::Secure)
        && authorities.iter().any(|record| match &record.data {
            RData::DNSSEC(DNSSECRData::NSEC(nsec)) => {
                record.proof == Proof::Secure
                    && signature.signer_name.zone_of(&record.name)
                    && denies(&record.name, nsec, &next_closer)
            }
            _ => false,
        })
}

/// Whether an NSEC proves that neither the name nor anything below it exists.
fn denies(owner: &Name, nsec: &NSEC, name: &Name) -> bool {
    let next = nsec.next_domain_name();
    let types = nsec.type_set();
    // RFC 6840 §4.1: what stands at a delegation or a DNAME says nothing of what is below.
    let cut = types.contains(RecordType::NS) && !types.contains(RecordType::SOA)
        || types.contains(RecordType::DNAME);
    let is_last = next <= owner; // it leads back to the zone's name
    !(cut && owner.zone_of(name))
        && owner < name
        && (name < next || is_last && next.zone_of(name))
        && !name.zone_of(next)
}

/// Whether a denial leaves room for unsigned delegations.
pub(super) fn opts_out(authorities: &[Record]) -> bool {
    authorities.iter().any(|record| match &record.data {
        RData::DNSSEC(DNSSECRData::NSEC3(nsec3)) => nsec3.opt_out(),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        Name::from_ascii(text).unwrap()
    }

    #[test]
    fn an_nsec_denies_a_name_with_all_below_it() {
        let nsec = |next: &str, types: &[RecordType]| NSEC::new(name(next), types.iter().copied());
        let plain = &[RecordType::A][..];
        for (owner, next, types, asked, denied) in [
            ("*.w.example.", "z.example.", plain, "x.w.example.", true),
            ("a.example.", "c.example.", plain, "b.example.", true),
            ("a.example.", "x.b.example.", plain, "b.example.", false),
            ("a.example.", "b.example.", plain, "b.example.", false),
            ("b.example.", "c.example.", plain, "b.example.", false),
            ("z.example.", "example.", plain, "zz.example.", true),
            ("z.example.", "example.", plain, "a.example.", false),
            ("z.example.", "example.", plain, "zz.other.", false),
            ("b.example.", "c.example.", &[RecordType::NS], "a.b.example.", false),
            ("b.example.", "c.example.", &[RecordType::DNAME], "a.b.example.", false),
            ("b.example.", "c.example.", &[RecordType::NS, RecordType::SOA], "a.b.example.", true),
        ] {
            let told = denies(&name(owner), &nsec(next, types), &name(asked));
            assert_eq!(told, denied, "{owner} to {next} about {asked}");
        }
    }
}
