//! Forced alignment: where each token and word of a given text lies.

use serde::{Deserialize, Serialize};

use super::trellis::{States, Trellis};
use super::viterbi::{BestPath, Viterbi};
use super::{CtcError, LogProbs, MAX_ALIGN_CELLS, Spelling};
use crate::decode::RowClock;

/// A token of the text on the best path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AlignedToken {
    /// Its column.
    pub token: usize,
    /// Its first row.
    pub first_row: i64,
    /// One past its last row.
    pub end_row: i64,
    /// Mean over its rows of ln P(token | row).
    pub score: f32,
}

/// A word of the text on the best path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AlignedWord {
    /// The word as typed.
    pub text: String,
    /// First 16 kHz sample of its first token's first row.
    pub start_sample: i64,
    /// One past the last 16 kHz sample of its last token's last row.
    pub end_sample: i64,
    /// Mean of ln P(token | row) over the rows of its tokens, the blanks between them
    /// left out (as torchaudio's forced-alignment tutorial scores words).
    pub score: f32,
}

/// A text laid over rows by the most probable path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alignment {
    /// One a token of the spelling, spaces too.
    pub tokens: Vec<AlignedToken>,
    /// One a word of the spelling.
    pub words: Vec<AlignedWord>,
    /// ln P(path | rows) of the whole path, blanks included.
    pub score: f32,
}

/// Viterbi forced alignment. Tokens, rows and scores are those of torchaudio's
/// `forced_align` and `merge_tokens` over its log-probs (`tests/ctc`); times count
/// from the first row given.
///
/// A word ends where its last token is emitted. CTC tokens are short peaks, so that is
/// up to a few rows before the sound ends.
///
/// Of several best paths the one is taken that, looked at from its end, stays in a
/// state as long as it can. Memory does not grow with rows × states; up to half an hour
/// and 44,000 characters the answer is exact (`viterbi.rs` says how).
///
/// # Errors
/// [`CtcError::OtherTokens`], [`CtcError::TooFewRows`], [`CtcError::NoPath`], and
/// [`CtcError::TooLarge`] above [`MAX_ALIGN_CELLS`].
pub fn align(
    log_probs: LogProbs<'_>,
    spelling: &Spelling,
    clock: RowClock,
) -> Result<Alignment, CtcError> {
    let states = States::new(log_probs, spelling, MAX_ALIGN_CELLS)?;
    let trellis = states.over(log_probs);
    let mut viterbi = Viterbi::new(&trellis);
    loop {
        if let Some(path) = viterbi.step(&trellis)? {
            return Ok(laid_over(&trellis, &path, spelling, clock));
        }
    }
}

/// [`align`], a slice of some milliseconds at a time, over rows of its own: half an hour takes
/// seconds.
#[derive(Clone, Debug)]
pub struct Aligning {
    values: Vec<f32>,
    columns: usize,
    spelling: Spelling,
    clock: RowClock,
    states: States,
    viterbi: Viterbi,
}

impl Aligning {
    /// Begins to align. Copies the rows.
    ///
    /// # Errors
    /// Those of [`align`], but for [`CtcError::NoPath`].
    pub fn new(
        log_probs: LogProbs<'_>,
        spelling: Spelling,
        clock: RowClock,
    ) -> Result<Self, CtcError> {
        let states = States::new(log_probs, &spelling, MAX_ALIGN_CELLS)?;
        Ok(Self {
            values: log_probs.values().to_vec(),
            columns: log_probs.columns(),
            spelling,
            clock,
            viterbi: Viterbi::new(&states.over(log_probs)),
            states,
        })
    }

    /// The next slice; gives the alignment, once, when there is none.
    ///
    /// # Errors
    /// [`CtcError::NoPath`].
    pub fn step(&mut self) -> Result<Option<Alignment>, CtcError> {
        let log_probs = LogProbs::of_checked(&self.values, self.columns);
        let trellis = self.states.over(log_probs);
        let path = self.viterbi.step(&trellis)?;
        Ok(path.map(|path| laid_over(&trellis, &path, &self.spelling, self.clock)))
    }
}

fn laid_over(
    trellis: &Trellis<'_>,
    path: &BestPath,
    spelling: &Spelling,
    clock: RowClock,
) -> Alignment {
    let runs = runs(trellis, path);
    let word = |word: &super::SpelledWord| {
        let runs = &runs[word.tokens.clone()];
        let rows: i64 = runs.iter().map(Run::rows).sum();
        let total: f64 = runs.iter().map(|run| run.total).sum();
        AlignedWord {
            text: word.text.clone(),
            start_sample: clock.start_sample(runs[0].first_row),
            end_sample: clock.start_sample(runs[runs.len() - 1].end_row),
            score: (total / rows as f64) as f32,
        }
    };
    Alignment {
        words: spelling.words().iter().map(word).collect(),
        tokens: runs.iter().map(Run::token).collect(),
        score: path.score as f32,
    }
}

/// The rows that the path spends in one token.
struct Run {
    token: usize,
    first_row: i64,
    end_row: i64,
    /// Sum of ln P(token | row).
    total: f64,
}

impl Run {
    fn rows(&self) -> i64 {
        self.end_row - self.first_row
    }

    fn token(&self) -> AlignedToken {
        AlignedToken {
            token: self.token,
            first_row: self.first_row,
            end_row: self.end_row,
            score: (self.total / self.rows() as f64) as f32,
        }
    }
}

/// One run a token: a path goes through every odd state, in order.
fn runs(trellis: &Trellis<'_>, path: &BestPath) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::with_capacity(trellis.states() / 2);
    let mut emissions = Vec::new();
    for (row, &state) in path.states.iter().enumerate() {
        if state % 2 == 0 {
            continue;
        }
        if runs.len() == state / 2 {
            runs.push(Run {
                token: trellis.tokens[state],
                first_row: row as i64,
                end_row: row as i64,
                total: 0.0,
            });
        }
        trellis.emissions(row, &mut emissions);
        if let Some(run) = runs.last_mut() {
            run.end_row = row as i64 + 1;
            run.total += emissions[run.token];
        }
    }
    runs
}
