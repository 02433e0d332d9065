//! The recogniser itself; its invariants are those of [`super`].

use std::ops::Range;
use std::sync::Arc;

use super::other::Other;
use super::take::Take;
use super::{RecognizerError, Settings};
use crate::audio::MODEL_RATE_HZ;
use crate::decode::ctc::AlignedWord;
use crate::decode::{DecoderKind, DecoderParts, Hypothesis, LanguageModel, Segment, Transcript};
use crate::eval::latency::{ChunkTimes, Clock, Figures, PerceivedLatencies};
use crate::eval::stability::StabilityCounts;
use crate::model::{Arithmetic, Lookahead, ModelSpec, Session, Tokens};

/// Reads a monotonic clock in milliseconds; its zero is anywhere.
pub type Stopwatch<'a> = &'a dyn Fn() -> f64;

/// Recognises one take after another with one model.
pub struct Recognizer {
    pub(super) session: Session,
    pub(super) parts: DecoderParts,
    pub(super) take: Option<Take>,
    pub(super) other: Option<Other>,
    pub(super) other_settings: Option<Settings>,
    /// What needs no warming up any more: see `warm_up`.
    pub(super) warm: Vec<(Lookahead, Arithmetic, DecoderKind)>,
}

impl Recognizer {
    /// A recogniser over a loaded model and its tokens.
    #[must_use]
    pub fn new(session: Session, tokens: Tokens) -> Self {
        Self {
            parts: DecoderParts {
                tokens,
                samples_per_row: session.spec().row_samples(),
                language_model: None,
            },
            session,
            take: None,
            other: None,
            other_settings: None,
            warm: Vec::new(),
        }
    }

    /// Goes on with another model, also over what was already said: as by
    /// [`Recognizer::set_settings`] with another lookahead. Where the model does not offer
    /// the take's lookahead, the take goes on with the nearest that it does.
    ///
    /// # Errors
    /// [`RecognizerError::OtherFrontEnd`], or when the model cannot run: all is then as it
    /// was.
    pub fn set_model(
        &mut self,
        mut session: Session,
        tokens: Tokens,
        now: Stopwatch<'_>,
    ) -> Result<(), RecognizerError> {
        let (old, new) = (self.session.spec(), session.spec());
        let features_fit = old.front_end == new.front_end
            && old.flush_ms == new.flush_ms
            && old.row_samples() == new.row_samples();
        let live = self.take.as_ref().is_some_and(|take| !take.is_ended());
        if live && !features_fit {
            return Err(RecognizerError::OtherFrontEnd);
        }
        let settings = self.take.as_ref().map(|take| {
            let settings = take.settings().clone();
            let lookahead = settings.lookahead.nearest(&new.lookaheads());
            Settings {
                lookahead,
                ..settings
            }
        });
        if let Some(settings) = &settings {
            prepare(&mut session, settings.lookahead, settings.arithmetic)?;
        }
        let samples_per_row = session.spec().row_samples();
        self.session = session;
        self.warm.clear();
        self.parts = DecoderParts {
            tokens,
            samples_per_row,
            language_model: self.parts.language_model.take(),
        };
        if let (Some(take), Some(settings)) = (&mut self.take, settings) {
            take.change_model(&self.session, &self.parts, settings, features_fit, now)?;
        }
        self.start_other()
    }

    /// Gives the decoders a language model, or takes it away. A take that is decoded
    /// with one is decoded anew, as by [`Recognizer::set_settings`].
    ///
    /// # Errors
    /// None that a take which has begun can cause.
    pub fn set_language_model(
        &mut self,
        language_model: Option<Arc<LanguageModel>>,
    ) -> Result<(), RecognizerError> {
        self.parts.language_model = language_model;
        if let Some(take) = &mut self.take
            && take.settings().decoder.kind == DecoderKind::BeamLm
        {
            let settings = take.settings().clone();
            take.restart(&self.session, &self.parts, settings)?;
        }
        self.start_other()
    }

    /// The language model, if one is loaded.
    #[must_use]
    pub fn language_model(&self) -> Option<&Arc<LanguageModel>> {
        self.parts.language_model.as_ref()
    }

    /// The model's tokens, a column of the log-probs each.
    #[must_use]
    pub fn tokens(&self) -> &Tokens {
        &self.parts.tokens
    }

    /// The model's description.
    #[must_use]
    pub fn spec(&self) -> &ModelSpec {
        self.session.spec()
    }

    /// Begins a take of audio at `sample_rate_hz`, forgetting the one before.
    ///
    /// # Errors
    /// When the rate is out of range or the model cannot run at the lookahead.
    pub fn start(
        &mut self,
        sample_rate_hz: u32,
        settings: &Settings,
        clock: Clock,
    ) -> Result<(), RecognizerError> {
        self.prepare(settings.lookahead, settings.arithmetic)?;
        self.take = Some(Take::new(
            &self.session,
            &self.parts,
            sample_rate_hz,
            settings.clone(),
            clock,
        )?);
        self.start_other()
    }

    /// Drops the take, if there is one.
    pub fn forget(&mut self) {
        self.take = None;
        self.other = None;
    }

    /// Builds the plan a lookahead needs in an arithmetic and warms it up, so that the first
    /// chunk does not wait. Whole takes differ in length: their plans are built when the take
    /// has ended, before the chunk and at no chunk's charge ([`Recognizer::advance`]).
    ///
    /// # Errors
    /// When the model does not offer this lookahead or the plan cannot be built.
    pub fn prepare(
        &mut self,
        lookahead: Lookahead,
        arithmetic: Arithmetic,
    ) -> Result<(), RecognizerError> {
        prepare(&mut self.session, lookahead, arithmetic)
    }

    /// Builds one of the plans that another lookahead would wait for; `false` when they are all
    /// there. For when there is nothing else to do. Only in int8, where plans share the weights:
    /// in floats each costs its own copy.
    ///
    /// # Errors
    /// When the plan cannot be built.
    pub fn prepare_ahead(&mut self) -> Result<bool, RecognizerError> {
        let arithmetic = Arithmetic::Int8;
        let prepared = self.session.prepared(arithmetic);
        let lookaheads = self.spec().lookaheads();
        // One that pushes another out would never come to an end.
        if lookaheads.len() > Session::MOST_PLANS {
            return Ok(false);
        }
        for lookahead in lookaheads {
            if let Lookahead::Ms(_) = lookahead
                && !prepared.contains(&self.session.chunk_frames(lookahead, None)?)
            {
                return self.prepare(lookahead, arithmetic).map(|()| true);
            }
        }
        Ok(false)
    }

    /// Takes a batch of audio, mono at the take's rate, in [-1, 1], and computes its
    /// log-mel frames. Returns the range of new feature frames.
    ///
    /// `arrival_ms` is when the batch arrived, by the same clock as `now`; it
    /// matters to [`Clock::Real`] only.
    ///
    /// # Errors
    /// When no take is running, a sample is not finite, or the take is full
    /// ([`RecognizerError::TakeFull`]: what fits was taken; finish it).
    pub fn accept(
        &mut self,
        samples: &[f32],
        arrival_ms: f64,
        now: Stopwatch<'_>,
    ) -> Result<Range<i64>, RecognizerError> {
        self.take
            .as_mut()
            .ok_or(RecognizerError::NoTake)?
            .accept(samples, arrival_ms, now)
    }

    /// Says that the take's audio is complete, and flushes its tail into features.
    /// Returns the range of new feature frames. Does nothing the second time.
    ///
    /// # Errors
    /// When there is no take, or the front end fails.
    pub fn finish(&mut self, now: Stopwatch<'_>) -> Result<Range<i64>, RecognizerError> {
        let take = self.take.as_mut().ok_or(RecognizerError::NoTake)?;
        take.finish(self.session.spec(), now)
    }

    /// Runs the model over the next complete chunk and decodes it. Says whether
    /// there was one; call it until it says no. A plan that the chunk needs and that is not
    /// there yet is built first: a listener waits for that, but no chunk's compute has it, so
    /// figures do not depend on which lengths came before. A second recognition
    /// ([`Recognizer::set_other`]) takes turns with the first.
    ///
    /// # Errors
    /// When there is no take, or the model or the decoder fails.
    pub fn advance(&mut self, now: Stopwatch<'_>) -> Result<bool, RecognizerError> {
        if self.other.is_some() {
            return self.advance_both(now);
        }
        self.advance_first(now)
    }

    /// Applies settings to the take, also to what was already said: where they
    /// differ from the take's, the transcript begins a new revision and the next
    /// calls of [`Recognizer::advance`] make it anew, from the kept log-probs or, for
    /// another lookahead, from the kept features. While the take goes on, its committed
    /// words stay. Returns whether the settings differed.
    ///
    /// # Errors
    /// When the model cannot run so. The take then goes on as it was.
    pub fn set_settings(&mut self, settings: &Settings) -> Result<bool, RecognizerError> {
        let unchanged = match &self.take {
            None => true,
            Some(take) => take.settings() == settings,
        };
        if unchanged {
            return Ok(false);
        }
        self.prepare(settings.lookahead, settings.arithmetic)?;
        if let Some(take) = &mut self.take {
            take.restart(&self.session, &self.parts, settings.clone())?;
        }
        Ok(true)
    }

    /// The take's settings.
    #[must_use]
    pub fn settings(&self) -> Option<&Settings> {
        self.take.as_ref().map(Take::settings)
    }

    /// The text as it stands; empty without a take.
    #[must_use]
    pub fn transcript(&self) -> Transcript {
        self.take.as_ref().map(Take::transcript).unwrap_or_default()
    }

    /// Stretches of speech so far; none unless endpoints are looked for.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        self.take.as_ref().map_or(&[], Take::segments)
    }

    /// The decoder's best hypotheses, best first, with their scores; none for greedy
    /// decoding and without a take.
    #[must_use]
    pub fn n_best(&self) -> Vec<Hypothesis> {
        self.take.as_ref().map(Take::n_best).unwrap_or_default()
    }

    /// The whole texts of the decoder's best hypotheses, best first; the one text there
    /// is for greedy decoding. The gate has not been over them.
    #[must_use]
    pub fn n_best_texts(&self) -> Vec<String> {
        self.take
            .as_ref()
            .map(Take::n_best_texts)
            .unwrap_or_default()
    }

    /// Where the words of the transcript were heard, by forced alignment of its text with the
    /// log-probs: a decoder's own spikes are not always the likeliest.
    ///
    /// # Errors
    /// When there is no take, it has no words, or it is too long to be aligned.
    pub fn aligned_words(&self) -> Result<Vec<AlignedWord>, RecognizerError> {
        let take = self.take.as_ref().ok_or(RecognizerError::NoTake)?;
        take.aligned_words(&self.parts)
    }

    /// What a listener waited for each word of the transcript: from the end of the
    /// spoken word, by [`Recognizer::aligned_words`].
    ///
    /// # Errors
    /// Those of `aligned_words`.
    pub fn perceived_latencies(&self) -> Result<PerceivedLatencies, RecognizerError> {
        let take = self.take.as_ref().ok_or(RecognizerError::NoTake)?;
        take.perceived_latencies(&self.parts)
    }

    /// Queueing and compute of every chunk so far.
    #[must_use]
    pub fn chunk_times(&self) -> &[ChunkTimes] {
        self.take.as_ref().map_or(&[], Take::chunk_times)
    }

    /// How steady the text has been.
    #[must_use]
    pub fn stability(&self) -> StabilityCounts {
        self.take.as_ref().map(Take::stability).unwrap_or_default()
    }

    /// Speed and latency as they stand.
    #[must_use]
    pub fn figures(&self) -> Figures {
        self.take.as_ref().map(Take::figures).unwrap_or_default()
    }

    /// Log-mel frames of the take, row-major `[frames, n_mels]`.
    #[must_use]
    pub fn features(&self) -> &[f32] {
        self.take.as_ref().map_or(&[], Take::features)
    }

    /// Log-probs of the take so far, row-major `[rows, vocabulary]`.
    #[must_use]
    pub fn log_probs(&self) -> &[f32] {
        self.take.as_ref().map_or(&[], Take::log_probs)
    }

    /// The take's audio so far, 16 kHz mono 16-bit, without the flush padding.
    #[must_use]
    pub fn audio(&self) -> &[i16] {
        self.take.as_ref().map_or(&[], Take::audio)
    }

    /// The transcript's revision; see [`Transcript::revision`].
    #[must_use]
    pub fn revision(&self) -> u32 {
        self.take.as_ref().map_or(0, Take::revision)
    }

    /// Feature frames decoded and in all; equal when nothing is left to do.
    #[must_use]
    pub fn progress_frames(&self) -> (i64, i64) {
        self.take
            .as_ref()
            .map(Take::progress_frames)
            .unwrap_or_default()
    }

    /// The take is finished and everything in it has been recognised.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.take.as_ref().is_some_and(Take::is_done)
    }
}

fn prepare(
    session: &mut Session,
    lookahead: Lookahead,
    arithmetic: Arithmetic,
) -> Result<(), RecognizerError> {
    if let Lookahead::Ms(_) = lookahead {
        let frames = session.chunk_frames(lookahead, None)?;
        session.warm_up(arithmetic, frames)?;
    }
    Ok(())
}

/// Samples at 16 kHz in `milliseconds`.
#[must_use]
pub const fn samples_of_ms(milliseconds: u32) -> i64 {
    milliseconds as i64 * MODEL_RATE_HZ as i64 / 1000
}
