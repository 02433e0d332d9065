//! One clip at every run of a plan, a step at a time.

use super::Plan;
use crate::decode::Transcript;
use crate::eval::latency::{ChunkTimes, Clock, Figures, PerceivedLatencies};
use crate::eval::stability::StabilityCounts;
use crate::recognizer::{Recognizer, RecognizerError, Stopwatch};

/// Samples given to the recogniser in a step; no answer depends on it.
const BATCH_SAMPLES: usize = 16_000;

/// What one run gave for one clip.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Index into [`Plan::runs`].
    pub run: usize,
    /// The final words.
    pub transcript: Transcript,
    /// Texts of the best hypotheses, best first; the transcript's alone for greedy.
    pub n_best: Vec<String>,
    /// Speed and latency on the simulated clock.
    pub figures: Figures,
    /// What a listener would have waited for each word. `None` when the text could not
    /// be aligned with the audio (it is too long, or there is none).
    pub perceived: Option<PerceivedLatencies>,
    /// Queueing and compute of each chunk.
    pub chunks: Vec<ChunkTimes>,
    /// How steady the text was.
    pub stability: StabilityCounts,
}

/// What a step did.
#[derive(Debug)]
pub enum Step {
    /// A part of a run.
    Worked,
    /// The last part of a run.
    Outcome(Box<Outcome>),
    /// Nothing: all runs are done.
    Done,
}

/// A clip on its way through a plan.
#[derive(Debug)]
pub struct ClipRun<'a> {
    plan: &'a Plan,
    rest: &'a [f32],
    run: usize,
}

impl<'a> ClipRun<'a> {
    /// Begins with a clip: `samples` are mono at `sample_rate_hz`, in [-1, 1]. The
    /// recogniser is this clip's until the last step.
    ///
    /// # Errors
    /// When the recogniser cannot begin a take with the first run's settings.
    pub fn start(
        plan: &'a Plan,
        recognizer: &mut Recognizer,
        samples: &'a [f32],
        sample_rate_hz: u32,
    ) -> Result<Self, RecognizerError> {
        if let Some(first) = plan.runs().first() {
            recognizer.start(sample_rate_hz, &first.settings, Clock::Simulated)?;
        }
        Ok(Self {
            plan,
            rest: samples,
            run: 0,
        })
    }

    /// Does the next step.
    ///
    /// # Errors
    /// When the audio, the model or a decoder fails.
    pub fn step(
        &mut self,
        recognizer: &mut Recognizer,
        now: Stopwatch<'_>,
    ) -> Result<Step, RecognizerError> {
        if self.run == self.plan.runs().len() {
            return Ok(Step::Done);
        }
        if !self.rest.is_empty() {
            let (batch, rest) = self.rest.split_at(BATCH_SAMPLES.min(self.rest.len()));
            recognizer.accept(batch, 0.0, now)?;
            self.rest = rest;
            return Ok(Step::Worked);
        }
        recognizer.finish(now)?;
        if recognizer.advance(now)? {
            return Ok(Step::Worked);
        }
        let outcome = Outcome {
            run: self.run,
            transcript: recognizer.transcript(),
            n_best: recognizer.n_best_texts(),
            figures: recognizer.figures(),
            perceived: recognizer.perceived_latencies().ok(),
            chunks: recognizer.chunk_times().to_vec(),
            stability: recognizer.stability(),
        };
        self.run += 1;
        if let Some(next) = self.plan.runs().get(self.run) {
            recognizer.set_settings(&next.settings)?;
        }
        Ok(Step::Outcome(Box::new(outcome)))
    }
}
