//! A phrase looked for in a whole take, a slice at a time: half an hour takes seconds, in which
//! whoever records must not wait.

use super::question::Answer;
use super::{Recognizer, RecognizerError};
use crate::decode::ctc::{Keyword, KeywordConfig, KeywordRows, Spelling};

/// Rows of a slice: the longest phrase takes about a millisecond a row.
const SLICE_ROWS: usize = 16;

/// The answer to [`Question::Keyword`](super::Question::Keyword) on its way. It has log-probs
/// of its own, so it is about the take as it was asked, whatever becomes of that meanwhile.
#[derive(Clone, Debug)]
pub struct KeywordScan {
    keyword: Keyword,
    log_probs: Vec<f32>,
    /// Values of `log_probs` in a slice.
    slice: usize,
    /// Values looked at.
    done: usize,
    found: KeywordRows,
}

impl Recognizer {
    /// Begins to look for a phrase in the take as it stands.
    ///
    /// # Errors
    /// When there is no take, or the phrase cannot be spelled or is too long.
    pub fn scan(&self, phrase: &str) -> Result<KeywordScan, RecognizerError> {
        if self.settings().is_none() {
            return Err(RecognizerError::NoTake);
        }
        let spelling = Spelling::new(self.tokens(), phrase)?;
        let config = KeywordConfig::default();
        Ok(KeywordScan {
            keyword: Keyword::new(&spelling, self.spec().row_samples(), config)?,
            log_probs: self.log_probs().to_vec(),
            slice: SLICE_ROWS * self.tokens().len(),
            done: 0,
            found: KeywordRows::default(),
        })
    }
}

impl KeywordScan {
    /// Looks at the next slice; gives the answer when there is none.
    ///
    /// # Errors
    /// None that the log-probs of a take can cause.
    pub fn step(&mut self) -> Result<Option<Answer>, RecognizerError> {
        let end = self.log_probs.len().min(self.done + self.slice);
        let rows = &self.log_probs[self.done..end];
        if !rows.is_empty() {
            let found = self.keyword.push(rows)?;
            self.found.scores.extend(found.scores);
            self.found.detections.extend(found.detections);
            self.done = end;
            return Ok(None);
        }
        let mut found = std::mem::take(&mut self.found);
        found.detections.extend(self.keyword.finish());
        let scores = found.scores.into_iter();
        Ok(Some(Answer::Keyword {
            scores: scores
                .map(|score| score.is_finite().then_some(score))
                .collect(),
            detections: found.detections,
        }))
    }
}
