//! How loud a stretch of audio is.

/// Root-mean-square level in dB below full scale (1.0): 10·log₁₀ of the mean square.
/// −∞ for digital silence and for no samples.
#[must_use]
pub fn level_dbfs(samples: &[f32]) -> f32 {
    let sum: f64 = samples.iter().map(|x| f64::from(*x) * f64::from(*x)).sum();
    if sum == 0.0 {
        return f32::NEG_INFINITY;
    }
    (10.0 * (sum / samples.len() as f64).log10()) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_in_closed_form() {
        assert!((level_dbfs(&[1.0, -1.0])).abs() < 1e-6);
        assert!((level_dbfs(&[0.1; 7]) + 20.0).abs() < 1e-5);
        // half of the samples silent: 3.0103 dB less
        assert!((level_dbfs(&[0.1, 0.0]) + 23.0103).abs() < 1e-4);
        assert!(level_dbfs(&[0.0; 3]) < f32::MIN);
        assert!(level_dbfs(&[]) < f32::MIN);
    }
}
