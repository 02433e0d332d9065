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
}

fn ordered<K: Ord>(counts: &HashMap<K, usize>) -> Vec<(&K, usize)> {
    let mut list: Vec<_> = counts.iter().map(|(key, count)| (key, *count)).collect();
    list.sort_unstable_by_key(|(key, count)| (Reverse(*count), *key));
    list
}
