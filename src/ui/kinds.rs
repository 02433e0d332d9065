//! The plain types behind the page's signals. Free of the browser.

use asr_playground::decode::Transcript;
use asr_playground::eval::latency::Figures;
use asr_playground::protocol::{LanguageModelInfo, Level, LoadStage, ModelInfo};
use asr_playground::recognizer::TakeLatency;

use super::clips::Clip;

/// Where the current take stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// No take yet.
    #[default]
    Idle,
    /// The browser is asked for the microphone.
    Opening,
    /// The microphone is heard.
    Recording,
    /// A clip or file is recognised, a stopped take is being finished, or a take
    /// is recognised anew.
    Running,
    /// No more words will come.
    Finished,
}

/// Where the model stands.
#[derive(Clone, Debug, PartialEq)]
pub enum ModelStatus {
    /// The worker's code is being loaded.
    StartingWorker,
    /// The model is being loaded.
    Loading {
        /// What is being done.
        stage: LoadStage,
        /// Bytes here so far.
        loaded_bytes: u64,
        /// Bytes in all.
        total_bytes: u64,
    },
    /// It can be used.
    Ready(ModelInfo),
    /// It could not be loaded, or the worker is gone.
    Failed,
}

impl ModelStatus {
    /// Whether it can be used.
    pub fn is_ready(&self) -> bool {
        matches!(self, Self::Ready(_))
    }
}

/// Another model is being loaded; the one before is in use until it is ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Switching {
    /// Its name in the manifest.
    pub name: String,
    /// Bytes here so far.
    pub loaded_bytes: u64,
    /// Bytes in all; 0 while not known.
    pub total_bytes: u64,
}

/// Where the language model stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum LanguageModelState {
    /// It has not been asked for yet.
    #[default]
    Later,
    /// It is being loaded.
    Loading {
        /// Bytes here so far.
        loaded_bytes: u64,
        /// Bytes in all.
        total_bytes: u64,
    },
    /// It can be used.
    Ready(LanguageModelInfo),
    /// The site has none for this model.
    Missing,
    /// It could not be loaded.
    Failed,
}

/// Where a take's audio comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum Origin {
    /// The microphone.
    Microphone,
    /// A bundled clip.
    Clip(Clip),
    /// A file of the person's; the bytes are kept by the browser.
    File(String),
}

/// Who wrote the reference.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReferenceFrom {
    /// A bundled clip's own.
    #[default]
    Clip,
    /// Typed; kept when another take begins.
    Person,
}

/// What the meter shows.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Meter {
    /// The last batch.
    pub level: Level,
    /// Samples at full scale in this take.
    pub clipped_samples: u64,
    /// Largest magnitude in this take.
    pub take_peak: f32,
}

/// The take as the second settings recognise it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Compared {
    /// Its words.
    pub transcript: Transcript,
    /// Its figures.
    pub figures: Figures,
    /// When all of it is recognised: what a listener waits for.
    pub latency: Option<TakeLatency>,
}

/// Playback of the take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Playback {
    /// Sound is heard, or has been asked for.
    pub playing: bool,
    /// 16 kHz sample under the cursor; `None` until the person plays or seeks.
    pub cursor_sample: Option<i64>,
}

/// What shall be run as soon as the model is ready.
#[derive(Clone, Debug)]
pub enum Wanted {
    /// A bundled clip.
    Clip(Clip),
    /// The file in [`Handles::file`].
    File,
}
