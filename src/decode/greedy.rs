//! Greedy CTC decoding: the best token of each row, repeats collapsed, blanks
//! dropped (Graves et al. 2006, "best path decoding").
//!
//! Invariants: rows may be pushed in any portions, the transcript is the same bit
//! for bit; committed words are only ever appended; a push that fails changes
//! nothing.

use std::sync::Arc;

use super::open_word::OpenWord;
use super::piece::Piece;
use super::rows::{self, Norm};
use super::{COMMIT_ROWS, DecodeError, RowClock, Transcript, Word};
use crate::model::Tokens;

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
    /// The row in which the last committed word was ended.
    commit_row: i64,
    open: Option<OpenWord>,
    finished: bool,
}

impl Greedy {
    /// A decoder at the start of a take, for rows of `tokens.len()` columns that
    /// lie `samples_per_row` 16 kHz samples apart.
    #[must_use]
    pub fn new(tokens: &Tokens, samples_per_row: i64) -> Self {
        Self::resume(tokens, samples_per_row, Vec::new(), 0)
    }

    /// A decoder that goes on in the middle of a take: `committed` are the words so
    /// far, `row` is the first that it will be given. With another decoder's
    /// commit point, the text of the take stays append-only.
    #[must_use]
    pub fn resume(tokens: &Tokens, samples_per_row: i64, committed: Vec<Word>, row: i64) -> Self {
        Self {
            pieces: Piece::all(tokens).into(),
            blank: tokens.blank(),
            clock: RowClock { samples_per_row },
            rows: row,
            last: tokens.blank(),
            committed,
            commit_row: row,
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
        if self.finished {
            return Err(DecodeError::Finished);
        }
        let columns = self.pieces.len();
        rows::check(rows, columns, self.rows)?;
        for row in rows.chunks_exact(columns) {
            let token = best_token(row);
            self.accept(token, row);
            self.last = token;
            self.rows += 1;
        }
        Ok(())
    }

    /// Takes the next row, whose best token is `token`.
    fn accept(&mut self, token: usize, row: &[f32]) {
        if token == self.blank {
            self.end_old_word();
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
        if let Some(open) = self.open.take_if(|_| piece.ends_word) {
            self.committed.push(open.word(self.clock));
            self.commit_row = self.rows;
        }
        if !piece.text.is_empty() {
            self.open
                .get_or_insert_with(|| OpenWord::new(self.rows))
                .write(&piece.text, self.rows, probability(row, token));
        }
    }

    /// Ends the open word when its last token ended [`COMMIT_ROWS`] ago, as if a space had
    /// followed: no word stays tentative through a long pause.
    fn end_old_word(&mut self) {
        let old =
            |open: &mut OpenWord| open.last_row().saturating_add(COMMIT_ROWS.into()) <= self.rows;
        if let Some(open) = self.open.take_if(old) {
            self.committed.push(open.word(self.clock));
            self.commit_row = self.rows;
        }
    }

    /// The take is over: the open word is committed. A second call does nothing.
    pub fn finish(&mut self) {
        self.committed
            .extend(self.open.take().map(|open| open.word(self.clock)));
        self.commit_row = self.rows;
        self.finished = true;
    }

    /// Rows decoded so far.
    #[must_use]
    pub fn rows(&self) -> i64 {
        self.rows
    }

    /// The committed words, and the row with which their followers begin: all that
    /// the rows before it say is in these words.
    #[must_use]
    pub fn commit_point(&self) -> (&[Word], i64) {
        (&self.committed, self.commit_row)
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

/// p of a token of the row. A row of nothing but −∞ is the blank's, which is never asked for.
fn probability(row: &[f32], token: usize) -> f64 {
    Norm::of(row).map_or(0.0, |norm| norm.ln(row[token]).exp())
}
