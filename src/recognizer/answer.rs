//! Computes the answers to questions about a take.

use std::ops::Range;

use super::question::{Answer, MAX_QUESTION_ROWS, Question};
use super::{Recognizer, RecognizerError};
use crate::decode::RowClock;
use crate::decode::ctc::{LogProbs, Spelling, align, forward_score, occupancy};

impl Recognizer {
    /// Answers a question about the take as it stands. [`Recognizer::scan`] is for who has
    /// something else to do while a phrase is looked for.
    ///
    /// # Errors
    /// When there is no take, a text cannot be spelled, does not fit its rows, or is too
    /// long, or the decoder fails.
    pub fn answer(&self, question: &Question) -> Result<Answer, RecognizerError> {
        if self.settings().is_none() {
            return Err(RecognizerError::NoTake);
        }
        match question {
            Question::NBest => Ok(Answer::NBest(self.n_best())),
            Question::LogProbs { first_row, rows } => {
                let values = self.rows(self.range(*first_row, *rows)).to_vec();
                let columns = self.tokens().len();
                Ok(Answer::LogProbs {
                    first_row: *first_row,
                    columns,
                    values,
                })
            }
            Question::Inspect { first_row, rows } => self.inspect(*first_row, *rows),
            Question::Align { text } => {
                let spelling = Spelling::new(self.tokens(), text)?;
                let log_probs = LogProbs::new(self.log_probs(), self.tokens().len())?;
                Ok(Answer::Align(align(
                    log_probs,
                    &spelling,
                    self.row_clock(),
                )?))
            }
            Question::Sum {
                text,
                first_row,
                rows,
            } => self.sum(text, *first_row, *rows),
            Question::Keyword { phrase } => self.keyword(phrase),
            Question::Latency => {
                let take = self.take.as_ref().ok_or(RecognizerError::NoTake)?;
                Ok(Answer::Latency(take.latency(&self.parts)))
            }
            Question::BestTexts => self.best_texts(),
        }
    }

    /// Rows that exist, of those asked for.
    pub(super) fn range(&self, first_row: usize, rows: usize) -> Range<usize> {
        let all = self.log_probs().len() / self.tokens().len();
        let first = first_row.min(all);
        first..first.saturating_add(rows.min(MAX_QUESTION_ROWS)).min(all)
    }

    pub(super) fn rows(&self, range: Range<usize>) -> &[f32] {
        let columns = self.tokens().len();
        &self.log_probs()[range.start * columns..range.end * columns]
    }

    fn row_clock(&self) -> RowClock {
        RowClock {
            samples_per_row: self.spec().row_samples(),
        }
    }

    fn sum(&self, text: &str, first_row: usize, rows: usize) -> Result<Answer, RecognizerError> {
        let spelling = Spelling::new(self.tokens(), text)?;
        let rows = self.rows(self.range(first_row, rows));
        let log_probs = LogProbs::new(rows, self.tokens().len())?;
        let alignment = align(log_probs, &spelling, self.row_clock())?;
        Ok(Answer::Sum {
            score: forward_score(log_probs, &spelling)?,
            best_path: alignment.score,
            occupancy: occupancy(log_probs, &spelling)?,
            alignment,
        })
    }

    fn keyword(&self, phrase: &str) -> Result<Answer, RecognizerError> {
        let mut scan = self.scan(phrase)?;
        loop {
            if let Some(answer) = scan.step()? {
                return Ok(answer);
            }
        }
    }
}
