//! Rows of inputs, each quantised by a scale of its own.

use super::lanes::Pair;

/// Rows of quantised inputs, two next to each other, an odd last one beside a zero.
#[derive(Debug, Default)]
pub struct Rows {
    pairs: Vec<Pair>,
    scales: Vec<f32>,
    depth: usize,
}

/// Below this largest magnitude, a row counts as zeros: the inverse of its scale would
/// not be a finite float.
const SMALLEST: f32 = 1e-30;

/// Adding it rounds a float below 2²² to an integer (ties to even), which then stands in
/// the low bits: 1.5 · 2²³.
const ROUNDER: f32 = 12_582_912.0;

impl Rows {
    /// Quantises `values`, row-major with `inputs` a row, to −levels … levels:
    /// q = round(x · (levels / largest)), scale = largest / levels, where largest is the
    /// row's largest magnitude. A row with a NaN or an infinity has the scale NaN, so
    /// that whatever is computed of it is NaN.
    pub fn quantise(&mut self, values: &[f32], inputs: usize, levels: i16) {
        self.depth = inputs.div_ceil(2);
        self.pairs.clear();
        self.scales.clear();
        for row in values.chunks_exact(inputs) {
            let (scale, inverse) = scale_of(row, levels);
            self.scales.push(scale);
            if inverse == 0.0 {
                let zeros = self.pairs.len() + self.depth;
                self.pairs.resize(zeros, [0; 2]);
                continue;
            }
            let (pairs, odd) = row.as_chunks::<2>();
            let quantise = |value: f32| (value * inverse + ROUNDER).to_bits() as i16;
            self.pairs
                .extend(pairs.iter().map(|pair| pair.map(quantise)));
            if let [last] = odd {
                self.pairs.push([quantise(*last), 0]);
            }
        }
    }

    pub(super) fn count(&self) -> usize {
        self.scales.len()
    }

    pub(super) fn pairs(&self, row: usize) -> &[Pair] {
        &self.pairs[row * self.depth..(row + 1) * self.depth]
    }

    pub(super) fn scale(&self, row: usize) -> f32 {
        self.scales[row]
    }
}

/// A row's scale and its inverse; 0 as the inverse where all of the row becomes zeros.
fn scale_of(row: &[f32], levels: i16) -> (f32, f32) {
    // Bits of magnitudes are ordered as the magnitudes are, infinity and NaN above all.
    let largest = row
        .iter()
        .map(|value| value.to_bits() & 0x7fff_ffff)
        .fold(0, u32::max);
    let largest = f32::from_bits(largest);
    if !largest.is_finite() {
        return (f32::NAN, 0.0);
    }
    if largest < SMALLEST {
        return (0.0, 0.0);
    }
    let levels = f32::from(levels);
    (largest / levels, levels / largest)
}
