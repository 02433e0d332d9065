//! Coarser and coarser copies of a take's rows, so that a picture of half an hour costs no
//! more than one of a second. Free of the browser.
//!
//! Level k holds one row for each [`FACTOR`]ᵏ rows of the take: of each column the largest
//! or the smallest of them, so that a spike of one row stays visible however far away.

use std::ops::Range;

use crate::ui::level_store::LevelStore;

/// Rows of a level that make one of the next.
const FACTOR: usize = 4;
/// Levels above the take's own rows: 4⁵ rows of 10 ms are ten seconds.
const LEVELS: usize = 5;

/// Which of several values stands for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// The largest.
    Largest,
    /// The smallest.
    Smallest,
}

impl Keep {
    fn of(self, a: u8, b: u8) -> u8 {
        match self {
            Self::Largest => a.max(b),
            Self::Smallest => a.min(b),
        }
    }

    fn nothing(self) -> u8 {
        match self {
            Self::Largest => u8::MIN,
            Self::Smallest => u8::MAX,
        }
    }
}

/// The copies of one [`LevelStore`].
#[derive(Clone, Debug)]
pub struct Pyramid {
    keep: Keep,
    columns: usize,
    generation: u32,
    coarse: [Vec<u8>; LEVELS],
}

impl Pyramid {
    /// One with nothing in it.
    pub fn new(keep: Keep) -> Self {
        Self {
            keep,
            columns: 0,
            generation: 0,
            coarse: std::array::from_fn(|_| Vec::new()),
        }
    }

    /// Takes in the rows that are new in the store.
    pub fn follow(&mut self, store: &LevelStore) {
        if self.generation != store.generation() || self.columns != store.columns() {
            self.generation = store.generation();
            self.columns = store.columns();
            self.coarse = std::array::from_fn(|_| Vec::new());
        }
        if self.columns == 0 {
            return;
        }
        let group = FACTOR * self.columns;
        let (keep, columns) = (self.keep, self.columns);
        let done = self.coarse[0].len() / columns;
        let whole = store.rows((done * FACTOR) as i64..store.len());
        let mut pending = Vec::with_capacity(FACTOR);
        for row in whole {
            pending.push(row);
            if pending.len() == FACTOR {
                let start = self.coarse[0].len();
                self.coarse[0].resize(start + columns, keep.nothing());
                for row in pending.drain(..) {
                    merge(keep, &mut self.coarse[0][start..], row);
                }
            }
        }
        for level in 1..LEVELS {
            let (below, above) = self.coarse.split_at_mut(level);
            let (Some(below), Some(above)) = (below.last(), above.first_mut()) else {
                return;
            };
            let done = above.len() / columns;
            for rows in below[(done * group).min(below.len())..].chunks_exact(group) {
                let start = above.len();
                above.resize(start + columns, keep.nothing());
                for row in rows.chunks_exact(columns) {
                    merge(keep, &mut above[start..], row);
                }
            }
        }
    }

    /// One row that stands for a range of the store's rows, written to `out`; what is not
    /// there counts as nothing. At the ends of a long range a few rows more may count.
    pub fn read(&self, store: &LevelStore, rows: Range<i64>, out: &mut [u8]) {
        out.fill(self.keep.nothing());
        let rows = rows.start.max(0)..rows.end.min(store.len());
        if rows.is_empty() {
            return;
        }
        let mut size = 1;
        let mut level = None;
        for coarse in &self.coarse {
            let next = size * FACTOR as i64;
            let there = (coarse.len() / self.columns.max(1)) as i64 * next;
            if next * 2 > rows.end - rows.start || there < rows.end {
                break;
            }
            size = next;
            level = Some(coarse);
        }
        let Some(level) = level else {
            for row in store.rows(rows) {
                merge(self.keep, out, row);
            }
            return;
        };
        let first = (rows.start / size) as usize * self.columns;
        let end = (rows.end as u64).div_ceil(size as u64) as usize * self.columns;
        let end = end.min(level.len());
        for row in level[first.min(end)..end].chunks_exact(self.columns) {
            merge(self.keep, out, row);
        }
    }
}

fn merge(keep: Keep, into: &mut [u8], row: &[u8]) {
    for (value, new) in into.iter_mut().zip(row) {
        *value = keep.of(*value, *new);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(rows: usize) -> LevelStore {
        let mut store = LevelStore::default();
        let levels: Vec<u8> = (0..rows * 2).map(|i| (i * 37 % 251) as u8).collect();
        store.put(0, 2, &levels);
        store
    }

    fn plainly(store: &LevelStore, rows: Range<i64>, keep: Keep) -> Vec<u8> {
        let mut out = vec![keep.nothing(); 2];
        for row in store.rows(rows) {
            merge(keep, &mut out, row);
        }
        out
    }

    #[test]
    fn a_range_is_what_its_rows_are() {
        let store = store(5000);
        for keep in [Keep::Largest, Keep::Smallest] {
            let mut pyramid = Pyramid::new(keep);
            pyramid.follow(&store);
            let mut out = [0, 0];
            // Ranges that whole rows of a level make up.
            for range in [0..1, 7..9, 0..4096, 1024..2048, 64..128, 16..48, 4096..5000] {
                pyramid.read(&store, range.clone(), &mut out);
                assert_eq!(
                    out.to_vec(),
                    plainly(&store, range.clone(), keep),
                    "{range:?}"
                );
            }
        }
    }

    #[test]
    fn one_spike_is_seen_from_far_away() {
        let mut store = LevelStore::default();
        let mut levels = vec![255; 4096];
        levels[3001] = 3;
        store.put(0, 1, &levels);
        let mut pyramid = Pyramid::new(Keep::Smallest);
        pyramid.follow(&store);
        let mut out = [0];
        pyramid.read(&store, 0..4096, &mut out);
        assert_eq!(out, [3]);
        pyramid.read(&store, 2048..4096, &mut out);
        assert_eq!(out, [3]);
        pyramid.read(&store, 0..2048, &mut out);
        assert_eq!(out, [255]);
    }

    #[test]
    fn rows_that_come_later_count_and_old_ones_are_forgotten() {
        let mut store = LevelStore::default();
        let mut pyramid = Pyramid::new(Keep::Largest);
        let mut out = [0];
        for first in 0..100 {
            store.put(first * 10, 1, &[first as u8; 10]);
            pyramid.follow(&store);
        }
        pyramid.read(&store, 0..1000, &mut out);
        assert_eq!(out, [99]);
        store.clear();
        store.put(0, 1, &[5; 1000]);
        pyramid.follow(&store);
        pyramid.read(&store, 0..1000, &mut out);
        assert_eq!(out, [5]);
        pyramid.read(&store, 2000..3000, &mut out);
        assert_eq!(out, [0]);
    }
}
