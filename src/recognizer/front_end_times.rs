//! What resampling and features took, and which chunk is charged for it.

use crate::eval::latency::{Clock, StageTimes};

/// Compute time of resampling and features.
pub(super) struct FrontEndTimes {
    /// Of the whole take.
    total: StageTimes,
    /// What chunks have been charged.
    charged: StageTimes,
    /// The audio of these chunks.
    charged_samples: i64,
    /// Each chunk is charged its share of the total: the take is recognised anew and its
    /// features are not computed again, or the clock is simulated and the features of
    /// audio that no listener would have heard yet may be there already.
    by_share: bool,
}

impl FrontEndTimes {
    pub fn new(clock: Clock) -> Self {
        Self {
            total: StageTimes::default(),
            charged: StageTimes::default(),
            charged_samples: 0,
            by_share: clock == Clock::Simulated,
        }
    }

    pub fn spent(&mut self, resample_ms: f64, features_ms: f64) {
        self.total += StageTimes {
            resample_ms,
            features_ms,
            ..StageTimes::default()
        };
    }

    /// The same front end serves another recognition: its chunks are charged by share.
    pub fn follow(&mut self, first: &Self) {
        self.total = first.total;
        self.by_share = true;
    }

    /// The take is recognised anew: its chunks are charged from the first, by share.
    pub fn charge_anew(&mut self) {
        self.charged = StageTimes::default();
        self.charged_samples = 0;
        self.by_share = true;
    }

    /// The time that goes with the next `samples` of a take of `take_samples` so far: what
    /// brings the charge up to the share that has been reported, so that all chunks together
    /// are charged the total, in whatever portions it was spent.
    pub fn charge(&mut self, samples: i64, take_samples: i64) -> StageTimes {
        self.charged_samples += samples;
        let share = if self.by_share {
            (self.charged_samples as f64 / take_samples.max(1) as f64).min(1.0)
        } else {
            1.0
        };
        let due = |total: f64, charged: f64| (total * share - charged).max(0.0);
        let charge = StageTimes {
            resample_ms: due(self.total.resample_ms, self.charged.resample_ms),
            features_ms: due(self.total.features_ms, self.charged.features_ms),
            ..StageTimes::default()
        };
        self.charged += charge;
        charge
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first batch costs most, as it does where code is compiled when it is first run.
    #[test]
    fn two_recognitions_of_one_front_end_are_charged_the_same() {
        let mut first = FrontEndTimes::new(Clock::Real);
        let mut second = FrontEndTimes::new(Clock::Real);
        let (mut first_ms, mut second_ms) = (0.0, 0.0);
        for (batch, cost_ms) in (1..).zip([40.0, 3.0, 3.0, 3.0, 1.0]) {
            first.spent(0.0, cost_ms);
            first_ms += first.charge(5120, batch * 5120).features_ms;
            second.follow(&first);
            // Chunks of twice the length.
            if batch % 2 == 0 {
                second_ms += second.charge(10_240, batch * 5120).features_ms;
            }
        }
        second_ms += second.charge(5120, 5 * 5120).features_ms;
        assert!((first_ms - 50.0).abs() < 1e-9, "{first_ms}");
        assert!((second_ms - 50.0).abs() < 1e-9, "{second_ms}");
        // Once more, and nothing is charged twice.
        first.charge_anew();
        let half = first.charge(12_800, 25_600).features_ms;
        let rest = first.charge(12_800, 25_600).features_ms;
        assert!((half - 25.0).abs() < 1e-9 && (rest - 25.0).abs() < 1e-9);
        assert!(first.charge(0, 25_600).features_ms.abs() < 1e-9);
    }
}
