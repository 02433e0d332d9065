//! The states of a text and how paths go through them.

use std::ops::Range;

use super::{CtcError, LogProbs, Spelling};
use crate::decode::rows::normalise;

/// The states of one text.
#[derive(Clone, Debug)]
pub(super) struct States {
    /// The token of each state, the blank in the even ones.
    pub tokens: Vec<usize>,
    /// Whether a path may come to the state from two states before.
    pub skips: Vec<bool>,
}

/// The trellis of one text over some rows; there are at least as many as it needs.
pub(super) struct Trellis<'a> {
    pub log_probs: LogProbs<'a>,
    pub tokens: &'a [usize],
    pub skips: &'a [bool],
}

impl States {
    /// Checks that rows and text go together, and that there are at most `limit` cells.
    pub fn new(log_probs: LogProbs<'_>, spelling: &Spelling, limit: u64) -> Result<Self, CtcError> {
        if spelling.columns() != log_probs.columns() {
            return Err(CtcError::OtherTokens {
                spelled: spelling.columns(),
                columns: log_probs.columns(),
            });
        }
        let (rows, needed) = (log_probs.rows(), spelling.rows_needed());
        if rows < needed {
            return Err(CtcError::TooFewRows { needed, rows });
        }
        let tokens: Vec<usize> = spelling.states().collect();
        if rows as u64 * tokens.len() as u64 > limit {
            return Err(CtcError::TooLarge {
                rows,
                states: tokens.len(),
                limit,
            });
        }
        let skips = skips(&tokens);
        Ok(Self { tokens, skips })
    }

    /// The trellis over those rows.
    pub fn over<'a>(&'a self, log_probs: LogProbs<'a>) -> Trellis<'a> {
        Trellis {
            log_probs,
            tokens: &self.tokens,
            skips: &self.skips,
        }
    }
}

impl Trellis<'_> {
    pub fn rows(&self) -> usize {
        self.log_probs.rows()
    }

    pub fn states(&self) -> usize {
        self.tokens.len()
    }

    /// The states that a whole path can be in at a row: at most two further a row from
    /// the first two, and at most two a row before the last two.
    pub fn reach(&self, row: usize) -> Range<usize> {
        let left = self.rows() - 1 - row;
        (self.states() - 2).saturating_sub(2 * left)..self.states().min(2 * row + 2)
    }

    /// Log-probs of a row, normalised, by token.
    pub fn emissions(&self, row: usize, into: &mut Vec<f64>) {
        normalise(self.log_probs.row(row), self.tokens[0], into);
    }
}

/// For each state whether it can be come to over the blank before it: a token that
/// differs from the one before.
pub(super) fn skips(tokens: &[usize]) -> Vec<bool> {
    (0..tokens.len())
        .map(|state| state % 2 == 1 && state > 1 && tokens[state] != tokens[state - 2])
        .collect()
}
