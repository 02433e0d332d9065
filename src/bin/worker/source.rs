//! Where a take's audio comes from, and when it is due.

use asr_playground::audio::DecodedAudio;
use asr_playground::protocol::Pace;

/// Audio is fed in batches of this length, about what the capture worklet sends.
const BATCH_MS: usize = 32;

/// The source of the current take.
pub enum Source {
    /// No take, or its audio has ended.
    Ended,
    /// The capture worklet's port delivers; see [`Source::microphone_is_over`].
    Microphone {
        /// When to stop waiting for the worklet's last batch, once asked to stop.
        give_up_ms: Option<f64>,
    },
    /// A decoded file.
    File(FileSource),
}

/// A decoded file being fed.
pub struct FileSource {
    audio: DecodedAudio,
    fed: usize,
    pace: Pace,
    started_ms: f64,
}

/// What a source has at the moment.
pub enum Due {
    /// A batch.
    Batch(Vec<f32>),
    /// Nothing yet; ask again in so many milliseconds.
    In(i32),
    /// Nothing until somebody calls.
    Later,
    /// Nothing ever again.
    End,
}

impl FileSource {
    pub fn new(audio: DecodedAudio, pace: Pace, started_ms: f64) -> Self {
        Self {
            audio,
            fed: 0,
            pace,
            started_ms,
        }
    }

    fn next(&mut self, now_ms: f64) -> Due {
        let rate = self.audio.sample_rate_hz as usize;
        let left = self.audio.samples.len() - self.fed;
        if left == 0 {
            return Due::End;
        }
        let batch = (rate * BATCH_MS / 1000).min(left);
        if self.pace == Pace::RealTime {
            // A microphone delivers a batch when its last sample has been spoken.
            let due_ms = self.started_ms + (self.fed + batch) as f64 * 1000.0 / rate as f64;
            if due_ms > now_ms {
                return Due::In((due_ms - now_ms).ceil() as i32);
            }
        }
        let samples = self.audio.samples[self.fed..self.fed + batch].to_vec();
        self.fed += batch;
        Due::Batch(samples)
    }
}

impl Source {
    /// What the source has at `now_ms`.
    pub fn next(&mut self, now_ms: f64) -> Due {
        match self {
            Self::File(file) => file.next(now_ms),
            Self::Microphone {
                give_up_ms: Some(limit),
            } if *limit <= now_ms => Due::End,
            Self::Microphone {
                give_up_ms: Some(limit),
            } => Due::In((*limit - now_ms).ceil() as i32),
            Self::Microphone { give_up_ms: None } | Self::Ended => Due::Later,
        }
    }
}
