//! Which n-grams a model has.

use asr_playground::decode::lm::{Gram, WordId};

use crate::counts::SourceCounts;

/// The n-grams of a model, by order. An n-gram's context and its longest proper
/// suffix are n-grams of it as well; every word has its unigram.
pub struct Structure {
    pub levels: Vec<Level>,
}

/// The n-grams of one order, sorted.
#[derive(Default)]
pub struct Level {
    pub grams: Vec<Gram>,
    /// Of each n-gram, its context's place in the level below; 0 for a unigram.
    pub contexts: Vec<u32>,
    /// Of each n-gram, its suffix's place in the level below; 0 for a unigram.
    pub suffixes: Vec<u32>,
}

impl Structure {
    /// Of these n-grams, `levels[n - 1]` being sorted and of order n. What lacks its
    /// context or suffix is left out.
    pub fn new(levels: Vec<Vec<Gram>>) -> Self {
        let mut built: Vec<Level> = Vec::new();
        for (below, grams) in levels.into_iter().enumerate() {
            let mut level = Level::default();
            for gram in grams {
                let Some(lower) = built.last() else {
                    level.push(gram, 0, 0);
                    continue;
                };
                let context = lower.grams.binary_search(&gram.context());
                let suffix = lower.grams.binary_search(&gram.suffix(below));
                if let (Ok(context), Ok(suffix)) = (context, suffix) {
                    level.push(gram, context as u32, suffix as u32);
                }
            }
            built.push(level);
        }
        Self { levels: built }
    }

    /// Every unigram and bigram of the sources, and the longer n-grams that some
    /// source has `min_ngram` times.
    pub fn of_sources(sources: &[SourceCounts], ids: usize, min_ngram: u32) -> Self {
        let unigrams = (0..ids as u32).map(|id| Gram::EMPTY.then(WordId(id)));
        let mut levels = vec![unigrams.collect::<Vec<_>>()];
        for below in 1..sources.first().map_or(1, |source| source.levels.len()) {
            let least = if below == 1 { 1 } else { min_ngram };
            let mut grams: Vec<Gram> = sources
                .iter()
                .flat_map(|source| &source.levels[below].0)
                .filter(|(_, count)| *count >= least)
                .map(|(gram, _)| *gram)
                .collect();
            grams.sort_unstable();
            grams.dedup();
            levels.push(grams);
        }
        Self::new(levels)
    }
}

impl Level {
    fn push(&mut self, gram: Gram, context: u32, suffix: u32) {
        self.grams.push(gram);
        self.contexts.push(context);
        self.suffixes.push(suffix);
    }
}
