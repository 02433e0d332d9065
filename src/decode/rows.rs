//! What a decoder demands of log-prob rows before it takes any, and how it reads them: a row
//! may lack a common constant, and one of nothing but −∞ says nothing and is a certain blank.

use super::DecodeError;

/// Refuses what is not whole rows of `columns` values, or holds NaN or +∞.
/// `next_row` is the row that the first value belongs to.
pub(super) fn check(rows: &[f32], columns: usize, next_row: i64) -> Result<(), DecodeError> {
    if columns == 0 || !rows.len().is_multiple_of(columns) {
        return Err(DecodeError::PartialRow {
            values: rows.len(),
            columns,
        });
    }
    let bad = rows
        .iter()
        .position(|value| value.is_nan() || *value == f32::INFINITY);
    match bad {
        None => Ok(()),
        Some(index) => Err(DecodeError::NotALogProb {
            row: next_row.saturating_add((index / columns) as i64),
            token: index % columns,
            value: rows[index],
        }),
    }
}

/// What makes a row's values logarithms of probabilities that sum to 1: its log-sum-exp.
#[derive(Clone, Copy)]
pub(super) struct Norm {
    largest: f64,
    /// ln of the sum of e^(value − largest).
    ln_sum: f64,
}

impl Norm {
    /// Of a row of values that are neither NaN nor +∞; `None` for one of nothing but −∞.
    pub fn of(row: &[f32]) -> Option<Self> {
        let largest = f64::from(row.iter().copied().fold(f32::NEG_INFINITY, f32::max));
        if largest == f64::NEG_INFINITY {
            return None;
        }
        let above = row.iter().map(|value| (f64::from(*value) - largest).exp());
        let ln_sum = above.sum::<f64>().ln();
        Some(Self { largest, ln_sum })
    }

    /// ln p of the token that has this value in the row.
    pub fn ln(self, value: f32) -> f64 {
        (f64::from(value) - self.largest) - self.ln_sum
    }
}

/// ln p of each token of a row, the probabilities summing to 1.
pub(super) fn normalise(row: &[f32], blank: usize, into: &mut Vec<f64>) {
    into.clear();
    if let Some(norm) = Norm::of(row) {
        into.extend(row.iter().map(|value| norm.ln(*value)));
    } else {
        into.resize(row.len(), f64::NEG_INFINITY);
        into[blank] = 0.0;
    }
}
