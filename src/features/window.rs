//! Windows, and what their length means in time and frequency.

use super::config::{LogMelConfig, WindowShape};
use super::{FeatureError, MelBand};

/// The window's values, `window_samples` long.
pub(super) fn window(shape: WindowShape, window_samples: usize) -> Vec<f64> {
    let periodic = window_samples as f64;
    let symmetric = (window_samples - 1) as f64;
    let cosine = |a: f64, period: f64, n: usize| {
        a - (1.0 - a) * (std::f64::consts::TAU * n as f64 / period).cos()
    };
    (0..window_samples)
        .map(|n| match shape {
            WindowShape::Hann => cosine(0.5, periodic, n),
            WindowShape::HannSymmetric => cosine(0.5, symmetric, n),
            WindowShape::Hamming => cosine(0.54, periodic, n),
            WindowShape::HammingSymmetric => cosine(0.54, symmetric, n),
            WindowShape::Povey => cosine(0.5, symmetric, n).powf(0.85),
            WindowShape::Rectangular => 1.0,
        })
        .collect()
}

/// How finely a configuration can see, in time and in frequency.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Resolution {
    /// Length of the window.
    pub window_ms: f64,
    /// Distance between frames.
    pub hop_ms: f64,
    /// Distance between the bins of the Fourier transform. Zero-padding makes this
    /// smaller, but not what can be told apart.
    pub bin_hz: f64,
    /// What can be told apart: the window's equivalent noise bandwidth,
    /// rate·Σw² / (Σw)² (Harris 1978, "On the use of windows for harmonic analysis").
    pub noise_bandwidth_hz: f64,
    /// Bands so narrow that no bin falls into them; they are always at the floor.
    pub empty_bands: usize,
}

/// The time and frequency resolution of a configuration.
///
/// # Errors
///
/// [`FeatureError::Config`] if the configuration is not valid.
pub fn resolution(config: &LogMelConfig) -> Result<Resolution, FeatureError> {
    let bands = super::filterbank(config)?;
    let rate_hz = f64::from(config.sample_rate_hz);
    let w = window(config.window_shape, config.window_samples);
    let sum: f64 = w.iter().sum();
    let sum_of_squares: f64 = w.iter().map(|w| w * w).sum();
    Ok(Resolution {
        window_ms: 1e3 * config.window_samples as f64 / rate_hz,
        hop_ms: 1e3 * config.hop_samples as f64 / rate_hz,
        bin_hz: rate_hz / config.n_fft as f64,
        noise_bandwidth_hz: rate_hz * sum_of_squares / (sum * sum),
        empty_bands: bands
            .bands
            .iter()
            .filter(|band| MelBand::is_empty(band))
            .count(),
    })
}
