//! What the page knows, as signals; `inbox` says how the worker's messages change it.
//!
//! `Page` is a bundle of handles and is copied freely.

use asr_playground::decode::Transcript;
use asr_playground::eval::latency::Figures;
use asr_playground::protocol::{ModelChoice, SourceInfo};
use asr_playground::recognizer::{Settings, TakeLatency};
use leptos::prelude::*;

use super::aside::{self, Aside};
use super::capture::{Applied, Capture, Device};
use super::clips::Clip;
use super::corrections::Corrections;
use super::effects::Effects;
pub use super::kinds::{
    Compared, LanguageModelState, Meter, ModelStatus, Origin, Phase, Playback, ReferenceFrom,
    Switching, Wanted,
};
use super::level_store::LevelStore;
use super::playback::Player;
use super::questions;
use super::questions::Questions;
use super::state::{PageSettings, Query};
use super::timeline::HOP_SAMPLES;
use super::trouble::Trouble;
use super::worker_client::WorkerClient;

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
    /// It is the take in view once more.
    pub same_audio: bool,
    /// What was really said, as far as that is known of a take that was kept; empty if
    /// nothing is.
    pub reference: Option<String>,
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
    /// The models that can be chosen; empty until the manifest is here.
    pub models: RwSignal<Vec<ModelChoice>>,
    /// The model that will take the place of the one in use.
    pub switching: RwSignal<Option<Switching>>,
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
    pub(super) newest: StoredValue<Option<Transcript>>,
    /// Which of its words replaced others.
    pub corrections: RwSignal<Corrections>,
    /// Its figures.
    pub figures: RwSignal<Figures>,
    /// What its words were made with, once finished.
    pub settings_used: RwSignal<Option<Settings>>,
    /// How far a take that is recognised anew is, 0 to 1.
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
    /// The take that is being recognised unseen, to be compared with: see [`Effects`].
    pub rehearsing: StoredValue<Option<u32>>,
    /// The take as the second settings recognise it, where two are compared.
    pub compared: RwSignal<Option<Compared>>,
    /// Recordings that were pushed out of view and are kept nowhere else.
    pub aside: RwSignal<Vec<Aside>>,
    /// The number of the take that the browser keeps, whole.
    pub kept: RwSignal<Option<u32>>,
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
            models: RwSignal::new(Vec::new()),
            switching: RwSignal::new(None),
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
            rehearsing: StoredValue::new(None),
            compared: RwSignal::new(None),
            aside: RwSignal::new(Vec::new()),
            kept: RwSignal::new(None),
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

    /// The length of the take in 16 kHz samples, as far as is known: of its sound, or up to
    /// the end of its last word, if the model wrote that in the silence it hears after it.
    pub fn take_samples(&self) -> i64 {
        let heard = (self.figures.with(|f| f.audio_ms) * 16.0) as i64;
        let shown = self.frames.get() * HOP_SAMPLES;
        let phase = self.phase.get();
        // A take that was stopped is as long as what was heard of it.
        if phase == Phase::Finished || self.rerun.with(Option::is_some) {
            let last_word = self
                .transcript
                .with(|t| t.words.last().map(|w| w.end_sample));
            return heard.max(last_word.unwrap_or(0).min(shown));
        }
        let known = self.source.with(|s| s.as_ref().and_then(|s| s.samples));
        known
            .filter(|_| phase == Phase::Running)
            .unwrap_or_else(|| heard.max(shown))
    }

    /// Numbers the next take. The last one stays in view, and is kept, until the
    /// worker has said that the new one has begun: see [`Page::take_started`].
    pub fn begin_take(&self, origin: Origin, file: Option<web_sys::File>) -> u32 {
        let take = self.take.get_untracked() + 1;
        self.handles.update_value(|h| {
            h.player.forget();
            h.worker_has_take = false;
            h.pending = Some(Pending {
                origin,
                file,
                same_audio: false,
                reference: None,
            });
        });
        self.trouble.set(None);
        self.rerun.set(None);
        self.take.set(take);
        take
    }

    /// More about the take last numbered.
    pub fn pending(&self, set: impl FnOnce(&mut Pending)) {
        self.handles.update_value(|h| {
            if let Some(pending) = &mut h.pending {
                set(pending);
            }
        });
    }

    /// The take last numbered has begun: forgets the one before, or sets it aside if it
    /// would be lost.
    pub(super) fn take_started(&self, source: SourceInfo) {
        let same_audio = self
            .handles
            .with_value(|h| h.pending.as_ref().is_some_and(|p| p.same_audio));
        if !same_audio {
            aside::put_aside(*self);
        }
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
        if let Some(Pending {
            origin,
            file,
            reference,
            ..
        }) = pending
        {
            if file.is_some() {
                self.handles.update_value(|h| h.file = file);
            }
            if let Some(reference) = reference {
                // A kept take brings its own.
                self.reference_from.set(if reference.is_empty() {
                    ReferenceFrom::Clip
                } else {
                    ReferenceFrom::Person
                });
                self.reference.set(reference);
            } else {
                self.bring_reference(&origin);
            }
            if !matches!(origin, Origin::Clip(_)) {
                // A link must not lead to another take.
                self.settings.update(|s| s.clip = None);
            }
            self.origin.set(Some(origin));
        }
    }

    /// The reference, if the person typed it; else nothing. Not tracked.
    pub fn typed_reference(&self) -> Option<String> {
        (self.reference_from.get_untracked() == ReferenceFrom::Person)
            .then(|| self.reference.get_untracked())
    }

    /// A clip brings its reference, unless the person typed another for it. A file comes
    /// without, and keeps one that was typed for it when it is run again. A recording keeps
    /// one that the person typed, who may be going to read it aloud; not a file's.
    fn bring_reference(&self, origin: &Origin) {
        let typed = self.reference_from.get_untracked() == ReferenceFrom::Person;
        let same = self
            .origin
            .with_untracked(|last| last.as_ref() == Some(origin));
        let of_file = self
            .origin
            .with_untracked(|last| matches!(last, Some(Origin::File(_))));
        match origin {
            Origin::Clip(_) | Origin::File(_) if typed && same => {}
            Origin::Clip(clip) => {
                self.reference.set(clip.reference.clone());
                self.reference_from.set(ReferenceFrom::Clip);
            }
            Origin::Microphone if typed && !of_file => {}
            Origin::Microphone | Origin::File(_) => {
                self.reference.set(String::new());
                self.reference_from.set(ReferenceFrom::Clip);
            }
        }
    }
}

/// The page of the component that asks.
pub fn use_page() -> Page {
    expect_context::<Page>()
}
