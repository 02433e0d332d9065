//! Which differences between times are no more than this machine's noise. Free of the browser.
//!
//! A computing time is never the same twice. How far apart two of them can be by chance is
//! read from the take itself: it is many chunks, each timed, and the scatter of their times is
//! the noise of one. Two recognitions of equally many chunks are compared chunk by chunk, so
//! that what belongs to the chunk (a shorter last one, a word that is hard to decode) does not
//! count as noise.
//!
//! With s the standard deviation of a chunk's difference and n chunks, the sum of n differences
//! has the standard error s √n, and a single wait, which holds about one chunk's time, s. A
//! difference counts that is larger than three standard errors and than 2% of the larger time:
//! from one run to the next the machine itself changes by about so much.

use asr_playground::eval::latency::ChunkTimes;

/// A difference must be larger than so many standard errors.
const STANDARD_ERRORS: f64 = 3.0;
/// And than this share of the larger of the two.
const LEAST_SHARE: f64 = 0.02;
/// Fewer chunks than this do not show their scatter…
const LEAST_CHUNKS: usize = 4;
/// …and are taken to have this one, as a share of a chunk's time: a quiet machine has less, a
/// busy one more.
const ASSUMED_SHARE: f64 = 0.1;

/// The computing times of a recognised take.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Work {
    chunks_ms: Vec<f64>,
    audio_s: f64,
}

impl Work {
    /// Of the chunks of a take of `audio_ms`.
    pub fn of(chunks: &[ChunkTimes], audio_ms: f64) -> Self {
        Self {
            chunks_ms: chunks.iter().map(|chunk| chunk.compute_ms).collect(),
            audio_s: audio_ms / 1e3,
        }
    }

    /// Compute for a second of audio, in ms/s; 0 without audio.
    fn rate(&self) -> f64 {
        if self.audio_s > 0.0 {
            self.chunks_ms.iter().sum::<f64>() / self.audio_s
        } else {
            0.0
        }
    }

    /// The variance of a chunk's time. The last chunk is what is left of the audio, and its
    /// length no noise: it is left out.
    fn variance(&self) -> f64 {
        let full = self
            .chunks_ms
            .split_last()
            .map_or(&[][..], |(_, full)| full);
        if full.len() >= LEAST_CHUNKS {
            variance(full.iter().copied())
        } else {
            (self.chunk_ms() * ASSUMED_SHARE).powi(2)
        }
    }

    /// The variances of the difference to `other`: of one wait, and of all chunks' sum.
    fn variances(&self, other: &Self) -> (f64, f64) {
        let (chunks, of_other) = (self.chunks_ms.len(), other.chunks_ms.len());
        if chunks == of_other && chunks >= LEAST_CHUNKS {
            let pairs = self.chunks_ms.iter().zip(&other.chunks_ms);
            let one = variance(pairs.map(|(a, b)| a - b));
            return (one, one * chunks as f64);
        }
        let (own, others) = (self.variance(), other.variance());
        (own + others, own * chunks as f64 + others * of_other as f64)
    }

    /// Differences of compute for a second of audio up to this, in ms/s, say nothing.
    pub fn compute_floor(&self, other: &Self) -> f64 {
        let seconds = self.audio_s.min(other.audio_s).max(1e-3);
        let chance = STANDARD_ERRORS * self.variances(other).1.sqrt() / seconds;
        chance.max(LEAST_SHARE * self.rate().max(other.rate()))
    }

    /// The mean computing time of a chunk, in milliseconds.
    pub fn chunk_ms(&self) -> f64 {
        mean(self.chunks_ms.iter().copied())
    }

    /// Differences of a wait, `own_ms` here and `others_ms` there, up to this, in
    /// milliseconds, say nothing.
    pub fn wait_floor(&self, other: &Self, own_ms: f64, others_ms: f64) -> f64 {
        let chance = STANDARD_ERRORS * self.variances(other).0.sqrt();
        chance.max(LEAST_SHARE * own_ms.abs().max(others_ms.abs()))
    }
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len().max(1) as f64;
    values.sum::<f64>() / count
}

/// The unbiased estimate, over n − 1; 0 of fewer than two values.
fn variance(values: impl ExactSizeIterator<Item = f64> + Clone) -> f64 {
    let count = values.len();
    let mean = mean(values.clone());
    let squares: f64 = values.map(|value| (value - mean).powi(2)).sum();
    squares / count.saturating_sub(1).max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn work(chunks_ms: &[f64]) -> Work {
        let chunks: Vec<ChunkTimes> = chunks_ms
            .iter()
            .map(|compute_ms| ChunkTimes {
                compute_ms: *compute_ms,
                ..ChunkTimes::default()
            })
            .collect();
        Work::of(&chunks, 2560.0)
    }

    fn close(ours: f64, expected: f64) -> bool {
        (ours - expected).abs() < 1e-6
    }

    const A: [f64; 8] = [16.2, 15.1, 15.9, 14.8, 15.5, 16.0, 15.2, 9.1];
    const B: [f64; 8] = [15.0, 15.8, 15.1, 15.6, 14.9, 15.7, 15.9, 9.0];
    const C: [f64; 5] = [30.1, 29.4, 31.0, 30.6, 15.2];

    #[test]
    fn the_floors_are_three_standard_errors() {
        // Python's statistics.stdev and variance: 3 stdev(a − b) √8 / 2.56 and 3 stdev(a − b);
        // without the last of each, 3 √(8 variance(a) + 5 variance(c)) / 2.56 and
        // 3 √(variance(a) + variance(c)).
        let (a, b, c) = (work(&A), work(&B), work(&C));
        assert!(
            close(a.compute_floor(&b), 2.530_505_843),
            "{}",
            a.compute_floor(&b)
        );
        assert!(close(a.wait_floor(&b, 90.0, 91.0), 2.290_352_437));
        assert!(
            close(a.compute_floor(&c), 2.501_950_185),
            "{}",
            a.compute_floor(&c)
        );
        assert!(close(a.wait_floor(&c, 90.0, 91.0), 2.594_981_42));
        assert!(
            close(c.compute_floor(&a), 2.501_950_185),
            "either way round"
        );
        // Their difference of 0.3 ms/s is noise; a third of the compute more is not.
        let more = work(&A.map(|ms| ms * 4.0 / 3.0));
        let apart = |a: &Work, b: &Work| (a.rate() - b.rate()).abs();
        assert!(apart(&a, &b) < a.compute_floor(&b));
        assert!(apart(&a, &more) > a.compute_floor(&more));
    }

    #[test]
    fn a_difference_that_all_chunks_share_is_no_noise() {
        // The same log-probs, decoded with half a millisecond more a chunk.
        let (a, more) = (work(&A), work(&A.map(|ms| ms + 0.5)));
        assert!(more.rate() - a.rate() > a.compute_floor(&more));
        // Not where it is under 2% of the whole, 45.9 ms/s.
        assert!(close(a.compute_floor(&a), 0.02 * 117.8 / 2.56));
        assert!(close(a.wait_floor(&a, -400.0, 100.0), 8.0));
    }

    #[test]
    fn one_chunk_does_not_show_its_scatter() {
        let (one, other) = (work(&[256.0]), work(&[230.0]));
        // A tenth of each: 3 √(25.6² + 23²) / 2.56.
        assert!(close(one.compute_floor(&other), 40.329_529_47));
        assert!(close(work(&[]).compute_floor(&work(&[])), 0.0));
    }
}
