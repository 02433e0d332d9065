//! The compact file: a header, two kinds of tables, then one stream of bits.
//!
//! All numbers are little-endian; bits are taken from the least significant end of
//! each byte, and so are the bits of a number.
//!
//! ```text
//! bytes  what
//! 4      "NGLM"
//! 1      version, 1
//! 1      order N, 1 to 5
//! 2      k₂ and k, the exponents of the codes below: for the gaps, for the children
//! 4      CRC-32 (IEEE) of all bytes from here on
//! 4·N    how many n-grams of order 1 … N; those of order 1 are the words and
//!        <unk>, <s>, </s>
//! for each order, then for each order below N: a table of values
//!   4        how many values V, at least 1
//!   4·V      the values as f32, rising: ln p, or ln of the back-off weight
//! for each word, in alphabetical order (of code points)
//!   1        how many bytes it shares with the word before
//!   1        how many bytes follow
//!   …        these bytes (UTF-8)
//! bits   until the end, the last byte filled with zeros:
//!   for each of <unk>, <s>, </s>, then for each word in alphabetical order: its ln p
//!   if N > 1, for each unigram by id: context
//!   for each order n from 2 to N, for each n-gram of order n-1 by id and order of
//!   words, for each of its children by id of the last word:
//!     gap      the last word's id, less the one before it and 1; the first child's
//!              less 0
//!     ln p
//!     context  if n < N
//! ```
//!
//! *ln p* is a place in the order's table, in as many bits as the last place needs.
//! *context* is one bit: 0 for an n-gram without children and with back-off weight
//! 1; otherwise 1, then the back-off weight, as a place in its table, and the number
//! of children. A gap and a number of children x ≥ 0 are exponential Golomb codes of
//! exponent k: of y = x + 2ᵏ, which has b + 1 bits, there come b − k zeros, a one, and
//! the lower b bits.
//!
//! The ids are 0 for `<unk>`, 1 for `<s>`, 2 for `</s>`; then the words by falling
//! ln p, those of equal ln p alphabetically. So frequent words, which most
//! n-grams end in, have small ids and gaps.

mod bits;
mod read;
mod write;

pub(super) use read::read;
pub(super) use write::write;

pub(super) const MAGIC: [u8; 4] = *b"NGLM";
const VERSION: u8 = 1;
/// Where the checksum stands; it is of what comes behind it.
const CHECKSUM: std::ops::Range<usize> = 8..12;

/// The exponents of the two codes.
#[derive(Clone, Copy)]
struct Exponents {
    gap: u32,
    children: u32,
}
