//! What a device calls itself: anything at all, until it has gone through here.

use std::fmt;

/// The most characters of a name; a DNS label has no more bytes.
const LONGEST: usize = 63;
/// Marks that a letter may carry: Vietnamese has two, and towers of them hide the lines above.
const MARKS: usize = 2;

/// A host name made fit for people's eyes: one short line of letters, digits and ASCII signs, with nothing in it that
/// steers a terminal, turns the direction of writing or cannot be seen.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostName(Box<str>);

impl HostName {
    /// The name in what a device sent; `None` when nothing of it is left, or it is what nameless devices send.
    pub fn new(sent: &str) -> Option<Self> {
        let mut name = String::new();
        let (mut length, mut marks) = (0, 0);
        // Cut first: what is sent can be long, what is kept is not.
        for character in sent.chars().take(4 * LONGEST) {
            let is_mark = ('\u{300}'..='\u{36f}').contains(&character);
            marks = if is_mark { marks + 1 } else { 0 };
            let is_shown = character.is_alphanumeric()
                || character.is_ascii_graphic()
                || character == '’'
                || is_mark && marks <= MARKS && !name.is_empty()
                || character == ' ' && !name.is_empty() && !name.ends_with(' ');
            if is_shown && length < LONGEST {
                name.push(character);
                length += 1;
            }
        }
        let name = name.trim_end();
        (!matches!(name, "" | "*" | "-" | "localhost")).then(|| Self(name.into()))
    }

    /// The name as text; still a stranger's words.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn name(sent: &str) -> Option<String> {
        HostName::new(sent).map(|name| name.to_string())
    }

    #[test]
    fn ordinary_names_stay_as_they_are() {
        for ordinary in
            ["an-phone", "Galaxy-A54", "iPhone của An", "Máy tính bảng", "An’s iPad", "山田の電話"]
        {
            assert_eq!(name(ordinary).as_deref(), Some(ordinary));
        }
        // The same in letters with separate marks.
        assert_eq!(name("ma\u{301}y ti\u{301}nh").as_deref(), Some("ma\u{301}y ti\u{301}nh"));
    }

    #[test]
    fn what_steers_turns_or_hides_is_taken_out() {
        assert_eq!(name("\u{1b}[31mred\u{7}\r\n").as_deref(), Some("[31mred"));
        assert_eq!(name("evil\u{202e}gpj.exe\u{200b}\u{2066}").as_deref(), Some("evilgpj.exe"));
        assert_eq!(name("  two \u{a0} words  ").as_deref(), Some("two words"));
        assert_eq!(name(&format!("a{}", "\u{336}".repeat(50))).as_deref(), Some("a\u{336}\u{336}"));
        assert_eq!(
            name("<script>alert(1)</script>").as_deref(),
            Some("<script>alert(1)</script>"),
            "text it is"
        );
    }

    #[test]
    fn nothing_is_no_name() {
        for nothing in ["", "*", "-", " ", "\u{202e}", "\0\0", "localhost"] {
            assert_eq!(name(nothing), None, "{nothing:?}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_sent_becomes_one_short_line_and_stays_it(sent in any::<String>(), times in 1_usize..40) {
            if let Some(name) = HostName::new(&sent.repeat(times)) {
                let text = name.as_str();
                prop_assert!((1..=LONGEST).contains(&text.chars().count()));
                let hides = |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}');
                prop_assert!(!text.chars().any(|c| c.is_control() || hides(c)));
                prop_assert!(text.trim() == text);
                prop_assert_eq!(HostName::new(text), Some(name.clone()));
            }
        }
    }
}
