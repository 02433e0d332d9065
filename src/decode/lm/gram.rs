//! An n-gram as one number, so that lists of them sort and compare at once.

use super::WordId;

/// The longest n-gram there can be.
pub const MAX_ORDER: usize = 5;

const BITS: u32 = 24;
const MASK: u128 = (1 << BITS) - 1;

/// How many words a vocabulary can have.
pub(super) const MAX_WORDS: usize = 1 << BITS;

/// The words of an n-gram, its first one in the most significant place; n is
/// known from where the value stands. N-grams of one order sort by their first
/// word, then the second, and so on: those that share a context lie together.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Gram(u128);

impl Gram {
    /// Of no words.
    pub const EMPTY: Self = Self(0);

    /// With one more word behind.
    #[must_use]
    pub fn then(self, word: WordId) -> Self {
        Self(self.0 << BITS | u128::from(word.0) & MASK)
    }

    /// Without the last word.
    #[must_use]
    pub fn context(self) -> Self {
        Self(self.0 >> BITS)
    }

    /// The last word.
    #[must_use]
    pub fn last(self) -> WordId {
        WordId((self.0 & MASK) as u32)
    }

    /// The last `count` words.
    #[must_use]
    pub fn suffix(self, count: usize) -> Self {
        Self(self.0 & ((1 << (BITS as usize * count)) - 1))
    }

    /// The words of an n-gram of order `order`, first to last.
    pub fn words(self, order: usize) -> impl Iterator<Item = WordId> {
        (0..order).rev().map(move |behind| {
            let shifted = self.0 >> (BITS as usize * behind);
            WordId((shifted & MASK) as u32)
        })
    }
}

/// An n-gram with its scores.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct NGram {
    /// The words.
    pub gram: Gram,
    /// ln p(last word | the words before it).
    pub ln_prob: f32,
    /// What a word not seen after this n-gram costs; 0 where none was seen.
    pub ln_backoff: f32,
}
