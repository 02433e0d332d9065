//! How often each n-gram occurs.

use asr_playground::decode::lm::{Gram, WordId};

/// N-grams of one order, sorted, with how often each occurs.
#[derive(Clone, Default)]
pub struct Counts(pub Vec<(Gram, u32)>);

impl Counts {
    /// Of n-grams in any order, each with a number of times: those of the same
    /// words are added up.
    pub fn sum(mut ngrams: Vec<(Gram, u32)>) -> Self {
        ngrams.sort_unstable_by_key(|(gram, _)| *gram);
        ngrams.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1 = kept.1.saturating_add(next.1);
            }
            same
        });
        ngrams.shrink_to_fit();
        Self(ngrams)
    }

    /// The n-grams in sentences of ids that each end in `</s>`. Before the first
    /// word stands one `<s>`.
    pub fn of(sentences: &[WordId], order: usize) -> Self {
        let mut grams = Vec::with_capacity(sentences.len());
        for sentence in sentences.split_inclusive(|word| *word == WordId::END) {
            let mut gram = Gram::EMPTY.then(WordId::START);
            let mut length = 1;
            if order == 1 {
                grams.push(gram);
            }
            for word in sentence {
                gram = gram.then(*word).suffix(order);
                length += 1;
                if length >= order {
                    grams.push(gram);
                }
            }
        }
        grams.sort_unstable();
        let runs = grams.chunk_by(|a, b| a == b);
        Self(runs.map(|run| (run[0], run.len() as u32)).collect())
    }

    /// How often an n-gram occurs.
    pub fn get(&self, gram: Gram) -> u32 {
        let place = self.0.binary_search_by_key(&gram, |(gram, _)| *gram);
        place.map_or(0, |place| self.0[place].1)
    }
}

/// The counts of one source, by order.
pub struct SourceCounts {
    pub levels: Vec<Counts>,
    /// Words, the ends of the sentences included.
    pub tokens: usize,
}

impl SourceCounts {
    pub fn new(sentences: &[WordId], order: usize) -> Self {
        Self {
            levels: (1..=order).map(|n| Counts::of(sentences, n)).collect(),
            tokens: sentences.len(),
        }
    }
}
