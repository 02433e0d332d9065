//! One take at a time: settings and audio in, a little work a turn, news out.

use std::sync::Arc;

use asr_playground::audio::{decode_file, resampled_len};
use asr_playground::decode::LanguageModel;
use asr_playground::eval::latency::Clock;
use asr_playground::model::{Session, Tokens};
use asr_playground::protocol::{Failure, FromWorker, Level, Pace, SourceInfo, ToWorker};
use asr_playground::recognizer::{Asked, Question, Recognizer, RecognizerError, Settings};

use crate::browser::{now_ms, post};
use crate::failure;
use crate::pending::Answers;
use crate::source::{Due, FileSource, Source};
use crate::told::{FIGURES_EVERY_MS, Told};

/// A turn of work lasts no longer than this, but for the chunk it is in.
const TURN_MS: f64 = 20.0;
/// How long a stopped microphone may take to deliver its last batch.
const LAST_BATCH_MS: f64 = 1000.0;

/// When to call [`Engine::step`] again.
pub enum Next {
    /// In the next turn of the event loop.
    Now,
    /// In so many milliseconds.
    In(i32),
    /// When something arrives.
    Idle,
}

/// The worker's state.
pub struct Engine {
    recognizer: Option<Recognizer>,
    /// Kept beside the recogniser: it may load first, or with another one.
    language_model: Option<Arc<LanguageModel>>,
    /// A file that came before the model did.
    waiting: Option<ToWorker>,
    take: u32,
    source: Source,
    told: Told,
    answers: Answers,
}

impl Default for Engine {
    fn default() -> Self {
        Self {
            recognizer: None,
            language_model: None,
            waiting: None,
            take: 0,
            source: Source::Ended,
            told: Told::default(),
            answers: Answers::default(),
        }
    }
}

impl Engine {
    /// The number of the take being recognised.
    pub fn current_take(&self) -> u32 {
        self.take
    }

    /// Takes over a loaded model, and runs what was waiting for it; a take that there is
    /// is recognised anew.
    ///
    /// # Errors
    /// When it cannot go on with the take. All is then as it was.
    pub fn use_model(&mut self, session: Session, tokens: Tokens) -> Result<(), RecognizerError> {
        let Some(recognizer) = &mut self.recognizer else {
            let mut recognizer = Recognizer::new(session, tokens);
            recognizer.warm_up(Settings::default())?;
            self.take_back(recognizer);
            return Ok(());
        };
        let front_end = recognizer.spec().front_end.clone();
        recognizer.set_model(session, tokens, &now_ms)?;
        // Its log-probs are others, and its features may be.
        if recognizer.spec().front_end != front_end {
            self.told.frames = 0;
        }
        self.told.rows = 0;
        self.told.made_with = None;
        self.told.other = None;
        Ok(())
    }

    /// Takes a recogniser for its own: a new one, or that which was lent.
    pub fn take_back(&mut self, mut recognizer: Recognizer) {
        if let Err(error) = recognizer.set_language_model(self.language_model.clone()) {
            fail(failure::of_take(self.take, &error));
        }
        self.recognizer = Some(recognizer);
        if let Some(message) = self.waiting.take() {
            self.handle(message);
        }
    }

    /// Gives the decoders a language model, or takes it away.
    pub fn use_language_model(&mut self, language_model: Option<Arc<LanguageModel>>) {
        if let Some(recognizer) = &mut self.recognizer
            && let Err(error) = recognizer.set_language_model(language_model.clone())
        {
            fail(failure::of_take(self.take, &error));
        }
        self.language_model = language_model;
    }

    /// Lends the recogniser, for a sweep; [`Self::take_back`] ends that.
    pub fn lend_model(&mut self) -> Option<Recognizer> {
        self.recognizer.take()
    }

    /// A message from the page that is about a take.
    pub fn handle(&mut self, message: ToWorker) {
        match message {
            ToWorker::RunFile { take, .. } if self.recognizer.is_none() => {
                self.take = take;
                self.waiting = Some(message);
            }
            ToWorker::RunFile {
                take,
                name,
                bytes,
                settings,
                pace,
            } => {
                self.take = take;
                self.run_file(&name, &bytes, &settings, pace);
            }
            ToWorker::StartMicrophone {
                take,
                sample_rate_hz,
                settings,
            } => {
                self.take = take;
                let source = SourceInfo {
                    name: String::new(),
                    sample_rate_hz,
                    channels: 1,
                    samples: None,
                    codec: String::new(),
                };
                if self.begin(source, &settings, Clock::Real) {
                    self.source = Source::Microphone { give_up_ms: None };
                }
            }
            ToWorker::StopTake { take } if take == self.take => self.stop(),
            // Loading and sweeps are not the engine's; another take's stop is late.
            ToWorker::LoadModel { .. }
            | ToWorker::LoadLanguageModel { .. }
            | ToWorker::RunSweep { .. }
            | ToWorker::CancelSweep { .. }
            | ToWorker::StopTake { .. } => {}
            ToWorker::SetSettings(settings) => self.set_settings(&settings),
            ToWorker::Compare(settings) => self.compare(settings.as_ref()),
            ToWorker::Ask { id, question } => self.answer(id, &question),
        }
    }

    fn run_file(&mut self, name: &str, bytes: &[u8], settings: &Settings, pace: Pace) {
        let audio = match decode_file(name, bytes) {
            Ok(audio) => audio,
            Err(error) => {
                // The take in view stays: it can still be asked about.
                self.source = Source::Ended;
                return fail(failure::of_file(self.take, &error));
            }
        };
        let source = SourceInfo {
            name: name.to_owned(),
            sample_rate_hz: audio.sample_rate_hz,
            channels: audio.channels,
            samples: Some(resampled_len(audio.samples.len() as u64, audio.sample_rate_hz) as i64),
            codec: audio.codec.clone(),
        };
        let clock = match pace {
            Pace::Fast => Clock::Simulated,
            Pace::RealTime => Clock::Real,
        };
        if self.begin(source, settings, clock) {
            self.source = Source::File(FileSource::new(audio, pace, now_ms()));
        }
    }

    /// Starts a take; says whether it could.
    fn begin(&mut self, source: SourceInfo, settings: &Settings, clock: Clock) -> bool {
        self.forget();
        let Some(recognizer) = &mut self.recognizer else {
            fail(failure::no_model(self.take));
            return false;
        };
        match recognizer.start(source.sample_rate_hz, settings, clock) {
            Ok(()) => {
                post(&FromWorker::TakeStarted {
                    take: self.take,
                    source,
                });
                true
            }
            Err(error) => {
                fail(failure::of_take(self.take, &error));
                false
            }
        }
    }

    /// Drops the last take: its number is another's now.
    fn forget(&mut self) {
        self.source = Source::Ended;
        self.told = Told::default();
        self.answers.forget();
        if let Some(recognizer) = &mut self.recognizer {
            recognizer.forget();
        }
    }

    fn stop(&mut self) {
        match &mut self.source {
            Source::Microphone { give_up_ms } => *give_up_ms = Some(now_ms() + LAST_BATCH_MS),
            Source::File(_) => self.end_audio(),
            Source::Ended => {}
        }
    }

    fn answer(&mut self, id: u32, question: &Question) {
        // Of the take there is: a number given to one that could not begin does not matter.
        let asked = self
            .recognizer
            .as_ref()
            .map(|recognizer| recognizer.ask(question));
        let answer = match asked.unwrap_or(Err(RecognizerError::NoTake)) {
            Ok(Asked::Pending(pending)) => return self.answers.begin(id, pending),
            Ok(Asked::Told(answer)) => Ok(answer),
            Err(error) => Err(error),
        };
        let answer = answer.map_err(|error| error.to_string());
        post(&FromWorker::Answer { id, answer });
    }

    fn compare(&mut self, settings: Option<&Settings>) {
        self.told.other = None;
        if let Some(recognizer) = &mut self.recognizer
            && let Err(error) = recognizer.set_other(settings)
        {
            fail(failure::of_take(self.take, &error));
        }
    }

    fn set_settings(&mut self, settings: &Settings) {
        if let Some(recognizer) = &mut self.recognizer
            && let Err(error) = recognizer.set_settings(settings)
        {
            fail(failure::of_take(self.take, &error));
        }
    }

    /// A batch from the microphone.
    pub fn heard(&mut self, samples: &[f32], arrival_ms: f64) {
        if matches!(self.source, Source::Microphone { .. }) {
            self.accept(samples, arrival_ms);
        }
    }

    /// The browser lost sample frames between two batches. They are gone; silence
    /// of their length keeps the time axis true.
    pub fn gap(&mut self, frames: f64) {
        let frames = frames.clamp(0.0, 192_000.0) as usize;
        self.heard(&vec![0.0; frames], now_ms());
    }

    /// The microphone has delivered its last batch.
    pub fn capture_ended(&mut self) {
        if matches!(self.source, Source::Microphone { .. }) {
            self.end_audio();
        }
    }

    fn accept(&mut self, samples: &[f32], arrival_ms: f64) {
        let Some(recognizer) = &mut self.recognizer else {
            return;
        };
        post(&FromWorker::Level(Level::of(samples)));
        if let Err(error) = recognizer.accept(samples, arrival_ms, &now_ms) {
            fail(failure::of_take(self.take, &error));
            self.end_audio();
        }
    }

    fn end_audio(&mut self) {
        self.source = Source::Ended;
        if let Some(recognizer) = &mut self.recognizer
            && let Err(error) = recognizer.finish(&now_ms)
        {
            fail(failure::of_take(self.take, &error));
        }
    }

    /// Works for a turn: feeds what is due, runs the model over what is complete,
    /// tells the page what is new.
    pub fn step(&mut self) -> Next {
        let turn_ends_ms = now_ms() + TURN_MS;
        let next = loop {
            match self.advance() {
                Ok(true) => {}
                Ok(false) => match self.source.next(now_ms()) {
                    Due::Batch(samples) => self.accept(&samples, now_ms()),
                    Due::End => self.end_audio(),
                    _ if self.answers.step() => {}
                    Due::In(milliseconds) => break Next::In(milliseconds),
                    Due::Later if self.prepare_ahead() => break Next::Now,
                    Due::Later => break Next::Idle,
                },
                Err(error) => {
                    self.tell();
                    fail(failure::of_take(self.take, &error));
                    self.forget();
                    break Next::Idle;
                }
            }
            if now_ms() >= turn_ends_ms {
                break Next::Now;
            }
        };
        self.tell();
        next
    }

    fn advance(&mut self) -> Result<bool, RecognizerError> {
        match &mut self.recognizer {
            Some(recognizer) if recognizer.settings().is_some() => recognizer.advance(&now_ms),
            _ => Ok(false),
        }
    }

    /// Uses an idle moment to build a plan; says whether there was one to build. One that
    /// cannot be built fails when it is wanted, and says so then.
    fn prepare_ahead(&mut self) -> bool {
        let recognizer = self.recognizer.as_mut();
        recognizer.is_some_and(|recognizer| recognizer.prepare_ahead().unwrap_or(false))
    }

    /// Sends the page what it does not know yet.
    fn tell(&mut self) {
        let Some(recognizer) = &self.recognizer else {
            return;
        };
        let Some(settings) = recognizer.settings() else {
            return;
        };
        let take = self.take;
        self.told.audio(take, recognizer);
        self.told.log_mel(take, recognizer);
        self.told.posteriors(take, recognizer, settings);

        let (revision, done) = (recognizer.revision(), recognizer.is_done());
        let (done_frames, total_frames) = recognizer.progress_frames();
        let state = (revision, done_frames, done);
        let news = self.told.transcript != Some(state);
        if news {
            self.told.transcript = Some(state);
            post(&FromWorker::Transcript {
                take,
                transcript: recognizer.transcript(),
            });
        }
        let just_done = done && self.told.finished_revision != Some(revision);
        let now = now_ms();
        let figures = recognizer.figures();
        let due = now - self.told.figures_ms >= FIGURES_EVERY_MS;
        if just_done || (due && self.told.figures != Some(figures)) {
            self.told.figures_ms = now;
            self.told.figures = Some(figures);
            post(&FromWorker::Figures { take, figures });
            if revision > 0 {
                post(&FromWorker::Rerun {
                    take,
                    done_frames,
                    total_frames,
                });
            }
        }
        self.told.other(take, recognizer, now);
        if just_done {
            self.told.finished_revision = Some(revision);
            post(&FromWorker::Finished {
                take,
                settings: settings.clone(),
            });
        }
    }
}

fn fail(failure: Failure) {
    post(&FromWorker::Failed(failure));
}
