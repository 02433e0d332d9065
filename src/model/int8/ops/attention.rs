//! Attention of a chunk's frames over the cached frames and the chunk itself, with rotary
//! positions, in one operation: caches are read where they lie.

use std::sync::Arc;

use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::{TractErrorContext, ensure};
use wide::f32x8;

use super::functions::{exp, sum};
use super::{Kernel, floats, output};
#[cfg(target_arch = "x86_64")]
use crate::model::int8::product::{Work, avx2};

/// Values side by side in a vector.
const WIDE: usize = 8;

/// Multi-head attention (Vaswani et al. 2017, arXiv:1706.03762), positions by rotation
/// (Su et al. 2021, arXiv:2104.09864): softmax(rotate(Q · scale) rotate(K)ᵀ + bias) V.
#[derive(Clone, Debug)]
pub struct Attention {
    /// Heads; the width is so many times the width of a head.
    pub heads: usize,
    /// Columns of a head, a multiple of 8.
    pub head_width: usize,
    /// Frames that the caches hold.
    pub cached: usize,
    /// Which part of the caches is this block's.
    pub block: usize,
    /// Of the queries.
    pub scale: f32,
    /// Cosines and sines.
    pub rotary: Arc<Rotary>,
}

/// Cosine and sine of each pair of columns of a head at each position of the window.
#[derive(Clone, Debug)]
pub struct Rotary {
    /// `[head_width / 2, stride]`.
    cos: Vec<f32>,
    /// The same.
    sin: Vec<f32>,
    /// Positions, the longest window.
    positions: usize,
}

impl Rotary {
    /// From tables `[positions, half]`; `None` where they are not that.
    #[must_use]
    pub fn new(cos: &[f32], sin: &[f32], half: usize) -> Option<Self> {
        let positions = cos.len().checked_div(half)?;
        let across = |table: &[f32]| {
            let mut across = vec![0.0; half * positions.next_multiple_of(WIDE)];
            let columns = across.chunks_exact_mut(positions.next_multiple_of(WIDE));
            for (j, column) in columns.enumerate() {
                for (value, row) in column.iter_mut().zip(table.chunks_exact(half)) {
                    *value = row[j];
                }
            }
            across
        };
        let fits = positions > 0 && cos.len() == positions * half && cos.len() == sin.len();
        fits.then(|| Self {
            cos: across(cos),
            sin: across(sin),
            positions,
        })
    }

    /// Cosines and sines of a pair of columns, one a position, padded to whole vectors.
    #[inline(always)]
    fn of(&self, j: usize) -> (&[f32], &[f32]) {
        let stride = self.positions.next_multiple_of(WIDE);
        (
            &self.cos[j * stride..][..stride],
            &self.sin[j * stride..][..stride],
        )
    }
}

/// What attention is computed from, for one block.
struct Window<'a> {
    /// `[n, width]` each.
    queries: &'a [f32],
    new_keys: &'a [f32],
    new_values: &'a [f32],
    /// `[width, cached]`.
    keys: &'a [f32],
    /// `[cached, width]`.
    values: &'a [f32],
    /// One a frame of the window: the cached ones, then the chunk's.
    bias: &'a [f32],
}

impl Kernel for Attention {
    fn name(&self) -> &'static str {
        "Attention"
    }

    /// Queries, keys and values of the chunk `[1, n, width]`, the caches of keys (by
    /// columns) and values (by frames) `[blocks, 1, cached, width]`, the bias
    /// `[cached + n]`.
    fn shape(&self, inputs: &[&[TDim]]) -> TractResult<TVec<TDim>> {
        let width = self.heads * self.head_width;
        for input in &inputs[..5] {
            super::ends_with(input, width)?;
        }
        for cache in &inputs[3..5] {
            let fits = cache.len() == 4 && cache[2] == self.cached.into();
            ensure!(fits, "{cache:?} is no cache of {} frames", self.cached);
        }
        let chunk = inputs[0];
        ensure!(
            chunk.len() == 3 && inputs[1] == chunk && inputs[2] == chunk && inputs[5].len() == 1,
            "queries, keys and values are {:?}",
            &inputs[..3]
        );
        Ok(chunk.into())
    }

    fn eval(&self, inputs: &[&Tensor]) -> TractResult<Tensor> {
        let values: TractResult<Vec<_>> = inputs.iter().map(|input| floats(input)).collect();
        let values = values?;
        let width = self.heads * self.head_width;
        let part = |cache: usize| {
            let mut parts = values[cache].chunks_exact(self.cached * width);
            parts.nth(self.block).context("a cache has too few blocks")
        };
        let window = Window {
            queries: values[0],
            new_keys: values[1],
            new_values: values[2],
            keys: part(3)?,
            values: part(4)?,
            bias: values[5],
        };
        let frames = self.cached + window.queries.len() / width;
        ensure!(
            window.bias.len() == frames && frames <= self.rotary.positions,
            "a window of {frames} frames, of which the longest is {}",
            self.rotary.positions
        );
        output(inputs[0].shape(), |out| self.run(&window, out))
    }
}

/// [`Attention::all_heads`] and its arguments.
#[cfg(target_arch = "x86_64")]
struct AllHeads<'a, 'w>(&'a Attention, &'a Window<'w>, &'a mut [f32]);

#[cfg(target_arch = "x86_64")]
impl Work for AllHeads<'_, '_> {
    #[inline(always)]
    fn run(self) {
        self.0.all_heads(self.1, self.2);
    }
}

impl Attention {
    /// Which of the inputs is the cache of keys.
    pub const KEYS: usize = 3;

    fn run(&self, window: &Window<'_>, out: &mut [f32]) {
        #[cfg(target_arch = "x86_64")]
        let Some(AllHeads(.., out)) = avx2(AllHeads(self, window, out)) else {
            return;
        };
        self.all_heads(window, out);
    }

    #[inline(always)]
    fn all_heads(&self, window: &Window<'_>, out: &mut [f32]) {
        let n = window.queries.len() / (self.heads * self.head_width);
        let panels = (self.cached + n).div_ceil(WIDE);
        let mut keys = vec![f32x8::ZERO; self.head_width * panels];
        let mut queries = vec![0.0; n * self.head_width];
        let mut scores = vec![0.0; 4 * panels * WIDE];
        for head in 0..self.heads {
            self.rotate_keys(head, window, &mut keys);
            self.rotate_queries(head, window, &mut queries);
            let mut first = 0;
            while first < n {
                let (queries, keys) = (&queries[first * self.head_width..], &keys[..]);
                first += if n - first >= 4 {
                    self.rows::<4>(head, first, window, queries, keys, &mut scores, out)
                } else {
                    self.rows::<1>(head, first, window, queries, keys, &mut scores, out)
                };
            }
        }
    }

    /// Keys of a head, rotated: for each eight frames of the window, `[head_width]`
    /// vectors.
    #[inline(always)]
    fn rotate_keys(&self, head: usize, window: &Window<'_>, keys: &mut [f32x8]) {
        let half = self.head_width / 2;
        let padded = keys.len() / self.head_width * WIDE;
        let (mut a, mut z) = (vec![0.0; padded], vec![0.0; padded]);
        for j in 0..half {
            let column = head * self.head_width + j;
            self.key_column(column, window, &mut a);
            self.key_column(column + half, window, &mut z);
            let (cos, sin) = self.rotary.of(j);
            let tables = cos.as_chunks().0.iter().zip(sin.as_chunks().0);
            let both = a.as_chunks().0.iter().zip(z.as_chunks().0);
            let panels = keys.chunks_exact_mut(self.head_width);
            for ((panel, (a, z)), (cos, sin)) in panels.zip(both).zip(tables) {
                let (a, z) = (f32x8::new(*a), f32x8::new(*z));
                let (cos, sin) = (f32x8::new(*cos), f32x8::new(*sin));
                panel[j] = a * cos - z * sin;
                panel[half + j] = z * cos + a * sin;
            }
        }
    }

    /// A column of the keys over the window.
    #[inline(always)]
    fn key_column(&self, column: usize, window: &Window<'_>, values: &mut [f32]) {
        let (cached, new) = values.split_at_mut(self.cached);
        cached.copy_from_slice(&window.keys[column * self.cached..][..self.cached]);
        let frames = window.new_keys.chunks_exact(self.heads * self.head_width);
        for (value, frame) in new.iter_mut().zip(frames) {
            *value = frame[column];
        }
    }

    /// Queries of a head, scaled and rotated, `[n, head_width]`.
    #[inline(always)]
    fn rotate_queries(&self, head: usize, window: &Window<'_>, queries: &mut [f32]) {
        let (width, half) = (self.heads * self.head_width, self.head_width / 2);
        for j in 0..half {
            let (cos, sin) = self.rotary.of(j);
            let tables = cos[self.cached..].iter().zip(&sin[self.cached..]);
            let frames = window.queries.chunks_exact(width).zip(tables);
            let places = queries.chunks_exact_mut(self.head_width);
            for ((frame, (cos, sin)), place) in frames.zip(places) {
                let frame = &frame[head * self.head_width..];
                let (a, z) = (frame[j] * self.scale, frame[half + j] * self.scale);
                place[j] = a * cos - z * sin;
                place[half + j] = z * cos + a * sin;
            }
        }
    }

    /// A head's output for `ROWS` queries from `first` on; returns `ROWS`.
    #[expect(
        clippy::too_many_arguments,
        reason = "buffers are kept from call to call"
    )]
    #[inline(always)]
    fn rows<const ROWS: usize>(
        &self,
        head: usize,
        first: usize,
        window: &Window<'_>,
        queries: &[f32],
        keys: &[f32x8],
        scores: &mut [f32],
        out: &mut [f32],
    ) -> usize {
        let (width, frames) = (self.heads * self.head_width, window.bias.len());
        let stride = scores.len() / 4;
        let queries = split::<ROWS>(queries, self.head_width, 0..self.head_width);
        for (at, panel) in keys.chunks_exact(self.head_width).enumerate() {
            let tile = product(queries, |j| panel[j]);
            for (row, tile) in tile.into_iter().enumerate() {
                scores[row * stride + at * WIDE..][..WIDE].copy_from_slice(&tile.to_array());
            }
        }
        let mut shares = [1.0; ROWS];
        for (scores, share) in scores.chunks_exact_mut(stride).zip(&mut shares) {
            *share = 1.0 / exponentials(&mut scores[..frames], window.bias);
        }
        let cached = split::<ROWS>(scores, stride, 0..self.cached);
        let new = split::<ROWS>(scores, stride, self.cached..frames);
        let (cached_values, new_values) = (eights(window.values), eights(window.new_values));
        for column in (head * self.head_width..(head + 1) * self.head_width).step_by(WIDE) {
            let at = |t: usize| (t * width + column) / WIDE;
            let of_cached = product(cached, |t| f32x8::new(cached_values[at(t)]));
            let of_new = product(new, |t| f32x8::new(new_values[at(t)]));
            for (row, share) in shares.iter().enumerate() {
                let mixed = (of_cached[row] + of_new[row]) * f32x8::splat(*share);
                out[(first + row) * width + column..][..WIDE].copy_from_slice(&mixed.to_array());
            }
        }
        ROWS
    }
}

/// A range of each of the first rows, which lie `stride` apart.
#[inline(always)]
fn split<const ROWS: usize>(
    values: &[f32],
    stride: usize,
    range: std::ops::Range<usize>,
) -> [&[f32]; ROWS] {
    std::array::from_fn(|row| &values[row * stride..][range.clone()])
}

#[inline(always)]
fn eights(values: &[f32]) -> &[[f32; WIDE]] {
    values.as_chunks().0
}

/// Eight columns of a product: for each row of `left`, its values times the vectors that
/// `right` has for them.
#[inline(always)]
fn product<const ROWS: usize>(
    left: [&[f32]; ROWS],
    right: impl Fn(usize) -> f32x8,
) -> [f32x8; ROWS] {
    let depth = left[0].len();
    let left = left.map(|row| &row[..depth]);
    let mut sums = [f32x8::ZERO; ROWS];
    for at in 0..depth {
        let right = right(at);
        for (sum, left) in sums.iter_mut().zip(left) {
            *sum += f32x8::splat(left[at]) * right;
        }
    }
    sums
}

/// Replaces scores by e^(score + bias − the largest of them); returns their sum.
#[inline(always)]
fn exponentials(scores: &mut [f32], bias: &[f32]) -> f32 {
    let mut largest = [f32::NEG_INFINITY; WIDE];
    for (scores, bias) in scores.chunks_mut(WIDE).zip(bias.chunks(WIDE)) {
        for ((score, bias), largest) in scores.iter_mut().zip(bias).zip(&mut largest) {
            *score += bias;
            // Not `max`, which would lose a NaN.
            *largest = if *score < *largest { *largest } else { *score };
        }
    }
    let largest = largest
        .into_iter()
        .fold(f32::NEG_INFINITY, |a, b| if b < a { a } else { b });
    for score in scores.iter_mut() {
        *score = exp(*score - largest);
    }
    sum(scores, |value| value)
}
