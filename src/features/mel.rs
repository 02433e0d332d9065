//! The mel filterbank: triangular bands over the bins of the Fourier transform.
//!
//! Sources: `librosa.filters.mel` and `torchaudio.functional.melscale_fbanks`
//! (triangles over hertz), `torchaudio.compliance.kaldi.get_mel_banks` (over mel).

use super::FeatureError;
use super::config::{LogMelConfig, MelNorm, MelScale, MelShape};

/// One band: a triangle from `low_hz` over `centre_hz` to `high_hz`.
#[derive(Clone, Debug, PartialEq)]
pub struct MelBand {
    /// Where the band begins.
    pub low_hz: f64,
    /// Where it peaks.
    pub centre_hz: f64,
    /// Where it ends.
    pub high_hz: f64,
    /// The first bin with a weight.
    pub first_bin: usize,
    /// Weights of that bin and those after it, all above zero.
    pub weights: Vec<f64>,
}

impl MelBand {
    /// No bin falls into the band.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.weights.is_empty()
    }
}

/// All bands of a configuration, lowest first.
#[derive(Clone, Debug, PartialEq)]
pub struct Filterbank {
    /// Distance between bins; bin k is at k·`bin_hz`.
    pub bin_hz: f64,
    /// `n_mels` bands.
    pub bands: Vec<MelBand>,
}

impl Filterbank {
    /// Peak frequency of every band.
    pub fn centres_hz(&self) -> impl Iterator<Item = f64> + '_ {
        self.bands.iter().map(|band| band.centre_hz)
    }

    /// A band as points (frequency in hertz, weight) to draw: its ends, at zero, and
    /// the bins between. Nothing if there is no such band.
    #[must_use]
    pub fn points(&self, band: usize) -> Vec<(f64, f64)> {
        let Some(band) = self.bands.get(band) else {
            return Vec::new();
        };
        let bins = (band.first_bin..).zip(&band.weights);
        std::iter::once((band.low_hz, 0.0))
            .chain(bins.map(|(bin, &weight)| (bin as f64 * self.bin_hz, weight)))
            .chain(std::iter::once((band.high_hz, 0.0)))
            .collect()
    }
}

/// The mel filterbank of a configuration.
///
/// # Errors
///
/// [`FeatureError::Config`] if the configuration is not valid.
pub fn filterbank(config: &LogMelConfig) -> Result<Filterbank, FeatureError> {
    config.validate()?;
    let bin_hz = f64::from(config.sample_rate_hz) / config.n_fft as f64;
    let low_mel = hz_to_mel(config.mel_scale, config.f_min_hz);
    let high_mel = hz_to_mel(config.mel_scale, config.f_max_hz);
    let step_mel = (high_mel - low_mel) / (config.n_mels + 1) as f64;
    let edge_mel = |i: usize| match config.mel_shape {
        MelShape::Hertz => low_mel + i as f64 * step_mel,
        // Rounded as `height_over_mel` is.
        MelShape::Mel => f64::from(low_mel as f32 + i as f32 * step_mel as f32),
    };
    let bands = (0..config.n_mels)
        .map(|band| {
            let edges_mel = [band, band + 1, band + 2].map(edge_mel);
            triangle(config, bin_hz, edges_mel)
        })
        .collect();
    Ok(Filterbank { bin_hz, bands })
}

fn triangle(config: &LogMelConfig, bin_hz: f64, edges_mel: [f64; 3]) -> MelBand {
    let [low_hz, centre_hz, high_hz] = edges_mel.map(|mel| mel_to_hz(config.mel_scale, mel));
    let scale = match config.mel_norm {
        MelNorm::None => 1.0,
        MelNorm::Slaney => 2.0 / (high_hz - low_hz),
    };
    let height = |bin: usize| {
        let hz = bin as f64 * bin_hz;
        match config.mel_shape {
            MelShape::Hertz => {
                ((hz - low_hz) / (centre_hz - low_hz)).min((high_hz - hz) / (high_hz - centre_hz))
            }
            MelShape::Mel => height_over_mel(config.mel_scale, hz, edges_mel),
        }
    };
    // The triangle is above zero on one run of bins.
    let last_bin = config.n_fft / 2;
    let mut bins = (low_hz / bin_hz) as usize..=last_bin.min((high_hz / bin_hz) as usize + 1);
    let first_bin = bins.find(|&bin| height(bin) > LEAST_HEIGHT).unwrap_or(0);
    let weights = (first_bin..=last_bin)
        .map(height)
        .take_while(|&height| height > LEAST_HEIGHT)
        .map(|height| scale * height)
        .collect();
    MelBand {
        low_hz,
        centre_hz,
        high_hz,
        first_bin,
        weights,
    }
}

/// Below this a bin only touches the triangle's end, inside it by rounding.
const LEAST_HEIGHT: f64 = 1e-9;

/// A triangle over mel, in single precision because Kaldi and torchaudio compute it
/// so: a mel near 2800 is rounded by 1e-4, which is 2e-4 of the energy of a band
/// that has a bin close to its end.
fn height_over_mel(scale: MelScale, hz: f64, edges_mel: [f64; 3]) -> f64 {
    let at = match scale {
        MelScale::Htk => {
            let ratio = 1.0 + hz as f32 / HTK_BREAK_HZ as f32;
            HTK_MEL_PER_NEPER as f32 * f64::from(ratio).ln() as f32
        }
        MelScale::Slaney => hz_to_mel(scale, hz) as f32,
    };
    let [low, centre, high] = edges_mel.map(|mel| mel as f32);
    f64::from(((at - low) / (centre - low)).min((high - at) / (high - centre)))
}

/// The HTK scale bends at this frequency …
const HTK_BREAK_HZ: f64 = 700.0;
/// … and above it gives this many mel for a factor e of frequency. (Kaldi's number;
/// HTK's 2595 for a factor 10 is the same to 5e-6, and the bands, which divide a
/// range of mel evenly, are the same altogether.)
const HTK_MEL_PER_NEPER: f64 = 1_127.0;
/// Slaney's scale is linear to this frequency …
const SLANEY_BREAK_HZ: f64 = 1_000.0;
/// … with this many hertz a mel …
const SLANEY_HZ_PER_MEL: f64 = 200.0 / 3.0;
/// … and above it, 27 mel are this factor of frequency.
const SLANEY_FACTOR: f64 = 6.4;

fn hz_to_mel(scale: MelScale, hz: f64) -> f64 {
    match scale {
        MelScale::Htk => HTK_MEL_PER_NEPER * (1.0 + hz / HTK_BREAK_HZ).ln(),
        MelScale::Slaney if hz < SLANEY_BREAK_HZ => hz / SLANEY_HZ_PER_MEL,
        MelScale::Slaney => {
            SLANEY_BREAK_HZ / SLANEY_HZ_PER_MEL
                + 27.0 * (hz / SLANEY_BREAK_HZ).ln() / SLANEY_FACTOR.ln()
        }
    }
}

fn mel_to_hz(scale: MelScale, mel: f64) -> f64 {
    let break_mel = SLANEY_BREAK_HZ / SLANEY_HZ_PER_MEL;
    match scale {
        MelScale::Htk => HTK_BREAK_HZ * ((mel / HTK_MEL_PER_NEPER).exp() - 1.0),
        MelScale::Slaney if mel < break_mel => mel * SLANEY_HZ_PER_MEL,
        MelScale::Slaney => SLANEY_BREAK_HZ * ((mel - break_mel) * SLANEY_FACTOR.ln() / 27.0).exp(),
    }
}

/// The weights of all bands in one row, each band applied to its own bins only.
#[derive(Clone, Debug)]
pub(super) struct SparseBank {
    weights: Vec<f64>,
    /// First bin and number of bins of each band.
    runs: Vec<(usize, usize)>,
}

impl SparseBank {
    pub(super) fn new(bank: &Filterbank) -> Self {
        Self {
            weights: bank
                .bands
                .iter()
                .flat_map(|b| &b.weights)
                .copied()
                .collect(),
            runs: bank
                .bands
                .iter()
                .map(|b| (b.first_bin, b.weights.len()))
                .collect(),
        }
    }

    /// Each band's weighted sum over `bins`, lowest band first.
    pub(super) fn apply<'a>(&'a self, bins: &'a [f64]) -> impl Iterator<Item = f64> + 'a {
        let mut rest = self.weights.as_slice();
        self.runs.iter().map(move |&(first_bin, len)| {
            let (weights, after) = rest.split_at(len);
            rest = after;
            let bins = &bins[first_bin..first_bin + len];
            weights.iter().zip(bins).map(|(w, x)| w * x).sum()
        })
    }
}
