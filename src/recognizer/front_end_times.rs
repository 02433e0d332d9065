//! What resampling and features took, and which chunk is charged for it.

use crate::eval::latency::{Clock, StageTimes};

/// Compute time of resampling and features.
pub(super) struct FrontEndTimes {
    /// Of the whole take.
    total: StageTimes,
    /// Not yet reported: the meter hears of it with the next chunk.
    unreported: StageTimes,
    /// Each chunk is charged its share of the total: the take is recognised anew and its
    /// features are not computed again, or the clock is simulated and the features of
    /// audio that no listener would have heard yet may be there already.
    pub charged_by_share: bool,
}

impl FrontEndTimes {
    pub fn new(clock: Clock) -> Self {
        Self {
            total: StageTimes::default(),
            unreported: StageTimes::default(),
            charged_by_share: clock == Clock::Simulated,
        }
    }

    pub fn spent(&mut self, resample_ms: f64, features_ms: f64) {
        let times = StageTimes {
            resample_ms,
            features_ms,
            ..StageTimes::default()
        };
        self.total += times;
        self.unreported += times;
    }

    /// The same front end serves another recognition: its chunks are charged by share.
    pub fn follow(&mut self, first: &Self) {
        self.total = first.total;
        self.charged_by_share = true;
    }

    /// The time that goes with `samples` of a take of `take_samples`.
    pub fn report(&mut self, samples: i64, take_samples: i64) -> StageTimes {
        if !self.charged_by_share {
            return std::mem::take(&mut self.unreported);
        }
        let share = samples as f64 / take_samples.max(1) as f64;
        StageTimes {
            resample_ms: self.total.resample_ms * share,
            features_ms: self.total.features_ms * share,
            ..StageTimes::default()
        }
    }
}
