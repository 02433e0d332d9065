//! The front end while the signal is still arriving.

use super::FeatureError;
use super::config::{Framing, LogMelConfig};
use super::frame::{FrameTransform, centre_padding, check_finite};

/// What the signal is continued with at its end.
const ZEROS: [f32; 256] = [0.0; 256];

/// Streaming log-mel: push samples as they come, take frames as they are ready.
///
/// However the signal is split into pushes, the frames are those of
/// [`super::log_mel`] bit for bit. Less than one window of samples is kept between
/// pushes. Waiting frames are kept until taken; when they are taken after every
/// push, nothing is allocated once the first few pushes have gone through.
#[derive(Clone)]
pub struct LogMel {
    config: LogMelConfig,
    transform: FrameTransform,
    /// Samples of the next frame so far, fewer than `window_samples`.
    pending: Vec<f32>,
    /// Samples still to be dropped before the next frame begins (hop > window).
    skip_samples: usize,
    /// Samples accepted since the start of the take.
    accepted_samples: u64,
    /// Frames computed since the start of the take.
    computed_frames: u64,
    finished: bool,
    /// Waiting frames, row-major.
    ready: Vec<f32>,
}

impl LogMel {
    /// A front end at the start of a take.
    ///
    /// # Errors
    ///
    /// [`FeatureError::Config`] if the configuration is not valid,
    /// [`FeatureError::NeedsWholeSignal`] if only [`super::log_mel`] can compute it.
    pub fn new(config: LogMelConfig) -> Result<Self, FeatureError> {
        let transform = FrameTransform::new(&config)?;
        if let Some(reason) = config.needs_whole_signal() {
            return Err(FeatureError::NeedsWholeSignal { reason });
        }
        let mut stream = Self {
            transform,
            pending: Vec::with_capacity(config.window_samples),
            skip_samples: 0,
            accepted_samples: 0,
            computed_frames: 0,
            finished: false,
            ready: Vec::new(),
            config,
        };
        stream.reset();
        Ok(stream)
    }

    /// Go back to the start of a take, keeping the prepared transform and buffers.
    pub fn reset(&mut self) {
        self.pending.clear();
        self.skip_samples = 0;
        self.accepted_samples = 0;
        self.computed_frames = 0;
        self.finished = false;
        self.ready.clear();
        if self.config.framing == Framing::CentreZeros {
            // Shorter than a window: half of one, rounded up.
            self.pending.resize(centre_padding(&self.config), 0.0);
        }
    }

    /// The configuration it was made with.
    #[must_use]
    pub fn config(&self) -> &LogMelConfig {
        &self.config
    }

    /// Add samples at the configuration's rate; any number, none included.
    ///
    /// # Errors
    ///
    /// [`FeatureError::NotFinite`] if one of them is NaN or infinite, and
    /// [`FeatureError::Finished`] after [`Self::input_finished`]. In both cases
    /// nothing was added and the take can go on.
    pub fn accept_waveform(&mut self, samples: &[f32]) -> Result<(), FeatureError> {
        if self.finished {
            return Err(FeatureError::Finished);
        }
        check_finite(samples, self.accepted_samples)?;
        self.accepted_samples += samples.len() as u64;
        self.frames_from(samples);
        Ok(())
    }

    /// Declare the end of the take. Frames that reach beyond it, if the framing has
    /// any, become ready.
    pub fn input_finished(&mut self) {
        if self.finished {
            return;
        }
        self.finished = true;
        if self.config.framing != Framing::CentreZeros || self.accepted_samples == 0 {
            return;
        }
        let frames = 1 + self.accepted_samples / self.config.hop_samples as u64;
        while self.computed_frames < frames {
            let missing = self.skip_samples + self.config.window_samples - self.pending.len();
            self.frames_from(&ZEROS[..missing.min(ZEROS.len())]);
        }
    }

    /// Frames waiting to be taken.
    #[must_use]
    pub fn frames_ready(&self) -> usize {
        self.ready.len() / self.config.n_mels
    }

    /// Append all waiting frames to `out`, `n_mels` values each, oldest first, and
    /// return how many they were.
    pub fn take_frames(&mut self, out: &mut Vec<f32>) -> usize {
        let frames = self.frames_ready();
        out.extend_from_slice(&self.ready);
        self.ready.clear();
        frames
    }

    fn frames_from(&mut self, mut samples: &[f32]) {
        let window = self.config.window_samples;
        let hop = self.config.hop_samples;
        while !samples.is_empty() {
            let skipped = self.skip_samples.min(samples.len());
            self.skip_samples -= skipped;
            samples = &samples[skipped..];
            let (now, later) = samples.split_at(samples.len().min(window - self.pending.len()));
            self.pending.extend_from_slice(now);
            samples = later;
            if self.pending.len() == window {
                self.transform.push_frame(&self.pending, &mut self.ready);
                self.computed_frames += 1;
                self.skip_samples = hop.saturating_sub(window);
                self.pending.drain(..hop.min(window));
            }
        }
    }
}
