//! Least-cost alignment of two sequences: unit costs for substitution, deletion
//! and insertion (Levenshtein).
//!
//! Bit-parallel, 64 rows of the cost matrix a word (Myers 1999, in Hyyrö's 2003
//! form), so that texts of ten thousand words take milliseconds. Where the bits of
//! the whole matrix would exceed [`MATRIX_WORDS`] words, the problem is halved
//! first (Hirschberg 1975), so memory is bounded for any length.
//!
//! Among equally cheap alignments the choice is fixed, and the one jiwer (through
//! rapidfuzz) makes: what both sequences begin and end with is matched; then, from
//! the end, a deletion is preferred; then an insertion where it leads to a strictly
//! lower cost than the diagonal would; then the diagonal (hit or substitution).
//! Halving splits the hypothesis in the middle and the reference at the first of
//! the cheapest places, which can choose differently from jiwer, at the same cost.

use serde::{Deserialize, Serialize};

/// Most words of the two bit matrices kept at once: 32 MiB, which is two texts of
/// 11,500 items.
const MATRIX_WORDS: usize = 1 << 22;

/// What a step of an alignment does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum EditKind {
    /// The same on both sides.
    Hit,
    /// Something else in the hypothesis.
    Substitution,
    /// Only in the reference.
    Deletion,
    /// Only in the hypothesis.
    Insertion,
}

/// The steps that turn `reference` into `hypothesis`. Items must be numbered from
/// 0 without large gaps (a table of the largest is made).
pub(super) fn align(reference: &[u32], hypothesis: &[u32]) -> Vec<EditKind> {
    align_within(reference, hypothesis, MATRIX_WORDS)
}

/// [`align`] with at most `matrix_words` words of bit matrices.
fn align_within(reference: &[u32], hypothesis: &[u32], matrix_words: usize) -> Vec<EditKind> {
    let largest = reference.iter().chain(hypothesis).max();
    let mut aligner = Aligner {
        positions: vec![0; largest.map_or(0, |item| *item as usize + 1)],
        steps: Vec::with_capacity(reference.len().max(hypothesis.len())),
        matrix_words,
    };
    aligner.align(reference, hypothesis);
    aligner.steps
}

struct Aligner {
    /// For each item, in which of 64 rows it is. All 0 between uses.
    positions: Vec<u64>,
    steps: Vec<EditKind>,
    matrix_words: usize,
}

/// Differences between vertically adjacent costs of one column, 64 rows of it:
/// a bit in `up` where a row costs one more than the row before, in `down` where
/// one less.
#[derive(Clone, Copy)]
struct Column {
    up: u64,
    down: u64,
}

impl Aligner {
    fn align(&mut self, reference: &[u32], hypothesis: &[u32]) {
        let (prefix, suffix) = common_ends(reference, hypothesis);
        let reference = &reference[prefix..reference.len() - suffix];
        let hypothesis = &hypothesis[prefix..hypothesis.len() - suffix];
        self.extend(EditKind::Hit, prefix);
        if reference.is_empty() {
            self.extend(EditKind::Insertion, hypothesis.len());
        } else if hypothesis.is_empty() {
            self.extend(EditKind::Deletion, reference.len());
        } else if self.fits(reference.len(), hypothesis.len()) {
            self.align_by_matrix(reference, hypothesis);
        } else {
            let middle = hypothesis.len() / 2;
            let split = self.split(reference, hypothesis, middle);
            self.align(&reference[..split], &hypothesis[..middle]);
            self.align(&reference[split..], &hypothesis[middle..]);
        }
        self.extend(EditKind::Hit, suffix);
    }

    fn extend(&mut self, edit: EditKind, count: usize) {
        self.steps.extend(std::iter::repeat_n(edit, count));
    }

    /// Whether the matrix is small enough, or cannot be halved any more.
    fn fits(&self, rows: usize, columns: usize) -> bool {
        let words = rows.div_ceil(64).saturating_mul(columns).saturating_mul(2);
        words <= self.matrix_words || columns == 1
    }

    /// Goes through the cost matrix, 64 rows at a time, and shows every column of
    /// them with its index.
    fn sweep(&mut self, rows: &[u32], columns: &[u32], mut show: impl FnMut(usize, Column)) {
        // The cost goes up by one along the matrix's upper edge.
        let mut edges = vec![1_i8; columns.len()];
        for block in rows.chunks(64) {
            for (bit, item) in block.iter().enumerate() {
                self.positions[*item as usize] |= 1 << bit;
            }
            let mut column = Column { up: !0, down: 0 };
            for (index, (item, edge)) in columns.iter().zip(&mut edges).enumerate() {
                *edge = column.advance(self.positions[*item as usize], *edge);
                show(index, column);
            }
            for item in block {
                self.positions[*item as usize] = 0;
            }
        }
    }

    fn align_by_matrix(&mut self, reference: &[u32], hypothesis: &[u32]) {
        let columns = hypothesis.len();
        let mut matrix = Vec::with_capacity(reference.len().div_ceil(64) * columns);
        self.sweep(reference, hypothesis, |_, column| matrix.push(column));
        // Whether the cost at (row, column), counted from 1, is above or below the
        // one at (row - 1, column).
        let at = |row: usize, column: usize| {
            let bit = (row - 1) % 64;
            let Column { up, down } = matrix[(row - 1) / 64 * columns + column - 1];
            (up >> bit & 1 != 0, down >> bit & 1 != 0)
        };

        let from = self.steps.len();
        let (mut r, mut h) = (reference.len(), columns);
        while r > 0 && h > 0 {
            let edit = if at(r, h).0 {
                EditKind::Deletion
            } else if h > 1 && at(r, h - 1).1 {
                EditKind::Insertion
            } else if reference[r - 1] == hypothesis[h - 1] {
                EditKind::Hit
            } else {
                EditKind::Substitution
            };
            r -= usize::from(edit != EditKind::Insertion);
            h -= usize::from(edit != EditKind::Deletion);
            self.steps.push(edit);
        }
        self.extend(EditKind::Deletion, r);
        self.extend(EditKind::Insertion, h);
        self.steps[from..].reverse();
    }

    /// How much of the reference goes with the first `middle` items of the
    /// hypothesis in a cheapest alignment; the least such number.
    fn split(&mut self, reference: &[u32], hypothesis: &[u32], middle: usize) -> usize {
        let (before, after) = hypothesis.split_at(middle);
        let first = self.last_costs(reference, before);
        let backwards = |items: &[u32]| items.iter().rev().copied().collect::<Vec<_>>();
        let second = self.last_costs(&backwards(reference), &backwards(after));
        let cost = |split: &usize| first[*split] + second[reference.len() - *split];
        (0..=reference.len()).min_by_key(cost).unwrap_or(0)
    }

    /// What aligning the first 0, 1, 2, … `rows` with all `columns` costs.
    fn last_costs(&mut self, rows: &[u32], columns: &[u32]) -> Vec<usize> {
        let mut differences = Vec::with_capacity(rows.len().div_ceil(64));
        self.sweep(rows, columns, |index, column| {
            if index + 1 == columns.len() {
                differences.push(column);
            }
        });
        let mut cost = columns.len();
        let mut costs = vec![cost];
        for row in 0..rows.len() {
            let Column { up, down } = differences[row / 64];
            cost += (up >> (row % 64) & 1) as usize;
            cost -= (down >> (row % 64) & 1) as usize;
            costs.push(cost);
        }
        costs
    }
}

impl Column {
    /// Goes on to the next column. `equal` has a bit where the column's item is the
    /// row's, `edge` is the horizontal difference above the first row; returned is
    /// the one at the last row.
    fn advance(&mut self, equal: u64, edge: i8) -> i8 {
        let Self { up, down } = *self;
        let below = u64::from(edge < 0);
        let vertical = equal | down;
        let equal = equal | below;
        let diagonal = ((equal & up).wrapping_add(up) ^ up) | equal;
        let right_up = down | !(diagonal | up);
        let right_down = up & diagonal;
        let out = (right_up >> 63) as i8 - (right_down >> 63) as i8;
        let right_up = right_up << 1 | u64::from(edge > 0);
        let right_down = right_down << 1 | below;
        self.up = right_down | !(vertical | right_up);
        self.down = right_up & vertical;
        out
    }
}

/// How many items both sequences begin with, and then, of the rest, end with.
fn common_ends(a: &[u32], b: &[u32]) -> (usize, usize) {
    let prefix = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let suffix = a[prefix..]
        .iter()
        .rev()
        .zip(b[prefix..].iter().rev())
        .take_while(|(a, b)| a == b)
        .count();
    (prefix, suffix)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    /// The cost by the textbook's recurrence, two rows at a time.
    fn cost(reference: &[u32], hypothesis: &[u32]) -> usize {
        let mut costs: Vec<usize> = (0..=hypothesis.len()).collect();
        for item in reference {
            let mut diagonal = costs[0];
            costs[0] += 1;
            for (index, other) in hypothesis.iter().enumerate() {
                let step = diagonal + usize::from(item != other);
                diagonal = costs[index + 1];
                costs[index + 1] = step.min(diagonal + 1).min(costs[index] + 1);
            }
        }
        costs[hypothesis.len()]
    }

    fn errors(steps: &[EditKind]) -> usize {
        steps.iter().filter(|step| **step != EditKind::Hit).count()
    }

    /// Follows the steps; what comes out must be the hypothesis.
    fn replay(reference: &[u32], hypothesis: &[u32], steps: &[EditKind]) -> bool {
        let (mut r, mut h) = (reference.iter(), hypothesis.iter());
        let fits = steps.iter().all(|step| match step {
            EditKind::Hit => matches!((r.next(), h.next()), (Some(a), Some(b)) if a == b),
            EditKind::Substitution => matches!((r.next(), h.next()), (Some(a), Some(b)) if a != b),
            EditKind::Deletion => r.next().is_some(),
            EditKind::Insertion => h.next().is_some(),
        });
        fits && r.next().is_none() && h.next().is_none()
    }

    /// Sequences that have much in common: one, and an edited copy of it.
    fn any_pair() -> impl Strategy<Value = (Vec<u32>, Vec<u32>)> {
        let items = prop::collection::vec(0_u32..6, 0..200);
        let edits = prop::collection::vec((0_u8..8, 0_u32..6), 200);
        (items, edits).prop_map(|(reference, edits)| {
            let edited = reference
                .iter()
                .zip(edits)
                .flat_map(|(item, (edit, new))| match edit {
                    0 => vec![],
                    1 => vec![new],
                    2 => vec![*item, new],
                    _ => vec![*item],
                });
            let hypothesis = edited.collect();
            (reference, hypothesis)
        })
    }

    proptest! {
        #[test]
        fn steps_are_cheapest_with_and_without_halving((reference, hypothesis) in any_pair()) {
            let expected = cost(&reference, &hypothesis);
            for matrix_words in [0, 20, MATRIX_WORDS] {
                let steps = align_within(&reference, &hypothesis, matrix_words);
                prop_assert!(replay(&reference, &hypothesis, &steps), "{:?}", steps);
                prop_assert_eq!(errors(&steps), expected);
            }
        }
    }

    #[test]
    fn unlike_sequences_longer_than_a_word_of_bits() {
        let reference: Vec<u32> = (0..1000).map(|i| i * i % 37).collect();
        let hypothesis: Vec<u32> = (0..700).map(|i| i * 7 % 41).collect();
        for matrix_words in [0, 5000, MATRIX_WORDS] {
            let steps = align_within(&reference, &hypothesis, matrix_words);
            assert!(replay(&reference, &hypothesis, &steps));
            assert_eq!(errors(&steps), cost(&reference, &hypothesis));
        }
    }
}
