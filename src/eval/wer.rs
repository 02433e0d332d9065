//! Word and character error rate, with the alignment they are counted from.
//!
//! Texts are compared as they are given: bring both through
//! [`super::normalise::normalise`] first. Words are what white space separates.
//! Characters are Unicode scalar values, spaces between words counted as
//! characters (as jiwer does), white space at the ends not.
//!
//! With S substitutions, D deletions, I insertions and H hits, a reference of N
//! items and a hypothesis of M: S + D + H = N, I + S + H = M, and the error rate is
//! (S + D + I) / N. It can exceed 1. **For an empty reference it is undefined**, and
//! `None` here; the counts still say what was inserted. (jiwer 4 gives the number
//! of insertions in that case.)
//!
//! Three more rates come from the same counts (Morris, Maier & Green 2004, "From WER
//! and RIL to MER and WIL"); unlike the error rate they never exceed 1:
//!
//! - match error rate, MER = (S + D + I) / (H + S + D + I), the part of the
//!   alignment's steps that are wrong;
//! - word information preserved, WIP = H/N · H/M, and lost, WIL = 1 − WIP.
//!
//! The cost matrix behind an alignment, for display, is in [`super::matrix`].
//!
//! Ties between equally cheap alignments are broken as jiwer does: in the part that
//! is left after matching what both texts begin and end with, from the end, a
//! deletion first, then an insertion, then the diagonal; see `align.rs`.

use std::collections::HashMap;
use std::hash::Hash;
use std::iter::Sum;
use std::ops::{Add, AddAssign};

use serde::{Deserialize, Serialize};

pub use super::align::EditKind;
use super::align::align;

/// One step of an alignment.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AlignmentStep {
    /// What it does.
    pub kind: EditKind,
    /// The reference's word; `None` for an insertion.
    pub reference: Option<String>,
    /// The hypothesis's word; `None` for a deletion.
    pub hypothesis: Option<String>,
}

/// Two texts, word by word.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alignment {
    /// The steps in order: both texts can be read off them.
    pub steps: Vec<AlignmentStep>,
    /// How many there are of each kind.
    pub counts: ErrorCounts,
}

/// How many steps of each kind an alignment has. Counts of several texts are added
/// up before the rate is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorCounts {
    /// Items that are the same on both sides (H).
    pub hits: usize,
    /// Items that are other ones in the hypothesis (S).
    pub substitutions: usize,
    /// Items only the reference has (D).
    pub deletions: usize,
    /// Items only the hypothesis has (I).
    pub insertions: usize,
}

impl ErrorCounts {
    /// Items of the reference, N = S + D + H.
    #[must_use]
    pub fn reference_len(&self) -> usize {
        self.substitutions + self.deletions + self.hits
    }

    /// Items of the hypothesis, M = I + S + H.
    #[must_use]
    pub fn hypothesis_len(&self) -> usize {
        self.insertions + self.substitutions + self.hits
    }

    /// S + D + I.
    #[must_use]
    pub fn errors(&self) -> usize {
        self.substitutions + self.deletions + self.insertions
    }

    /// (S + D + I) / N as a fraction; `None` for an empty reference.
    #[must_use]
    pub fn rate(&self) -> Option<f64> {
        let reference = self.reference_len();
        (reference > 0).then(|| self.errors() as f64 / reference as f64)
    }

    /// Match error rate, (S + D + I) / (H + S + D + I), in [0, 1]; `None` when both
    /// texts are empty. (jiwer 4 gives 0 then.)
    #[must_use]
    pub fn match_error_rate(&self) -> Option<f64> {
        let steps = self.hits + self.errors();
        (steps > 0).then(|| self.errors() as f64 / steps as f64)
    }

    /// Word information preserved, H/N · H/M, in [0, 1]; 0 for an empty hypothesis,
    /// `None` for an empty reference. (jiwer 4 gives 1 when both are empty, 0 when
    /// only the reference is.)
    #[must_use]
    pub fn information_preserved(&self) -> Option<f64> {
        let share = |items: usize| self.hits as f64 / items.max(1) as f64;
        (self.reference_len() > 0)
            .then(|| share(self.reference_len()) * share(self.hypothesis_len()))
    }

    /// Word information lost, 1 − [`information_preserved`](Self::information_preserved).
    #[must_use]
    pub fn information_lost(&self) -> Option<f64> {
        self.information_preserved()
            .map(|preserved| 1.0 - preserved)
    }

    fn of(edits: &[EditKind]) -> Self {
        let mut counts = Self::default();
        for edit in edits {
            *match edit {
                EditKind::Hit => &mut counts.hits,
                EditKind::Substitution => &mut counts.substitutions,
                EditKind::Deletion => &mut counts.deletions,
                EditKind::Insertion => &mut counts.insertions,
            } += 1;
        }
        counts
    }
}

impl AddAssign for ErrorCounts {
    fn add_assign(&mut self, other: Self) {
        self.hits += other.hits;
        self.substitutions += other.substitutions;
        self.deletions += other.deletions;
        self.insertions += other.insertions;
    }
}

impl Add for ErrorCounts {
    type Output = Self;

    fn add(mut self, other: Self) -> Self {
        self += other;
        self
    }
}

impl Sum for ErrorCounts {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), Add::add)
    }
}

/// Aligns two texts word by word.
#[must_use]
pub fn align_words(reference: &str, hypothesis: &str) -> Alignment {
    let (reference, hypothesis) = (words(reference), words(hypothesis));
    let edits = align_items(&reference, &hypothesis);
    let (mut r, mut h) = (reference.iter(), hypothesis.iter());
    let steps = edits.iter().map(|kind| AlignmentStep {
        kind: *kind,
        reference: match kind {
            EditKind::Insertion => None,
            _ => r.next().map(ToString::to_string),
        },
        hypothesis: match kind {
            EditKind::Deletion => None,
            _ => h.next().map(ToString::to_string),
        },
    });
    Alignment {
        steps: steps.collect(),
        counts: ErrorCounts::of(&edits),
    }
}

/// The errors between two texts in words.
#[must_use]
pub fn word_errors(reference: &str, hypothesis: &str) -> ErrorCounts {
    ErrorCounts::of(&align_items(&words(reference), &words(hypothesis)))
}

/// The errors between two texts in characters.
#[must_use]
pub fn char_errors(reference: &str, hypothesis: &str) -> ErrorCounts {
    let chars = |text: &str| text.trim().chars().collect::<Vec<_>>();
    ErrorCounts::of(&align_items(&chars(reference), &chars(hypothesis)))
}

/// Word error rate as a fraction; `None` for an empty reference.
#[must_use]
pub fn wer(reference: &str, hypothesis: &str) -> Option<f64> {
    word_errors(reference, hypothesis).rate()
}

/// Character error rate as a fraction; `None` for an empty reference.
#[must_use]
pub fn cer(reference: &str, hypothesis: &str) -> Option<f64> {
    char_errors(reference, hypothesis).rate()
}

pub(super) fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

/// Numbers the items of both sides and aligns the numbers.
fn align_items<T: Eq + Hash + Copy>(reference: &[T], hypothesis: &[T]) -> Vec<EditKind> {
    let mut numbers = HashMap::new();
    let mut number = |items: &[T]| -> Vec<u32> {
        let numbered = items.iter().map(|item| {
            let next = numbers.len() as u32;
            *numbers.entry(*item).or_insert(next)
        });
        numbered.collect()
    };
    let (reference, hypothesis) = (number(reference), number(hypothesis));
    align(&reference, &hypothesis)
}
