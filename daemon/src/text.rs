//! Characters that have no place in a line that people read.

/// Whether it turns the direction in which the rest of the line is read (UAX #9 §2): what stands behind it could pass
/// for something else.
pub fn turns(character: char) -> bool {
    matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
