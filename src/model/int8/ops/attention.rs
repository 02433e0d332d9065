//! Attention of a chunk's frames over the cached frames and the chunk itself, with rotary
//! positions, in one operation: caches are read where they lie.

use std::sync::Arc;

use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::{TractErrorContext, ensure};
use wide::f32x8;

use super::functions::{exp, sum};
use super::{Kernel, floats, output, same};
#[cfg(target_arch = "x86_64")]
use crate::model::int8::product::{Avx2, Work};

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
    /// `[cached − 8 skipped, width]`.
    values: &'a [f32],
    /// One a frame: the cached ones that are not skipped, then the chunk's.
    bias: &'a [f32],
    /// Eights of cached frames left out of everything, the first ones; see [`skipped`].
    skipped: usize,
}

/// The bias that a graph gives to cached frames of before the take.
const MASKED: f32 = -1e4;

/// How many eights of cached frames, from the first on, are masked and need no look: for
/// every chunk that begins a take, nearly all. Beside a frame that is not masked, unless it
/// scores thousands less than they do, such a frame's weight is the least that [`exp`]
/// gives, 1.8e-35 of the largest: too little to change a sum that the largest is part
/// of, or an output.
fn skipped(cached: &[f32], chunk: &[f32]) -> usize {
    if !chunk.iter().any(|bias| *bias >= 0.0) {
        return 0;
    }
    let eights = eights(cached).iter();
    eights
        .take_while(|eight| eight.iter().all(|bias| *bias <= MASKED))
        .count()
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
        for cache in &inputs[3..5] {
            super::is_cache(cache, self.block, self.cached, width)?;
        }
        let chunk = inputs[0];
        super::is_chunk(chunk, width)?;
        ensure!(
            inputs[1] == chunk && inputs[2] == chunk,
            "queries, keys and values are {:?}",
            &inputs[..3]
        );
        let frames = chunk[1].clone() + self.cached;
        let bias = inputs[5];
        ensure!(
            bias.len() == 1 && same(&bias[0], &frames),
            "{bias:?} should be the bias of {frames} frames"
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
        let (bias, frames) = (values[5], self.cached + values[0].len() / width);
        ensure!(
            bias.len() == frames && frames <= self.rotary.positions,
            "a window of {frames} frames, of which the longest is {}",
            self.rotary.positions
        );
        let skipped = skipped(&bias[..self.cached], &bias[self.cached..]);
        let window = Window {
            queries: values[0],
            new_keys: values[1],
            new_values: values[2],
            keys: part(3)?,
            values: &part(4)?[skipped * WIDE * width..],
            bias: &bias[skipped * WIDE..],
            skipped,
        };
        output(inputs[0].shape(), |out| self.run(&window, out))
    }
}

/// What a head is computed with, kept from head to head.
struct Head {
    /// See [`Attention::rotate_keys`].
    keys: Vec<f32x8>,
    /// See [`Attention::gather_values`].
    values: Vec<f32x8>,
    /// `[n, head_width]`.
    queries: Vec<f32>,
    /// Of four queries, for all frames of the window.
    scores: Vec<f32>,
}

/// [`Attention::all_heads`] and its arguments.
#[cfg(target_arch = "x86_64")]
struct AllHeads<'a, 'w>(&'a Attention, &'a Window<'w>, &'a mut [f32]);

#[cfg(target_arch = "x86_64")]
impl Work for AllHeads<'_, '_> {
    #[inline(always)]
    fn run(self, _: Avx2) {
        self.0.all_heads(self.1, self.2);
    }
}

impl Attention {
    /// Which of the inputs is the cache of keys.
    pub const KEYS: usize = 3;

    fn run(&self, window: &Window<'_>, out: &mut [f32]) {
        #[cfg(target_arch = "x86_64")]
        if let Some(lanes) = Avx2::detect() {
            return lanes.run(AllHeads(self, window, out));
        }
        self.all_heads(window, out);
    }

    #[inline(always)]
    fn all_heads(&self, window: &Window<'_>, out: &mut [f32]) {
        let n = window.queries.len() / (self.heads * self.head_width);
        let frames = window.bias.len();
        let panels = frames.div_ceil(WIDE);
        let mut head = Head {
            keys: vec![f32x8::ZERO; self.head_width * panels],
            values: vec![f32x8::ZERO; self.head_width / WIDE * frames],
            queries: vec![0.0; n * self.head_width],
            scores: vec![0.0; 4 * panels * WIDE],
        };
        for index in 0..self.heads {
            let first_column = index * self.head_width;
            self.rotate_keys(first_column, window, &mut head.keys);
            self.rotate_queries(first_column, window, &mut head.queries);
            self.gather_values(first_column, window, &mut head.values);
            let mut first = 0;
            while first < n {
                first += if n - first >= 4 {
                    self.rows::<4>(first_column, first, window.bias, &mut head, out)
                } else {
                    self.rows::<1>(first_column, first, window.bias, &mut head, out)
                };
            }
        }
    }

    /// Keys of a head, rotated: for each eight frames of the window, `[head_width]`
    /// vectors.
    #[inline(always)]
    fn rotate_keys(&self, first_column: usize, window: &Window<'_>, keys: &mut [f32x8]) {
        let half = self.head_width / 2;
        // Panels of cached frames alone are read where they lie, the rest is put together.
        let in_place = self.cached / WIDE;
        let rest = keys.len() / self.head_width - (in_place - window.skipped);
        let (mut a_rest, mut z_rest) = (vec![0.0; rest * WIDE], vec![0.0; rest * WIDE]);
        let column = |column: usize| &window.keys[column * self.cached..][..self.cached];
        for j in 0..half {
            let (a, z) = (first_column + j, first_column + half + j);
            self.last_keys(a, in_place, window, &mut a_rest);
            self.last_keys(z, in_place, window, &mut z_rest);
            let (a, z) = (
                &eights(column(a))[window.skipped..],
                &eights(column(z))[window.skipped..],
            );
            let (a, z) = (
                a.iter().chain(eights(&a_rest)),
                z.iter().chain(eights(&z_rest)),
            );
            let (cos, sin) = self.rotary.of(j);
            let tables = eights(cos).iter().zip(eights(sin)).skip(window.skipped);
            let panels = keys.chunks_exact_mut(self.head_width);
            for ((panel, (a, z)), (cos, sin)) in panels.zip(a.zip(z)).zip(tables) {
                let (a, z) = (f32x8::new(*a), f32x8::new(*z));
                let (cos, sin) = (f32x8::new(*cos), f32x8::new(*sin));
                panel[j] = a * cos - z * sin;
                panel[half + j] = z * cos + a * sin;
            }
        }
    }

    /// A column of the keys after the first `in_place` panels.
    #[inline(always)]
    fn last_keys(&self, column: usize, in_place: usize, window: &Window<'_>, rest: &mut [f32]) {
        let cached = &window.keys[column * self.cached..][in_place * WIDE..self.cached];
        let new = window.new_keys.chunks_exact(self.heads * self.head_width);
        let keys = cached.iter().chain(new.map(|frame| &frame[column]));
        for (place, key) in rest.iter_mut().zip(keys) {
            *place = *key;
        }
    }

    /// Values of a head: for each eight columns, a vector a frame of the window. Rows of
    /// the caches lie powers of two apart, where a processor's cache holds few at a time.
    #[inline(always)]
    fn gather_values(&self, first_column: usize, window: &Window<'_>, values: &mut [f32x8]) {
        let width = self.heads * self.head_width;
        for (panel, values) in values.chunks_exact_mut(window.bias.len()).enumerate() {
            let rows = window.values.chunks_exact(width);
            let rows = rows.chain(window.new_values.chunks_exact(width));
            for (value, row) in values.iter_mut().zip(rows) {
                let row = &row[first_column + panel * WIDE..];
                *value = row
                    .first_chunk()
                    .map_or(f32x8::ZERO, |row| f32x8::new(*row));
            }
        }
    }

    /// Queries of a head, scaled and rotated, `[n, head_width]`.
    #[inline(always)]
    fn rotate_queries(&self, first_column: usize, window: &Window<'_>, queries: &mut [f32]) {
        let (width, half) = (self.heads * self.head_width, self.head_width / 2);
        for j in 0..half {
            let (cos, sin) = self.rotary.of(j);
            let tables = cos[self.cached..].iter().zip(&sin[self.cached..]);
            let frames = window.queries.chunks_exact(width).zip(tables);
            let places = queries.chunks_exact_mut(self.head_width);
            for ((frame, (cos, sin)), place) in frames.zip(places) {
                let frame = &frame[first_column..];
                let (a, z) = (frame[j] * self.scale, frame[half + j] * self.scale);
                place[j] = a * cos - z * sin;
                place[half + j] = z * cos + a * sin;
            }
        }
    }

    /// A head's output for `ROWS` queries from `first` on; returns `ROWS`.
    #[inline(always)]
    fn rows<const ROWS: usize>(
        &self,
        first_column: usize,
        first: usize,
        bias: &[f32],
        head: &mut Head,
        out: &mut [f32],
    ) -> usize {
        let (width, frames) = (self.heads * self.head_width, bias.len());
        let scores = &mut head.scores[..];
        let stride = scores.len() / 4;
        let queries = &head.queries[first * self.head_width..];
        let queries = rows::<ROWS>(queries, self.head_width, self.head_width);
        for (at, panel) in head.keys.chunks_exact(self.head_width).enumerate() {
            for (row, tile) in product(queries, panel).into_iter().enumerate() {
                scores[row * stride + at * WIDE..][..WIDE].copy_from_slice(&tile.to_array());
            }
        }
        let mut shares = [1.0; ROWS];
        for (scores, share) in scores.chunks_exact_mut(stride).zip(&mut shares) {
            *share = 1.0 / exponentials(&mut scores[..frames], bias);
        }
        let weights = rows::<ROWS>(scores, stride, frames);
        for (panel, values) in head.values.chunks_exact(frames).enumerate() {
            let column = first_column + panel * WIDE;
            let mixed = product(weights, values).into_iter().zip(shares);
            for (row, (mixed, share)) in mixed.enumerate() {
                let mixed = mixed * f32x8::splat(share);
                out[(first + row) * width + column..][..WIDE].copy_from_slice(&mixed.to_array());
            }
        }
        ROWS
    }
}

/// The first `length` values of each of the first rows, which lie `stride` apart.
#[inline(always)]
fn rows<const ROWS: usize>(values: &[f32], stride: usize, length: usize) -> [&[f32]; ROWS] {
    std::array::from_fn(|row| &values[row * stride..][..length])
}

#[inline(always)]
fn eights(values: &[f32]) -> &[[f32; WIDE]] {
    values.as_chunks().0
}

/// Eight columns of a product: for each row of `left`, its values times those of `right`.
#[inline(always)]
fn product<const ROWS: usize>(left: [&[f32]; ROWS], right: &[f32x8]) -> [f32x8; ROWS] {
    let left = left.map(|row| &row[..right.len()]);
    let mut sums = [f32x8::ZERO; ROWS];
    for (at, right) in right.iter().enumerate() {
        for (sum, left) in sums.iter_mut().zip(left) {
            *sum += f32x8::splat(left[at]) * *right;
        }
    }
    sums
}

/// Replaces scores by e^(score + bias − the largest of them); returns their sum.
#[inline(always)]
fn exponentials(scores: &mut [f32], bias: &[f32]) -> f32 {
    for (score, bias) in scores.iter_mut().zip(bias) {
        *score += bias;
    }
    // Comparisons and not `max`, which would lose a NaN.
    let larger = |a: f32, b: f32| if b < a { a } else { b };
    let (whole, rest) = scores.as_chunks::<WIDE>();
    let mut lanes = [f32::NEG_INFINITY; WIDE];
    for eight in whole {
        lanes = std::array::from_fn(|lane| larger(lanes[lane], eight[lane]));
    }
    let all = lanes.iter().chain(rest);
    let largest = all.fold(f32::NEG_INFINITY, |a, b| larger(a, *b));
    for score in scores.iter_mut() {
        *score = exp(*score - largest);
    }
    sum(scores, |value| value)
}
