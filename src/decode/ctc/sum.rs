//! Sums over all paths: forward score and forward–backward occupancy
//! (Graves et al. 2006, equations 5–11; Rabiner 1989 for the names).

use crate::decode::log_add::log_add;
use serde::{Deserialize, Serialize};

use super::trellis::{States, Trellis};
use super::{CtcError, LogProbs, Spelling};

/// Cells (rows × states) [`forward_score`] takes at most: about 5 s of one desktop core. A text
/// of 1,400 characters over half an hour fits; longer ones are for [`super::align`] or
/// shorter stretches.
pub const MAX_FORWARD_CELLS: u64 = 1 << 28;

/// Cells [`occupancy`] takes at most. It keeps 4 bytes a cell, so 64 MiB; two minutes of
/// rows 20 ms apart with 1,300 characters fit.
pub const MAX_OCCUPANCY_CELLS: u64 = 1 << 24;

/// ln P(text | rows): the natural logarithm of the sum over all paths that read as the
/// text. −∞ when each of them has probability zero. Keeps one f64 a state.
///
/// # Errors
/// [`CtcError::OtherTokens`], [`CtcError::TooFewRows`], and [`CtcError::TooLarge`] above
/// [`MAX_FORWARD_CELLS`].
pub fn forward_score(log_probs: LogProbs<'_>, spelling: &Spelling) -> Result<f32, CtcError> {
    let states = States::new(log_probs, spelling, MAX_FORWARD_CELLS)?;
    let trellis = states.over(log_probs);
    let mut forward = TrellisRow::new(&trellis);
    for row in 0..trellis.rows() {
        forward.advance(row);
    }
    Ok(forward.total() as f32)
}

/// Where a text lies in the rows: the posterior of each state at each row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Occupancy {
    /// The token of each state: blank, token 1, blank, …, token L, blank.
    /// [`crate::model::Tokens::text`] writes them, the blank as `""`.
    pub states: Vec<usize>,
    /// Row-major `[rows, states]` P(path is in the state at the row | text, rows);
    /// each row sums to 1.
    pub values: Vec<f32>,
    /// ln P(text | rows), as [`forward_score`] gives it.
    pub score: f32,
}

impl Occupancy {
    /// How many rows there are.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.values.len() / self.states.len()
    }

    /// The rows in order, each with a value a state.
    pub fn iter(&self) -> impl Iterator<Item = &[f32]> {
        self.values.chunks_exact(self.states.len())
    }
}

/// Forward–backward: the posterior of each state at each row, given the text.
///
/// Memory is the answer's 4 bytes a cell and two f64 a state: the answer holds the
/// forward values, less each row's largest, until the backward pass turns them into
/// posteriors. A posterior's relative error is that rounding, 2⁻²⁴ of the distance in
/// nats: 6·10⁻⁶ for a state 100 nats behind its row's best.
///
/// # Errors
/// [`CtcError::OtherTokens`], [`CtcError::TooFewRows`], [`CtcError::NoPath`], and
/// [`CtcError::TooLarge`] above [`MAX_OCCUPANCY_CELLS`].
pub fn occupancy(log_probs: LogProbs<'_>, spelling: &Spelling) -> Result<Occupancy, CtcError> {
    let text = States::new(log_probs, spelling, MAX_OCCUPANCY_CELLS)?;
    let trellis = text.over(log_probs);
    let (rows, states) = (trellis.rows(), trellis.states());
    let mut values = vec![f32::NEG_INFINITY; rows * states];
    let mut forward = TrellisRow::new(&trellis);
    for (row, kept) in values.chunks_exact_mut(states).enumerate() {
        forward.advance(row);
        forward.keep(row, kept);
    }
    let score = forward.total();
    if score == f64::NEG_INFINITY {
        return Err(CtcError::NoPath);
    }
    let mut backward = TrellisRow::new(&trellis);
    for (row, kept) in values.chunks_exact_mut(states).enumerate().rev() {
        backward.go_back(row);
        backward.posteriors(row, kept);
    }
    Ok(Occupancy {
        states: text.tokens,
        values,
        score: score as f32,
    })
}

/// One row of the trellis: ln of the sum over all beginnings of paths up to it, by the
/// state they are in ([`TrellisRow::advance`] row by row), or over all ends of paths after it, by
/// the state they come from ([`TrellisRow::go_back`]).
struct TrellisRow<'a> {
    trellis: &'a Trellis<'a>,
    sums: Vec<f64>,
    emissions: Vec<f64>,
}

impl<'a> TrellisRow<'a> {
    fn new(trellis: &'a Trellis<'a>) -> Self {
        Self {
            trellis,
            sums: vec![f64::NEG_INFINITY; trellis.states()],
            emissions: Vec::new(),
        }
    }

    /// Takes the next row, `row`. States go from the last to the first, so that those
    /// a state is come to from still hold the row before. Below the reach stale values
    /// stay; no later row looks there.
    fn advance(&mut self, row: usize) {
        let Self {
            trellis,
            sums,
            emissions,
        } = self;
        trellis.emissions(row, emissions);
        for state in trellis.reach(row).rev() {
            let mut sum = if row == 0 { 0.0 } else { sums[state] };
            if row > 0 && state > 0 {
                sum = log_add(sum, sums[state - 1]);
            }
            if row > 0 && trellis.skips[state] {
                sum = log_add(sum, sums[state - 2]);
            }
            sums[state] = sum + emissions[trellis.tokens[state]];
        }
    }

    /// After the last row: ln P(text | rows).
    fn total(&self) -> f64 {
        let n = self.sums.len();
        log_add(self.sums[n - 2], self.sums[n - 1])
    }

    /// Writes the sums of `row`, the one just taken, less their largest.
    fn keep(&self, row: usize, kept: &mut [f32]) {
        let reach = self.trellis.reach(row);
        let sums = &self.sums[reach.clone()];
        let largest = sums.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if largest > f64::NEG_INFINITY {
            for (kept, sum) in kept[reach].iter_mut().zip(sums) {
                *kept = (sum - largest) as f32;
            }
        }
    }

    /// Goes back to `row`, the mirror image of [`TrellisRow::advance`].
    fn go_back(&mut self, row: usize) {
        let Self {
            trellis,
            sums,
            emissions,
        } = self;
        let states = trellis.states();
        if row + 1 == trellis.rows() {
            sums[states - 2..].fill(0.0);
            return;
        }
        trellis.emissions(row + 1, emissions);
        for state in trellis.reach(row + 1) {
            sums[state] += emissions[trellis.tokens[state]];
        }
        for state in trellis.reach(row) {
            let mut sum = sums[state];
            if state + 1 < states {
                sum = log_add(sum, sums[state + 1]);
            }
            if state + 2 < states && trellis.skips[state + 2] {
                sum = log_add(sum, sums[state + 2]);
            }
            sums[state] = sum;
        }
    }

    /// Turns the kept forward sums of `row` into posteriors.
    fn posteriors(&self, row: usize, kept: &mut [f32]) {
        let reach = self.trellis.reach(row);
        let both = |(forward, backward): (&f32, &f64)| f64::from(*forward) + backward;
        let pairs = || kept[reach.clone()].iter().zip(&self.sums[reach.clone()]);
        let largest = pairs().map(both).fold(f64::NEG_INFINITY, f64::max);
        let total: f64 = pairs().map(|pair| (both(pair) - largest).exp()).sum();
        for (state, value) in kept.iter_mut().enumerate() {
            *value = if reach.contains(&state) {
                ((both((value, &self.sums[state])) - largest).exp() / total) as f32
            } else {
                0.0
            };
        }
    }
}
