//! Greedy CTC decoding: the best token of each row, repeats collapsed, blanks
//! dropped (Graves et al. 2006, "best path decoding").
//!
//! Invariants: rows may be pushed in any portions, the transcript is the same bit
//! for bit; committed words are only ever appended; a push that fails changes
//! nothing.

use std::sync::Arc;

use super::{DecodeError, RowClock, Transcript, Word};
use crate::model::Tokens;

/// What begins a word in a word-piece token (U+2581, `SentencePiece`'s).
const WORD_START: char = '▁';

/// A streaming greedy decoder for one take.
#[derive(Clone, Debug)]
pub struct Greedy {
    pieces: Arc<[Piece]>,
    blank: usize,
    clock: RowClock,
    /// Rows decoded so far.
    rows: i64,
    /// The token of the last row (the blank before the first).
    last: usize,
    committed: Vec<Word>,
    open: Option<OpenWord>,
    finished: bool,
}

/// What a token does to the words.
#[derive(Debug, PartialEq)]
struct Piece {
    /// It ends the word before it.
    ends_word: bool,
    /// It writes this into the word being spelled.
    text: String,
}

impl Piece {
    /// The space ends a word and writes nothing; a token with `▁` in front ends
    /// the word before it and begins the next; any other goes on with the word.
    fn of(tokens: &Tokens, index: usize) -> Self {
        let token = tokens.text(index);
        let (ends_word, text) = if tokens.space() == Some(index) {
            (true, "")
        } else if let Some(rest) = token.strip_prefix(WORD_START) {
            (true, rest)
        } else {
            (false, token)
        };
        Self {
            ends_word,
            text: text.to_owned(),
        }
    }
}

/// The word being spelled.
#[derive(Clone, Debug)]
struct OpenWord {
    text: String,
    first_row: i64,
    last_row: i64,
    /// Of the tokens before the last one, the sum of each one's largest probability.
    earlier_tokens: f64,
    /// Largest probability of the last token so far.
    last_token: f64,
    /// Tokens, the last one included.
    tokens: u32,
}

impl OpenWord {
    fn new(row: i64) -> Self {
        Self {
            text: String::new(),
            first_row: row,
            last_row: row,
            earlier_tokens: 0.0,
            last_token: 0.0,
            tokens: 0,
        }
    }

    fn write(&mut self, text: &str, row: i64, probability: f64) {
        self.text.push_str(text);
        self.last_row = row;
        self.earlier_tokens += self.last_token;
        self.last_token = probability;
        self.tokens += 1;
    }

    fn hold(&mut self, row: i64, probability: f64) {
        self.last_row = row;
        self.last_token = self.last_token.max(probability);
    }

    fn word(&self, clock: RowClock) -> Word {
        let total = self.earlier_tokens + self.last_token;
        Word {
            text: self.text.clone(),
            start_sample: clock.start_sample(self.first_row),
            end_sample: clock.end_sample(self.last_row),
            confidence: (total / f64::from(self.tokens)) as f32,
        }
    }
}

impl Greedy {
    /// A decoder at the start of a take, for rows of `tokens.len()` columns that
    /// lie `samples_per_row` 16 kHz samples apart.
    #[must_use]
    pub fn new(tokens: &Tokens, samples_per_row: i64) -> Self {
        Self {
            pieces: (0..tokens.len())
                .map(|index| Piece::of(tokens, index))
                .collect(),
            blank: tokens.blank(),
            clock: RowClock { samples_per_row },
            rows: 0,
            last: tokens.blank(),
            committed: Vec::new(),
            open: None,
            finished: false,
        }
    }

    /// Decodes more rows: `rows` is row-major `[k, V]`, any k.
    ///
    /// The values are natural logarithms; each row may lack a common constant
    /// (logits do as well), and may hold −∞. Among equal values the lowest index
    /// wins, so a row of nothing but −∞ is a blank.
    ///
    /// # Errors
    /// When the take is finished, the length is no multiple of V, or a value is
    /// NaN or +∞. Nothing is decoded then.
    pub fn push(&mut self, rows: &[f32]) -> Result<(), DecodeError> {
        let columns = self.pieces.len();
        self.check(rows, columns)?;
        for row in rows.chunks_exact(columns) {
            let token = best_token(row);
            self.accept(token, row);
            self.last = token;
            self.rows += 1;
        }
        Ok(())
    }

    fn check(&self, rows: &[f32], columns: usize) -> Result<(), DecodeError> {
        if self.finished {
            return Err(DecodeError::Finished);
        }
        if !rows.len().is_multiple_of(columns) {
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
                row: self.rows + (index / columns) as i64,
                token: index % columns,
                value: rows[index],
            }),
        }
    }

    /// Takes the next row, whose best token is `token`.
    fn accept(&mut self, token: usize, row: &[f32]) {
        if token == self.blank {
            return;
        }
        let piece = &self.pieces[token];
        if token == self.last {
            // The same token goes on; a space has no word to go on with.
            if let (false, Some(open)) = (piece.text.is_empty(), &mut self.open) {
                open.hold(self.rows, probability(row, token));
            }
            return;
        }
        if piece.ends_word {
            self.committed
                .extend(self.open.take().map(|open| open.word(self.clock)));
        }
        if !piece.text.is_empty() {
            self.open
                .get_or_insert_with(|| OpenWord::new(self.rows))
                .write(&piece.text, self.rows, probability(row, token));
        }
    }

    /// The take is over: the open word is committed. A second call does nothing.
    pub fn finish(&mut self) {
        self.committed
            .extend(self.open.take().map(|open| open.word(self.clock)));
        self.finished = true;
    }

    /// Rows decoded so far.
    #[must_use]
    pub fn rows(&self) -> i64 {
        self.rows
    }

    /// The words so far. Those whose following space has been decoded are
    /// committed; at most one more, still being spelled, is tentative. The
    /// revision is 0: the caller knows how often the take was recognised anew.
    #[must_use]
    pub fn transcript(&self) -> Transcript {
        let mut words = self.committed.clone();
        words.extend(self.open.as_ref().map(|open| open.word(self.clock)));
        Transcript {
            words,
            committed: self.committed.len(),
            revision: 0,
            finished: self.finished,
        }
    }
}

/// Index of the largest value; the lowest one among equals.
fn best_token(row: &[f32]) -> usize {
    let mut best = 0;
    for (index, value) in row.iter().enumerate() {
        if *value > row[best] {
            best = index;
        }
    }
    best
}

/// Softmax of the row at its largest value, `token`. The value is above −∞ unless
/// the token is the blank, which is never asked for.
fn probability(row: &[f32], token: usize) -> f64 {
    let largest = f64::from(row[token]);
    let sum: f64 = row
        .iter()
        .map(|value| (f64::from(*value) - largest).exp())
        .sum();
    1.0 / sum
}
