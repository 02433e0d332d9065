//! The caches: one tensor for all blocks, `[blocks, 1, length, width]` row-major, of which
//! kernels read their block's part in place.

use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::{DimLike, ensure};

use super::{Kernel, floats, output};

/// In which order the values of a block's part of a cache lie. Nobody but our own
/// kernels looks into a cache, so it may be the order that they read fastest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Frame by frame: `[length, width]`.
    Frames,
    /// Column by column: `[width, length]`.
    Columns,
}

/// What a cache is after a chunk: the last `length` frames of, for each block, its part
/// of the cache and the chunk's new frames.
#[derive(Clone, Debug)]
pub struct Last {
    /// Of the cache.
    pub layout: Layout,
    /// Columns of a frame.
    pub width: usize,
}

impl Kernel for Last {
    fn name(&self) -> &'static str {
        "Last"
    }

    /// The cache `[blocks, 1, length, width]`, then the new frames of each block,
    /// `[1, n, width]`.
    fn shape(&self, inputs: &[&[TDim]]) -> TractResult<TVec<TDim>> {
        let (cache, blocks) = (inputs[0], inputs.len() - 1);
        let fits = cache.len() == 4 && cache[0] == blocks.into();
        ensure!(fits, "{cache:?} is no cache of {blocks} blocks");
        super::is_cache(cache, 0, cache[2].to_usize()?, self.width)?;
        for new in &inputs[1..] {
            super::is_chunk(new, self.width)?;
        }
        Ok(cache.into())
    }

    fn eval(&self, inputs: &[&Tensor]) -> TractResult<Tensor> {
        let cache = floats(inputs[0])?;
        let part = cache.len() / (inputs.len() - 1);
        let new = inputs[1..].iter().map(|input| floats(input));
        let new = new.collect::<TractResult<Vec<_>>>()?;
        output(inputs[0].shape(), |out| {
            let parts = cache.chunks_exact(part).zip(out.chunks_exact_mut(part));
            for ((old, out), new) in parts.zip(new) {
                match self.layout {
                    Layout::Frames => frames(old, new, out),
                    Layout::Columns => columns(old, new, self.width, out),
                }
            }
        })
    }
}

/// The last `out.len()` values of `old` and `new` together.
fn frames(old: &[f32], new: &[f32], out: &mut [f32]) {
    let kept = out.len().saturating_sub(new.len());
    let (of_old, of_new) = out.split_at_mut(kept);
    of_old.copy_from_slice(&old[old.len() - kept..]);
    of_new.copy_from_slice(&new[new.len() - of_new.len()..]);
}

/// The same for a part whose columns lie together; `new` is frame by frame.
fn columns(old: &[f32], new: &[f32], width: usize, out: &mut [f32]) {
    let length = out.len() / width;
    let frames = new.len() / width;
    let kept = length.saturating_sub(frames);
    let columns = old.chunks_exact(length).zip(out.chunks_exact_mut(length));
    for (column, (old, out)) in columns.enumerate() {
        let (of_old, of_new) = out.split_at_mut(kept);
        of_old.copy_from_slice(&old[length - kept..]);
        let first = frames - of_new.len();
        for (out, frame) in of_new.iter_mut().zip(new.chunks_exact(width).skip(first)) {
            *out = frame[column];
        }
    }
}
