//! What a decoder demands of log-prob rows before it takes any.

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
