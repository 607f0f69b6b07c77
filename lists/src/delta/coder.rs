//! An adaptive binary range coder, and the two shapes of number that a delta is made of.
//!
//! The coder is the carry-less-decoder kind of G. Martin's "Range encoding" (1979) as LZMA made it known: 32 bits of
//! range, probabilities that follow what was seen. It spends what a number is worth, and its decoder fits a router.

/// The chance that the next bit is 0, in 65,536ths; moves fast at first, slowly once it has seen enough.
#[derive(Clone, Copy)]
pub(super) struct Chance {
    zero: u16,
    seen: u8,
}

impl Chance {
    const EVEN: Self = Self { zero: 1 << 15, seen: 0 };

    /// Never certain: the other bit must stay possible.
    const LEAST: u16 = 64;

    fn update(&mut self, bit: bool) {
        let rate = u32::from(self.seen / 2 + 1).min(6);
        self.seen = self.seen.saturating_add(1);
        let target = if bit { Self::LEAST } else { u16::MAX - Self::LEAST };
        // Half-way, a quarter of the way, … towards the target: stays within 16 bits.
        if target > self.zero {
            self.zero += (target - self.zero) >> rate;
        } else {
            self.zero -= (self.zero - target) >> rate;
        }
    }

    fn split(self, range: u32) -> u32 {
        (range >> 16) * u32::from(self.zero)
    }
}

/// Below this the range is shifted by a byte.
const NARROW: u32 = 1 << 24;

pub(super) struct Encoder {
    low: u64,
    range: u32,
    /// The byte that a carry can still change, and how many 0xff bytes follow it.
    held: Option<u8>,
    pending: usize,
    out: Vec<u8>,
}

impl Encoder {
    pub(super) fn new() -> Self {
        Self { low: 0, range: u32::MAX, held: None, pending: 0, out: Vec::new() }
    }

    fn bit(&mut self, chance: &mut Chance, bit: bool) {
        let split = chance.split(self.range);
        if bit {
            self.low += u64::from(split);
            self.range -= split;
        } else {
            self.range = split;
        }
        chance.update(bit);
        self.widen();
    }

    fn even_bits(&mut self, value: u64, count: u8) {
        for shift in (0..count).rev() {
            self.range >>= 1;
            if value >> shift & 1 == 1 {
                self.low += u64::from(self.range);
            }
            self.widen();
        }
    }

    fn widen(&mut self) {
        while self.range < NARROW {
            self.range <<= 8;
            self.shift();
        }
    }

    fn shift(&mut self) {
        let byte = (self.low >> 24) as u8; // the low byte; the carry is looked at beside it
        let carry = self.low >> 32 != 0;
        if byte != 0xff || carry {
            if let Some(held) = self.held {
                self.out.push(held.wrapping_add(carry.into()));
            }
            let filler = if carry { 0 } else { 0xff };
            self.out.extend(std::iter::repeat_n(filler, std::mem::take(&mut self.pending)));
            self.held = Some(byte);
        } else {
            self.pending += 1;
        }
        self.low = (self.low & 0x00ff_ffff) << 8;
    }

    /// The bytes; the decoder reads zeros behind the end, so zeros there are left out.
    pub(super) fn finish(mut self) -> Vec<u8> {
        for _ in 0..5 {
            self.shift();
        }
        let len = self.out.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
        self.out.truncate(len);
        self.out
    }
}

pub(super) struct Decoder<'a> {
    bytes: &'a [u8],
    code: u32,
    range: u32,
}

impl<'a> Decoder<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        let mut decoder = Self { bytes, code: 0, range: u32::MAX };
        for _ in 0..4 {
            decoder.shift();
        }
        decoder
    }

    fn shift(&mut self) {
        let next = match self.bytes.split_first() {
            Some((&byte, rest)) => {
                self.bytes = rest;
                byte
            }
            None => 0,
        };
        self.code = self.code << 8 | u32::from(next);
    }

    fn bit(&mut self, chance: &mut Chance) -> bool {
        let split = chance.split(self.range);
        let bit = self.code >= split;
        if bit {
            self.code -= split;
            self.range -= split;
        } else {
            self.range = split;
        }
        chance.update(bit);
        self.widen();
        bit
    }

    fn even_bits(&mut self, count: u8) -> u64 {
        let mut value = 0;
        for _ in 0..count {
            self.range >>= 1;
            let bit = self.code >= self.range;
            if bit {
                self.code -= self.range;
            }
            value = value << 1 | u64::from(bit);
            self.widen();
        }
        value
    }

    fn widen(&mut self) {
        while self.range < NARROW {
            self.range <<= 8;
            self.shift();
        }
    }
}

/// Gaps between sorted random numbers: Golomb-Rice with `low` plain bits and a quotient whose chances adapt.
pub(super) struct Gaps {
    low: u8,
    more: [Chance; 8],
}

impl Gaps {
    /// The best number of plain bits for `count` numbers spread over `space`.
    pub(super) fn plain_bits(space: u64, count: u64) -> u8 {
        // The mean gap times ln 2, as a power of two below it; at most 63.
        let mean = u128::from(space) * 693 / 1000 / u128::from(count.max(1));
        mean.max(1).ilog2() as u8
    }

    pub(super) fn new(low: u8) -> Self {
        Self { low: low.min(63), more: [Chance::EVEN; 8] }
    }

    pub(super) fn encode(&mut self, coder: &mut Encoder, gap: u64) {
        let quotient = gap >> self.low;
        for step in 0..quotient {
            coder.bit(self.chance(step), true);
        }
        coder.bit(self.chance(quotient), false);
        coder.even_bits(gap, self.low);
    }

    /// A gap of at most `most`; `None` if the bytes say more.
    pub(super) fn decode(&mut self, coder: &mut Decoder<'_>, most: u64) -> Option<u64> {
        let mut quotient = 0;
        while coder.bit(self.chance(quotient)) {
            quotient += 1;
            if quotient > most >> self.low {
                return None;
            }
        }
        let gap = quotient << self.low | coder.even_bits(self.low);
        (gap <= most).then_some(gap)
    }

    fn chance(&mut self, step: u64) -> &mut Chance {
        &mut self.more[step.min(7) as usize]
    }
}

/// Statement numbers: the first 255 by a tree of chances, the rest escape to 16 plain bits.
pub(super) struct Numbers {
    tree: Box<[Chance; 256]>,
}

const ESCAPE: u16 = 255;

impl Numbers {
    pub(super) fn new() -> Self {
        Self { tree: Box::new([Chance::EVEN; 256]) }
    }

    pub(super) fn encode(&mut self, coder: &mut Encoder, number: u16) {
        let symbol = number.min(ESCAPE);
        let mut node = 1;
        for shift in (0..8).rev() {
            let bit = symbol >> shift & 1 == 1;
            coder.bit(&mut self.tree[node], bit);
            node = node << 1 | usize::from(bit);
        }
        if symbol == ESCAPE {
            coder.even_bits(number.into(), 16);
        }
    }

    pub(super) fn decode(&mut self, coder: &mut Decoder<'_>) -> u16 {
        let mut node = 1;
        for _ in 0..8 {
            node = node << 1 | usize::from(coder.bit(&mut self.tree[node]));
        }
        // The node is 256 and the symbol's 8 bits; the escape is followed by 16.
        let symbol = (node & 0xff) as u16;
        if symbol == ESCAPE { coder.even_bits(16) as u16 } else { symbol }
    }
}

/// One yes or no, with its own chance.
pub(super) struct Flag(Chance);

impl Flag {
    pub(super) fn new() -> Self {
        Self(Chance::EVEN)
    }

    pub(super) fn encode(&mut self, coder: &mut Encoder, value: bool) {
        coder.bit(&mut self.0, value);
    }

    pub(super) fn decode(&mut self, coder: &mut Decoder<'_>) -> bool {
        coder.bit(&mut self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(
            items in proptest::collection::vec((any::<u32>(), any::<u16>(), any::<bool>()), 0..200),
            low in 16_u8..40,
        ) {
            let mut coder = Encoder::new();
            let (mut gaps, mut numbers, mut flag) = (Gaps::new(low), Numbers::new(), Flag::new());
            for &(gap, number, yes) in &items {
                gaps.encode(&mut coder, gap.into());
                numbers.encode(&mut coder, number);
                flag.encode(&mut coder, yes);
            }
            let bytes = coder.finish();
            let mut coder = Decoder::new(&bytes);
            let (mut gaps, mut numbers, mut flag) = (Gaps::new(low), Numbers::new(), Flag::new());
            for &(gap, number, yes) in &items {
                prop_assert_eq!(gaps.decode(&mut coder, u64::MAX), Some(gap.into()));
                prop_assert_eq!(numbers.decode(&mut coder), number);
                prop_assert_eq!(flag.decode(&mut coder), yes);
            }
        }
    }

    /// Long runs of 0xff make carries travel; every one must arrive.
    #[test]
    fn carries_travel_through_long_runs() {
        for count in 0..40 {
            let mut coder = Encoder::new();
            coder.even_bits(u64::MAX, 63);
            (0..count).for_each(|_| coder.even_bits(u64::MAX, 8));
            coder.bit(&mut Chance { zero: 65_000, seen: 200 }, true);
            coder.even_bits(0x1234, 16);
            let bytes = coder.finish();
            let mut coder = Decoder::new(&bytes);
            assert_eq!(coder.even_bits(63), u64::MAX >> 1);
            (0..count).for_each(|_| assert_eq!(coder.even_bits(8), 0xff));
            assert!(coder.bit(&mut Chance { zero: 65_000, seen: 200 }));
            assert_eq!(coder.even_bits(16), 0x1234);
        }
    }
}
