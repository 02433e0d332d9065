//! The same take with other settings, side by side: what is compared.
//!
//! Both share audio, features and the model's weights. Where the settings want different
//! things of the model, it runs twice, on one thread: a machine that just keeps up with
//! one may fall behind with two, and the figures say so.

use super::question::TakeLatency;
use super::take::Take;
use super::{Recognizer, RecognizerError, Settings, Stopwatch};
use crate::decode::Transcript;
use crate::eval::latency::{Clock, Figures};

/// The second recognition of a take.
pub(super) struct Other {
    take: Take,
    /// It began after words had come: its latencies are measured anew when the audio has
    /// ended, as a live listener would have had them.
    late: bool,
}

/// How the second recognition stands.
#[derive(Clone, Debug)]
pub struct OtherState {
    /// Its words.
    pub transcript: Transcript,
    /// Its figures.
    pub figures: Figures,
    /// When all of it is recognised: what a listener waits for.
    pub latency: Option<TakeLatency>,
}

impl Recognizer {
    /// Recognises the take with other settings as well, or (`None`) no longer. Takes that
    /// begin later are recognised with both, too.
    ///
    /// # Errors
    /// When the model cannot run so. What was compared before then goes on.
    pub fn set_other(&mut self, settings: Option<&Settings>) -> Result<(), RecognizerError> {
        self.other_settings = settings.cloned();
        self.start_other()
    }

    /// Begins the second recognition of the take that there is.
    pub(super) fn start_other(&mut self) -> Result<(), RecognizerError> {
        self.other = None;
        let Some(settings) = self.other_settings.clone() else {
            return Ok(());
        };
        let Some(first) = &self.take else {
            return Ok(());
        };
        let late = !first.features().is_empty();
        let clock = if late {
            Clock::Simulated
        } else {
            first.clock()
        };
        let rate_hz = crate::audio::MODEL_RATE_HZ;
        self.prepare(settings.lookahead, settings.arithmetic)?;
        let take = Take::new(&self.session, &self.parts, rate_hz, settings, clock)?;
        self.other = Some(Other { take, late });
        Ok(())
    }

    /// One chunk of the second recognition. Says whether there was one.
    pub(super) fn advance_other(&mut self, now: Stopwatch<'_>) -> Result<bool, RecognizerError> {
        let (Some(first), Some(other)) = (&self.take, &mut self.other) else {
            return Ok(false);
        };
        let ended = first.is_ended() && !other.take.is_ended();
        other.take.follow(first, now());
        if ended && other.late {
            let settings = other.take.settings().clone();
            other.take.restart(&self.session, &self.parts, settings)?;
        }
        other.take.advance(&mut self.session, now)
    }

    /// Of the second recognition, if there is one: feature frames decoded, and whether
    /// all of it is.
    #[must_use]
    pub fn other_progress(&self) -> Option<(i64, bool)> {
        let take = &self.other.as_ref()?.take;
        Some((take.progress_frames().0, take.is_done()))
    }

    /// The second recognition, if there is one.
    #[must_use]
    pub fn other(&self) -> Option<OtherState> {
        let take = &self.other.as_ref()?.take;
        Some(OtherState {
            transcript: take.transcript(),
            figures: take.figures(),
            latency: take.is_done().then(|| take.latency(&self.parts)),
        })
    }
}
