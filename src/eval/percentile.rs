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
}
