//! What the sweep's view shows, as signals; it outlives the view.

use std::collections::{BTreeMap, BTreeSet};

use asr_playground::eval::sweep::SweepRow;
use asr_playground::recognizer::Settings;
use leptos::prelude::*;

use super::order::Column;
use super::runner::Runner;
use super::transcripts::Transcripts;

/// A clip that a person brought.
#[derive(Clone, Copy)]
pub struct OwnClip {
    /// Its number.
    pub id: u32,
    /// Its file name.
    pub name: StoredValue<String>,
    /// Its length, once known.
    pub seconds: RwSignal<Option<f64>>,
    /// Its size.
    pub bytes: f64,
    /// What is said in it.
    pub reference: RwSignal<String>,
    /// It is to be run.
    pub chosen: RwSignal<bool>,
}

impl OwnClip {
    /// Whether it can be judged.
    pub fn has_reference(&self) -> bool {
        self.reference.with(|text| !text.trim().is_empty())
    }
}

/// Where the audio of an own clip is.
pub enum Sound {
    /// The browser keeps the file.
    File(web_sys::File),
    /// A take, as a WAV file.
    Bytes(Vec<u8>),
}

/// Where the sweep stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum RunState {
    /// None runs.
    #[default]
    Idle,
    /// What it needs is being loaded; in words.
    Preparing(String),
    /// Clips are recognised.
    Running {
        /// The clip in hand.
        clip: String,
        /// Its place, from 1.
        number: usize,
        /// Clips in all.
        clips: usize,
        /// Runs done.
        done: u32,
        /// Runs in all.
        total: u32,
        /// Seconds still needed, once that can be told.
        left_s: Option<f64>,
    },
    /// The worker is ending it.
    Cancelling,
    /// It could not be run, or was broken off; in words, with what helps.
    Failed(String),
}

impl RunState {
    /// Whether anything is under way.
    pub fn busy(&self) -> bool {
        !matches!(self, Self::Idle | Self::Failed(_))
    }

    /// The word for it in the document.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Preparing(_) => "preparing",
            Self::Running { .. } => "running",
            Self::Cancelling => "cancelling",
            Self::Failed(_) => "failed",
        }
    }
}

/// What a sweep gave so far.
#[derive(Clone, Debug, PartialEq)]
pub struct SweepResults {
    /// One row a setting.
    pub rows: Vec<SweepRow>,
    /// What the grid left open.
    pub base: Settings,
    /// Clips that were to be run.
    pub clips: usize,
    /// It ended by itself.
    pub complete: bool,
}

/// The sweep's signals.
#[derive(Clone, Copy)]
pub struct SweepState {
    /// Bundled clips chosen, by file; `None` until a person chooses: all that are spoken.
    pub bundled: RwSignal<Option<BTreeSet<String>>>,
    /// Clips that the person brought.
    pub own: RwSignal<Vec<OwnClip>>,
    /// Their audio, by number.
    pub sounds: StoredValue<BTreeMap<u32, Sound>, LocalStorage>,
    /// Transcripts read so far, also of files still to come.
    pub transcripts: StoredValue<Transcripts>,
    /// What could not be taken, in words.
    pub refused: RwSignal<Option<String>>,
    /// Where the run stands.
    pub run: RwSignal<RunState>,
    /// Clips left out of the run, each with the reason.
    pub left_out: RwSignal<Vec<(String, String)>>,
    /// The last run's results.
    pub results: RwSignal<Option<SweepResults>>,
    /// The row under the pointer or the focus.
    pub active: RwSignal<Option<usize>>,
    /// The table's order, and whether it falls.
    pub order: RwSignal<(Column, bool)>,
    /// How many times as long as the estimate's machine this one takes, once measured.
    pub slowness: RwSignal<Option<f64>>,
    /// The worker, and what it is doing.
    pub runner: StoredValue<Runner, LocalStorage>,
}

impl SweepState {
    /// Nothing chosen, nothing run.
    pub fn new() -> Self {
        Self {
            bundled: RwSignal::new(None),
            own: RwSignal::new(Vec::new()),
            sounds: StoredValue::new_local(BTreeMap::new()),
            transcripts: StoredValue::new(Transcripts::default()),
            refused: RwSignal::new(None),
            run: RwSignal::new(RunState::Idle),
            left_out: RwSignal::new(Vec::new()),
            results: RwSignal::new(None),
            active: RwSignal::new(None),
            order: RwSignal::new((Column::Setting, false)),
            slowness: RwSignal::new(None),
            runner: StoredValue::new_local(Runner::of_page()),
        }
    }
}

/// The sweep of the component that asks.
pub fn use_sweep() -> SweepState {
    expect_context::<SweepState>()
}
