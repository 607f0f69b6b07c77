//! Names and record data between text, as in zone files and `dig`, and bytes.

use std::fmt::Write;

use hickory_proto::rr::{RData, RecordType};
use hickory_proto::serialize::binary::{BinDecoder, BinEncodable, BinEncoder, NameEncoding, Restrict};

use crate::harness::known_type;

/// An absolute name in wire form; `\DDD` and `\X` as in RFC 1035 §5.1.
pub(crate) fn name(text: &str) -> Result<Vec<u8>, String> {
    if text == "." {
        return Ok(vec![0]);
    }
    let (mut wire, mut label) = (Vec::new(), Vec::new());
    let mut rest = text.bytes();
    let mut absolute = false;
    while let Some(byte) = rest.next() {
        absolute = byte == b'.';
        match byte {
            b'.' => put_label(&mut wire, &mut label, text)?,
            b'\\' => label.push(escaped(&mut rest).ok_or_else(|| format!("{text}: no such escape"))?),
            other => label.push(other),
        }
    }
    if !absolute {
        return Err(format!("{text}: write names with the final dot"));
    }
    wire.push(0);
    if wire.len() > 255 { Err(format!("{text}: longer than 255 bytes")) } else { Ok(wire) }
}

fn put_label(wire: &mut Vec<u8>, label: &mut Vec<u8>, text: &str) -> Result<(), String> {
    let len = u8::try_from(label.len()).ok().filter(|len| (1..=63).contains(len));
    wire.push(len.ok_or_else(|| format!("{text}: a label has 1 to 63 bytes"))?);
    wire.append(label);
    Ok(())
}

fn escaped(rest: &mut impl Iterator<Item = u8>) -> Option<u8> {
    let digit = |byte: u8| byte.is_ascii_digit().then(|| u32::from(byte - b'0'));
    let first = rest.next()?;
    match digit(first) {
        None => Some(first),
        Some(hundreds) => {
            u8::try_from(hundreds * 100 + digit(rest.next()?)? * 10 + digit(rest.next()?)?).ok()
        }
    }
}

/// A record type by its word or as `TYPE65280`.
pub(crate) fn rtype(word: &str) -> Result<u16, String> {
    known_type(word).ok_or_else(|| format!("{word}: no such record type; write A … or TYPE65280"))
}

/// A class by its word or as `CLASS32`.
pub(crate) fn class(word: &str) -> Option<u16> {
    match word {
        "IN" => Some(1),
        "CH" => Some(3),
        "HS" => Some(4),
        "NONE" => Some(254),
        "ANY" => Some(255),
        other => other.strip_prefix("CLASS")?.parse().ok(),
    }
}

/// A class as text, the other way.
pub(crate) fn class_word(class: u16) -> String {
    match class {
        1 => "IN".to_owned(),
        3 => "CH".to_owned(),
        4 => "HS".to_owned(),
        254 => "NONE".to_owned(),
        255 => "ANY".to_owned(),
        other => format!("CLASS{other}"),
    }
}

/// Record data in wire form, without compression; of any type as `\# LENGTH HEX` (RFC 3597 §5).
pub(crate) fn data(rtype: u16, text: &str) -> Result<Vec<u8>, String> {
    if let Some(generic) = text.strip_prefix("\\#") {
        let (len, digits) = super::text::first_word(generic.trim());
        let bytes = hex(digits)?;
        let right = len.parse() == Ok(bytes.len());
        return if right { Ok(bytes) } else { Err(format!("{text}: these are {} bytes", bytes.len())) };
    }
    let kind = RecordType::from(rtype);
    let parsed = RData::try_from_str(kind, text).map_err(|error| format!("{text}: {error}"))?;
    let mut bytes = Vec::new();
    let mut encoder = BinEncoder::new(&mut bytes);
    encoder.set_name_encoding(NameEncoding::Uncompressed);
    parsed.emit(&mut encoder).map_err(|error| format!("{text}: {error}"))?;
    Ok(bytes)
}

/// The other way; what is no proper data of its type, and what text would not bring back, in the generic form.
pub(crate) fn data_text(rtype: u16, bytes: &[u8]) -> String {
    let mut decoder = BinDecoder::new(bytes);
    let len = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
    let read = RData::read(&mut decoder, RecordType::from(rtype), Restrict::new(len));
    let text = read.ok().filter(|_| rtype != 41).map(|data| data.to_string());
    match text {
        Some(text) if data(rtype, &text).is_ok_and(|again| again == bytes) => text,
        _ => format!("\\# {} {}", bytes.len(), hex_text(bytes)),
    }
}

/// Bytes from hex digits, white space between them or not.
pub(crate) fn hex(text: &str) -> Result<Vec<u8>, String> {
    let digits: Vec<u32> = text
        .chars()
        .filter(|letter| !letter.is_whitespace())
        .map(|letter| letter.to_digit(16).ok_or_else(|| format!("{text}: {letter} is no hex digit")))
        .collect::<Result<_, _>>()?;
    if digits.len() % 2 == 1 {
        return Err(format!("{text}: half a byte at the end"));
    }
    Ok(digits.chunks(2).map(|pair| (pair[0] << 4 | pair[1]) as u8).collect())
}

/// The other way.
pub(crate) fn hex_text(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A message in hex with words: `1234 03 "www" 00*12`.
pub(crate) fn raw(text: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    for word in text.split_whitespace() {
        let (word, times) = match word.split_once('*') {
            Some((word, times)) => (word, times.parse().map_err(|_| format!("{times}: no number"))?),
            None => (word, 1),
        };
        let one = match word.strip_prefix('"').and_then(|word| word.strip_suffix('"')) {
            Some(letters) => letters.as_bytes().to_vec(),
            None => hex(word)?,
        };
        bytes.extend(one.repeat(times));
    }
    Ok(bytes)
}
