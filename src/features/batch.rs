//! The front end over a whole signal.

use super::FeatureError;
use super::config::{Framing, LogMelConfig};
use super::frame::{FrameTransform, centre_padding, check_finite};

/// Log-mel frames, oldest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Frames {
    /// Values a frame.
    pub n_mels: usize,
    /// `[frames, n_mels]`, row-major.
    pub values: Vec<f32>,
}

impl Frames {
    /// Number of frames.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len().checked_div(self.n_mels).unwrap_or(0)
    }

    /// There is no frame.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The frames in turn, `n_mels` values each.
    pub fn iter(&self) -> impl Iterator<Item = &[f32]> {
        self.values.chunks_exact(self.n_mels.max(1))
    }
}

/// Log-mel frames of a whole signal at `config.sample_rate_hz`. No samples give no
/// frames, whatever the framing.
///
/// # Errors
///
/// [`FeatureError::Config`] if the configuration is not valid,
/// [`FeatureError::NotFinite`] for the first sample that is NaN or infinite.
pub fn log_mel(config: &LogMelConfig, samples: &[f32]) -> Result<Frames, FeatureError> {
    let mut transform = FrameTransform::new(config)?;
    check_finite(samples, 0)?;
    let padded;
    let signal = match config.framing {
        Framing::Valid => samples,
        Framing::CentreZeros | Framing::CentreReflect => {
            padded = centred(config, samples);
            &padded
        }
    };
    let mut values = Vec::new();
    if signal.len() >= config.window_samples {
        let frames = 1 + (signal.len() - config.window_samples) / config.hop_samples;
        values.reserve_exact(frames * config.n_mels);
        for frame in signal
            .windows(config.window_samples)
            .step_by(config.hop_samples)
        {
            transform.push_frame(frame, &mut values);
        }
    }
    transform.scaler().finish(&mut values);
    Ok(Frames {
        n_mels: config.n_mels,
        values,
    })
}

/// The signal continued on both sides, so that its frames are the centred ones.
fn centred(config: &LogMelConfig, samples: &[f32]) -> Vec<f32> {
    if samples.is_empty() {
        return Vec::new();
    }
    let before = centre_padding(config);
    let last_frame = samples.len() / config.hop_samples * config.hop_samples;
    let len = last_frame + config.window_samples;
    let at = |index: usize| match config.framing {
        Framing::CentreReflect => samples[mirrored(index.abs_diff(before), samples.len())],
        _ => index
            .checked_sub(before)
            .and_then(|i| samples.get(i))
            .copied()
            .unwrap_or(0.0),
    };
    (0..len).map(at).collect()
}

/// Where `index` lands in a signal of `len` samples mirrored at its first and last
/// sample, again and again: 0 1 2 1 0 1 2 … for a length of 3 (numpy's `"reflect"`).
fn mirrored(index: usize, len: usize) -> usize {
    if len == 1 {
        return 0;
    }
    let period = 2 * (len - 1);
    let at = index % period;
    at.min(period - at)
}
