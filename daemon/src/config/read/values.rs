//! Checks that more than one section needs. Each refusal says what to write instead.

use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;

use luytre_lists::Domain;

use super::Refusal;
use super::key::Key;
use super::schema::{distance, nearest};

/// The characters that an error shows of a value; a line for people stays a line.
pub(super) const SHOWN: usize = 60;

/// A number within bounds; the unit is in the plural.
pub(in crate::config) fn number<N: TryFrom<i64>>(
    key: &str,
    value: i64,
    range: RangeInclusive<i64>,
    unit: &str,
) -> Result<N, Refusal> {
    let number = N::try_from(value).ok().filter(|_| range.contains(&value));
    number.ok_or_else(|| {
        let (least, most) = (range.start(), range.end());
        Refusal::new(key, format!("{value} is out of range; write {least} to {most} {unit}"))
    })
}

/// One of a few words.
pub(in crate::config) fn choice<T: Copy>(key: &str, text: &str, choices: &[(&str, T)]) -> Result<T, Refusal> {
    let words = || choices.iter().map(|(word, _)| *word);
    let chosen = choices.iter().find(|(word, _)| *word == text);
    chosen.map(|(_, meaning)| *meaning).ok_or_else(|| {
        let all = words().collect::<Vec<_>>().join(", ");
        Refusal::new(key, format!("{} is not one of {all}{}", quoted(text), did_you_mean(text, words())))
    })
}

/// `; did you mean "page"?` where the text may be a slip for one of the words, else nothing.
pub(crate) fn did_you_mean<'k>(text: &str, known: impl Iterator<Item = &'k str>) -> String {
    match nearest(text, known) {
        Some(word) if distance(text, word) <= word.len() / 2 => format!("; did you mean \"{word}\"?"),
        _ => String::new(),
    }
}

/// Every text of a list, parsed; the error of the parser is about the item's line.
pub(in crate::config) fn items<T>(
    key: impl Into<Key>,
    texts: &[String],
    parse: impl Fn(&str) -> Result<T, String>,
) -> Result<Vec<T>, Refusal> {
    let key = key.into();
    let item = |(index, text): (usize, &String)| {
        parse(text).map_err(|what| Refusal::new(key.clone().item(index), what))
    };
    texts.iter().enumerate().map(item).collect()
}

/// The addresses of a listener, each once; `port` is the one to suggest.
pub(in crate::config) fn sockets(key: &str, texts: &[String], port: u16) -> Result<Vec<SocketAddr>, Refusal> {
    let sockets = items(key, texts, |text| socket(text, port))?;
    let twice = (1..sockets.len()).find(|&index| sockets[..index].contains(&sockets[index]));
    match twice {
        Some(index) => {
            let what = format!("{} stands twice; leave one out", quoted(&texts[index]));
            Err(Refusal::new(Key::from(key).item(index), what))
        }
        None => Ok(sockets),
    }
}

fn socket(text: &str, port: u16) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| match text.parse::<IpAddr>() {
        Ok(address) => format!("{} has no port; write \"{}\"", quoted(text), SocketAddr::new(address, port)),
        Err(_) => {
            let text = quoted(text);
            format!("{text} is not an address with a port; write one such as \"127.0.0.1:{port}\" or \"[::1]:{port}\"")
        }
    })
}

/// A host name.
pub(in crate::config) fn domain(text: &str) -> Result<Domain, String> {
    Domain::parse(text).map_err(|error| {
        format!("{} is not a name: {error}; write one such as \"example.com\"", quoted(text))
    })
}

/// A text from the file in quotes, escaped and cut.
pub(crate) fn quoted(text: &str) -> String {
    let (start, dots) = cut(text);
    format!("{start:?}{dots}")
}

/// The start of a text, and dots where that is not the whole.
pub(super) fn cut(text: &str) -> (&str, &'static str) {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => (&text[..end], "..."),
        None => (text, ""),
    }
}
