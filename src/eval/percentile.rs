//! Percentiles, one definition for the whole project: linear interpolation between
//! the two nearest of the sorted values (Hyndman & Fan 1996, type 7; what numpy's
//! `quantile` does unless told otherwise).

use serde::{Deserialize, Serialize};

/// The quantile of values that are sorted in rising order, `share` in [0, 1]; values
/// outside are taken as the nearest end. `None` when there are no values.
#[must_use]
pub fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let position = share.clamp(0.0, 1.0) * last as f64;
    let below = sorted.get(position.floor() as usize)?;
    let above = sorted.get(position.ceil() as usize)?;
    Some(below + (above - below) * position.fract())
}

/// How many values there must be for the quantile `share`, so that one of them lies beyond it:
/// 1 ÷ (1 − share), which is 2 for the median, 20 for p95, 100 for p99. Of fewer, what
/// [`quantile`] gives is a point between the two largest values, and says no more than they.
#[must_use]
pub fn fewest_for(share: f64) -> usize {
    // Rounded: 1 − 0.95 is not a twentieth in binary.
    (1.0 / (1.0 - share.clamp(0.0, 0.999_999))).round() as usize
}

/// What is told of a set of times.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Percentiles {
    /// How many values there are.
    pub count: usize,
    /// The median.
    pub p50: f64,
    /// Nine of ten values are no larger.
    pub p90: f64,
    /// 19 of 20 values are no larger.
    pub p95: f64,
    /// 99 of 100 values are no larger.
    pub p99: f64,
}

impl Percentiles {
    /// The percentiles of values in any order. Values that are not finite are left
    /// out; `None` when nothing remains.
    #[must_use]
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut sorted: Vec<f64> = values.into_iter().filter(|v| v.is_finite()).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        Some(Self {
            count: sorted.len(),
            p50: quantile(&sorted, 0.50)?,
            p90: quantile(&sorted, 0.90)?,
            p95: quantile(&sorted, 0.95)?,
            p99: quantile(&sorted, 0.99)?,
        })
    }

    /// One of the four by its share, if there are values enough to carry it
    /// ([`fewest_for`]); the median always.
    #[must_use]
    pub fn carried(&self, share: f64) -> Option<f64> {
        let of = [
            (0.5, self.p50),
            (0.9, self.p90),
            (0.95, self.p95),
            (0.99, self.p99),
        ];
        let (_, value) = of
            .into_iter()
            .find(|(known, _)| (known - share).abs() < 1e-9)?;
        (share <= 0.5 || self.count >= fewest_for(share)).then_some(value)
    }
}
