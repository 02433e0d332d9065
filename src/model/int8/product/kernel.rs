//! Matrix product of quantised rows and packed weights, exact in integers, and what
//! makes floats of it.
//!
//! A tile is some rows times some panels of eight outputs; its sums stay in registers
//! over the whole depth. Each step widens 16 weights once for all rows of the tile and
//! each pair of inputs is spread once for all panels, so the fewer rows there are the more panels a
//! tile has: one row alone (a chunk of one frame) is nearly as fast a multiplication as many.

use super::activations::Rows;
#[cfg(target_arch = "x86_64")]
use super::lanes::avx2::{Avx2, Work};
use super::lanes::{Lanes, Pair, Plain, Step, WIDTH};
use super::weights::PackedWeights;

/// `out[row][n] = sum · row's scale · output's scale + bias`, row-major, for all rows.
/// Same bits whichever way it is computed: integer sums are exact, and the three float
/// operations round alike everywhere.
///
/// `bias` is empty or has one value an output and zeros up to a whole panel; `out` has rows × outputs values.
pub fn multiply(weights: &PackedWeights, bias: &[f32], rows: &Rows, out: &mut [f32]) {
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    product::<_, 1, 1, 2, 4>(super::lanes::simd128::Simd128, weights, bias, rows, out);
    #[cfg(target_arch = "x86_64")]
    if let Some(lanes) = Avx2::detect() {
        lanes.run(Product {
            weights,
            bias,
            rows,
            out,
        });
    } else {
        multiply_plain(weights, bias, rows, out);
    }
    #[cfg(not(any(
        all(target_arch = "wasm32", target_feature = "simd128"),
        target_arch = "x86_64"
    )))]
    multiply_plain(weights, bias, rows, out);
}

/// [`multiply`] in plain code.
#[cfg_attr(
    all(target_arch = "wasm32", target_feature = "simd128"),
    allow(dead_code, reason = "tests alone need it there")
)]
pub fn multiply_plain(weights: &PackedWeights, bias: &[f32], rows: &Rows, out: &mut [f32]) {
    product::<_, 1, 1, 1, 1>(Plain, weights, bias, rows, out);
}

/// The arguments of [`multiply`].
#[cfg(target_arch = "x86_64")]
struct Product<'a> {
    weights: &'a PackedWeights,
    bias: &'a [f32],
    rows: &'a Rows,
    out: &'a mut [f32],
}

#[cfg(target_arch = "x86_64")]
impl Work for Product<'_> {
    #[inline(always)]
    fn run(self, lanes: Avx2) {
        product::<_, 2, 2, 4, 8>(lanes, self.weights, self.bias, self.rows, self.out);
    }
}

/// Rows four at a time, then what is left; `P4` to `P1` are the panels of a tile of 4 to
/// 1 rows.
#[inline(always)]
fn product<L: Lanes, const P4: usize, const P3: usize, const P2: usize, const P1: usize>(
    lanes: L,
    weights: &PackedWeights,
    bias: &[f32],
    rows: &Rows,
    out: &mut [f32],
) {
    let mut row = 0;
    while row < rows.count() {
        row += match rows.count() - row {
            1 => stripe::<L, 1, P1>(lanes, weights, bias, rows, row, out),
            2 => stripe::<L, 2, P2>(lanes, weights, bias, rows, row, out),
            3 => stripe::<L, 3, P3>(lanes, weights, bias, rows, row, out),
            _ => stripe::<L, 4, P4>(lanes, weights, bias, rows, row, out),
        };
    }
}

/// All outputs of `ROWS` rows from `first` on; returns `ROWS`.
#[inline(always)]
fn stripe<L: Lanes, const ROWS: usize, const PANELS: usize>(
    lanes: L,
    weights: &PackedWeights,
    bias: &[f32],
    rows: &Rows,
    first: usize,
    out: &mut [f32],
) -> usize {
    let inputs: [&[Pair]; ROWS] = std::array::from_fn(|row| rows.pairs(first + row));
    let mut place = Place {
        weights,
        bias,
        scales: std::array::from_fn(|row| rows.scale(first + row)),
        out: &mut out[first * weights.outputs()..(first + ROWS) * weights.outputs()],
    };
    let mut panel = 0;
    while panel + PANELS <= weights.panels() {
        let panels: [&[Step]; PANELS] = std::array::from_fn(|at| weights.panel(panel + at));
        place.put(lanes, panel, tile::<L, ROWS, PANELS>(lanes, inputs, panels));
        panel += PANELS;
    }
    while panel < weights.panels() {
        let panels = [weights.panel(panel)];
        place.put(lanes, panel, tile::<L, ROWS, 1>(lanes, inputs, panels));
        panel += 1;
    }
    ROWS
}

/// The sums of one tile.
#[inline(always)]
fn tile<L: Lanes, const ROWS: usize, const PANELS: usize>(
    lanes: L,
    inputs: [&[Pair]; ROWS],
    panels: [&[Step]; PANELS],
) -> [[L::Sums; PANELS]; ROWS] {
    // All of one length; said so that no index below is checked.
    let depth = panels[0].len();
    let inputs = inputs.map(|pairs| &pairs[..depth]);
    let panels = panels.map(|steps| &steps[..depth]);
    let mut sums = [[lanes.zero(); PANELS]; ROWS];
    for at in 0..depth {
        let weights: [L::Weights; PANELS] =
            std::array::from_fn(|panel| lanes.widen(&panels[panel][at]));
        for row in 0..ROWS {
            for panel in 0..PANELS {
                sums[row][panel] = lanes.add(sums[row][panel], weights[panel], inputs[row][at]);
            }
        }
    }
    sums
}

/// Where a stripe's outputs go.
struct Place<'a, const ROWS: usize> {
    weights: &'a PackedWeights,
    bias: &'a [f32],
    scales: [f32; ROWS],
    out: &'a mut [f32],
}

impl<const ROWS: usize> Place<'_, ROWS> {
    /// Writes the outputs of some panels from `first` on.
    #[inline(always)]
    fn put<L: Lanes, const PANELS: usize>(
        &mut self,
        lanes: L,
        first: usize,
        sums: [[L::Sums; PANELS]; ROWS],
    ) {
        let outputs = self.weights.outputs();
        for (panel, begin) in (first * WIDTH..).step_by(WIDTH).take(PANELS).enumerate() {
            let scales = chunk(self.weights.scales(), begin);
            let bias = chunk(self.bias, begin);
            let values =
                |row: usize| lanes.values(sums[row][panel], self.scales[row], scales, bias);
            let rows = self.out.chunks_exact_mut(outputs).enumerate().take(ROWS);
            // Asked once for all rows, or the copy of unknown length is most of the work.
            if begin + WIDTH <= outputs {
                for (row, out) in rows {
                    if let Some(out) = out[begin..].first_chunk_mut() {
                        *out = values(row);
                    }
                }
            } else {
                for (row, out) in rows {
                    let out = &mut out[begin..];
                    out.copy_from_slice(&values(row)[..out.len()]);
                }
            }
        }
    }
}

/// The values from `begin` on; zeros where there are none.
#[inline(always)]
fn chunk(values: &[f32], begin: usize) -> &[f32; WIDTH] {
    let rest = values.get(begin..).unwrap_or_default();
    rest.first_chunk().unwrap_or(&[0.0; WIDTH])
}
