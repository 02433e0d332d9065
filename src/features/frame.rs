//! One frame: from `window_samples` samples to `n_mels` logarithms.
//!
//! Batch and streaming both compute frames here and nowhere else, which is what
//! makes them agree bit for bit.

use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};

use super::config::{LogMelConfig, Spectrum};
use super::mel::SparseBank;
use super::scale::Scaler;
use super::window::window;
use super::{FeatureError, filterbank};

/// A prepared transform with its buffers. Computing a frame allocates nothing.
#[derive(Clone)]
pub(super) struct FrameTransform {
    window: Vec<f64>,
    gain: f64,
    remove_dc: bool,
    pre_emphasis: f64,
    spectrum: Spectrum,
    bank: SparseBank,
    scaler: Scaler,
    fft: Arc<dyn RealToComplex<f64>>,
    /// The windowed frame, `n_fft` long.
    time: Vec<f64>,
    bins: Vec<Complex<f64>>,
    scratch: Vec<Complex<f64>>,
    energies: Vec<f64>,
}

impl FrameTransform {
    /// # Errors
    ///
    /// [`FeatureError::Config`] if the configuration is not valid.
    pub(super) fn new(config: &LogMelConfig) -> Result<Self, FeatureError> {
        let bank = SparseBank::new(&filterbank(config)?);
        let fft = RealFftPlanner::<f64>::new().plan_fft_forward(config.n_fft);
        Ok(Self {
            window: window(config.window_shape, config.window_samples),
            gain: config.gain,
            remove_dc: config.remove_dc,
            pre_emphasis: config.pre_emphasis,
            spectrum: config.spectrum,
            bank,
            scaler: Scaler::new(config.scaling, config.spectrum),
            time: fft.make_input_vec(),
            bins: fft.make_output_vec(),
            scratch: fft.make_scratch_vec(),
            energies: vec![0.0; config.n_fft / 2 + 1],
            fft,
        })
    }

    pub(super) fn scaler(&self) -> Scaler {
        self.scaler
    }

    /// Append the `n_mels` values of the frame that `samples` are: `window_samples`
    /// of them, all finite.
    pub(super) fn push_frame(&mut self, samples: &[f32], out: &mut Vec<f32>) {
        self.load(samples);
        // It fails only for buffers of another length than the plan's own.
        let done = self
            .fft
            .process_with_scratch(&mut self.time, &mut self.bins, &mut self.scratch);
        debug_assert!(done.is_ok(), "the buffers were made by the plan");
        let bins = self.energies.iter_mut().zip(&self.bins);
        match self.spectrum {
            Spectrum::Power => bins.for_each(|(e, x)| *e = x.norm_sqr()),
            Spectrum::Magnitude => bins.for_each(|(e, x)| *e = x.norm_sqr().sqrt()),
        }
        let scaler = self.scaler;
        out.extend(self.bank.apply(&self.energies).map(|mel| scaler.value(mel)));
    }

    /// Fill `time` with the frame: gain, DC removal, pre-emphasis, window, zeros.
    fn load(&mut self, samples: &[f32]) {
        let (frame, padding) = self.time.split_at_mut(self.window.len());
        // The transform of the frame before left its scratch values here.
        padding.fill(0.0);
        for (x, &sample) in frame.iter_mut().zip(samples) {
            *x = f64::from(sample) * self.gain;
        }
        if self.remove_dc {
            let mean = frame.iter().sum::<f64>() / frame.len() as f64;
            for x in frame.iter_mut() {
                *x -= mean;
            }
        }
        if self.pre_emphasis > 0.0 {
            let mut before = frame.first().copied().unwrap_or(0.0);
            for x in frame.iter_mut() {
                let now = *x;
                *x = now - self.pre_emphasis * before;
                before = now;
            }
        }
        for (x, w) in frame.iter_mut().zip(&self.window) {
            *x *= w;
        }
    }
}

/// Samples from the start of frame 0's window to sample 0 when frames are centred.
///
/// The window lies in the middle of the `n_fft` samples centred on i·hop, the odd
/// sample to its right (`librosa.util.pad_center`).
pub(super) fn centre_padding(config: &LogMelConfig) -> usize {
    config.n_fft / 2 - (config.n_fft - config.window_samples) / 2
}

/// Fail on the first sample that is not finite; `before` samples came earlier.
pub(super) fn check_finite(samples: &[f32], before: u64) -> Result<(), FeatureError> {
    match samples.iter().position(|sample| !sample.is_finite()) {
        None => Ok(()),
        Some(at) => Err(FeatureError::NotFinite {
            sample_index: before + at as u64,
            value: samples[at],
        }),
    }
}
