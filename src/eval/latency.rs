//! Speed and latency, one definition a name.
//!
//! All times are milliseconds since the take's first sample *arrived*. For a file
//! fed at [`crate::protocol::Pace::Fast`] the clock is simulated: audio arrives in
//! real time, one batch after another, and each batch occupies the machine for the
//! compute time measured; so the latencies are those a live listener would have had.

use serde::{Deserialize, Serialize};

/// Compute time spent so far in each stage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StageTimes {
    /// Resampling to 16 kHz.
    pub resample_ms: f64,
    /// Log-mel features.
    pub features_ms: f64,
    /// The acoustic model.
    pub model_ms: f64,
    /// Decoding log-probs into words.
    pub decode_ms: f64,
}

impl StageTimes {
    /// All stages together.
    #[must_use]
    pub fn total_ms(&self) -> f64 {
        self.resample_ms + self.features_ms + self.model_ms + self.decode_ms
    }
}

/// Figures of a take as they stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Audio received, in milliseconds.
    pub audio_ms: f64,
    /// Audio received but not yet recognised because the machine is busy.
    pub queued_ms: f64,
    /// Compute time by stage.
    pub stages: StageTimes,
    /// Processing ÷ audio; `None` before any audio.
    pub real_time_factor: Option<f64>,
    /// From the end of the first word (in the audio) to its first appearance.
    pub first_word_latency_ms: Option<f64>,
    /// From the last sample's arrival to the final transcript; `None` until then.
    pub final_latency_ms: Option<f64>,
    /// Lookahead + window: the wait that no machine could shorten.
    pub algorithmic_latency_ms: Option<f64>,
    /// The latencies come from the simulated clock.
    pub simulated: bool,
}
