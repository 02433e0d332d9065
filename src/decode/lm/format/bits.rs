//! Numbers of any number of bits, and exponential Golomb codes.

/// The longest number written or read at once.
pub(super) const MAX_BITS: u32 = 32;

/// How many bits the numbers below `count` need.
pub(super) fn width(count: usize) -> u32 {
    count
        .saturating_sub(1)
        .checked_ilog2()
        .map_or(0, |log| log + 1)
}

/// How many bits [`BitWriter::golomb`] takes for a value.
pub(super) fn golomb_bits(value: u32, exponent: u32) -> u32 {
    2 * (u64::from(value) + (1 << exponent)).ilog2() - exponent + 1
}

/// Writes bits.
pub(super) struct BitWriter {
    bytes: Vec<u8>,
    pending: u64,
    count: u32,
}

impl BitWriter {
    /// Goes on behind these bytes.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self {
            bytes,
            pending: 0,
            count: 0,
        }
    }

    pub fn number(&mut self, value: u32, bits: u32) {
        self.pending |= u64::from(value) << self.count;
        self.count += bits;
        while self.count >= 8 {
            self.bytes.push(self.pending as u8);
            self.pending >>= 8;
            self.count -= 8;
        }
    }

    pub fn golomb(&mut self, value: u32, exponent: u32) {
        let shifted = u64::from(value) + (1 << exponent);
        let bits = shifted.ilog2();
        self.number(0, bits - exponent);
        self.number(1, 1);
        self.number((shifted - (1 << bits)) as u32, bits);
    }

    pub fn finish(mut self) -> Vec<u8> {
        if self.count > 0 {
            self.bytes.push(self.pending as u8);
        }
        self.bytes
    }
}

/// Reads bits; behind the end there are zeros, which [`BitReader::is_over`] tells.
pub(super) struct BitReader<'a> {
    bytes: &'a [u8],
    /// In bits.
    position: usize,
}

impl<'a> BitReader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0 }
    }

    /// The next 57 bits at least.
    fn peek(&self) -> u64 {
        let rest = self.bytes.get(self.position / 8..).unwrap_or_default();
        let next = rest.first_chunk().copied().unwrap_or_else(|| {
            let mut padded = [0; 8];
            padded[..rest.len()].copy_from_slice(rest);
            padded
        });
        u64::from_le_bytes(next) >> (self.position % 8)
    }

    pub fn number(&mut self, bits: u32) -> u32 {
        debug_assert!(bits <= MAX_BITS);
        let value = self.peek() & ((1 << bits) - 1);
        self.position += bits as usize;
        value as u32
    }

    /// `None` where there is no such code of a number below 2²⁴.
    pub fn golomb(&mut self, exponent: u32) -> Option<u32> {
        let zeros = self.peek().trailing_zeros();
        let bits = zeros + exponent;
        if bits > 24 {
            return None;
        }
        self.position += zeros as usize + 1;
        let shifted = (1 << bits) + self.number(bits);
        Some(shifted - (1 << exponent))
    }

    /// More was read than there is.
    pub fn is_over(&self) -> bool {
        self.position > 8 * self.bytes.len()
    }

    /// All has been read but the zeros of the last byte.
    pub fn is_at_end(&self) -> bool {
        self.position.div_ceil(8) == self.bytes.len()
            && (self.position.is_multiple_of(8) || self.peek() == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_are_those_of_the_table() {
        // Exponential Golomb codes of exponent 0 and 1, first bit first: see ITU-T
        // H.264, table 9-2, whose lower bits come most significant first.
        for (exponent, value, code) in [
            (0, 0, "1"),
            (0, 1, "010"),
            (0, 2, "011"),
            (0, 5, "00101"),
            (1, 0, "10"),
            (1, 1, "11"),
            (1, 2, "0100"),
            (1, 3, "0110"),
            (1, 4, "0101"),
        ] {
            let mut writer = BitWriter::new(Vec::new());
            writer.golomb(value, exponent);
            let byte = writer.finish()[0];
            let bits = golomb_bits(value, exponent);
            let written: String = (0..bits)
                .map(|bit| if byte >> bit & 1 == 1 { '1' } else { '0' })
                .collect();
            assert_eq!(written, code, "{value} at exponent {exponent}");
            assert_eq!(BitReader::new(&[byte]).golomb(exponent), Some(value));
        }
    }
}
