//! The same take with other settings, side by side: what is compared.
//!
//! Both share audio, features and the model's weights. Where the settings want different
//! things of the model, it runs twice, on one thread: a machine that just keeps up with
//! one may fall behind with two, and the figures say so.
//!
//! Neither pays for the other. Plans are built, and code and memory used once, before either
//! is timed ([`Recognizer::set_other`], `advance_both`); and they take turns, the first going
//! first in one chunk and last in the next (A B B A), so that each finds the caches cold, and
//! waits for the other, as often.

use super::question::TakeLatency;
use super::take::Take;
use super::utterances::Utterances;
use super::{Recognizer, RecognizerError, Settings, Stopwatch};
use crate::audio::MODEL_RATE_HZ;
use crate::decode::Transcript;
use crate::eval::latency::{Clock, Figures};
use crate::model::Lookahead;

/// Silence that warms a recognition up, in samples: one chunk of any lookahead, as its last.
const WARM_UP_SAMPLES: usize = MODEL_RATE_HZ as usize / 10;
/// Log-probs of the letters that warm a decoder up, and their level.
const LIKELY_LN: f32 = -0.2;
const UNLIKELY_LN: f32 = -5.0;
const SPEECH_DBFS: f32 = -20.0;

/// The second recognition of a take.
pub(super) struct Other {
    take: Take,
    /// It began after words had come: its latencies are measured anew when the audio has
    /// ended, as a live listener would have had them.
    late: bool,
    /// Chunks that either has had: whose turn it is.
    turn: usize,
}

impl Other {
    /// Whether the second recognition is asked first.
    fn goes_first(&self) -> bool {
        matches!(self.turn % 4, 1 | 2)
    }
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
        if let Some(settings) = settings {
            self.warm_up(settings.clone())?;
        }
        self.start_other()
    }

    /// Begins the second recognition of the take that there is.
    pub(super) fn start_other(&mut self) -> Result<(), RecognizerError> {
        self.other = None;
        let Some(mut settings) = self.other_settings.clone() else {
            return Ok(());
        };
        // It may be of a model that offered others.
        settings.lookahead = settings.lookahead.nearest(&self.spec().lookaheads());
        let Some(first) = &self.take else {
            return Ok(());
        };
        let late = !first.features().is_empty();
        let clock = if late {
            Clock::Simulated
        } else {
            first.clock()
        };
        let of_first = first.settings().clone();
        self.warm_up(of_first)?;
        self.warm_up(settings.clone())?;
        let take = Take::new(&self.session, &self.parts, MODEL_RATE_HZ, settings, clock)?;
        self.other = Some(Other {
            take,
            late,
            turn: 0,
        });
        Ok(())
    }

    /// Recognises a moment of silence with settings, and decodes some letters, untimed, so that
    /// no chunk that counts is the first of its kind: plans are built, memory is touched, and a
    /// browser has compiled the code. What a whole take needs depends on its length; its plan
    /// is built when the take ends.
    ///
    /// # Errors
    /// When the model cannot run so.
    pub fn warm_up(&mut self, mut settings: Settings) -> Result<(), RecognizerError> {
        settings.lookahead = settings.lookahead.nearest(&self.spec().lookaheads());
        if settings.lookahead == Lookahead::WholeTake {
            settings.lookahead = Lookahead::default().nearest(&self.spec().lookaheads());
        }
        let kind = (
            settings.lookahead,
            settings.arithmetic,
            settings.decoder.kind,
        );
        if self.warm.contains(&kind) {
            return Ok(());
        }
        self.prepare(settings.lookahead, settings.arithmetic)?;
        self.decode_letters(&settings)?;
        let now: Stopwatch<'_> = &|| 0.0;
        let clock = Clock::Simulated;
        let mut take = Take::new(&self.session, &self.parts, MODEL_RATE_HZ, settings, clock)?;
        take.accept(&[0.0; WARM_UP_SAMPLES], 0.0, now)?;
        take.finish(self.session.spec(), now)?;
        while take.advance(&mut self.session, now)? {}
        self.warm.push(kind);
        Ok(())
    }

    /// Decodes rows in which one token after the other is likely.
    fn decode_letters(&self, settings: &Settings) -> Result<(), RecognizerError> {
        let mut utterances = Utterances::resume(&self.parts, settings, Vec::new(), 0)?;
        let columns = self.parts.tokens.len();
        let mut rows = vec![UNLIKELY_LN; columns * columns];
        for row in 0..columns {
            rows[row * columns + row] = LIKELY_LN;
        }
        utterances.push(0, &rows, &vec![SPEECH_DBFS; columns])?;
        utterances.finish();
        Ok(())
    }

    /// One chunk of either recognition. Says whether there was one.
    pub(super) fn advance_both(&mut self, now: Stopwatch<'_>) -> Result<bool, RecognizerError> {
        let mut order = [Self::advance_first, Self::advance_other];
        if self.other.as_ref().is_some_and(Other::goes_first) {
            order.reverse();
        }
        for advance in order {
            if advance(self, now)? {
                if let Some(other) = &mut self.other {
                    other.turn += 1;
                }
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// One chunk of the first recognition; see [`Recognizer::advance`].
    pub(super) fn advance_first(&mut self, now: Stopwatch<'_>) -> Result<bool, RecognizerError> {
        let take = self.take.as_mut().ok_or(RecognizerError::NoTake)?;
        take.prepare_next(&mut self.session)?;
        take.advance(&mut self.session, now)
    }

    fn advance_other(&mut self, now: Stopwatch<'_>) -> Result<bool, RecognizerError> {
        let (Some(first), Some(other)) = (&self.take, &mut self.other) else {
            return Ok(false);
        };
        let ended = first.is_ended() && !other.take.is_ended();
        other.take.follow(first, now());
        if ended && other.late {
            let settings = other.take.settings().clone();
            other.take.restart(&self.session, &self.parts, settings)?;
        }
        other.take.prepare_next(&mut self.session)?;
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
