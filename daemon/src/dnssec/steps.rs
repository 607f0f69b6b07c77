//! An answer, taken apart into what must be proven one by one: each link of a CNAME chain, and what stands at its end.
//!
//! hickory validates an answer to one question. Behind a CNAME stands another question, whose denial lies in the same
//! message and often in another zone: asked as one, a signed CNAME to a name without data would be bogus, and a chain
//! that was cut off would be good.

use hickory_net::proto::dnssec::rdata::{DNSSECRData, RRSIG};
use hickory_net::proto::op::{DnsResponse, Query};
use hickory_net::proto::rr::{Name, RData, Record, RecordType};
use hickory_net::proto::serialize::binary::BinDecodable;

use super::chain::hickory_name;
use crate::wire::{HEADER_LEN, Records, read_name};

/// Links of a CNAME chain; servers follow eight to sixteen.
const MAX_LINKS: usize = 16;

/// What must be proven.
pub(super) struct Step {
    pub(super) query: Query,
    pub(super) answers: Vec<Record>,
    pub(super) authorities: Vec<Record>,
}

/// A message's steps, and which of its records they need.
pub(super) struct Plan {
    pub(super) steps: Vec<Step>,
    /// The message without records, as the frame of each step's.
    pub(super) frame: DnsResponse,
    /// For each record of the answer and authority sections, whether a step has it.
    pub(super) needed: [Vec<bool>; 2],
}

/// Takes a message apart; `None` if its chain of CNAMEs is too long or goes round.
pub(super) fn plan(query: Query, mut message: DnsResponse) -> Option<Plan> {
    let sections = [std::mem::take(&mut message.answers), std::mem::take(&mut message.authorities)];
    message.additionals.clear();
    let needed = sections.each_ref().map(|records| vec![false; records.len()]);
    let mut walk = Walk { sections, needed, steps: Vec::new() };
    walk.run(query)?;
    Some(Plan { steps: walk.steps, frame: message, needed: walk.needed })
}

/// The plan for a message that hickory can't read, for odd data in it: nothing of it can be proven but that its names
/// lie in unsigned zones.
pub(super) fn unread(query: Query, message: &[u8]) -> Option<Plan> {
    let mut steps = vec![Step { query, answers: Vec::new(), authorities: Vec::new() }];
    let mut records = Records::of(message)?;
    let mut frame = message[..records.position()].to_vec();
    frame[6..HEADER_LEN].fill(0);
    for record in records.by_ref().take_while(|record| record.section == 0) {
        let (owner, _) = read_name(message, record.start)?;
        let owner = hickory_name(&owner);
        if steps.iter().all(|step| step.query.name != owner) {
            let query = Query::query(owner, RecordType::A);
            steps.push(Step { query, answers: Vec::new(), authorities: Vec::new() });
        }
    }
    let frame = DnsResponse::from_buffer(frame).ok()?;
    (steps.len() <= MAX_LINKS).then_some(Plan { steps, frame, needed: Default::default() })
}

struct Walk {
    sections: [Vec<Record>; 2],
    needed: [Vec<bool>; 2],
    steps: Vec<Step>,
}

impl Walk {
    fn run(&mut self, mut query: Query) -> Option<()> {
        for _ in 0..MAX_LINKS {
            let types = self.types_at(&query);
            if !types.is_empty() {
                types.into_iter().for_each(|rtype| self.positive(query.name.clone(), rtype));
                return Some(());
            }
            match self.link(&query.name) {
                Some(target) => query.name = target,
                None => {
                    self.negative(query);
                    return Some(());
                }
            }
        }
        None
    }

    /// The types of the question's own name that answer it: one, or with ANY all that there are.
    fn types_at(&self, query: &Query) -> Vec<RecordType> {
        let mut types = Vec::new();
        for record in self.sections[0].iter().filter(|record| record.name == query.name) {
            let rtype = record.record_type();
            let answers = rtype == query.query_type || query.query_type == RecordType::ANY;
            if answers && rtype != RecordType::RRSIG && !types.contains(&rtype) {
                types.push(rtype);
            }
        }
        types
    }

    /// Follows the CNAME at a name; returns where to.
    fn link(&mut self, owner: &Name) -> Option<Name> {
        let target = self.sections[0].iter().find_map(|record| match &record.data {
            RData::CNAME(target) if record.name == *owner => Some(target.0.clone()),
            _ => None,
        })?;
        match self.dname_behind(owner, &target) {
            // The server made the CNAME of a DNAME: that is what is signed (RFC 6672 §5.3.1).
            Some(dname) => {
                self.take(owner, RecordType::CNAME);
                self.positive(dname, RecordType::DNAME);
            }
            None => self.positive(owner.clone(), RecordType::CNAME),
        }
        Some(target)
    }

    /// The owner of the DNAME that makes this name the other.
    fn dname_behind(&self, owner: &Name, target: &Name) -> Option<Name> {
        let signed = self.sections[0].iter().any(|record| {
            record.name == *owner
                && covers(record).is_some_and(|rrsig| rrsig.input().type_covered == RecordType::CNAME)
        });
        let makes = |record: &&Record| {
            let RData::Unknown { code: RecordType::DNAME, rdata } = &record.data else { return false };
            let Ok(goal) = Name::from_bytes(&rdata.anything) else { return false };
            let (above, below) = (record.name.num_labels(), owner.num_labels());
            let prefix = owner.iter().take(usize::from(below.saturating_sub(above)));
            let made = Name::from_labels(prefix).and_then(|prefix| prefix.append_name(&goal));
            below > above && record.name.zone_of(owner) && made.is_ok_and(|made| made == *target)
        };
        let dname = self.sections[0].iter().find(makes).filter(|_| !signed);
        dname.map(|record| record.name.clone())
    }

    fn positive(&mut self, owner: Name, rtype: RecordType) {
        let answers = self.take(&owner, rtype);
        // Made of a wildcard, it needs the proof that the name itself is not there (RFC 4035 §5.3.4).
        let wildcard =
            answers.iter().filter_map(covers).find(|rrsig| rrsig.input().num_labels < owner.num_labels());
        let signer = wildcard.map(|rrsig| rrsig.input().signer_name.clone());
        let authorities = signer.map_or_else(Vec::new, |signer| self.denial(Some(&signer)));
        self.steps.push(Step { query: Query::query(owner, rtype), answers, authorities });
    }

    fn negative(&mut self, query: Query) {
        let soa = self.sections[1].iter().find(|record| record.record_type() == RecordType::SOA);
        let zone = soa.map(|record| record.name.clone());
        let authorities = self.denial(zone.as_ref());
        self.steps.push(Step { query, answers: Vec::new(), authorities });
    }

    /// A set of records of the answer section with its signatures.
    fn take(&mut self, owner: &Name, rtype: RecordType) -> Vec<Record> {
        self.pick(0, |record| {
            record.name == *owner
                && (record.record_type() == rtype
                    || covers(record).is_some_and(|rrsig| rrsig.input().type_covered == rtype))
        })
    }

    /// The records by which a zone, or whichever there is, denies something.
    fn denial(&mut self, zone: Option<&Name>) -> Vec<Record> {
        let is_denial = |rtype| matches!(rtype, RecordType::NSEC | RecordType::NSEC3 | RecordType::SOA);
        let of_zone = |rrsig: &RRSIG| zone.is_none_or(|zone| rrsig.input().signer_name == *zone);
        let signed: Vec<(Name, RecordType)> = self.sections[1]
            .iter()
            .filter_map(|record| Some((record.name.clone(), covers(record).filter(|rrsig| of_zone(rrsig))?)))
            .map(|(name, rrsig)| (name, rrsig.input().type_covered))
            .collect();
        self.pick(1, |record| match covers(record) {
            Some(rrsig) => of_zone(rrsig) && is_denial(rrsig.input().type_covered),
            None => {
                let rtype = record.record_type();
                let by_zone =
                    || signed.iter().any(|(name, covered)| *name == record.name && *covered == rtype);
                // An unsigned SOA tells an unsigned zone from one whose proof is missing.
                is_denial(rtype) && (by_zone() || rtype == RecordType::SOA && zone == Some(&record.name))
            }
        })
    }

    fn pick(&mut self, section: usize, wanted: impl Fn(&Record) -> bool) -> Vec<Record> {
        let records = self.sections[section].iter().zip(&mut self.needed[section]);
        let picked = records.filter(|(record, _)| wanted(record)).map(|(record, needed)| {
            *needed = true;
            record.clone()
        });
        picked.collect()
    }
}

/// The record as a signature.
fn covers(record: &Record) -> Option<&RRSIG> {
    match &record.data {
        RData::DNSSEC(DNSSECRData::RRSIG(rrsig)) => Some(rrsig),
        _ => None,
    }
}
