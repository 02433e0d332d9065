//! Which words go wrong: the pairs most often substituted, and the words most often
//! inserted and deleted, over any number of alignments.

use std::cmp::Reverse;
use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::wer::{Alignment, EditKind};

/// A word that stands for another one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Confusion {
    /// What was said.
    pub reference: String,
    /// What was recognised.
    pub hypothesis: String,
}

/// Counts of word errors by word.
///
/// Lists are ordered by count, the largest first, and alphabetically among equals,
/// so the same texts give the same table in any order.
#[derive(Clone, Debug, Default)]
pub struct WordTable {
    substitutions: HashMap<Confusion, usize>,
    insertions: HashMap<String, usize>,
    deletions: HashMap<String, usize>,
}

impl WordTable {
    /// Counts the errors of one more alignment.
    pub fn add(&mut self, alignment: &Alignment) {
        for step in &alignment.steps {
            match (&step.reference, &step.hypothesis) {
                (Some(reference), Some(hypothesis)) if step.kind == EditKind::Substitution => {
                    let confusion = Confusion {
                        reference: reference.clone(),
                        hypothesis: hypothesis.clone(),
                    };
                    *self.substitutions.entry(confusion).or_default() += 1;
                }
                (None, Some(word)) => *self.insertions.entry(word.clone()).or_default() += 1,
                (Some(word), None) => *self.deletions.entry(word.clone()).or_default() += 1,
                _ => {}
            }
        }
    }

    /// Pairs of words and how often the one stood for the other.
    #[must_use]
    pub fn substitutions(&self) -> Vec<(&Confusion, usize)> {
        ordered(&self.substitutions)
    }

    /// Words that were recognised where nothing was said, and how often.
    #[must_use]
    pub fn insertions(&self) -> Vec<(&String, usize)> {
        ordered(&self.insertions)
    }

    /// Words that were said and left out, and how often.
    #[must_use]
    pub fn deletions(&self) -> Vec<(&String, usize)> {
        ordered(&self.deletions)
    }

    /// The first `most` of each list.
    #[must_use]
    pub fn most(&self, most: usize) -> WordErrors {
        let counted = |list: Vec<(&String, usize)>| {
            let list = list.into_iter().take(most);
            list.map(|(word, count)| CountedWord {
                word: word.clone(),
                count,
            })
            .collect()
        };
        let substitutions = self.substitutions().into_iter().take(most);
        WordErrors {
            substitutions: substitutions
                .map(|(pair, count)| CountedConfusion {
                    reference: pair.reference.clone(),
                    hypothesis: pair.hypothesis.clone(),
                    count,
                })
                .collect(),
            insertions: counted(self.insertions()),
            deletions: counted(self.deletions()),
        }
    }
}

/// The words most often wrong, of each kind the largest counts first: what is shown and
/// written of a [`WordTable`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WordErrors {
    /// Words that stood for others.
    pub substitutions: Vec<CountedConfusion>,
    /// Words that were recognised where nothing was said.
    pub insertions: Vec<CountedWord>,
    /// Words that were said and left out.
    pub deletions: Vec<CountedWord>,
}

/// A pair of words and how often the one stood for the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountedConfusion {
    /// What was said.
    pub reference: String,
    /// What was recognised.
    pub hypothesis: String,
    /// How often.
    pub count: usize,
}

/// A word and how often it was inserted or deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountedWord {
    /// The word.
    pub word: String,
    /// How often.
    pub count: usize,
}

fn ordered<K: Ord>(counts: &HashMap<K, usize>) -> Vec<(&K, usize)> {
    let mut list: Vec<_> = counts.iter().map(|(key, count)| (key, *count)).collect();
    list.sort_unstable_by_key(|(key, count)| (Reverse(*count), *key));
    list
}
