//! The words for numbers in scenarios: record types and response codes.

const TYPES: [(&str, u16); 33] = [
    ("A", 1),
    ("NS", 2),
    ("CNAME", 5),
    ("SOA", 6),
    ("PTR", 12),
    ("HINFO", 13),
    ("MX", 15),
    ("TXT", 16),
    ("AAAA", 28),
    ("LOC", 29),
    ("SRV", 33),
    ("NAPTR", 35),
    ("DNAME", 39),
    ("OPT", 41),
    ("DS", 43),
    ("SSHFP", 44),
    ("RRSIG", 46),
    ("NSEC", 47),
    ("DNSKEY", 48),
    ("NSEC3", 50),
    ("TLSA", 52),
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
    ("URI", 256),
    ("CAA", 257),
];

/// By value; what is missing here is `RCODEn`.
const RCODES: [&str; 6] = ["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"];
const BADVERS: u16 = 16;

pub(super) fn type_number(word: &str) -> u16 {
    known_type(word).unwrap_or_else(|| panic!("{word} is no record type"))
}

pub(crate) fn known_type(word: &str) -> Option<u16> {
    let known = TYPES.iter().find(|(known, _)| *known == word).map(|(_, number)| *number);
    known.or_else(|| word.strip_prefix("TYPE")?.parse().ok())
}

pub(crate) fn type_word(number: u16) -> String {
    let known = TYPES.iter().find(|(_, known)| *known == number);
    known.map_or_else(|| format!("TYPE{number}"), |(word, _)| (*word).to_owned())
}

pub(crate) fn rcode_word(code: u16) -> String {
    match RCODES.get(usize::from(code)) {
        Some(word) => (*word).to_owned(),
        None if code == BADVERS => "BADVERS".to_owned(),
        None => format!("RCODE{code}"),
    }
}
