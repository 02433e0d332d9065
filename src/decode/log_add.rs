//! Adding probabilities that are kept as logarithms.

/// ln(eᵃ + eᵇ). Where the smaller part is below half a unit in the last place of the
/// larger (by e⁻⁴⁰), it is left out.
///
/// The relative error of the sum, that is the absolute one of its logarithm, is a
/// few 2⁻⁵³; scores of f64 down to −10⁶ keep 10⁻¹⁰, so an hour of rows stays far
/// below the 10⁻⁵ that hypotheses are compared to.
pub(in crate::decode) fn log_add(a: f64, b: f64) -> f64 {
    let (large, small) = if a < b { (b, a) } else { (a, b) };
    let difference = small - large;
    // Also where both are −∞, whose difference is NaN.
    if difference > -40.0 {
        large + difference.exp().ln_1p()
    } else {
        large
    }
}
