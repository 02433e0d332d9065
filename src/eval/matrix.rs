//! The textbook's way to an edit distance (Wagner & Fischer 1974), for showing and
//! for reading: the whole matrix of costs with the path through it, and the same
//! rows with only two of them kept.
//!
//! Cell (r, h) holds the fewest substitutions, deletions and insertions that turn
//! the first r words of the reference into the first h words of the hypothesis:
//!
//! ```text
//! cost(r, 0) = r        cost(0, h) = h
//! cost(r, h) = min( cost(r-1, h-1) + (0 where the words are equal, else 1),
//!                   cost(r-1, h) + 1,        deletion
//!                   cost(r, h-1) + 1 )       insertion
//! ```
//!
//! Error rates are counted by [`super::wer`], which is quicker and finds the same
//! costs; the path shown here is its alignment, step by step.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::wer::{Alignment, EditKind, align_words, words};

/// Most cells of a [`CostMatrix`]: a quarter of a million (two texts of 499 words)
/// is 1 MB and more than a screen can show.
pub const MAX_MATRIX_CELLS: usize = 250_000;

/// Two texts are too long for their matrix to be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "a matrix of {rows} × {columns} is too large to show: {MAX_MATRIX_CELLS} cells are the most, so compare shorter texts"
)]
pub struct MatrixTooLarge {
    /// Words of the reference, and one.
    pub rows: usize,
    /// Words of the hypothesis, and one.
    pub columns: usize,
}

/// A cell of the matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// How many words of the reference are done.
    pub row: usize,
    /// How many words of the hypothesis are done.
    pub column: usize,
}

/// Every cost on the way from one text to another, and the alignment's path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CostMatrix {
    costs: Vec<u32>,
    columns: usize,
    alignment: Alignment,
    path: Vec<Cell>,
}

impl CostMatrix {
    /// The matrix of two texts, word by word. They are compared as they are given,
    /// as by [`align_words`].
    ///
    /// # Errors
    /// When it would have more than [`MAX_MATRIX_CELLS`].
    pub fn of_words(reference: &str, hypothesis: &str) -> Result<Self, MatrixTooLarge> {
        let (reference_words, hypothesis_words) = (words(reference), words(hypothesis));
        let (rows, columns) = (reference_words.len() + 1, hypothesis_words.len() + 1);
        if rows.saturating_mul(columns) > MAX_MATRIX_CELLS {
            return Err(MatrixTooLarge { rows, columns });
        }
        let mut costs = first_row(columns);
        let mut next = vec![0; columns];
        for word in &reference_words {
            next_row(
                &costs[costs.len() - columns..],
                word,
                &hypothesis_words,
                &mut next,
            );
            costs.extend_from_slice(&next);
        }
        let alignment = align_words(reference, hypothesis);
        Ok(Self {
            costs,
            columns,
            path: path(&alignment),
            alignment,
        })
    }

    /// Words of the reference, and one.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.costs.len() / self.columns
    }

    /// Words of the hypothesis, and one.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// All costs, row-major `[rows, columns]`.
    #[must_use]
    pub fn costs(&self) -> &[u32] {
        &self.costs
    }

    /// The cost at a cell; `None` outside the matrix.
    #[must_use]
    pub fn cost(&self, cell: Cell) -> Option<u32> {
        let row = self.costs.chunks_exact(self.columns).nth(cell.row)?;
        row.get(cell.column).copied()
    }

    /// The backtrace, read forwards: the cells that the alignment goes through, from
    /// (0, 0) to the last, one more than it has steps.
    #[must_use]
    pub fn path(&self) -> &[Cell] {
        &self.path
    }

    /// What [`align_words`] shows for these texts; step k leads from `path()[k]` to
    /// `path()[k + 1]`.
    #[must_use]
    pub fn alignment(&self) -> &Alignment {
        &self.alignment
    }
}

fn path(alignment: &Alignment) -> Vec<Cell> {
    let mut cell = Cell { row: 0, column: 0 };
    let mut path = vec![cell];
    for step in &alignment.steps {
        cell.row += usize::from(step.kind != EditKind::Insertion);
        cell.column += usize::from(step.kind != EditKind::Deletion);
        path.push(cell);
    }
    path
}

/// The edit distance of two sequences, the short way to write it: two rows of the
/// matrix, so memory grows with the hypothesis alone. Time is |r|·|h|, as for the
/// matrix; [`super::wer`] does 64 cells at once.
///
/// Divided by the reference's length it is the error rate.
#[must_use]
pub fn edit_distance<T: PartialEq>(reference: &[T], hypothesis: &[T]) -> usize {
    let mut row = first_row(hypothesis.len() + 1);
    let mut next = row.clone();
    for item in reference {
        next_row(&row, item, hypothesis, &mut next);
        std::mem::swap(&mut row, &mut next);
    }
    row[hypothesis.len()] as usize
}

/// An empty reference: everything is inserted.
fn first_row(columns: usize) -> Vec<u32> {
    (0..columns as u32).collect()
}

/// The row after `row`, when the reference goes on with `item`.
fn next_row<T: PartialEq>(row: &[u32], item: &T, hypothesis: &[T], next: &mut [u32]) {
    next[0] = row[0] + 1;
    for (h, other) in hypothesis.iter().enumerate() {
        let diagonal = row[h] + u32::from(item != other);
        let deletion = row[h + 1] + 1;
        let insertion = next[h] + 1;
        next[h + 1] = diagonal.min(deletion).min(insertion);
    }
}
