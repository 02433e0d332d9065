//! The most probable path that reads as a text, exact at any length.
//!
//! Back-pointers for every cell would take 1.2 GB at two bits for half an hour of
//! speech (90,000 rows, 54,001 states). Instead the forward pass keeps the scores of
//! every 1,024th row only, and the way back computes one such block at a time anew:
//! from a known state at its end a path can have come from at most two states a row
//! before, so a block needs a cone of 1,024 × 2,049 cells, whatever the text's length.
//! Nothing is pruned; the answer is the one that all back-pointers would give.
//!
//! Memory for that half hour: 88 kept rows of at most 54,001 f64, 38 MB, and 2 MB for
//! the block (29 MiB measured, since not every state can be reached in every row). Time:
//! one pass over the cells, 9 s on a busy desktop core (`tests/ctc_long.rs` prints both).

use std::ops::Range;

use super::trellis::Trellis;

/// Cells (rows × states) that [`super::align`] takes at most; memory stays below 64 MiB.
/// Half an hour of rows 20 ms apart with 44,000 characters fits.
pub const MAX_ALIGN_CELLS: u64 = 8_000_000_000;

/// Rows between two whose scores are kept.
const BLOCK_ROWS: usize = 1024;

/// A path and its score.
pub(super) struct BestPath {
    /// The state at each row.
    pub states: Vec<usize>,
    /// ln P(path | rows).
    pub score: f64,
}

/// The best path; `None` when all have probability zero. Among equals a path stays
/// rather than goes on, goes on by one rather than by two, and ends in the last token
/// rather than in the blank after it, looked at from its end.
pub(super) fn best_path(trellis: &Trellis<'_>) -> Option<BestPath> {
    let mut forward = Forward::new(trellis);
    let mut kept = Vec::new();
    for row in 0..trellis.rows() {
        forward.step(row);
        if row % BLOCK_ROWS == 0 {
            kept.push(forward.scores(row));
        }
    }
    let (end, score) = forward.end();
    if score == f64::NEG_INFINITY {
        return None;
    }
    let mut states = vec![end; trellis.rows()];
    let mut last = trellis.rows() - 1;
    while let Some(scores) = kept.pop() {
        let first = kept.len() * BLOCK_ROWS;
        trace_block(trellis, &scores, first..last + 1, &mut states);
        last = first;
    }
    Some(BestPath { states, score })
}

/// Best scores of one row, with blanks and tokens apart: a row is then two loops without
/// branches, which compilers turn into vector instructions.
struct Forward<'a> {
    trellis: &'a Trellis<'a>,
    /// Token of each odd state.
    tokens: Vec<usize>,
    /// What it costs to come over the blank: nothing, or −∞ between equal tokens.
    skips: Vec<f64>,
    /// Of the row: blank 0 to blank L.
    blanks: Vec<f64>,
    /// Of the row: −∞ (nothing is before the first blank), token 1 to token L.
    labels: Vec<f64>,
    next_blanks: Vec<f64>,
    next_labels: Vec<f64>,
    emissions: Vec<f64>,
}

impl<'a> Forward<'a> {
    fn new(trellis: &'a Trellis<'a>) -> Self {
        let tokens: Vec<usize> = trellis.tokens.iter().skip(1).step_by(2).copied().collect();
        let skip = |skips: &bool| if *skips { 0.0 } else { f64::NEG_INFINITY };
        let none = vec![f64::NEG_INFINITY; tokens.len() + 1];
        Self {
            trellis,
            skips: trellis.skips.iter().skip(1).step_by(2).map(skip).collect(),
            tokens,
            blanks: none.clone(),
            labels: none.clone(),
            next_blanks: none.clone(),
            next_labels: none,
            emissions: Vec::new(),
        }
    }

    fn step(&mut self, row: usize) {
        self.trellis.emissions(row, &mut self.emissions);
        let blank = self.emissions[self.trellis.tokens[0]];
        if row == 0 {
            self.blanks[0] = blank;
            self.labels[1] = self.emissions[self.tokens[0]];
            return;
        }
        // Blanks first..end and the tokens after them hold all states in reach.
        let reach = self.trellis.reach(row);
        let (first, end) = (reach.start / 2, reach.end.div_ceil(2));
        let blanks = &self.blanks[first..end];
        let before = &self.labels[first..end];
        for ((next, stay), one) in self.next_blanks[first..end]
            .iter_mut()
            .zip(blanks)
            .zip(before)
        {
            *next = larger(*stay, *one) + blank;
        }
        let end = end.min(self.tokens.len());
        let stays = &self.labels[first + 1..=end];
        for (((next, stay), (one, two)), (skip, token)) in self.next_labels[first + 1..=end]
            .iter_mut()
            .zip(stays)
            .zip(blanks.iter().zip(before))
            .zip(self.skips[first..end].iter().zip(&self.tokens[first..end]))
        {
            *next = larger(larger(*stay, *one), *two + *skip) + self.emissions[*token];
        }
        std::mem::swap(&mut self.blanks, &mut self.next_blanks);
        std::mem::swap(&mut self.labels, &mut self.next_labels);
    }

    /// The scores of `row`, the one just taken, of the states in reach.
    fn scores(&self, row: usize) -> Scores {
        let reach = self.trellis.reach(row);
        let score = |state: usize| match state % 2 {
            0 => self.blanks[state / 2],
            _ => self.labels[state / 2 + 1],
        };
        Scores {
            first: reach.start,
            values: reach.map(score).collect(),
        }
    }

    /// After the last row: the state that the best path ends in, and its score.
    fn end(&self) -> (usize, f64) {
        let n = self.tokens.len();
        if self.blanks[n] > self.labels[n] {
            (2 * n, self.blanks[n])
        } else {
            (2 * n - 1, self.labels[n])
        }
    }
}

/// The larger of two numbers that are not NaN.
fn larger(a: f64, b: f64) -> f64 {
    if b > a { b } else { a }
}

/// Best scores of a row's states from `first` on; −∞ elsewhere.
struct Scores {
    first: usize,
    values: Vec<f64>,
}

impl Scores {
    fn get(&self, state: usize) -> f64 {
        state
            .checked_sub(self.first)
            .and_then(|index| self.values.get(index))
            .copied()
            .unwrap_or(f64::NEG_INFINITY)
    }

    /// Best score of coming to `state`, and the states gone on by.
    fn best_step(&self, state: usize, skips: bool) -> (f64, u8) {
        let mut best = (self.get(state), 0);
        if state > 0 && self.get(state - 1) > best.0 {
            best = (self.get(state - 1), 1);
        }
        if skips && self.get(state - 2) > best.0 {
            best = (self.get(state - 2), 2);
        }
        best
    }
}

/// Writes the path's states over `rows`, of whose first row the scores are known
/// and of whose last the state.
fn trace_block(trellis: &Trellis<'_>, scores: &Scores, rows: Range<usize>, states: &mut [usize]) {
    let last = rows.end - 1;
    let end = states[last];
    let cone = |row: usize| end.saturating_sub(2 * (last - row))..end + 1;
    let mut emissions = Vec::new();
    let mut steps: Vec<Vec<u8>> = Vec::with_capacity(rows.len());
    let mut before: Option<Scores> = None;
    for row in rows.start + 1..rows.end {
        trellis.emissions(row, &mut emissions);
        let cone = cone(row);
        let (values, taken) = cone
            .clone()
            .map(|state| {
                let from = before.as_ref().unwrap_or(scores);
                let (score, step) = from.best_step(state, trellis.skips[state]);
                (score + emissions[trellis.tokens[state]], step)
            })
            .unzip();
        before = Some(Scores {
            first: cone.start,
            values,
        });
        steps.push(taken);
    }
    let mut state = end;
    for row in (rows.start + 1..rows.end).rev() {
        states[row] = state;
        let index = state - cone(row).start;
        state -= usize::from(steps[row - rows.start - 1][index]);
    }
    states[rows.start] = state;
}
