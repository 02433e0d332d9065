//! Attention of a chunk's frames over the cached frames and the chunk itself, with rotary
//! positions, in one operation: caches are read where they lie.

use std::sync::Arc;

use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::{TractErrorContext, ensure};

use super::functions::{exp, sum};
use super::{Kernel, floats, output};
#[cfg(target_arch = "x86_64")]
use crate::model::int8::product::{Work, avx2};

/// Sums kept side by side.
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
    /// `[head_width / 2, positions]`.
    pub cos: Vec<f32>,
    /// The same.
    pub sin: Vec<f32>,
    /// The longest window.
    pub positions: usize,
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
        let frames = self.cached + n;
        let mut keys = vec![0.0; self.head_width * frames.next_multiple_of(WIDE)];
        let mut queries = vec![0.0; n * self.head_width];
        let mut scores = vec![0.0; 4 * frames.next_multiple_of(WIDE)];
        for head in 0..self.heads {
            self.rotate_keys(head, window, &mut keys);
            self.rotate_queries(head, window, &mut queries);
            let mut first = 0;
            while first < n {
                first += if n - first >= 4 {
                    self.rows::<4>(head, first, window, [&queries, &keys], &mut scores, out)
                } else {
                    self.rows::<1>(head, first, window, [&queries, &keys], &mut scores, out)
                };
            }
        }
    }

    /// Keys of a head, rotated, `[head_width, frames]`, each row padded to a multiple of
    /// eight.
    #[inline(always)]
    fn rotate_keys(&self, head: usize, window: &Window<'_>, keys: &mut [f32]) {
        let (width, half) = (self.heads * self.head_width, self.head_width / 2);
        let stride = keys.len() / self.head_width;
        let (low, high) = keys.split_at_mut(half * stride);
        let rows = low
            .chunks_exact_mut(stride)
            .zip(high.chunks_exact_mut(stride));
        for (j, (low, high)) in rows.enumerate() {
            let cos = &self.rotary.cos[j * self.rotary.positions..];
            let sin = &self.rotary.sin[j * self.rotary.positions..];
            let column = head * self.head_width + j;
            let cached = |column: usize| &window.keys[column * self.cached..][..self.cached];
            let a = cached(column).iter().zip(cached(column + half));
            let places = low.iter_mut().zip(high.iter_mut());
            for (((a, z), (low, high)), (cos, sin)) in a.zip(places).zip(cos.iter().zip(sin)) {
                *low = a * cos - z * sin;
                *high = z * cos + a * sin;
            }
            for (t, frame) in window.new_keys.chunks_exact(width).enumerate() {
                let t = self.cached + t;
                let (a, z) = (frame[column], frame[column + half]);
                low[t] = a * cos[t] - z * sin[t];
                high[t] = z * cos[t] + a * sin[t];
            }
        }
    }

    /// Queries of a head, scaled and rotated, `[n, head_width]`.
    #[inline(always)]
    fn rotate_queries(&self, head: usize, window: &Window<'_>, queries: &mut [f32]) {
        let (width, half) = (self.heads * self.head_width, self.head_width / 2);
        let frames = window.queries.chunks_exact(width);
        for (t, (frame, out)) in frames
            .zip(queries.chunks_exact_mut(self.head_width))
            .enumerate()
        {
            let frame = &frame[head * self.head_width..];
            for j in 0..half {
                let at = j * self.rotary.positions + self.cached + t;
                let (cos, sin) = (self.rotary.cos[at], self.rotary.sin[at]);
                let (a, z) = (frame[j] * self.scale, frame[half + j] * self.scale);
                out[j] = a * cos - z * sin;
                out[half + j] = z * cos + a * sin;
            }
        }
    }

    /// A head's output for `ROWS` queries from `first` on; returns `ROWS`.
    #[inline(always)]
    fn rows<const ROWS: usize>(
        &self,
        head: usize,
        first: usize,
        window: &Window<'_>,
        [queries, keys]: [&[f32]; 2],
        scores: &mut [f32],
        out: &mut [f32],
    ) -> usize {
        let (width, frames) = (self.heads * self.head_width, window.bias.len());
        let stride = keys.len() / self.head_width;
        let queries: [&[f32]; ROWS] = std::array::from_fn(|row| {
            &queries[(first + row) * self.head_width..][..self.head_width]
        });
        for panel in (0..stride).step_by(WIDE) {
            let tile = product(queries, &keys[panel..], stride);
            for (row, tile) in tile.into_iter().enumerate() {
                scores[row * stride + panel..][..WIDE].copy_from_slice(&tile);
            }
        }
        let mut shares = [1.0; ROWS];
        for (scores, share) in scores.chunks_exact_mut(stride).zip(&mut shares) {
            *share = 1.0 / exponentials(&mut scores[..frames], window.bias);
        }
        let cached: [&[f32]; ROWS] =
            std::array::from_fn(|row| &scores[row * stride..][..self.cached]);
        let new: [&[f32]; ROWS] = std::array::from_fn(|row| {
            &scores[row * stride + self.cached..][..frames - self.cached]
        });
        for panel in (0..self.head_width).step_by(WIDE) {
            let column = head * self.head_width + panel;
            let of_cached = product(cached, &window.values[column..], width);
            let of_new = product(new, &window.new_values[column..], width);
            for row in 0..ROWS {
                let out = &mut out[(first + row) * width + column..][..WIDE];
                let sums = of_cached[row].iter().zip(&of_new[row]);
                for (out, (cached, new)) in out.iter_mut().zip(sums) {
                    *out = (cached + new) * shares[row];
                }
            }
        }
        ROWS
    }
}

/// Eight columns of `left · right`: rows of `left` against rows of `right`, which lie
/// `stride` apart and of which the first eight values count.
#[inline(always)]
fn product<const ROWS: usize>(
    left: [&[f32]; ROWS],
    right: &[f32],
    stride: usize,
) -> [[f32; WIDE]; ROWS] {
    let depth = left[0].len();
    let left = left.map(|row| &row[..depth]);
    let mut sums = [[0.0; WIDE]; ROWS];
    for (at, right) in right.chunks(stride).take(depth).enumerate() {
        let Some(right) = right.first_chunk::<WIDE>() else {
            break;
        };
        for (sums, left) in sums.iter_mut().zip(left) {
            for (sum, right) in sums.iter_mut().zip(right) {
                *sum += left[at] * right;
            }
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
