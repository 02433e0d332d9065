//! Answers that take seconds over half an hour, worked out a slice at a time: whoever records
//! must not wait for them.

use super::heard::Times;
use super::question::{Answer, TakeLatency};
use super::replay::Replay;
use super::{Recognizer, RecognizerError};
use crate::decode::ctc::{Aligning, Detection, Keyword, KeywordConfig, LogProbs, Spelling};
use crate::eval::latency::EmissionLog;

/// Rows of a slice of the search for a phrase: the longest takes about a millisecond a row.
const SLICE_ROWS: usize = 16;

/// The answer to a question on its way. What it needs of the take it has for its own, so it is
/// about the take as it was asked, whatever becomes of that meanwhile.
pub struct Pending(Work);

enum Work {
    Keyword(Box<Scan>, Times),
    Align(Box<Aligning>, Times),
    Latency(Box<Waits>, Times),
    Replay(Box<Replay>),
}

impl Pending {
    pub(super) fn replay(replay: Replay) -> Self {
        Self(Work::Replay(Box::new(replay)))
    }

    /// Works on; gives the answer, once, when it is ready.
    ///
    /// # Errors
    /// When a text cannot have been said in the take's rows.
    pub fn step(&mut self) -> Result<Option<Answer>, RecognizerError> {
        match &mut self.0 {
            Work::Keyword(scan, times) => scan.step(*times),
            Work::Align(aligning, times) => {
                let alignment = aligning.step()?;
                Ok(alignment.map(|mut alignment| {
                    times.heard(&mut alignment.words);
                    Answer::Align(alignment)
                }))
            }
            Work::Latency(waits, times) => Ok(waits.step(*times)),
            Work::Replay(replay) => replay.step(),
        }
    }
}

impl Recognizer {
    pub(super) fn scan(&self, phrase: &str) -> Result<Pending, RecognizerError> {
        let spelling = Spelling::new(self.tokens(), phrase)?;
        let config = KeywordConfig::default();
        let scan = Scan {
            keyword: Keyword::new(&spelling, self.spec().row_samples(), config)?,
            log_probs: self.log_probs().to_vec(),
            slice: SLICE_ROWS * self.tokens().len(),
            done: 0,
            scores: Vec::new(),
            detections: Vec::new(),
        };
        Ok(Pending(Work::Keyword(
            Box::new(scan),
            Times::of(self.spec()),
        )))
    }

    pub(super) fn aligning(&self, text: &str) -> Result<Pending, RecognizerError> {
        Ok(Pending(Work::Align(
            Box::new(self.align(text)?),
            Times::of(self.spec()),
        )))
    }

    fn align(&self, text: &str) -> Result<Aligning, RecognizerError> {
        let spelling = Spelling::new(self.tokens(), text)?;
        let log_probs = LogProbs::new(self.log_probs(), self.tokens().len())?;
        Ok(Aligning::new(log_probs, spelling, self.row_clock())?)
    }

    pub(super) fn waits(&self) -> Result<Pending, RecognizerError> {
        let take = self.take.as_ref().ok_or(RecognizerError::NoTake)?;
        let waits = Waits {
            // None without words, and in a take too long to be aligned.
            aligning: self.align(&take.transcript().text()).ok(),
            emissions: take.emissions().clone(),
            known: take.latency_but_words(),
        };
        Ok(Pending(Work::Latency(
            Box::new(waits),
            Times::of(self.spec()),
        )))
    }
}

/// The search for a phrase.
struct Scan {
    keyword: Keyword,
    log_probs: Vec<f32>,
    /// Values of `log_probs` in a slice.
    slice: usize,
    /// Values looked at.
    done: usize,
    scores: Vec<Option<f32>>,
    detections: Vec<Detection>,
}

impl Scan {
    fn step(&mut self, times: Times) -> Result<Option<Answer>, RecognizerError> {
        let end = self.log_probs.len().min(self.done + self.slice);
        let rows = &self.log_probs[self.done..end];
        if !rows.is_empty() {
            let found = self.keyword.push(rows)?;
            let scores = found.scores.into_iter();
            self.scores
                .extend(scores.map(|score| score.is_finite().then_some(score)));
            self.detections.extend(found.detections);
            self.done = end;
            return Ok(None);
        }
        self.detections.extend(self.keyword.finish());
        times.heard(&mut self.detections);
        Ok(Some(Answer::Keyword {
            scores: std::mem::take(&mut self.scores),
            detections: std::mem::take(&mut self.detections),
        }))
    }
}

/// What a listener waited for each word; known when it is known where the words lie.
struct Waits {
    aligning: Option<Aligning>,
    emissions: EmissionLog,
    known: TakeLatency,
}

impl Waits {
    fn step(&mut self, times: Times) -> Option<Answer> {
        let words = match self.aligning.as_mut().map(Aligning::step) {
            Some(Ok(None)) => return None,
            Some(Ok(Some(alignment))) => Some(alignment.words),
            Some(Err(_)) | None => None,
        };
        let perceived = words.and_then(|words| times.waits(words, &self.emissions).ok());
        Some(Answer::Latency(TakeLatency {
            perceived,
            ..std::mem::take(&mut self.known)
        }))
    }
}
