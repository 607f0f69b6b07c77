//! The bytes that are signed: JSON in the one form that RFC 8785 gives it.
//!
//! Documents hold objects, lists, texts, whole numbers and truth values; fractions are refused, and with them the hard
//! half of that RFC.

use serde_json::{Number, Value};

/// The largest whole number that every JSON reader takes for itself (RFC 7493 §2.2).
const MAX_NUMBER: u64 = (1 << 53) - 1;

/// The canonical form; `None` if the value holds a fraction, or a number that not every reader takes for itself.
pub fn canonical(value: &Value) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    write(value, &mut out).map(|()| out)
}

fn write(value: &Value, out: &mut Vec<u8>) -> Option<()> {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(truth) => out.extend_from_slice(truth.to_string().as_bytes()),
        Value::Number(number) => out.extend_from_slice(whole(number)?.to_string().as_bytes()),
        Value::String(text) => write_text(text, out),
        Value::Array(values) => write_list(values, (b'[', b']'), out, write)?,
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            // "Property name strings … are compared as arrays of UTF-16 code units" (RFC 8785 §3.2.3).
            members.sort_by(|(one, _), (other, _)| one.encode_utf16().cmp(other.encode_utf16()));
            write_list(&members, (b'{', b'}'), out, |(name, value), out| {
                write_text(name, out);
                out.push(b':');
                write(value, out)
            })?;
        }
    }
    Some(())
}

fn write_list<T>(
    values: &[T],
    (open, close): (u8, u8),
    out: &mut Vec<u8>,
    write: impl Fn(&T, &mut Vec<u8>) -> Option<()>,
) -> Option<()> {
    out.push(open);
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write(value, out)?;
    }
    out.push(close);
    Some(())
}

/// serde_json escapes what RFC 8785 §3.2.2.2 does, and in the same way.
fn write_text(text: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(Value::from(text).to_string().as_bytes());
}

fn whole(number: &Number) -> Option<u64> {
    number.as_u64().filter(|number| *number <= MAX_NUMBER)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Option<String> {
        let value = serde_json::from_str(text).unwrap();
        canonical(&value).map(|bytes| String::from_utf8(bytes).unwrap())
    }

    /// RFC 8785 §3.2.3, the order of its example, and §3.2.2.2.
    #[test]
    fn names_are_sorted_by_utf_16_and_texts_escaped_as_little_as_can_be() {
        let names = r#"{"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":7}"#;
        let sorted =
            "{\"\\r\":2,\"1\":4,\"\u{80}\":6,\"\u{f6}\":7,\"\u{20ac}\":1,\"\u{1f600}\":5,\"\u{fb33}\":3}";
        assert_eq!(of(names).as_deref(), Some(sorted));
        let escapes = r#"["\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"\/",true , null, []]"#;
        assert_eq!(
            of(escapes).as_deref(),
            Some("[\"\u{20ac}$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\",true,null,[]]")
        );
    }

    #[test]
    fn numbers_that_readers_take_for_others_are_refused() {
        assert_eq!(of("[9007199254740991, 0]").as_deref(), Some("[9007199254740991,0]"));
        for number in ["9007199254740992", "-1", "1.5", "1e3", "18446744073709551616"] {
            assert_eq!(of(number), None, "{number}");
        }
    }
}
