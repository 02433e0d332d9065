//! Rows of 8-bit levels of the current take (log-mel frames, log-probs), for display. Free of the browser.

use std::ops::Range;

/// The longest take that is kept: 31 minutes of rows 10 ms apart.
const MAX_ROWS: usize = 31 * 60 * 100;

/// Rows of 8-bit levels that come in order.
#[derive(Default)]
pub struct LevelStore {
    columns: usize,
    levels: Vec<u8>,
    generation: u32,
}

impl LevelStore {
    /// Forgets everything.
    pub fn clear(&mut self) {
        self.levels.clear();
        self.generation += 1;
    }

    /// Takes rows in at their place; a gap before them is silence.
    pub fn put(&mut self, first_row: i64, columns: u16, levels: &[u8]) {
        let columns = usize::from(columns);
        let Ok(first_row) = usize::try_from(first_row) else {
            return;
        };
        if columns == 0 || first_row > MAX_ROWS {
            return;
        }
        if columns != self.columns {
            self.clear();
            self.columns = columns;
        }
        let start = first_row * columns;
        if start < self.levels.len() {
            self.generation += 1;
        }
        let end = start + levels.len() / columns * columns;
        if end > self.levels.len() {
            self.levels.resize(end, 0);
        }
        self.levels[start..end].copy_from_slice(&levels[..end - start]);
    }

    /// Levels a row.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Grows when rows already put are put again or cleared, so that what was
    /// drawn of them is known to be old.
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// The levels of a range of rows, one slice a row; those there are.
    pub fn rows(&self, rows: Range<i64>) -> impl Iterator<Item = &[u8]> {
        let at = |row: i64| (row.max(0) as usize * self.columns).min(self.levels.len());
        let range = at(rows.start)..at(rows.end).max(at(rows.start));
        self.levels[range].chunks_exact(self.columns.max(1))
    }

    /// Rows so far.
    pub fn len(&self) -> i64 {
        self.levels.len().checked_div(self.columns).unwrap_or(0) as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_put_where_they_belong() {
        let mut store = LevelStore::default();
        store.put(0, 2, &[1, 2, 3, 4]);
        store.put(3, 2, &[7, 8]);
        assert_eq!(store.len(), 4);
        let rows: Vec<&[u8]> = store.rows(1..9).collect();
        assert_eq!(rows, [&[3, 4], &[0, 0], &[7, 8]]);
        let generation = store.generation();
        store.put(1, 2, &[9, 9, 5]);
        assert_ne!(store.generation(), generation);
        assert_eq!(store.rows(1..2).next(), Some(&[9, 9][..]));
        assert_eq!(store.rows(2..3).next(), Some(&[0, 0][..]));
    }

    #[test]
    fn nonsense_is_ignored() {
        let mut store = LevelStore::default();
        store.put(-1, 2, &[1, 2]);
        store.put(0, 0, &[1, 2]);
        store.put(i64::MAX, 80, &[1; 80]);
        assert_eq!(store.len(), 0);
        assert_eq!(store.rows(0..10).count(), 0);
        store.put(0, 80, &[1; 80]);
        store.put(0, 40, &[1; 80]);
        assert_eq!((store.len(), store.columns()), (2, 40));
    }
}
