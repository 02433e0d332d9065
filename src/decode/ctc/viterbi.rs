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

use super::CtcError;
use super::trellis::Trellis;

/// Cells (rows × states) that [`super::align`] takes at most; memory stays below 64 MiB.
/// Half an hour of rows 20 ms apart with 44,000 characters fits.
pub const MAX_ALIGN_CELLS: u64 = 8_000_000_000;

/// Rows between two whose scores are kept.
const BLOCK_ROWS: usize = 1024;

/// States × rows of a slice of the forward pass, some milliseconds of it.
const SLICE_CELLS: usize = 2_000_000;

/// A path and its score.
pub(super) struct BestPath {
    /// The state at each row.
    pub states: Vec<usize>,
    /// ln P(path | rows).
    pub score: f64,
}

/// The search for the best path, a slice at a time: rows forwards, then blocks backwards.
/// Every call is given the trellis that it began with.
#[derive(Clone, Debug)]
pub(super) struct Viterbi {
    forward: Forward,
    /// Rows that the forward pass has taken.
    taken: usize,
    kept: Vec<Scores>,
    /// What is known of the path, its end once the forward pass is over; empty before.
    states: Vec<usize>,
    score: f64,
    /// The first row whose state is known.
    known_from: usize,
}

impl Viterbi {
    pub fn new(trellis: &Trellis<'_>) -> Self {
        Self {
            forward: Forward::new(trellis),
            taken: 0,
            kept: Vec::new(),
            states: Vec::new(),
            score: f64::NEG_INFINITY,
            known_from: 0,
        }
    }

    /// The next slice. The last one gives the path. Among equals a path stays rather than goes
    /// on, goes on by one rather than by two, and ends in the last token rather than in the
    /// blank after it, looked at from its end.
    ///
    /// # Errors
    /// [`CtcError::NoPath`] when all have probability zero.
    pub fn step(&mut self, trellis: &Trellis<'_>) -> Result<Option<BestPath>, CtcError> {
        if self.taken < trellis.rows() {
            self.go_forward(trellis);
            return Ok(None);
        }
        if self.states.is_empty() {
            let (end, score) = self.forward.end();
            if score == f64::NEG_INFINITY {
                return Err(CtcError::NoPath);
            }
            self.score = score;
            self.states = vec![end; trellis.rows()];
            self.known_from = trellis.rows() - 1;
        }
        if let Some(scores) = self.kept.pop() {
            let first = self.kept.len() * BLOCK_ROWS;
            let block = first..self.known_from + 1;
            trace_block(trellis, &scores, block, &mut self.states);
            self.known_from = first;
            return Ok(None);
        }
        Ok(Some(BestPath {
            states: std::mem::take(&mut self.states),
            score: self.score,
        }))
    }

    fn go_forward(&mut self, trellis: &Trellis<'_>) {
        let mut cells = 0;
        while self.taken < trellis.rows() && cells < SLICE_CELLS {
            let row = self.taken;
            self.forward.step(trellis, row);
            if row.is_multiple_of(BLOCK_ROWS) {
                self.kept.push(self.forward.scores(trellis, row));
            }
            cells += trellis.reach(row).len();
            self.taken += 1;
        }
    }
}

/// Best scores of one row, with blanks and tokens apart: a row is then two loops without
/// branches, which compilers turn into vector instructions.
#[derive(Clone, Debug)]
struct Forward {
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

impl Forward {
    fn new(trellis: &Trellis<'_>) -> Self {
        let tokens: Vec<usize> = trellis.tokens.iter().skip(1).step_by(2).copied().collect();
        let skip = |skips: &bool| if *skips { 0.0 } else { f64::NEG_INFINITY };
        let none = vec![f64::NEG_INFINITY; tokens.len() + 1];
        Self {
            skips: trellis.skips.iter().skip(1).step_by(2).map(skip).collect(),
            tokens,
            blanks: none.clone(),
            labels: none.clone(),
            next_blanks: none.clone(),
            next_labels: none,
            emissions: Vec::new(),
        }
    }

    fn step(&mut self, trellis: &Trellis<'_>, row: usize) {
        trellis.emissions(row, &mut self.emissions);
        let blank = self.emissions[trellis.tokens[0]];
        if row == 0 {
            self.blanks[0] = blank;
            self.labels[1] = self.emissions[self.tokens[0]];
            return;
        }
        // Blanks first..end and the tokens after them hold all states in reach.
        let reach = trellis.reach(row);
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
    fn scores(&self, trellis: &Trellis<'_>, row: usize) -> Scores {
        let reach = trellis.reach(row);
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
#[derive(Clone, Debug)]
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
