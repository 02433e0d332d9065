//! Log-probs that have been looked at: whole rows, no NaN, no +∞.

use super::CtcError;
use crate::decode::rows::check;

/// Row-major log-probs `[rows, V]`, checked.
#[derive(Clone, Copy, Debug)]
pub struct LogProbs<'a> {
    values: &'a [f32],
    columns: usize,
}

impl<'a> LogProbs<'a> {
    /// Takes `values` as rows of `columns` natural logarithms (`Tokens::len` of them);
    /// each row may lack a common constant, and may hold −∞.
    ///
    /// # Errors
    /// [`CtcError::NoRows`] when there are no values; [`CtcError::LogProbs`] when they are
    /// no whole rows, or one is NaN or +∞.
    pub fn new(values: &'a [f32], columns: usize) -> Result<Self, CtcError> {
        if values.is_empty() {
            return Err(CtcError::NoRows);
        }
        check(values, columns, 0)?;
        Ok(Self { values, columns })
    }

    /// Takes values that were looked at already.
    pub(super) fn of_checked(values: &'a [f32], columns: usize) -> Self {
        Self { values, columns }
    }

    /// All values.
    pub(super) fn values(&self) -> &'a [f32] {
        self.values
    }

    /// How many rows there are, at least 1.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.values.len() / self.columns
    }

    /// Values a row has.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.columns
    }

    pub(super) fn row(&self, row: usize) -> &'a [f32] {
        &self.values[row * self.columns..(row + 1) * self.columns]
    }
}
