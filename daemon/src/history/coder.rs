//! Numbers in less than a byte each: adaptive binary arithmetic coding (a carry-less 32-bit range coder after
//! Subbotin's idea with the bit models of LZMA's kind).
//!
//! Most numbers of a row are small and alike. A number is written as the length of its binary form, bit by bit with
//! probabilities that follow what came before, then its lower bits, of which the highest is modelled too.

/// Probabilities of a zero bit have 12 bits; each bit seen moves one by a sixteenth of the way.
const PRECISION: u32 = 12;
const HALF: u16 = 1 << (PRECISION - 1);
const RATE: u32 = 4;
/// A range below this is widened by a byte.
const SMALL: u32 = 1 << 24;

/// What is expected of one sort of number. A fresh one expects nothing.
#[derive(Clone, Debug)]
pub(super) struct Model {
    /// Whether the binary form is longer than so many bits.
    longer: [u16; 33],
    /// The bit below the highest, by length.
    second: [u16; 33],
}

/// Bytes that end too early.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Truncated;

impl Default for Model {
    fn default() -> Self {
        Self { longer: [HALF; 33], second: [HALF; 33] }
    }
}

/// Writes numbers.
#[derive(Debug)]
pub(super) struct Encoder {
    low: u64,
    range: u32,
    /// Bytes that a carry may still change: the first of them and how many 0xff follow.
    pending: Option<(u8, usize)>,
    out: Vec<u8>,
}

impl Encoder {
    pub(super) fn new() -> Self {
        Self { low: 0, range: u32::MAX, pending: None, out: Vec::new() }
    }

    pub(super) fn put(&mut self, model: &mut Model, number: u32) {
        let length = (u32::BITS - number.leading_zeros()) as usize; // 0 to 32
        for bits in 0..length {
            self.bit(&mut model.longer[bits], true);
        }
        if length < 32 {
            self.bit(&mut model.longer[length], false);
        }
        for position in (0..length.saturating_sub(1)).rev() {
            let bit = number >> position & 1 == 1;
            if position + 2 == length {
                self.bit(&mut model.second[length], bit);
            } else {
                self.bit(&mut HALF.clone(), bit);
            }
        }
    }

    /// The bytes.
    pub(super) fn finish(mut self) -> Vec<u8> {
        for _ in 0..5 {
            self.shift();
        }
        // A decoder reads zeros behind the end.
        while self.out.last() == Some(&0) {
            self.out.pop();
        }
        self.out
    }

    fn bit(&mut self, zero: &mut u16, bit: bool) {
        let bound = (self.range >> PRECISION) * u32::from(*zero);
        if bit {
            self.low += u64::from(bound);
            self.range -= bound;
        } else {
            self.range = bound;
        }
        learn(zero, bit);
        while self.range < SMALL {
            self.range <<= 8;
            self.shift();
        }
    }

    /// Moves the highest byte out, with the carry that may have reached it.
    fn shift(&mut self) {
        let carry = (self.low >> 32) as u8; // 0 or 1
        let byte = (self.low >> 24) as u8; // the highest of the lower 32 bits
        match &mut self.pending {
            Some((_, ones)) if carry == 0 && byte == 0xff => *ones += 1,
            pending => {
                if let Some((first, ones)) = pending.replace((byte, 0)) {
                    self.out.push(first.wrapping_add(carry));
                    self.out.extend(std::iter::repeat_n(0xffu8.wrapping_add(carry), ones));
                }
            }
        }
        self.low = (self.low & 0x00ff_ffff) << 8;
    }
}

/// Reads what an [`Encoder`] wrote.
#[derive(Debug)]
pub(super) struct Decoder<'a> {
    rest: std::slice::Iter<'a, u8>,
    code: u32,
    range: u32,
    /// Zeros that were read behind the end.
    beyond: u32,
}

impl<'a> Decoder<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        let mut decoder = Self { rest: bytes.iter(), code: 0, range: u32::MAX, beyond: 0 };
        for _ in 0..4 {
            decoder.shift();
        }
        decoder
    }

    pub(super) fn take(&mut self, model: &mut Model) -> Result<u32, Truncated> {
        let mut length = 0;
        while length < 32 && self.bit(&mut model.longer[length]) {
            length += 1;
        }
        let mut number = u32::from(length > 0);
        for position in (0..length.saturating_sub(1)).rev() {
            let bit = if position + 2 == length {
                self.bit(&mut model.second[length])
            } else {
                self.bit(&mut HALF.clone())
            };
            number = number << 1 | u32::from(bit);
        }
        // An encoder leaves out no more than the zeros that its last five bytes can be, and four are read ahead.
        if self.beyond > 9 { Err(Truncated) } else { Ok(number) }
    }

    fn bit(&mut self, zero: &mut u16) -> bool {
        let bound = (self.range >> PRECISION) * u32::from(*zero);
        let bit = self.code >= bound;
        if bit {
            self.code -= bound;
            self.range -= bound;
        } else {
            self.range = bound;
        }
        learn(zero, bit);
        while self.range < SMALL {
            self.range <<= 8;
            self.shift();
        }
        bit
    }

    fn shift(&mut self) {
        let byte = self.rest.next().copied();
        self.beyond += u32::from(byte.is_none());
        self.code = self.code << 8 | u32::from(byte.unwrap_or(0));
    }
}

/// Moves a probability towards what was seen; it stays between 15 and 4,081 of 4,096, so that no bit is impossible.
fn learn(zero: &mut u16, bit: bool) {
    if bit {
        *zero -= *zero >> RATE;
    } else {
        *zero += ((1 << PRECISION) - *zero) >> RATE;
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn encode(numbers: &[u32]) -> Vec<u8> {
        let (mut encoder, mut model) = (Encoder::new(), Model::default());
        numbers.iter().for_each(|number| encoder.put(&mut model, *number));
        encoder.finish()
    }

    fn decode(bytes: &[u8], count: usize) -> Result<Vec<u32>, Truncated> {
        let (mut decoder, mut model) = (Decoder::new(bytes), Model::default());
        (0..count).map(|_| decoder.take(&mut model)).collect()
    }

    proptest! {
        #[test]
        fn what_is_read_is_what_was_written(
            numbers in vec(prop_oneof![0u32..20, any::<u32>(), Just(u32::MAX), Just(0)], 0..500)
        ) {
            prop_assert_eq!(decode(&encode(&numbers), numbers.len()), Ok(numbers));
        }

        #[test]
        fn any_bytes_give_numbers_or_an_end(bytes in vec(any::<u8>(), 0..100)) {
            let _ = decode(&bytes, 1000);
        }
    }

    #[test]
    fn carries_run_through_bytes_of_ones() {
        // The same improbable number again and again drives `low` up against its bound.
        for number in [1, 2, 3, 7, u32::MAX] {
            let numbers = [vec![0; 300], vec![number; 40], vec![0; 300]].concat();
            assert_eq!(decode(&encode(&numbers), numbers.len()), Ok(numbers));
        }
    }

    #[test]
    fn small_numbers_take_little_and_half_the_bytes_are_refused() {
        let bytes = encode(&vec![1; 1000]);
        assert!(bytes.len() < 60, "{}", bytes.len());
        let bytes = encode(&(0..1000).collect::<Vec<_>>());
        assert_eq!(decode(&bytes[..bytes.len() / 2], 1000), Err(Truncated));
    }
}
