//! What the page knows, as signals, and how the worker's messages change it.
//!
//! `Page` is a bundle of handles and is copied freely. A message about a take
//! other than the current one is late and is dropped here, nowhere else.

use std::time::Duration;

use asr_playground::decode::Transcript;
use asr_playground::eval::latency::Figures;
use asr_playground::model::Lookahead;
use asr_playground::protocol::{Failure, FailureKind, FromWorker, Level, SourceInfo};
use asr_playground::recognizer::{Settings, TakeLatency};
use leptos::prelude::*;

use super::browser::now_ms;
use super::capture::{Applied, Capture, Device};
use super::clips::Clip;
use super::corrections::Corrections;
use super::effects::{self, Effects};
pub use super::kinds::{
    Compared, LanguageModelState, Meter, ModelStatus, Origin, Phase, Playback, ReferenceFrom,
    Wanted,
};
use super::level_store::LevelStore;
use super::playback::Player;
use super::questions;
use super::questions::Questions;
use super::recording;
use super::state::{PageSettings, Query};
use super::timeline::HOP_SAMPLES;
use super::trouble::{Retry, Trouble};
use super::worker_client::WorkerClient;

/// How long a transcript waits for a frame of the display.
const HIDDEN_TAB_WAIT: Duration = Duration::from_millis(250);

/// Of so many texts, how long they took to the display is kept.
const DISPLAY_TIMES: usize = 500;

/// A run with another lookahead that is this close to the present has caught up.
const CAUGHT_UP_FRAMES: i64 = 150;

/// Things of the browser's that a page holds on to.
#[derive(Default)]
pub struct Handles {
    /// The worker.
    pub worker: Option<WorkerClient>,
    /// The open microphone.
    pub capture: Option<Capture>,
    /// The sounding take.
    pub player: Player,
    /// The file last opened, to run it again.
    pub file: Option<web_sys::File>,
    /// The take's log-mel frames.
    pub log_mel: LevelStore,
    /// The take's log-probs, as [`asr_playground::protocol::posterior_levels`].
    pub posteriors: LevelStore,
    /// Who waits for answers from the worker.
    pub questions: Questions,
    /// The take's audio, 16 kHz mono: for playback, and to run it again.
    pub audio: Vec<i16>,
    /// The worker has been given the current take.
    pub worker_has_take: bool,
    /// The take that has been asked for and has not begun.
    pub pending: Option<Pending>,
}

/// A take that has been asked for.
#[derive(Debug)]
pub struct Pending {
    /// Where its audio comes from.
    origin: Origin,
    /// The file, if that is one.
    file: Option<web_sys::File>,
}

/// Everything the panels read.
#[derive(Clone, Copy)]
pub struct Page {
    /// What a person can set.
    pub settings: RwSignal<PageSettings>,
    /// What the address's query asked for.
    pub query: StoredValue<Query>,
    /// Where the model stands.
    pub model: RwSignal<ModelStatus>,
    /// Where the language model stands.
    pub language_model: RwSignal<LanguageModelState>,
    /// Where the take stands.
    pub phase: RwSignal<Phase>,
    /// The current take's number; 0 before the first.
    pub take: RwSignal<u32>,
    /// The number of the take in view: that of the last that began.
    pub viewed: RwSignal<u32>,
    /// It began with other settings than it has now.
    pub mixed: RwSignal<bool>,
    /// Where its audio comes from.
    pub origin: RwSignal<Option<Origin>>,
    /// What its audio is.
    pub source: RwSignal<Option<SourceInfo>>,
    /// Its words.
    pub transcript: RwSignal<Transcript>,
    /// The words the worker sent last, until they are shown.
    newest: StoredValue<Option<Transcript>>,
    /// Which of its words replaced others.
    pub corrections: RwSignal<Corrections>,
    /// Its figures.
    pub figures: RwSignal<Figures>,
    /// What its words were made with, once finished.
    pub settings_used: RwSignal<Option<Settings>>,
    /// How far a run with another lookahead is, 0 to 1.
    pub rerun: RwSignal<Option<f64>>,
    /// Log-mel frames so far; the frames are in [`Handles::log_mel`].
    pub frames: RwSignal<i64>,
    /// Rows of log-probs so far; the rows are in [`Handles::posteriors`].
    pub rows: RwSignal<i64>,
    /// How loud it is.
    pub meter: RwSignal<Meter>,
    /// Its playback.
    pub playback: RwSignal<Playback>,
    /// How long the last texts took from the worker's message to the display.
    pub display_ms: RwSignal<Vec<f64>>,
    /// How much sound the worklet hands over at a time; `None` before a microphone was open.
    pub capture_ms: RwSignal<Option<f64>>,
    /// What a listener of the finished take waits for.
    pub latency: RwSignal<Option<TakeLatency>>,
    /// What each control did to the take.
    pub effects: RwSignal<Effects>,
    /// The take as the second settings recognise it, where two are compared.
    pub compared: RwSignal<Option<Compared>>,
    /// What went wrong and has not been dismissed.
    pub trouble: RwSignal<Option<Trouble>>,
    /// The bundled clips; `None` until the list is here.
    pub clips: RwSignal<Option<Vec<Clip>>>,
    /// What was really said.
    pub reference: RwSignal<String>,
    /// Who wrote the reference.
    pub reference_from: RwSignal<ReferenceFrom>,
    /// The microphones there are.
    pub devices: RwSignal<Vec<Device>>,
    /// The microphone chosen; `None` for the system's default.
    pub device: RwSignal<Option<String>>,
    /// What the browser really applied to the last recording.
    pub applied: RwSignal<Option<Applied>>,
    /// What runs as soon as it can.
    pub wanted: StoredValue<Option<Wanted>>,
    /// Things that are not data.
    pub handles: StoredValue<Handles, LocalStorage>,
}

impl Page {
    /// A page with nothing heard.
    pub fn new(settings: PageSettings, query: Query) -> Self {
        Self {
            settings: RwSignal::new(settings),
            query: StoredValue::new(query),
            model: RwSignal::new(ModelStatus::StartingWorker),
            language_model: RwSignal::new(LanguageModelState::default()),
            phase: RwSignal::new(Phase::Idle),
            take: RwSignal::new(0),
            viewed: RwSignal::new(0),
            mixed: RwSignal::new(false),
            origin: RwSignal::new(None),
            source: RwSignal::new(None),
            transcript: RwSignal::new(Transcript::default()),
            newest: StoredValue::new(None),
            corrections: RwSignal::new(Corrections::default()),
            figures: RwSignal::new(Figures::default()),
            settings_used: RwSignal::new(None),
            rerun: RwSignal::new(None),
            frames: RwSignal::new(0),
            rows: RwSignal::new(0),
            meter: RwSignal::new(Meter::default()),
            playback: RwSignal::new(Playback::default()),
            display_ms: RwSignal::new(Vec::new()),
            capture_ms: RwSignal::new(None),
            latency: RwSignal::new(None),
            effects: RwSignal::new(Effects::default()),
            compared: RwSignal::new(None),
            trouble: RwSignal::new(None),
            clips: RwSignal::new(None),
            reference: RwSignal::new(String::new()),
            reference_from: RwSignal::new(ReferenceFrom::Clip),
            devices: RwSignal::new(Vec::new()),
            device: RwSignal::new(None),
            applied: RwSignal::new(None),
            wanted: StoredValue::new(None),
            handles: StoredValue::new_local(Handles::default()),
        }
    }

    /// The word for the root's `data-state`.
    pub fn state_name(&self) -> &'static str {
        if self
            .trouble
            .with(|t| t.as_ref().is_some_and(|t| t.blocking))
        {
            return "failed";
        }
        match self.phase.get() {
            Phase::Recording => "recording",
            Phase::Running => "running",
            Phase::Finished => "finished",
            Phase::Idle | Phase::Opening => self.model.with(|model| match model {
                ModelStatus::Ready(_) => "ready",
                ModelStatus::Failed => "failed",
                ModelStatus::StartingWorker | ModelStatus::Loading { .. } => "loading",
            }),
        }
    }

    /// Whether the model can be used now, without tracking.
    pub fn model_ready(&self) -> bool {
        self.model
            .with_untracked(|m| matches!(m, ModelStatus::Ready(_)))
    }

    /// The length of the take in 16 kHz samples, as far as is known.
    pub fn take_samples(&self) -> i64 {
        let known = self.source.with(|s| s.as_ref().and_then(|s| s.samples));
        let heard = (self.figures.with(|f| f.audio_ms) * 16.0) as i64;
        let shown = self.frames.get() * HOP_SAMPLES;
        // A take that was stopped is as long as what was heard of it.
        known
            .filter(|_| self.phase.get() == Phase::Running)
            .unwrap_or_else(|| heard.max(shown))
    }

    /// Numbers the next take. The last one stays in view, and is kept, until the
    /// worker has said that the new one has begun: see [`Page::take_started`].
    pub fn begin_take(&self, origin: Origin, file: Option<web_sys::File>) -> u32 {
        let take = self.take.get_untracked() + 1;
        self.handles.update_value(|h| {
            h.player.forget();
            h.worker_has_take = false;
            h.pending = Some(Pending { origin, file });
        });
        self.trouble.set(None);
        self.rerun.set(None);
        self.take.set(take);
        take
    }

    /// The take last numbered has begun: forgets the one before.
    fn take_started(&self, source: SourceInfo) {
        let pending = self
            .handles
            .try_update_value(|h| {
                h.player.forget();
                h.log_mel.clear();
                h.posteriors.clear();
                h.audio.clear();
                h.pending.take()
            })
            .flatten();
        questions::forget(*self);
        self.viewed.set(self.take.get_untracked());
        self.mixed.set(false);
        self.newest.set_value(None);
        self.transcript.set(Transcript::default());
        self.corrections.set(Corrections::default());
        self.figures.set(Figures::default());
        self.latency.set(None);
        self.compared.set(None);
        self.display_ms.set(Vec::new());
        self.settings_used.set(None);
        self.meter.set(Meter::default());
        self.playback.set(Playback::default());
        self.frames.set(0);
        self.rows.set(0);
        self.source.set(Some(source));
        if let Some(Pending { origin, file }) = pending {
            if file.is_some() {
                self.handles.update_value(|h| h.file = file);
            }
            self.bring_reference(&origin);
            if !matches!(origin, Origin::Clip(_)) {
                // A link must not lead to another take.
                self.settings.update(|s| s.clip = None);
            }
            self.origin.set(Some(origin));
        }
    }

    /// A clip brings its reference, unless the person typed another for it. Other
    /// sources come without: a clip's reference goes, a person's stays.
    fn bring_reference(&self, origin: &Origin) {
        let typed = self.reference_from.get_untracked() == ReferenceFrom::Person;
        let same = self
            .origin
            .with_untracked(|last| last.as_ref() == Some(origin));
        match origin {
            Origin::Clip(_) if typed && same => {}
            Origin::Clip(clip) => {
                self.reference.set(clip.reference.clone());
                self.reference_from.set(ReferenceFrom::Clip);
            }
            Origin::Microphone | Origin::File(_) if typed => {}
            Origin::Microphone | Origin::File(_) => self.reference.set(String::new()),
        }
    }

    /// Takes in a message from the worker.
    pub fn apply(&self, message: FromWorker) {
        let current = self.take.get_untracked();
        match message {
            FromWorker::ModelProgress {
                stage,
                loaded_bytes,
                total_bytes,
            } => self.model.set(ModelStatus::Loading {
                stage,
                loaded_bytes,
                total_bytes,
            }),
            FromWorker::ModelReady(info) => self.model.set(ModelStatus::Ready(info)),
            FromWorker::LanguageModelProgress {
                loaded_bytes,
                total_bytes,
            } => self.language_model.set(LanguageModelState::Loading {
                loaded_bytes,
                total_bytes,
            }),
            FromWorker::LanguageModelReady(info) => self
                .language_model
                .set(info.map_or(LanguageModelState::Missing, LanguageModelState::Ready)),
            FromWorker::TakeStarted { take, source } if take == current => {
                self.take_started(source);
            }
            FromWorker::LogMel {
                take,
                first_frame,
                n_mels,
                levels,
            } if take == current => {
                self.handles
                    .update_value(|h| h.log_mel.put(first_frame, n_mels, &levels));
                self.frames
                    .set(self.handles.with_value(|h| h.log_mel.len()));
            }
            FromWorker::Posteriors {
                take,
                first_row,
                columns,
                levels,
            } if take == current => {
                self.handles.update_value(|h| {
                    // Another lookahead's rows replace all there are.
                    if first_row == 0 {
                        h.posteriors.clear();
                    }
                    h.posteriors.put(first_row, columns, &levels);
                });
                self.rows
                    .set(self.handles.with_value(|h| h.posteriors.len()));
            }
            // Of the take in view, which another number may have been asked for after.
            FromWorker::Answer { id, answer, .. } => {
                questions::answered(*self, id, answer);
            }
            FromWorker::Level(level) => self.meter.update(|meter| {
                meter.level = level;
                meter.clipped_samples += u64::from(level.clipped_samples);
                meter.take_peak = meter.take_peak.max(level.peak);
            }),
            FromWorker::Transcript { take, transcript } if take == current => {
                self.show_soon(transcript);
            }
            FromWorker::Compared {
                take,
                transcript,
                figures,
                latency,
            } if take == current => self.compared.set(Some(Compared {
                transcript,
                figures,
                latency,
            })),
            FromWorker::Figures { take, figures } if take == current => self.figures.set(figures),
            FromWorker::Rerun {
                take,
                done_frames,
                total_frames,
            } if take == current => {
                self.rerun.set(self.rerun_share(done_frames, total_frames));
            }
            FromWorker::Finished { take, settings } if take == current => {
                self.finish(settings);
            }
            FromWorker::Failed(failure) => self.fail(failure, current),
            FromWorker::Audio {
                take,
                first_sample,
                samples,
            } if take == current => self.keep_audio(first_sample, &samples),
            // Late answers to older takes; `Ready` is `link`'s business.
            _ => {}
        }
    }

    /// Shows a transcript with the display's next frame: a file fed fast brings
    /// more of them than can be laid out. In a hidden tab, which has no frames, a
    /// timer does it.
    fn show_soon(self, transcript: Transcript) {
        let waiting = self
            .newest
            .try_update_value(|newest| newest.replace(transcript).is_some());
        if waiting != Some(true) {
            let heard_ms = now_ms();
            request_animation_frame(move || {
                self.show_newest();
                self.display_ms.update(|times| {
                    times.push(now_ms() - heard_ms);
                    let old = times.len().saturating_sub(DISPLAY_TIMES);
                    times.drain(..old);
                });
            });
            set_timeout(move || self.show_newest(), HIDDEN_TAB_WAIT);
        }
    }

    /// Shows the newest transcript now, if it is not shown yet.
    pub fn show_newest(&self) {
        if let Some(transcript) = self.newest.try_update_value(Option::take).flatten() {
            self.corrections.update(|c| c.update(&transcript));
            self.transcript.set(transcript);
        }
    }

    /// How far a run with another lookahead is; `None` once it has caught up with
    /// what is still being heard, or if it has to wait for the end of that.
    fn rerun_share(self, done_frames: i64, total_frames: i64) -> Option<f64> {
        let left = total_frames - done_frames;
        let whole =
            self.settings.with_untracked(|s| s.recognizer.lookahead) == Lookahead::WholeTake;
        let known = self
            .source
            .with_untracked(|s| s.as_ref().and_then(|s| s.samples));
        let heard = (self.frames.get_untracked() + CAUGHT_UP_FRAMES) * HOP_SAMPLES;
        let over = self.phase.get_untracked() != Phase::Recording
            && known.is_none_or(|samples| heard >= samples);
        let waits = whole && !over;
        (left > CAUGHT_UP_FRAMES && !waits)
            .then(|| (done_frames as f64 / total_frames.max(1) as f64).clamp(0.0, 1.0))
    }

    fn keep_audio(&self, first_sample: i64, samples: &[i16]) {
        let Ok(start) = usize::try_from(first_sample) else {
            return;
        };
        self.handles.update_value(|h| {
            h.audio.resize(start, 0);
            h.audio.extend_from_slice(samples);
        });
    }

    fn finish(&self, settings: Settings) {
        self.show_newest();
        // A finish with the settings of before the last change: the run with
        // the new ones is still to come.
        if settings != self.settings.with_untracked(|s| s.recognizer.clone()) {
            return;
        }
        self.rerun.set(None);
        self.meter.update(|meter| meter.level = Level::default());
        self.settings_used.set(Some(settings));
        self.phase.set(Phase::Finished);
        effects::take_finished(*self);
    }

    /// Ends the take where it stands: kept if anything was heard of it.
    pub fn abandon(&self) {
        self.handles.update_value(|h| {
            // It never began: the worker has none, and what is in view is the last one.
            if h.pending.take().is_some() {
                h.worker_has_take = false;
            }
        });
        self.show_newest();
        let heard = self.frames.get_untracked() > 0;
        self.rerun.set(None);
        self.meter.update(|meter| meter.level = Level::default());
        self.phase
            .set(if heard { Phase::Finished } else { Phase::Idle });
    }

    fn fail(&self, failure: Failure, current: u32) {
        if failure.take.is_some_and(|take| take != current) {
            return;
        }
        let retry = match failure.kind {
            FailureKind::Model => {
                self.model.set(ModelStatus::Failed);
                Retry::Model
            }
            FailureKind::LanguageModel => {
                self.language_model.set(LanguageModelState::Failed);
                self.trouble.set(Some(Trouble::notice(
                    failure.message,
                    failure.advice,
                    Retry::LanguageModel,
                )));
                return;
            }
            FailureKind::Audio => Retry::OpenFile,
            FailureKind::Recognition => Retry::RunAgain,
            FailureKind::Protocol => Retry::ReloadPage,
        };
        if failure.kind != FailureKind::Model {
            // The worker has let go of the take; what is in view is run again from here.
            self.handles.update_value(|h| h.worker_has_take = false);
            recording::release_microphone(*self);
            self.abandon();
        }
        self.trouble
            .set(Some(Trouble::new(failure.message, failure.advice, retry)));
    }
}

/// The page of the component that asks.
pub fn use_page() -> Page {
    expect_context::<Page>()
}
