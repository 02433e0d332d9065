//! Elementary functions over slices, in plain code that vectorises: the same operations
//! in the same order on every machine, so the same bits.

/// Adding it rounds a float below 2²² to an integer, which then stands in the low bits.
const ROUNDER: f32 = 12_582_912.0;

/// e^x to 2e-7 of its value for |x| ≤ 80, as at −80 and 80 beyond; NaN for NaN. So no result is near
/// the smallest float, where arithmetic is slow: 1.8e-35 is nothing beside a sum of
/// probabilities or a sigmoid.
///
/// x = n ln 2 + r, |r| ≤ ln 2 / 2; the polynomial for e^r is Cephes' `expf`.
#[inline(always)]
#[must_use]
pub fn exp(x: f32) -> f32 {
    // Comparisons and not `clamp`, so that a NaN stays one.
    let x = if x < -80.0 { -80.0 } else { x };
    let x = if x > 80.0 { 80.0 } else { x };
    let shifted = x * std::f32::consts::LOG2_E + ROUNDER;
    let n = shifted - ROUNDER;
    let r = x - n * 0.693_359_4 + n * 2.121_944_4e-4;
    let p = 1.987_569_1e-4 * r + 1.398_2e-3;
    let p = p * r + 8.333_452e-3;
    let p = p * r + 4.166_579_6e-2;
    let p = p * r + 1.666_666_5e-1;
    let p = p * r + 0.5;
    let e_r = p * (r * r) + r + 1.0;
    // n stands in the low bits of `shifted`; as an exponent it makes 2^n.
    e_r * f32::from_bits(shifted.to_bits().wrapping_add(127) << 23)
}

/// 1 / (1 + e^−x).
#[inline(always)]
#[must_use]
pub fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// x · sigmoid(x), in place.
pub fn silu(values: &mut [f32]) {
    for value in values {
        *value *= sigmoid(*value);
    }
}

/// Sums in eight lanes, then of the lanes: one order, whatever the machine.
#[inline(always)]
pub fn sum(values: &[f32], of: impl Fn(f32) -> f32) -> f32 {
    let (eights, rest) = values.as_chunks::<8>();
    let mut lanes = [0.0; 8];
    for eight in eights {
        for (lane, value) in lanes.iter_mut().zip(eight) {
            *lane += of(*value);
        }
    }
    let [a, b, c, d, e, f, g, h] = lanes;
    let whole = ((a + e) + (c + g)) + ((b + f) + (d + h));
    rest.iter().fold(whole, |sum, value| sum + of(*value))
}
