//! Speed and latency, one definition a name; `docs/LATENCY.md` tells them at length.
//!
//! | name | from | to | where |
//! |---|---|---|---|
//! | algorithmic | a chunk's first sample is spoken | its last window is complete | [`algorithmic_latency_ms`] |
//! | queueing | a chunk is complete | the machine begins with it | [`ChunkTimes`] |
//! | compute | it begins | the chunk's transcript is there | [`ChunkTimes`] |
//! | user-perceived, of a word | the spoken word's end | it is shown for good | [`WordLatency::stable_ms`] |
//! | first shown, of a word | the spoken word's end | it is shown at all | [`WordLatency::first_shown_ms`] |
//! | committed, of a word | the spoken word's end | it cannot change | [`WordLatency::committed_ms`] |
//! | first partial | the first spoken word's end | any text is shown | [`PerceivedLatencies::first_partial_ms`] |
//! | final | the last spoken word's end | all text is committed | [`PerceivedLatencies::final_ms`] |
//! | finishing | the last sample's arrival | the final transcript | [`Figures::final_latency_ms`] |
//!
//! Many values of a latency are told as [`Percentiles`](super::percentile::Percentiles).
//!
//! A [`LatencyMeter`] is told what arrives and what has been processed, and keeps
//! the [`Figures`] of one take. There is no clock in it:
//!
//! - [`Clock::Real`]: the caller passes its clock's reading with every event, in
//!   milliseconds from any origin.
//! - [`Clock::Simulated`], for a file fed at [`crate::protocol::Pace::Fast`]: audio
//!   arrives as if it were being spoken, and each batch occupies the machine for
//!   the compute time measured, one after another, beginning when it has arrived
//!   and the one before it is done. So the latencies are those a live listener
//!   would have had, on this machine.
//!
//! Positions in the audio are 16 kHz samples; one sample is 1/16 ms.

mod emission;
mod meter;

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

pub use emission::{EmissionLog, EndsMismatch, PerceivedLatencies, WordLatency};
pub use meter::{ChunkTimes, Clock, LatencyMeter};

/// 16 kHz samples in a millisecond.
const SAMPLES_PER_MS: f64 = 16.0;

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

impl AddAssign for StageTimes {
    fn add_assign(&mut self, other: Self) {
        self.resample_ms += other.resample_ms;
        self.features_ms += other.features_ms;
        self.model_ms += other.model_ms;
        self.decode_ms += other.decode_ms;
    }
}

/// Figures of a take as they stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Audio received.
    pub audio_ms: f64,
    /// Audio received but not yet recognised because the machine is busy: what waits
    /// beyond [`Self::algorithmic_latency_ms`], which is what waits for its chunk to
    /// fill. 0 for the whole take at once, which waits for the end.
    pub queued_ms: f64,
    /// Compute time so far, by stage.
    pub stages: StageTimes,
    /// Compute time ÷ audio processed; below 1 the machine keeps up. `None` before
    /// any audio has been processed.
    pub real_time_factor: Option<f64>,
    /// From the end of the first word in the audio to its appearance; see
    /// [`LatencyMeter`]. `None` while there is no word.
    pub first_word_latency_ms: Option<f64>,
    /// From the last sample's arrival to the final transcript; `None` until then.
    pub final_latency_ms: Option<f64>,
    /// The wait that no machine could shorten, [`algorithmic_latency_ms`]; `None`
    /// for the whole take at once.
    pub algorithmic_latency_ms: Option<f64>,
    /// The latencies come from the simulated clock.
    pub simulated: bool,
}

impl Figures {
    /// Compute time for each second of audio, all stages; `None` before any audio.
    #[must_use]
    pub fn compute_ms_per_s(&self) -> Option<f64> {
        let seconds = self.audio_ms / 1e3;
        (seconds > 0.0).then(|| self.stages.total_ms() / seconds)
    }
}

/// The longest a sample waits for audio after it, in milliseconds.
///
/// The first sample of a chunk waits until the chunk's last window is complete.
/// With windows beginning one hop apart, that is chunk + window − hop samples
/// later: for 160 ms chunks, 25 ms windows and a hop of 10 ms, 175 ms.
///
/// All lengths in 16 kHz samples.
#[must_use]
pub fn algorithmic_latency_ms(chunk_samples: i64, window_samples: i64, hop_samples: i64) -> f64 {
    milliseconds(
        chunk_samples
            .saturating_add(window_samples)
            .saturating_sub(hop_samples),
    )
}

fn milliseconds(samples: i64) -> f64 {
    samples as f64 / SAMPLES_PER_MS
}
