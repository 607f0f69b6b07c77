//! The words for numbers in scenarios: record types and response codes.

const TYPES: [(&str, u16); 22] = [
    ("A", 1),
    ("NS", 2),
    ("CNAME", 5),
    ("SOA", 6),
    ("PTR", 12),
    ("MX", 15),
    ("TXT", 16),
    ("AAAA", 28),
    ("SRV", 33),
    ("OPT", 41),
    ("DS", 43),
    ("RRSIG", 46),
    ("SVCB", 64),
    ("HTTPS", 65),
    ("NXNAME", 128),
    ("TKEY", 249),
    ("TSIG", 250),
    ("IXFR", 251),
    ("AXFR", 252),
    ("MAILB", 253),
    ("MAILA", 254),
    ("ANY", 255),
];

/// By value; what is missing here is `RCODEn`.
const RCODES: [&str; 6] = ["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"];
const BADVERS: u16 = 16;

pub(super) fn type_number(word: &str) -> u16 {
    let known = TYPES.iter().find(|(known, _)| *known == word).map(|(_, number)| *number);
    let number = || word.strip_prefix("TYPE").and_then(|number| number.parse().ok());
    known.or_else(number).unwrap_or_else(|| panic!("{word} is no record type"))
}

pub(super) fn type_word(number: u16) -> String {
    let known = TYPES.iter().find(|(_, known)| *known == number);
    known.map_or_else(|| format!("TYPE{number}"), |(word, _)| (*word).to_owned())
}

pub(super) fn rcode_word(code: u16) -> String {
    match RCODES.get(usize::from(code)) {
        Some(word) => (*word).to_owned(),
        None if code == BADVERS => "BADVERS".to_owned(),
        None => format!("RCODE{code}"),
    }
}
