//! Layer normalisation over the last axis, and `SiLU` after it where the graph has that.

use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::ensure;

use super::functions::{silu, sum};
use super::{Kernel, floats, output};

/// `(x − mean) / √(variance + ε) · scale + bias` a row, then perhaps `SiLU`
/// (Ba et al. 2016, arXiv:1607.06450).
#[derive(Clone, Debug)]
pub struct Norm {
    /// One a column.
    pub scale: Vec<f32>,
    /// One a column.
    pub bias: Vec<f32>,
    /// ε.
    pub epsilon: f32,
    /// Whether `SiLU` follows.
    pub silu: bool,
}

impl Kernel for Norm {
    fn name(&self) -> &'static str {
        "Norm"
    }

    /// x.
    fn shape(&self, inputs: &[&[TDim]]) -> TractResult<TVec<TDim>> {
        ensure!(!self.scale.is_empty(), "a normalisation of no columns");
        super::ends_with(inputs[0], self.scale.len())?;
        Ok(inputs[0].into())
    }

    fn eval(&self, inputs: &[&Tensor]) -> TractResult<Tensor> {
        let x = floats(inputs[0])?;
        output(inputs[0].shape(), |out| self.run(x, out))
    }
}

impl Norm {
    fn run(&self, x: &[f32], out: &mut [f32]) {
        let width = self.scale.len();
        let count = width as f32;
        for (row, out) in x.chunks_exact(width).zip(out.chunks_exact_mut(width)) {
            let mean = sum(row, |value| value) / count;
            let variance = sum(row, |value| (value - mean) * (value - mean)) / count;
            let inverse = 1.0 / (variance + self.epsilon).sqrt();
            let columns = self.scale.iter().zip(&self.bias);
            for ((out, x), (scale, bias)) in out.iter_mut().zip(row).zip(columns) {
                *out = (x - mean) * inverse * scale + bias;
            }
            if self.silu {
                silu(out);
            }
        }
    }
}
