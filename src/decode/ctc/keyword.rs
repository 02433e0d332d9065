//! Where in a stream a phrase was said: a score a row against free speech.
//!
//! **Score.** For a window of rows τ..=t, let K(τ, t) be ln P over the paths through
//! those rows that read as the phrase, whose first row is the phrase's first token and
//! whose last is its last: of the best one, or summed. Let G(τ, t) be ln P of the free
//! path, the best token of each row whatever it spells. The score of row t is
//!
//! ```text
//! max over τ > t − window_rows of (K(τ, t) − G(τ, t)) / tokens of the phrase
//! ```
//!
//! in nats a token: how much the phrase costs against what the rows would rather say.
//! With the best path it is at most 0, and 0 exactly where greedy decoding reads the
//! phrase. It is the likelihood ratio of a keyword model to a garbage model (Rose and
//! Paul 1990, "A hidden Markov model based keyword recognition system") with CTC's
//! best path for garbage; the summed keyword is that of Lengerich and Hannun 2016, "An
//! end-to-end architecture for keyword spotting and voice activity detection". A common
//! constant in a row cancels.
//!
//! **Detection.** A row whose score is at least `threshold` opens a candidate; a later
//! row with a score as good or better takes its place. It is yielded when none has come
//! for `settle_rows` rows, or at the end. Later candidates begin after it: detections
//! never overlap.
//!
//! Every start τ is kept apart, so the window is exact and the score of a row does not
//! depend on how the rows were pushed. A row costs `window_rows` × states.
//!
//! **Measured** (`benches/ctc`: the sixth run's model, whole take): 53 single words of
//! five letters or more, each in at least four of the 635 dev clips, looked for in all of
//! them and 406 noise clips, 1.7 hours; 408 times a clip has the word.
//!
//! | `threshold`, best path | found | false alarms a word and hour |
//! |---|---|---|
//! | −0.1 | 263 (64 %) | 0.77 |
//! | −0.25 | 287 (70 %) | 0.97 |
//! | −0.5 | 311 (76 %) | 1.70 |
//!
//! Limits: the phrase is found inside longer words too ("art" in "start"); type a longer
//! phrase where that matters.

use crate::decode::log_add::log_add;
use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::trellis::skips;
use super::{CtcError, Spelling};
use crate::decode::rows::check;
use crate::decode::{DecodeError, RowClock};

/// Largest `window_rows` and `settle_rows`.
const MAX_WINDOW_ROWS: usize = 1000;

/// Largest `window_rows` × states: 1 MiB, about a millisecond a row.
const MAX_CELLS: u64 = 1 << 17;

/// Which paths of the phrase count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeywordPaths {
    /// The best one.
    #[default]
    Best,
    /// All, summed.
    Summed,
}

/// Settings of a [`Keyword`]. What is left out is as in [`KeywordConfig::default`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KeywordConfig {
    /// Score from which the phrase counts as said, in nats a token; −100 to 0.
    pub threshold: f32,
    /// Longest phrase, 1 to 1000.
    pub window_rows: usize,
    /// A candidate waits this long for a better one, 0 to 1000.
    pub settle_rows: usize,
    /// Which paths count.
    pub paths: KeywordPaths,
}

impl Default for KeywordConfig {
    /// For rows 20 ms apart: two seconds a phrase, 200 ms to settle; about one false alarm
    /// an hour for a word of five letters or more.
    fn default() -> Self {
        Self {
            threshold: -0.25,
            window_rows: 100,
            settle_rows: 10,
            paths: KeywordPaths::Best,
        }
    }
}

impl KeywordConfig {
    /// Checks the ranges.
    ///
    /// # Errors
    /// [`CtcError::Setting`] names the first field out of its range.
    pub fn validate(&self) -> Result<(), CtcError> {
        let setting = |name, range, value: f64| Err(CtcError::Setting { name, range, value });
        if !(-100.0..=0.0).contains(&self.threshold) {
            return setting("threshold", "-100 to 0", f64::from(self.threshold));
        }
        if !(1..=MAX_WINDOW_ROWS).contains(&self.window_rows) {
            return setting("window_rows", "1 to 1000", self.window_rows as f64);
        }
        if self.settle_rows > MAX_WINDOW_ROWS {
            return setting("settle_rows", "0 to 1000", self.settle_rows as f64);
        }
        Ok(())
    }
}

/// The phrase was said.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Detection {
    /// First 16 kHz sample of the row of its first token.
    pub start_sample: i64,
    /// One past the last 16 kHz sample of the row of its last token.
    pub end_sample: i64,
    /// The score of that last row, in nats a token.
    pub score: f32,
}

/// What pushed rows gave.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KeywordRows {
    /// One a row: the module's score; −∞ where the phrase cannot end.
    pub scores: Vec<f32>,
    /// Detections that settled, in order.
    pub detections: Vec<Detection>,
}

/// A streaming search for one phrase.
#[derive(Clone, Debug)]
pub struct Keyword {
    config: KeywordConfig,
    clock: RowClock,
    columns: usize,
    blank: usize,
    /// Tokens of the phrase in the model.
    phrase_tokens: usize,
    /// The trellis without its outer blanks: token 1, blank, …, token L.
    states: Vec<usize>,
    skips: Vec<bool>,
    /// The windows that are open, oldest first.
    starts: VecDeque<Start>,
    rows: i64,
    candidate: Option<Candidate>,
    /// Detections begin at this row or later.
    free_from: i64,
    finished: bool,
}

/// A window's first row and K − G of its states at the last row.
#[derive(Clone, Debug)]
struct Start {
    row: i64,
    ratios: Vec<f64>,
}

#[derive(Clone, Copy, Debug)]
struct Candidate {
    first_row: i64,
    last_row: i64,
    score: f64,
}

impl Keyword {
    /// A search from the start of a take, in rows that lie `samples_per_row` 16 kHz
    /// samples apart.
    ///
    /// # Errors
    /// [`CtcError::Setting`]; [`CtcError::TooFewRows`] when the phrase needs more rows
    /// than the window has; [`CtcError::TooLarge`] when `window_rows` × states is above
    /// 2¹⁷.
    pub fn new(
        spelling: &Spelling,
        samples_per_row: i64,
        config: KeywordConfig,
    ) -> Result<Self, CtcError> {
        config.validate()?;
        let (rows, needed) = (config.window_rows, spelling.rows_needed());
        if rows < needed {
            return Err(CtcError::TooFewRows { needed, rows });
        }
        let all: Vec<usize> = spelling.states().collect();
        let inner = 1..all.len() - 1;
        if rows as u64 * inner.len() as u64 > MAX_CELLS {
            return Err(CtcError::TooLarge {
                rows,
                states: inner.len(),
                limit: MAX_CELLS,
            });
        }
        Ok(Self {
            config,
            clock: RowClock { samples_per_row },
            columns: spelling.columns(),
            blank: all[0],
            phrase_tokens: spelling.tokens().len(),
            skips: skips(&all)[inner.clone()].to_vec(),
            states: all[inner].to_vec(),
            starts: VecDeque::with_capacity(rows),
            rows: 0,
            candidate: None,
            free_from: 0,
            finished: false,
        })
    }

    /// Takes more rows: row-major `[k, V]`, any k; the same answer for any portions.
    ///
    /// # Errors
    /// As [`crate::decode::Greedy::push`]; nothing is taken then.
    pub fn push(&mut self, rows: &[f32]) -> Result<KeywordRows, CtcError> {
        if self.finished {
            return Err(DecodeError::Finished.into());
        }
        check(rows, self.columns, self.rows)?;
        let mut answer = KeywordRows::default();
        for row in rows.chunks_exact(self.columns) {
            self.advance(row);
            answer.scores.push(self.best(i64::MIN).1 as f32);
            answer.detections.extend(self.detect());
            self.rows += 1;
        }
        Ok(answer)
    }

    /// The take is over: yields a candidate that had not settled. A second call gives
    /// nothing.
    pub fn finish(&mut self) -> Option<Detection> {
        self.finished = true;
        self.settle()
    }

    /// Rows taken so far.
    #[must_use]
    pub fn rows(&self) -> i64 {
        self.rows
    }

    /// Takes all windows on by a row and opens one that begins with it.
    fn advance(&mut self, row: &[f32]) {
        let best = f64::from(row.iter().copied().fold(f32::NEG_INFINITY, f32::max));
        let ratio = |token: usize| match f64::from(row[token]) {
            // A row of nothing but −∞ is a certain blank.
            f64::NEG_INFINITY if token == self.blank && best == f64::NEG_INFINITY => 0.0,
            f64::NEG_INFINITY => f64::NEG_INFINITY,
            value => value - best,
        };
        let mut start = if self.starts.len() == self.config.window_rows {
            self.starts.pop_front()
        } else {
            None
        }
        .unwrap_or_else(|| Start {
            row: 0,
            ratios: Vec::new(),
        });
        let paths = self.config.paths;
        for open in &mut self.starts {
            let ratios = &mut open.ratios;
            // From the last state to the first: those before still hold the last row.
            for state in (0..ratios.len()).rev() {
                let mut total = ratios[state];
                if state > 0 {
                    total = paths.join(total, ratios[state - 1]);
                }
                if self.skips[state] {
                    total = paths.join(total, ratios[state - 2]);
                }
                ratios[state] = total + ratio(self.states[state]);
            }
        }
        start.row = self.rows;
        start.ratios.clear();
        start.ratios.resize(self.states.len(), f64::NEG_INFINITY);
        start.ratios[0] = ratio(self.states[0]);
        self.starts.push_back(start);
    }

    /// Start and score of the best window that ends with the last row and begins at
    /// `first_row` or later; the longest among equals.
    fn best(&self, first_row: i64) -> (i64, f64) {
        let mut best = (self.rows, f64::NEG_INFINITY);
        for start in self.starts.iter().filter(|start| start.row >= first_row) {
            let ratio = start.ratios[start.ratios.len() - 1];
            if ratio > best.1 {
                best = (start.row, ratio);
            }
        }
        (best.0, best.1 / self.phrase_tokens as f64)
    }

    /// Looks at the row just taken.
    fn detect(&mut self) -> Option<Detection> {
        let (first_row, score) = self.best(self.free_from);
        let better = self
            .candidate
            .is_none_or(|candidate| score >= candidate.score);
        if score >= f64::from(self.config.threshold) && better {
            self.candidate = Some(Candidate {
                first_row,
                last_row: self.rows,
                score,
            });
        }
        let settled = self.candidate.is_some_and(|candidate| {
            self.rows - candidate.last_row >= self.config.settle_rows as i64
        });
        if settled { self.settle() } else { None }
    }

    fn settle(&mut self) -> Option<Detection> {
        let candidate = self.candidate.take()?;
        self.free_from = candidate.last_row + 1;
        Some(Detection {
            start_sample: self.clock.start_sample(candidate.first_row),
            end_sample: self.clock.end_sample(candidate.last_row),
            score: candidate.score as f32,
        })
    }
}

impl KeywordPaths {
    fn join(self, a: f64, b: f64) -> f64 {
        match self {
            Self::Best => a.max(b),
            Self::Summed => log_add(a, b),
        }
    }
}
