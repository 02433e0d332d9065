//! The parameters of the log-mel front end as one struct, their presets and checks.
//!
//! Field names and spellings are those of `[model.front_end]` in `manifest.toml`.

use serde::{Deserialize, Serialize};

use super::FeatureError;
use super::scale::{DbReference, Scaling};

/// The taper a frame is multiplied with, N = `window_samples` long.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WindowShape {
    /// Periodic Hann, ½ − ½cos(2πn/N): `torch.hann_window(N)`, librosa's `"hann"`.
    #[default]
    Hann,
    /// Symmetric Hann, ½ − ½cos(2πn/(N−1)): Kaldi's `hanning`.
    HannSymmetric,
    /// Periodic Hamming, 0.54 − 0.46cos(2πn/N): `torch.hamming_window(N)`, librosa's `"hamming"`.
    Hamming,
    /// Symmetric Hamming, 0.54 − 0.46cos(2πn/(N−1)): Kaldi's `hamming`.
    HammingSymmetric,
    /// Symmetric Hann to the power 0.85: Kaldi's default.
    Povey,
    /// No taper.
    Rectangular,
}

/// How frequency in hertz becomes mel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MelScale {
    /// 2595·log₁₀(1 + f/700), as in the HTK book; Kaldi's 1127·ln(1 + f/700) gives the same bands.
    #[default]
    Htk,
    /// Linear to 1 kHz, logarithmic above, as in Slaney's Auditory Toolbox; librosa's default.
    Slaney,
}

/// How a band's weights are scaled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MelNorm {
    /// A peak of one.
    #[default]
    None,
    /// An area of one over frequency in hertz: 2/(high − low); librosa's default.
    Slaney,
}

/// On which axis a band is a triangle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MelShape {
    /// Straight sides over hertz: librosa and torchaudio's `melscale_fbanks`.
    #[default]
    Hertz,
    /// Straight sides over mel: Kaldi.
    Mel,
}

/// What of the Fourier transform is summed into the bands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Spectrum {
    /// |X|².
    #[default]
    Power,
    /// |X|.
    Magnitude,
}

/// Where frames lie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Framing {
    /// Frame i covers samples [i·hop, i·hop + window); only frames that fit are given.
    #[default]
    Valid,
    /// Frame i is centred on sample i·hop, 1 + N/hop of them; the signal goes on as
    /// zeros on both sides (librosa 0.11's default, `pad_mode="constant"`).
    CentreZeros,
    /// The same with the signal mirrored at its first and last sample
    /// (`pad_mode="reflect"`, `torch.stft`'s default).
    CentreReflect,
}

/// Every parameter of the front end. There is no dither.
///
/// In a manifest the sizes and frequencies must be given; what is left out of the
/// rest is as in [`LogMelConfig::model`]. Unknown fields are refused.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogMelConfig {
    /// Rate of the samples.
    pub sample_rate_hz: u32,
    /// Length of the window.
    pub window_samples: usize,
    /// Shape of the window.
    #[serde(default)]
    pub window_shape: WindowShape,
    /// Distance between frames.
    pub hop_samples: usize,
    /// Length of the Fourier transform; the windowed frame is zero-padded to it.
    /// Even, at least `window_samples`.
    pub n_fft: usize,
    /// Number of mel bands.
    pub n_mels: usize,
    /// Where the lowest band begins.
    pub f_min_hz: f64,
    /// Where the highest band ends.
    pub f_max_hz: f64,
    /// Spacing of the bands.
    #[serde(default)]
    pub mel_scale: MelScale,
    /// Scaling of the bands.
    #[serde(default)]
    pub mel_norm: MelNorm,
    /// Axis on which the bands are triangles.
    #[serde(default)]
    pub mel_shape: MelShape,
    /// Power or magnitude.
    #[serde(default)]
    pub spectrum: Spectrum,
    /// Logarithm, with its floor.
    #[serde(default)]
    pub scaling: Scaling,
    /// c in x\[n\] − c·x\[n−1\], within each frame, the sample before the frame's first
    /// taken to equal it (Kaldi). 0 is off.
    #[serde(default)]
    pub pre_emphasis: f64,
    /// Subtract each frame's mean before anything else (Kaldi).
    #[serde(default)]
    pub remove_dc: bool,
    /// Every sample is first multiplied by this: 32768 for tools that expect the
    /// values of 16-bit samples.
    #[serde(default = "unit_gain")]
    pub gain: f64,
    /// Where frames lie.
    #[serde(default)]
    pub framing: Framing,
}

fn unit_gain() -> f64 {
    1.0
}

impl LogMelConfig {
    /// Our model's front end (`models/README.md`): 16 kHz, periodic Hann of 25 ms each
    /// 10 ms, 80 HTK bands of 20–7600 Hz, ln(max(power, 1e-6)).
    #[must_use]
    pub fn model() -> Self {
        Self {
            sample_rate_hz: 16_000,
            window_samples: 400,
            window_shape: WindowShape::Hann,
            hop_samples: 160,
            n_fft: 512,
            n_mels: 80,
            f_min_hz: 20.0,
            f_max_hz: 7_600.0,
            mel_scale: MelScale::Htk,
            mel_norm: MelNorm::None,
            mel_shape: MelShape::Hertz,
            spectrum: Spectrum::Power,
            scaling: Scaling::Ln { floor: 1e-6 },
            pre_emphasis: 0.0,
            remove_dc: false,
            gain: 1.0,
            framing: Framing::Valid,
        }
    }

    /// librosa 0.11: `melspectrogram(y=y, sr=16000, n_fft=400, hop_length=160, n_mels=80)`,
    /// then `power_to_db(S, ref=np.max)`. Needs the whole signal.
    #[must_use]
    pub fn librosa_power_to_db() -> Self {
        Self {
            n_fft: 400,
            f_min_hz: 0.0,
            f_max_hz: 8_000.0,
            mel_scale: MelScale::Slaney,
            mel_norm: MelNorm::Slaney,
            scaling: Scaling::Db {
                reference: DbReference::Max,
                floor: 1e-10,
                top_db: Some(80.0),
            },
            framing: Framing::CentreZeros,
            ..Self::model()
        }
    }

    /// torchaudio 2.11: `compliance.kaldi.fbank(waveform, num_mel_bins=80)`, all else
    /// its default: dither 0, 16 kHz, 25 ms Povey window each 10 ms, 512-point FFT,
    /// 20–8000 Hz, DC removal, pre-emphasis 0.97, power, no energy, snipped edges.
    ///
    /// The waveform is taken as it is, in [−1, 1]. For what Kaldi itself computes
    /// (`waveform * 32768`) set `gain` to 32768.
    #[must_use]
    pub fn kaldi_fbank() -> Self {
        Self {
            window_shape: WindowShape::Povey,
            f_max_hz: 8_000.0,
            mel_shape: MelShape::Mel,
            // torch.finfo(torch.float32).eps
            scaling: Scaling::Ln {
                floor: f64::from(f32::EPSILON),
            },
            pre_emphasis: 0.97,
            remove_dc: true,
            ..Self::model()
        }
    }

    /// Why this configuration cannot be computed before the signal has ended;
    /// `None` if [`super::LogMel`] can stream it.
    #[must_use]
    pub fn needs_whole_signal(&self) -> Option<&'static str> {
        if self.framing == Framing::CentreReflect {
            return Some("framing centre_reflect mirrors the signal at its end");
        }
        match self.scaling {
            Scaling::Db {
                reference: DbReference::Max,
                ..
            } => Some("its decibels are relative to the loudest value of the take"),
            Scaling::Db {
                top_db: Some(_), ..
            } => Some("its top_db is counted from the loudest value of the take"),
            _ => None,
        }
    }

    /// Check every field.
    ///
    /// # Errors
    ///
    /// [`FeatureError::Config`], naming the first field that is out of range.
    pub fn validate(&self) -> Result<(), FeatureError> {
        self.validate_sizes()?;
        self.validate_numbers()?;
        self.scaling.validate()
    }

    fn validate_sizes(&self) -> Result<(), FeatureError> {
        let in_range = |field, value: usize, low: usize, high: usize| {
            check(field, (low..=high).contains(&value), || {
                format!("it is {value}, and must be between {low} and {high}.")
            })
        };
        in_range("sample_rate_hz", self.sample_rate_hz as usize, 1, 1_000_000)?;
        in_range("window_samples", self.window_samples, 2, MAX_SIZE)?;
        in_range("hop_samples", self.hop_samples, 1, MAX_SIZE)?;
        in_range("n_fft", self.n_fft, 2, MAX_SIZE)?;
        in_range("n_mels", self.n_mels, 1, MAX_MELS)?;
        check("n_fft", self.n_fft.is_multiple_of(2), || {
            format!("it is {}, and must be even.", self.n_fft)
        })?;
        check("n_fft", self.n_fft >= self.window_samples, || {
            format!(
                "it is {}, and must be at least window_samples ({}).",
                self.n_fft, self.window_samples
            )
        })
    }

    fn validate_numbers(&self) -> Result<(), FeatureError> {
        let nyquist_hz = f64::from(self.sample_rate_hz) / 2.0;
        check(
            "f_min_hz",
            (0.0..nyquist_hz).contains(&self.f_min_hz),
            || {
                format!(
                    "it is {}, and must be at least 0 and below half the sample rate ({nyquist_hz}).",
                    self.f_min_hz
                )
            },
        )?;
        check(
            "f_max_hz",
            self.f_max_hz > self.f_min_hz && self.f_max_hz <= nyquist_hz,
            || {
                format!(
                    "it is {}, and must be above f_min_hz ({}) and at most half the sample rate ({nyquist_hz}).",
                    self.f_max_hz, self.f_min_hz
                )
            },
        )?;
        check(
            "pre_emphasis",
            (0.0..=1.0).contains(&self.pre_emphasis),
            || {
                format!(
                    "it is {}, and must be between 0 (off) and 1.",
                    self.pre_emphasis
                )
            },
        )?;
        check("gain", self.gain > 0.0 && self.gain <= MAX_GAIN, || {
            format!(
                "it is {}, and must be above 0 and at most {MAX_GAIN}.",
                self.gain
            )
        })
    }
}

impl Default for LogMelConfig {
    fn default() -> Self {
        Self::model()
    }
}

/// Bounds a manifest from a stranger may not exceed: four seconds at 16 kHz,
/// more bands than any front end has, and 24-bit sample values.
const MAX_SIZE: usize = 65_536;
const MAX_MELS: usize = 1_024;
const MAX_GAIN: f64 = 8_388_608.0;

/// `Ok` if `holds`, else the error for `field`.
pub(super) fn check(
    field: &'static str,
    holds: bool,
    reason: impl FnOnce() -> String,
) -> Result<(), FeatureError> {
    if holds {
        Ok(())
    } else {
        Err(FeatureError::Config {
            field,
            reason: reason(),
        })
    }
}
