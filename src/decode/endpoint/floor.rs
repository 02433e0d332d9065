//! The level of the quiet between sounds.

use std::collections::VecDeque;

/// The lowest of the last levels: the sliding minimum by a queue of rising values.
#[derive(Clone, Debug)]
pub(super) struct Floor {
    window_rows: i64,
    /// Row and level; each lower than all that came after.
    lows: VecDeque<(i64, f32)>,
}

impl Floor {
    pub fn new(window_rows: i64) -> Self {
        Self {
            window_rows,
            lows: VecDeque::new(),
        }
    }

    /// The lowest level of the window that ends with `row`.
    pub fn push(&mut self, row: i64, level_dbfs: f32) -> f32 {
        while self.lows.back().is_some_and(|(_, low)| *low >= level_dbfs) {
            self.lows.pop_back();
        }
        self.lows.push_back((row, level_dbfs));
        while self
            .lows
            .front()
            .is_some_and(|(first, _)| row - first >= self.window_rows)
        {
            self.lows.pop_front();
        }
        self.lows.front().map_or(level_dbfs, |(_, low)| *low)
    }
}
