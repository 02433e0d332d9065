//! An axis of a plot: from values to pixels, and the round numbers to write beside it.
//! Free of the browser.

/// Values further apart than this factor are drawn on a logarithmic axis.
const LOG_FROM: f64 = 12.0;

/// An axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    low: f64,
    high: f64,
    log: bool,
    from_px: f64,
    to_px: f64,
}

impl Scale {
    /// An axis for these values, with room at both ends, drawn from `from_px` to `to_px`.
    /// `None` when there are no finite values.
    pub fn of(values: &[f64], from_px: f64, to_px: f64, may_be_log: bool) -> Option<Self> {
        let finite = || values.iter().copied().filter(|value| value.is_finite());
        let low = finite().min_by(f64::total_cmp)?;
        let high = finite().max_by(f64::total_cmp)?;
        let log = may_be_log && low > 0.0 && high / low > LOG_FROM;
        let (low, high) = if log {
            let room = (high / low).powf(0.08);
            (low / room, high * room)
        } else {
            // One value alone stands in the middle.
            let room = if high > low {
                (high - low) * 0.08
            } else {
                (high.abs() * 0.1).max(0.5e-3)
            };
            let floor = if low >= 0.0 { 0.0 } else { f64::NEG_INFINITY };
            ((low - room).max(floor), high + room)
        };
        Some(Self {
            low,
            high,
            log,
            from_px,
            to_px,
        })
    }

    /// Where a value is drawn.
    pub fn px(&self, value: f64) -> f64 {
        let share = if self.log {
            (value / self.low).ln() / (self.high / self.low).ln()
        } else {
            (value - self.low) / (self.high - self.low)
        };
        self.from_px + share * (self.to_px - self.from_px)
    }

    /// Whether it is logarithmic.
    pub fn is_log(&self) -> bool {
        self.log
    }

    /// About `wanted` round numbers.
    pub fn ticks(&self, wanted: usize) -> Vec<f64> {
        if self.log {
            self.log_ticks(wanted)
        } else {
            let step = round_step((self.high - self.low) / wanted.max(1) as f64);
            let first = (self.low / step).ceil() as i64;
            let last = (self.high / step).floor() as i64;
            (first..=last).map(|n| n as f64 * step).collect()
        }
    }

    /// 1, 2, 5, 10, …; powers of ten alone where those are many.
    fn log_ticks(&self, wanted: usize) -> Vec<f64> {
        let decades = self.low.log10().floor() as i32..=self.high.log10().ceil() as i32;
        let of = |digits: &[f64]| -> Vec<f64> {
            let all = decades
                .clone()
                .flat_map(|power| digits.iter().map(move |digit| digit * 10_f64.powi(power)));
            all.filter(|tick| (self.low..=self.high).contains(tick))
                .collect()
        };
        let all = of(&[1.0, 2.0, 5.0]);
        if all.len() <= wanted + 2 {
            return all;
        }
        let powers = of(&[1.0]);
        if powers.len() < 2 {
            of(&[1.0, 3.0])
        } else {
            powers
        }
    }
}

/// The next 1, 2 or 5 times a power of ten.
fn round_step(step: f64) -> f64 {
    let power = 10_f64.powf(step.log10().floor());
    let digit = step / power;
    let round = [1.0, 2.0, 5.0]
        .into_iter()
        .find(|round| digit <= *round * 1.000_001);
    round.unwrap_or(10.0) * power
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn near_values_are_linear_and_far_ones_logarithmic() {
        let near = Scale::of(&[100.0, 400.0], 0.0, 100.0, true).unwrap();
        assert!(!near.is_log());
        assert!((near.px(250.0) - 50.0).abs() < 1e-9);
        assert_eq!(near.ticks(4), [100.0, 200.0, 300.0, 400.0]);
        let far = Scale::of(&[100.0, 10_000.0], 0.0, 100.0, true).unwrap();
        assert!(far.is_log());
        assert!((far.px(1000.0) - 50.0).abs() < 1e-9);
        assert_eq!(
            far.ticks(8),
            [100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0, 10_000.0]
        );
        assert_eq!(far.ticks(4), [100.0, 1000.0, 10_000.0]);
        assert!(!Scale::of(&[0.0, 9.0], 0.0, 1.0, true).unwrap().is_log());
    }

    #[test]
    fn one_value_is_in_the_middle_and_none_has_no_axis() {
        let one = Scale::of(&[0.2], 10.0, 0.0, false).unwrap();
        assert!((one.px(0.2) - 5.0).abs() < 1e-9);
        assert!(!one.ticks(4).is_empty());
        let zero = Scale::of(&[0.0, 0.0], 0.0, 1.0, false).unwrap();
        assert!(zero.px(0.0).is_finite() && !zero.ticks(4).is_empty());
        assert_eq!(Scale::of(&[f64::NAN], 0.0, 1.0, true), None);
    }
}
