//! Computes the answers to questions about a take.

use std::ops::Range;

use super::question::{Answer, MAX_QUESTION_ROWS, Question};
use super::{Pending, Recognizer, RecognizerError};
use crate::decode::RowClock;
use crate::decode::ctc::{LogProbs, Spelling, align, forward_score, occupancy};

/// What comes of a question.
pub enum Asked {
    /// The answer.
    Told(Answer),
    /// It takes a while.
    Pending(Pending),
}

impl Recognizer {
    /// Answers a question about the take as it stands, or begins to: [`Recognizer::answer`] is
    /// for who has nothing else to do meanwhile.
    ///
    /// # Errors
    /// When there is no take, a text cannot be spelled, does not fit its rows, or is too
    /// long, or the decoder fails.
    pub fn ask(&self, question: &Question) -> Result<Asked, RecognizerError> {
        if self.settings().is_none() {
            return Err(RecognizerError::NoTake);
        }
        Ok(Asked::Told(match question {
            Question::NBest => Answer::NBest(self.n_best()),
            Question::LogProbs { first_row, rows } => Answer::LogProbs {
                first_row: *first_row,
                columns: self.tokens().len(),
                values: self.rows(self.range(*first_row, *rows)).to_vec(),
            },
            Question::Sum {
                text,
                first_row,
                rows,
            } => self.sum(text, *first_row, *rows)?,
            Question::Inspect { first_row, rows } => {
                let asked = self.range(*first_row, *rows);
                return Ok(Asked::Pending(Pending::replay(self.inspecting(asked)?)));
            }
            Question::BestTexts => {
                return Ok(Asked::Pending(Pending::replay(self.best_texts()?)));
            }
            Question::Align { text } => return Ok(Asked::Pending(self.aligning(text)?)),
            Question::Keyword { phrase } => return Ok(Asked::Pending(self.scan(phrase)?)),
            Question::Latency => return Ok(Asked::Pending(self.waits()?)),
        }))
    }

    /// The answer to a question about the take as it stands.
    ///
    /// # Errors
    /// Those of [`Recognizer::ask`], and when a text cannot have been said in its rows.
    pub fn answer(&self, question: &Question) -> Result<Answer, RecognizerError> {
        let mut pending = match self.ask(question)? {
            Asked::Told(answer) => return Ok(answer),
            Asked::Pending(pending) => pending,
        };
        loop {
            if let Some(answer) = pending.step()? {
                return Ok(answer);
            }
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

    pub(super) fn row_clock(&self) -> RowClock {
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
}
