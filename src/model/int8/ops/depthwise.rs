//! Convolution over time, each column by itself, going on from a cache.

use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::{TractErrorContext, ensure};

use super::{Kernel, floats, output};

/// `out[t][c] = bias[c] + Σ_j taps[j][c] · window[t + j][c]` over the window of the
/// cached frames and the chunk's.
#[derive(Clone, Debug)]
pub struct Depthwise {
    /// `[taps, width]`.
    pub taps: Vec<f32>,
    /// One a column.
    pub bias: Vec<f32>,
    /// Which part of the cache is this block's.
    pub block: usize,
}

impl Depthwise {
    fn cached(&self) -> usize {
        self.taps.len() / self.bias.len() - 1
    }

    fn run(&self, cache: &[f32], new: &[f32], out: &mut [f32]) {
        let width = self.bias.len();
        let cached = self.cached();
        let frame = |at: usize| match at.checked_sub(cached) {
            None => &cache[at * width..][..width],
            Some(at) => &new[at * width..][..width],
        };
        for (t, out) in out.chunks_exact_mut(width).enumerate() {
            out.copy_from_slice(&self.bias);
            for (j, tap) in self.taps.chunks_exact(width).enumerate() {
                for ((out, tap), x) in out.iter_mut().zip(tap).zip(frame(t + j)) {
                    *out += tap * x;
                }
            }
        }
    }
}

impl Kernel for Depthwise {
    fn name(&self) -> &'static str {
        "Depthwise"
    }

    /// The cache `[blocks, 1, taps − 1, width]` and the chunk's frames `[1, n, width]`.
    fn shape(&self, inputs: &[&[TDim]]) -> TractResult<TVec<TDim>> {
        let (cache, new) = (inputs[0], inputs[1]);
        let columns = self.bias.len();
        ensure!(columns > 0, "a convolution of no columns");
        super::is_cache(cache, self.block, self.cached(), columns)?;
        super::is_chunk(new, columns)?;
        Ok(new.into())
    }

    fn eval(&self, inputs: &[&Tensor]) -> TractResult<Tensor> {
        let part = self.cached() * self.bias.len();
        let cache = floats(inputs[0])?.chunks_exact(part).nth(self.block);
        let cache = cache.context("the cache has too few blocks")?;
        let new = floats(inputs[1])?;
        output(inputs[1].shape(), |out| self.run(cache, new, out))
    }
}
