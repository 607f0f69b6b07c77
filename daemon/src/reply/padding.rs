//! Hides an answer's length from who watches an encrypted connection (RFC 7830, RFC 8467).

use crate::query::carries_option;
use crate::wire::{MAX_MESSAGE, Records, rtype, set_u16};

/// The EDNS option that only takes room (RFC 7830 §3).
const PADDING: u16 = 12;
/// Answers are this many bytes long, or twice as many, and so on (RFC 8467 §4.1).
const BLOCK: usize = 468;
/// An option's code and length.
const OPTION_HEADER: usize = 4;

/// Pads an answer of ours if the client's question asked for it by a padding of its own (RFC 7830 §4). Without an OPT
/// record as its last, or with no room left, the answer stays as it is.
pub fn pad(question: &[u8], answer: &mut Vec<u8>) {
    if !carries_option(question, PADDING) {
        return;
    }
    let last = Records::of(answer).and_then(Iterator::last);
    let Some(opt) = last.filter(|last| last.rtype == rtype::OPT && last.data.end == answer.len()) else {
        return;
    };
    let used = answer.len() + OPTION_HEADER;
    let Some(padding) = used.next_multiple_of(BLOCK).min(MAX_MESSAGE).checked_sub(used) else { return };
    // Both fit 16 bits: no message is longer.
    answer.extend_from_slice(&PADDING.to_be_bytes());
    answer.extend_from_slice(&(padding as u16).to_be_bytes());
    answer.resize(used + padding, 0);
    set_u16(answer, opt.data.start - 2, (used + padding - opt.data.start) as u16);
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: [u8; 12] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    /// An OPT record up to the length of its options.
    const OPT: [u8; 9] = [0, 0, 41, 4, 208, 0, 0, 0, 0];
    const PADDED: &[u8] = &[0, 12, 0, 2, 0, 0];

    /// A message with an OPT record that has these options.
    fn message(options: &[u8]) -> Vec<u8> {
        [&HEADER[..], &OPT, &(options.len() as u16).to_be_bytes(), options].concat()
    }

    #[test]
    fn an_answer_of_any_length_fills_whole_blocks() {
        for len in [0, 4, 440, 441, 442, 443, 1000] {
            let option = [&[0, 15][..], &(len as u16).to_be_bytes(), &vec![7; len]].concat();
            let mut answer = message(&option);
            let before = answer.len();
            pad(&message(PADDED), &mut answer);
            assert_eq!(answer.len() % BLOCK, 0, "{len}");
            assert!(answer.len() - before < BLOCK + OPTION_HEADER, "{len}");
            let opt = Records::of(&answer).unwrap().last().unwrap();
            assert_eq!(opt.data.end, answer.len(), "{len}: the record holds the padding");
            assert!(answer[opt.data.start..].starts_with(&option), "{len}: what was there stays");
        }
    }

    #[test]
    fn who_does_not_pad_gets_no_padding() {
        for question in [message(&[]), message(&[0, 10, 0, 1, 7]), HEADER.to_vec()] {
            let mut answer = message(&[]);
            pad(&question, &mut answer);
            assert_eq!(answer, message(&[]));
        }
    }

    #[test]
    fn an_answer_near_the_largest_is_padded_up_to_it_or_not_at_all() {
        let last_block = MAX_MESSAGE / BLOCK * BLOCK;
        for (len, padded) in [
            (last_block - 4, last_block),
            (last_block - 3, MAX_MESSAGE),
            (MAX_MESSAGE - 4, MAX_MESSAGE),
            (MAX_MESSAGE - 3, MAX_MESSAGE - 3),
        ] {
            let mut answer = message(&[]);
            let filler = len - answer.len();
            let record = [&[0, 0, 16, 0, 1, 0, 0, 0, 0][..], &((filler - 11) as u16).to_be_bytes()].concat();
            answer.splice(12..12, record.into_iter().chain(vec![0; filler - 11]));
            set_u16(&mut answer, 10, 2);
            pad(&message(PADDED), &mut answer);
            assert_eq!(answer.len(), padded);
        }
    }
}
