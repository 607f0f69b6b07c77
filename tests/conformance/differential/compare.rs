//! Two answers to one question, side by side.

use crate::harness::{Message, Record, flag, rcode_word};

const NS: u16 = 2;
const SOA: u16 = 6;

/// A record as it is compared: owner, type and data.
type Plain = (String, u16, Vec<u8>);

/// What differs between ours and theirs: aspect, our value, their value.
pub(crate) fn differences(ours: &Message, theirs: &Message) -> Vec<[String; 3]> {
    let mut found = Vec::new();
    let mut note = |aspect: &str, one: String, other: String| {
        if one != other {
            found.push([aspect.to_owned(), one, other]);
        }
    };
    note("rcode", rcode_word(ours.rcode()), rcode_word(theirs.rcode()));
    for (word, bit) in
        [("aa", flag::AA), ("tc", flag::TC), ("ad", flag::AD), ("ra", flag::RA), ("rd", flag::RD)]
    {
        note(word, on_off(ours.has(bit)), on_off(theirs.has(bit)));
    }
    note("edns", on_off(ours.opt.is_some()), on_off(theirs.opt.is_some()));
    let (one, other) = (plain(&ours.answers, |_| true), plain(&theirs.answers, |_| true));
    note("answer", content(&one, &other, "ours"), content(&other, &one, "theirs"));
    let of_type = |wanted: u16| move |record: &Record| record.rtype == wanted;
    for (word, wanted) in [("soa", SOA), ("ns", NS)] {
        let (one, other) =
            (plain(&ours.authority, of_type(wanted)), plain(&theirs.authority, of_type(wanted)));
        note(word, content(&one, &other, "ours"), content(&other, &one, "theirs"));
        if one == other {
            note(&format!("{word}-ttl"), ttls(&ours.authority, &theirs.authority, wanted), "same".into());
        }
    }
    if one == other {
        note("ttl", spread(&ours.answers, &theirs.answers), "same".into());
    }
    found
}

fn on_off(is_on: bool) -> String {
    if is_on { "on" } else { "off" }.to_owned()
}

/// Records without their TTLs, order and case.
fn plain(records: &[Record], wanted: impl Fn(&Record) -> bool) -> Vec<Plain> {
    let one = |record: &Record| {
        // Names in the data are compared like names; other data has few letters, and equal letters stay equal.
        let data = record.data.to_ascii_lowercase();
        (record.owner.to_ascii_lowercase(), record.rtype, data)
    };
    let mut all: Vec<_> = records.iter().filter(|record| wanted(record)).map(one).collect();
    all.sort();
    all
}

/// A word for one side's records that is equal on both sides when the records are.
fn content(these: &[Plain], those: &[Plain], own: &str) -> String {
    let word = match (these.is_empty(), these == those) {
        (true, _) => "none",
        (false, true) => "same",
        (false, false) if these.iter().all(|record| those.contains(record)) => "part",
        (false, false) if those.is_empty() => "some",
        (false, false) if those.iter().all(|record| these.contains(record)) => "all",
        (false, false) => own,
    };
    word.to_owned()
}

/// `same` when every record's TTL is within a second of its twin's.
fn spread(these: &[Record], those: &[Record]) -> String {
    let twin = |record: &Record| {
        those
            .iter()
            .filter(|other| other.rtype == record.rtype && other.data.eq_ignore_ascii_case(&record.data))
            .map(|it| it.ttl)
            .min_by_key(|ttl| ttl.abs_diff(record.ttl))
    };
    let longest = these.iter().filter_map(|record| Some(i64::from(record.ttl) - i64::from(twin(record)?)));
    match longest.max_by_key(|difference| difference.abs()) {
        Some(difference) if difference > 1 => "longer".to_owned(),
        Some(difference) if difference < -1 => "shorter".to_owned(),
        _ => "same".to_owned(),
    }
}

fn ttls(these: &[Record], those: &[Record], wanted: u16) -> String {
    let of = |records: &[Record]| records.iter().filter(|it| it.rtype == wanted).cloned().collect::<Vec<_>>();
    spread(&of(these), &of(those))
}
