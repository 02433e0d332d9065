//! Every message between the page and its worker, as plain data.
//!
//! A message is [`encode`]d into one byte buffer whose ownership is transferred,
//! never copied. Two things travel beside the bytes because they cannot be
//! bytes: the microphone's `MessagePort` (with [`ToWorker::StartMicrophone`]),
//! over which the AudioWorklet sends raw `Float32Array` batches, and nothing else.
//!
//! A *take* is one stretch of audio being recognised. The page numbers takes;
//! answers carry the number, so that a late answer to an older take is dropped.

mod levels;
mod models;
mod sweep;

use serde::{Deserialize, Serialize};

use crate::decode::Transcript;
use crate::eval::latency::Figures;
use crate::eval::sweep::SweepRow;
use crate::recognizer::{Answer, Question, Settings, TakeLatency};

pub use levels::{
    MEL_LEVEL_FLOOR_LN, MEL_LEVEL_RANGE_LN, POSTERIOR_LEVEL_LN, mel_levels, posterior_levels,
};
pub use models::{LanguageModelInfo, LoadStage, ModelChoice, ModelInfo};
pub use sweep::{SweepClip, SweepEnd, SweepRequest};

/// What the page asks of the worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ToWorker {
    /// Fetch, verify and prepare a model. Answered by [`FromWorker::Models`],
    /// [`FromWorker::ModelProgress`] and then [`FromWorker::ModelReady`] or
    /// [`FromWorker::Failed`]. Sent again to retry, and for another model: the one before
    /// stays in use until that is ready, then the take in view is recognised anew.
    LoadModel {
        /// Address of `manifest.toml`, relative to the page.
        manifest_url: String,
        /// Which of its models; `None` for the manifest's default.
        model: Option<String>,
    },
    /// Fetch, verify and prepare the language model that goes with the loaded model,
    /// if there is one. Answered by [`FromWorker::LanguageModelProgress`]
    /// and then [`FromWorker::LanguageModelReady`] or
    /// [`FromWorker::Failed`]. Sent again to retry. Decoders that want one use it from
    /// then on, also over what was already said.
    LoadLanguageModel {
        /// Address of `manifest.toml`, relative to the page.
        manifest_url: String,
        /// The acoustic model's name; `None` for the manifest's default.
        model: Option<String>,
    },
    /// Begin a live take. The message carries the worklet's `MessagePort`.
    StartMicrophone {
        /// The take's number.
        take: u32,
        /// The capture rate.
        sample_rate_hz: u32,
        /// Settings to begin with.
        settings: Settings,
    },
    /// Recognise a whole file or bundled clip.
    RunFile {
        /// The take's number.
        take: u32,
        /// File name, for its extension and for messages.
        name: String,
        /// The file as it is on disk: WAV, FLAC, MP3, Ogg Vorbis or Ogg Opus.
        bytes: Vec<u8>,
        /// Settings to begin with.
        settings: Settings,
        /// How fast to feed it.
        pace: Pace,
    },
    /// End the current take: what was heard so far is flushed and finished.
    StopTake {
        /// The take to stop.
        take: u32,
    },
    /// Change settings, also in the middle of a take. Another decoder decodes the
    /// kept log-probs again, a new lookahead runs the model again over the kept
    /// features.
    SetSettings(Settings),
    /// Recognise takes with these settings as well, beside the first ones, or no longer.
    /// Answered by [`FromWorker::Compared`], also over what was already said.
    Compare(Option<Settings>),
    /// Ask about the take in view. Answered by [`FromWorker::Answer`].
    Ask {
        /// The question's number, which the answer carries.
        id: u32,
        /// The question.
        question: Question,
    },
    /// Run a sweep with the loaded model. Answered by [`FromWorker::SweepProgress`],
    /// [`FromWorker::SweepRows`] after each clip, and [`FromWorker::SweepEnded`] last.
    RunSweep {
        /// The sweep's number.
        sweep: u32,
        /// What to run.
        request: SweepRequest,
    },
    /// End a sweep after the step it is in.
    CancelSweep {
        /// The sweep's number.
        sweep: u32,
    },
}

/// How fast a file is fed to the recogniser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pace {
    /// As fast as the machine can. Latencies are those of a simulated listener.
    Fast,
    /// As if it were being spoken now.
    RealTime,
}

/// What the worker tells the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum FromWorker {
    /// The worker's code runs and accepts messages.
    Ready {
        /// Version of this crate in the worker; the page refuses another.
        version: String,
    },
    /// The models there are, in the manifest's order.
    Models(Vec<ModelChoice>),
    /// A step of loading the model.
    ModelProgress {
        /// What is being done.
        stage: LoadStage,
        /// Bytes here so far (fetching only).
        loaded_bytes: u64,
        /// Bytes in all, from the manifest.
        total_bytes: u64,
    },
    /// The model can be used.
    ModelReady(ModelInfo),
    /// The language model is being fetched.
    LanguageModelProgress {
        /// Bytes here so far.
        loaded_bytes: u64,
        /// Bytes in all, from the manifest.
        total_bytes: u64,
    },
    /// Decoders can use the language model; `None` where the manifest has none.
    LanguageModelReady(Option<LanguageModelInfo>),
    /// A take has begun.
    TakeStarted {
        /// The take's number.
        take: u32,
        /// What its audio is.
        source: SourceInfo,
    },
    /// New log-mel frames, for display. A model of another front end begins them anew
    /// with frame 0.
    LogMel {
        /// The take's number.
        take: u32,
        /// Index of the first frame here.
        first_frame: i64,
        /// Bands a frame.
        n_mels: u16,
        /// Row-major `[frames, n_mels]`; see [`mel_levels`].
        levels: Vec<u8>,
    },
    /// New log-probs, for display. A new lookahead begins them anew with row 0.
    Posteriors {
        /// The take's number.
        take: u32,
        /// Index of the first row here.
        first_row: i64,
        /// Tokens a row.
        columns: u16,
        /// Row-major `[rows, columns]`; see [`posterior_levels`].
        levels: Vec<u8>,
    },
    /// The answer to a question, or why there is none, in words for a person.
    Answer {
        /// The question's number.
        id: u32,
        /// The answer.
        answer: Result<Answer, String>,
    },
    /// How loud the last batch was.
    Level(Level),
    /// The transcript as it is now. Its committed words are a prefix of every
    /// later transcript of the take at the same [`Transcript::revision`].
    Transcript {
        /// The take's number.
        take: u32,
        /// The words.
        transcript: Transcript,
    },
    /// How the second recognition of the take stands, where two are compared.
    Compared {
        /// The take's number.
        take: u32,
        /// Its words.
        transcript: Transcript,
        /// Its figures.
        figures: Figures,
        /// When all of it is recognised: what a listener waits for.
        latency: Option<TakeLatency>,
    },
    /// Speed and latency as they are now.
    Figures {
        /// The take's number.
        take: u32,
        /// The figures.
        figures: Figures,
    },
    /// The whole take again with other settings: how far along.
    Rerun {
        /// The take's number.
        take: u32,
        /// Feature frames done.
        done_frames: i64,
        /// Feature frames in all.
        total_frames: i64,
    },
    /// The take is over; transcript and figures sent before this are final.
    Finished {
        /// The take's number.
        take: u32,
        /// What the final transcript was made with.
        settings: Settings,
    },
    /// New audio of the take at 16 kHz mono, sent as it comes: the page keeps it
    /// for playback, and to run the take again should this worker crash.
    Audio {
        /// The take's number.
        take: u32,
        /// Index of the first sample here.
        first_sample: i64,
        /// 16-bit samples.
        samples: Vec<i16>,
    },
    /// How far a sweep is.
    SweepProgress {
        /// The sweep's number.
        sweep: u32,
        /// Index of the clip in hand.
        clip: u32,
        /// Runs done, over all clips; those of a clip left out count as done.
        done_runs: u32,
        /// Runs in all: clips × the plan's runs.
        total_runs: u32,
    },
    /// A clip could not be used; the sweep goes on without it.
    SweepClipLeftOut {
        /// The sweep's number.
        sweep: u32,
        /// The clip's index.
        clip: u32,
        /// Why, in words for a person.
        reason: String,
    },
    /// The figures over the clips done so far, one row a setting.
    SweepRows {
        /// The sweep's number.
        sweep: u32,
        /// The rows, in the plan's order.
        rows: Vec<SweepRow>,
    },
    /// A sweep is over.
    SweepEnded {
        /// The sweep's number.
        sweep: u32,
        /// How.
        end: SweepEnd,
    },
    /// Something went wrong. The take so far is kept.
    Failed(Failure),
}

/// What the audio of a take is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SourceInfo {
    /// File name, or empty for the microphone.
    pub name: String,
    /// Rate before resampling.
    pub sample_rate_hz: u32,
    /// Channels before mixing to mono.
    pub channels: u16,
    /// Length at 16 kHz; `None` while it is still being spoken.
    pub samples: Option<i64>,
    /// Codec in words ("PCM 16-bit", "Opus"), or empty for the microphone.
    pub codec: String,
}

/// Loudness of one batch of samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Level {
    /// Largest magnitude, 1.0 is full scale.
    pub peak: f32,
    /// Root mean square.
    pub rms: f32,
    /// Samples at or beyond full scale.
    pub clipped_samples: u32,
}

impl Level {
    /// Measures a batch; an empty one is silence.
    #[must_use]
    pub fn of(samples: &[f32]) -> Self {
        if samples.is_empty() {
            return Self::default();
        }
        let peak = samples.iter().fold(0.0_f32, |peak, s| peak.max(s.abs()));
        let energy: f32 = samples.iter().map(|s| s * s).sum();
        Self {
            peak,
            rms: (energy / samples.len() as f32).sqrt(),
            clipped_samples: samples.iter().filter(|s| s.abs() >= 0.999).count() as u32,
        }
    }
}

/// A failure in words: what happened, and what to do next.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// The part that failed, which decides what "retry" does.
    pub kind: FailureKind,
    /// The take it belongs to, if to one.
    pub take: Option<u32>,
    /// What happened, in a sentence for a person.
    pub message: String,
    /// What the person can do, in a sentence.
    pub advice: String,
}

/// The part that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FailureKind {
    /// The model could not be fetched, verified or prepared: retry loads again.
    Model,
    /// The language model could not be fetched, verified or prepared. Recognition goes
    /// on without it; retry loads it again.
    LanguageModel,
    /// The file could not be read as audio: choose another.
    Audio,
    /// Recognition failed in the middle of a take.
    Recognition,
    /// A message could not be understood (page and worker of different versions).
    Protocol,
}

/// Encodes a message.
///
/// # Errors
/// Never for the types of this module; the error is postcard's.
pub fn encode<T: Serialize>(message: &T) -> Result<Vec<u8>, postcard::Error> {
    postcard::to_allocvec(message)
}

/// Decodes a message.
///
/// # Errors
/// When the bytes are not one message of this version.
pub fn decode<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, postcard::Error> {
    postcard::from_bytes(bytes)
}
