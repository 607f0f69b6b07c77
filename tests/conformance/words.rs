//! Words for bits and codes.

use crate::harness::{flag, rcode_word};

/// The header's flags, in its order.
pub(crate) const FLAGS: [(&str, u16); 8] = [
    ("qr", flag::QR),
    ("aa", flag::AA),
    ("tc", flag::TC),
    ("rd", flag::RD),
    ("ra", flag::RA),
    ("z", 0x40),
    ("ad", flag::AD),
    ("cd", flag::CD),
];

/// A response code by its word, or as `RCODE23`.
pub(crate) fn rcode(word: &str) -> Result<u16, String> {
    let known = (0..=16).find(|code| rcode_word(*code) == word);
    let number = || word.strip_prefix("RCODE")?.parse().ok();
    known.or_else(number).ok_or_else(|| format!("{word}: no such response code"))
}

/// The flags that are set, as words.
pub(crate) fn flag_words(flags: u16) -> String {
    let set = FLAGS.iter().filter(|(_, bit)| flags & bit != 0).map(|(word, _)| *word);
    set.collect::<Vec<_>>().join(" ")
}
