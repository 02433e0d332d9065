//! The two convolutions at the model's beginning, which leave a frame of every four.

use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::{TractErrorContext, format_err};
use wide::f32x8;

use super::functions::silu;
use super::{Kernel, floats, output};
use crate::model::int8::product::{PackedWeights, Rows, WIDTH, multiply};

/// Taps of a kernel along time and along frequency.
pub const TAPS: usize = 3;
/// Places that a kernel moves on, along either.
pub const STRIDE: usize = 2;

/// The name of [`Subsampling`].
pub const SUBSAMPLING: &str = "Subsampling";

/// `SiLU(conv(SiLU(conv(x))))`: kernels of 3 × 3, every second place, no padding in time,
/// a zero on either side in frequency. The first convolution, of one channel, is in
/// floats, the second a product with int8 weights: a row for each place, of the values its
/// kernel sees.
#[derive(Debug)]
pub struct Subsampling {
    /// Of the features, at least one.
    bands: usize,
    /// For each eight channels, `[3, 3]`: time, frequency.
    first: Vec<f32x8>,
    first_bias: Vec<f32x8>,
    /// Inputs `[3, 3, channels]`, outputs `[channels]`.
    second: PackedWeights,
    second_bias: Vec<f32>,
}

impl Subsampling {
    /// For features of so many bands, from the weights of the two convolutions, the first
    /// `[3, 3, channels]` for time and frequency; `None` where they do not fit each other,
    /// or channels come in no multiple of eight.
    #[must_use]
    pub fn new(
        bands: usize,
        first: &[f32],
        first_bias: &[f32],
        second: PackedWeights,
        second_bias: Vec<f32>,
    ) -> Option<Self> {
        let channels = first_bias.len();
        let fits = (1..usize::MAX / 2).contains(&bands)
            && channels > 0
            && channels.is_multiple_of(WIDTH)
            && first.len() == TAPS * TAPS * channels
            && second.inputs() == TAPS * TAPS * channels
            && second.outputs() == channels
            && second_bias.len() == channels;
        let eight = |values: &[f32]| f32x8::new(std::array::from_fn(|at| values[at]));
        let taps = |part: usize| {
            first
                .chunks(channels)
                .map(move |it| eight(&it[part * WIDTH..]))
        };
        fits.then(|| Self {
            bands,
            first: (0..channels / WIDTH).flat_map(taps).collect(),
            first_bias: first_bias.chunks(WIDTH).map(eight).collect(),
            second,
            second_bias,
        })
    }

    fn channels(&self) -> usize {
        self.second_bias.len()
    }

    /// Columns of the output, channels × bands left.
    #[must_use]
    pub fn width(&self) -> usize {
        self.channels() * halved(halved(self.bands))
    }

    /// `x` is `[frames, bands]`; `out` `[frames left, channels, bands left]`.
    fn run(&self, x: &[f32], out: &mut [f32]) {
        let (channels, bands) = (self.channels(), self.bands);
        // Along frequency with the second convolution's zeros on either side.
        let between = halved(bands) + 2;
        let mut hidden = vec![0.0; TAPS * between * channels];
        let bands_left = halved(halved(bands));
        let mut patches = vec![0.0; bands_left * self.second.inputs()];
        let mut places = vec![0.0; bands_left * channels];
        let mut rows = Rows::default();
        let frame = between * channels;
        for (at, out) in out.chunks_exact_mut(bands_left * channels).enumerate() {
            // Of the three frames that the second kernel sees, the one before saw the last.
            let kept = usize::from(at > 0);
            hidden.copy_within((TAPS - kept) * frame.., 0);
            for t in kept..TAPS {
                let seen = &x[(STRIDE * at + t) * STRIDE * bands..][..TAPS * bands];
                let inner = channels..frame - channels;
                self.first(seen, bands, &mut hidden[t * frame..][..frame][inner]);
            }
            for (f, patch) in patches.chunks_exact_mut(self.second.inputs()).enumerate() {
                let runs = patch.chunks_exact_mut(TAPS * channels);
                for (run, frame) in runs.zip(hidden.chunks_exact(frame)) {
                    let seen = &frame[f * STRIDE * channels..];
                    run.copy_from_slice(&seen[..run.len()]);
                }
            }
            rows.quantise(&patches, self.second.inputs(), self.second.levels());
            multiply(&self.second, &self.second_bias, &rows, &mut places);
            silu(&mut places);
            for (f, place) in places.chunks_exact(channels).enumerate() {
                for (c, value) in place.iter().enumerate() {
                    out[c * bands_left + f] = *value;
                }
            }
        }
    }

    /// The first convolution for three frames of `x`: `out` is `[bands / 2, channels]`.
    fn first(&self, x: &[f32], bands: usize, out: &mut [f32]) {
        let mut padded = vec![0.0; TAPS * (bands + 2)];
        for (padded, x) in padded
            .chunks_exact_mut(bands + 2)
            .zip(x.chunks_exact(bands))
        {
            padded[1..=bands].copy_from_slice(x);
        }
        for (f, out) in out.chunks_exact_mut(self.channels()).enumerate() {
            let mut seen = [f32x8::ZERO; TAPS * TAPS];
            for (seen, row) in seen
                .chunks_exact_mut(TAPS)
                .zip(padded.chunks_exact(bands + 2))
            {
                let row = &row[f * STRIDE..][..TAPS];
                for (seen, x) in seen.iter_mut().zip(row) {
                    *seen = f32x8::splat(*x);
                }
            }
            let taps = self.first.as_chunks::<{ TAPS * TAPS }>().0;
            let parts = taps.iter().zip(&self.first_bias);
            for ((taps, bias), out) in parts.zip(out.as_chunks_mut::<WIDTH>().0) {
                let products = taps.iter().zip(seen);
                let sums = products.fold(*bias, |sums, (tap, x)| sums + *tap * x);
                *out = sums.to_array();
            }
        }
        silu(out);
    }
}

/// Places along frequency that a convolution leaves of so many.
fn halved(bands: usize) -> usize {
    (bands + 2 - TAPS) / STRIDE + 1
}

impl Kernel for Subsampling {
    fn name(&self) -> &'static str {
        SUBSAMPLING
    }

    /// Features `[1, frames, bands]`; comes out as
    /// `[1, frames left, channels × bands left]`.
    fn shape(&self, inputs: &[&[TDim]]) -> TractResult<TVec<TDim>> {
        super::is_chunk(inputs[0], self.bands)?;
        let frames = &inputs[0][1];
        let halved_frames = |frames: TDim| (frames - TAPS) / STRIDE + 1;
        let frames = halved_frames(halved_frames(frames.clone()));
        Ok(tvec!(1.into(), frames, self.width().into()))
    }

    fn eval(&self, inputs: &[&Tensor]) -> TractResult<Tensor> {
        let &[_, frames, _] = inputs[0].shape() else {
            return Err(format_err!("features are {:?}", inputs[0]));
        };
        let left = |frames: usize| Some(frames.checked_sub(TAPS)? / STRIDE + 1);
        let frames_left = left(frames).and_then(left);
        let frames_left = frames_left.with_context(|| format!("{frames} frames are too few"))?;
        let x = floats(inputs[0])?;
        output(&[1, frames_left, self.width()], |out| self.run(x, out))
    }
}
