//! A look at the codebooks in a Vorbis setup header (Vorbis I specification, 3.2.1 and
//! 4.2.4) before symphonia reads them: sizes that no encoder writes end in a failed
//! assertion there (seen with symphonia 0.6.1, `lookup1_values`) or in an absurd
//! allocation. Found by `tests/audio/hostile.rs`.

/// More values than any codebook in use holds (the largest have some 60,000).
const MAX_CODEBOOK_VALUES: u64 = 1 << 22;
/// "BCV", least significant byte first.
const CODEBOOK_SYNC: u32 = 0x56_43_42;

/// Whether all codebooks have sizes that can be true. `setup` is the whole packet.
pub(super) fn codebooks_are_sane(setup: &[u8]) -> bool {
    let mut bits = Bits {
        bytes: setup,
        at: 7 * 8,
    };
    let Some(count) = bits.take(8) else {
        return false;
    };
    (0..=count).all(|_| skip_codebook(&mut bits).is_some())
}

/// Reads past one codebook; `None` where it is impossible or cut.
fn skip_codebook(bits: &mut Bits<'_>) -> Option<()> {
    if bits.take(24)? != CODEBOOK_SYNC {
        return None;
    }
    let dimensions = bits.take(16)?;
    let entries = bits.take(24)?;
    let values = u64::from(dimensions) * u64::from(entries);
    if values == 0 || values > MAX_CODEBOOK_VALUES {
        return None;
    }
    skip_lengths(bits, entries)?;
    let lookup = bits.take(4)?;
    if lookup == 0 {
        return Some(());
    }
    bits.skip(64)?;
    let value_bits = u64::from(bits.take(4)?) + 1;
    bits.skip(1)?;
    let stored = match lookup {
        1 => u64::from(root(entries, dimensions)?),
        2 => values,
        _ => return None,
    };
    bits.skip(stored * value_bits)
}

fn skip_lengths(bits: &mut Bits<'_>, entries: u32) -> Option<()> {
    if bits.take(1)? == 0 {
        let sparse = bits.take(1)? == 1;
        for _ in 0..entries {
            if !sparse || bits.take(1)? == 1 {
                bits.skip(5)?;
            }
        }
        return Some(());
    }
    bits.skip(5)?;
    let mut done = 0;
    while done < entries {
        let width = u32::BITS - (entries - done).leading_zeros();
        done += bits.take(width)?;
        if done > entries {
            return None;
        }
    }
    Some(())
}

/// The largest `r` with `r^dimensions <= entries`; `None` where the next power
/// overflows, which is where symphonia's check goes wrong.
fn root(entries: u32, dimensions: u32) -> Option<u32> {
    let mut root = 1_u32;
    while (root + 1).checked_pow(dimensions)? <= entries {
        root += 1;
    }
    Some(root)
}

/// Bits of a packet, least significant first (Vorbis I specification, 2.1).
struct Bits<'a> {
    bytes: &'a [u8],
    at: u64,
}

impl Bits<'_> {
    /// The next `count` bits, at most 32.
    fn take(&mut self, count: u32) -> Option<u32> {
        let mut value = 0;
        for n in 0..count {
            let byte = *self.bytes.get((self.at / 8) as usize)?;
            value |= u32::from(byte >> (self.at % 8) & 1) << n;
            self.at += 1;
        }
        Some(value)
    }

    fn skip(&mut self, count: u64) -> Option<()> {
        self.at = self.at.checked_add(count)?;
        (self.at <= 8 * self.bytes.len() as u64).then_some(())
    }
}
