//! The hypotheses as words and scores.

use crate::decode::log_add::log_add;
use serde::{Deserialize, Serialize};

use super::PrefixBeam;
use super::fusion::Parts;
use crate::decode::Word;

/// One of the texts that the search holds possible. Scores are in nats, and sums
/// over the take since the decoder's first row; each is weighted as in `total`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hypothesis {
    /// How many words, common to all hypotheses, come before: the first ones of the
    /// transcript, committed before the take was finished.
    pub first_word: usize,
    /// The words after these. Their times are those of the most probable single path
    /// that spells them.
    pub words: Vec<Word>,
    /// ln of the summed probability of the paths that spell the text.
    pub acoustic: f64,
    /// α·ln p of the words, of the sentence's end if the take is finished, and of
    /// what the open word promises if it is not.
    pub lm: f64,
    /// β a word, less the penalties for unknown words.
    pub bonus: f64,
    /// Boosts of the hotwords in the text.
    pub hotword: f64,
    /// The sum of the four: the ranking.
    pub total: f64,
}

impl Hypothesis {
    /// The words joined by single spaces.
    #[must_use]
    pub fn text(&self) -> String {
        let words: Vec<&str> = self.words.iter().map(|w| w.text.as_str()).collect();
        words.join(" ")
    }
}

/// Hypotheses of one text, by the best of them.
struct Ranked {
    text_hash: u64,
    rank: usize,
    acoustic: f64,
    bias: f64,
    parts: Parts,
}

impl PrefixBeam {
    /// The best `most` hypotheses, at the end of the take or in its middle. Prefixes
    /// that write the same words (a space at the end writes nothing; word pieces can
    /// cut a word in several ways) are one hypothesis, their probabilities added.
    pub(super) fn hypotheses(&self, at_end: bool, most: usize) -> Vec<Hypothesis> {
        let mut ranked = self.ranked(at_end);
        ranked.truncate(most);
        let hypothesis = |one: Ranked| Hypothesis {
            first_word: self.committed.len(),
            words: self.words(one.rank),
            acoustic: one.acoustic,
            lm: one.parts.lm + one.parts.look_ahead,
            bonus: one.parts.bonus,
            hotword: one.parts.hotword,
            total: one.acoustic + one.bias,
        };
        ranked.into_iter().map(hypothesis).collect()
    }

    fn ranked(&self, at_end: bool) -> Vec<Ranked> {
        let mut all: Vec<Ranked> = Vec::with_capacity(self.active.len());
        for (rank, active) in self.active.iter().enumerate() {
            let node = self.trie.node(active.node);
            let fusion = if at_end {
                self.scorer.finish(&node.fusion)
            } else {
                node.fusion
            };
            all.push(Ranked {
                text_hash: node.text_hash,
                rank,
                acoustic: active.acoustic,
                bias: fusion.bias,
                parts: self.scorer.parts(&fusion),
            });
        }
        let by_score =
            |a: &Ranked, b: &Ranked| (b.acoustic + b.bias).total_cmp(&(a.acoustic + a.bias));
        all.sort_by(|a, b| a.text_hash.cmp(&b.text_hash).then_with(|| by_score(a, b)));
        all.dedup_by(|other, best| {
            let same = other.text_hash == best.text_hash;
            if same {
                best.acoustic = log_add(best.acoustic, other.acoustic);
            }
            same
        });
        all.sort_by(|a, b| by_score(a, b).then(a.rank.cmp(&b.rank)));
        all
    }

    /// The words of a hypothesis after the committed ones.
    fn words(&self, rank: usize) -> Vec<Word> {
        let mut steps = Vec::new();
        self.steps(&self.active[rank], &mut steps);
        let mut speller = self.speller.clone();
        let mut words = Vec::new();
        for step in steps {
            let piece = &self.pieces[step.token as usize];
            words.extend(speller.end(piece));
            speller.write(piece, step.span);
        }
        words.extend(speller.last());
        words
    }
}
