//! The waveform's lowest and highest samples, at three scales. Free of the browser.

use std::ops::Range;

/// Samples of a fine and of a coarse bucket.
const BUCKETS: [usize; 2] = [256, 4096];
/// At most this many samples are taken in at once (about 10 ms of work).
const MOST_AT_ONCE: usize = 4_000_000;

/// Lowest and highest sample.
pub type Peak = (i16, i16);

/// The copies of one take's audio.
#[derive(Clone, Debug, Default)]
pub struct Peaks {
    take: u32,
    buckets: [Vec<Peak>; 2],
}

impl Peaks {
    /// Takes in what is new; false when there is more, which another call takes in.
    pub fn follow(&mut self, take: u32, audio: &[i16]) -> bool {
        let [fine, coarse] = &mut self.buckets;
        if self.take != take || fine.len() * BUCKETS[0] > audio.len() {
            self.take = take;
            fine.clear();
            coarse.clear();
        }
        let done = fine.len() * BUCKETS[0];
        let until = audio.len().min(done + MOST_AT_ONCE);
        let new = audio.get(done..until).unwrap_or_default();
        fine.extend(new.chunks_exact(BUCKETS[0]).filter_map(of_samples));
        let ratio = BUCKETS[1] / BUCKETS[0];
        let new = fine.get(coarse.len() * ratio..).unwrap_or_default();
        coarse.extend(new.chunks_exact(ratio).filter_map(of_peaks));
        until == audio.len()
    }

    /// Of a range of samples; `None` where there are none. At the ends of a long range a
    /// few samples more may count.
    pub fn read(&self, audio: &[i16], samples: Range<i64>) -> Option<Peak> {
        let end = samples.end.clamp(0, audio.len() as i64) as usize;
        let start = samples.start.clamp(0, end as i64) as usize;
        if start == end {
            return None;
        }
        let level = BUCKETS.iter().rposition(|size| size * 2 <= end - start);
        let coarse = level.and_then(|level| {
            let (size, peaks) = (BUCKETS.get(level)?, self.buckets.get(level)?);
            of_peaks(peaks.get(start / size..end.div_ceil(*size).min(peaks.len()))?)
        });
        coarse.or_else(|| of_samples(audio.get(start..end.min(start + 2 * BUCKETS[0]))?))
    }
}

fn of_samples(samples: &[i16]) -> Option<Peak> {
    let low = samples.iter().copied().min()?;
    let high = samples.iter().copied().max()?;
    Some((low, high))
}

fn of_peaks(peaks: &[Peak]) -> Option<Peak> {
    let low = peaks.iter().map(|peak| peak.0).min()?;
    let high = peaks.iter().map(|peak| peak.1).max()?;
    Some((low, high))
}

/// Level of a stretch of samples in decibels below full scale; `None` where it is silent.
pub fn level_db(audio: &[i16], samples: Range<i64>) -> Option<f64> {
    let end = samples.end.clamp(0, audio.len() as i64) as usize;
    let start = samples.start.clamp(0, end as i64) as usize;
    let stretch = audio
        .get(start..end)
        .filter(|stretch| !stretch.is_empty())?;
    let energy: f64 = stretch.iter().map(|s| f64::from(*s).powi(2)).sum();
    let rms = (energy / stretch.len() as f64).sqrt() / 32768.0;
    (rms > 0.0).then(|| 20.0 * rms.log10())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_click_is_seen_at_every_scale() {
        let mut audio = vec![0_i16; 200_000];
        audio[123_456] = 9_000;
        audio[123_457] = -8_000;
        let mut peaks = Peaks::default();
        assert!(peaks.follow(1, &audio));
        for span in [1_000, 20_000, 150_000] {
            let read = peaks.read(&audio, 123_456 - span..123_456 + span);
            assert_eq!(read, Some((-8_000, 9_000)), "{span}");
        }
        assert_eq!(peaks.read(&audio, 123_400..123_500), Some((-8_000, 9_000)));
        assert_eq!(peaks.read(&audio, 0..100_000), Some((0, 0)));
        assert_eq!(peaks.read(&audio, 300_000..400_000), None);
        assert_eq!(peaks.read(&audio, -50..-10), None);
    }

    #[test]
    fn audio_comes_bit_by_bit_and_another_take_replaces_it() {
        let mut peaks = Peaks::default();
        let mut audio = Vec::new();
        for second in 0..20_i16 {
            audio.extend(vec![second; 16_000]);
            assert!(peaks.follow(1, &audio));
        }
        assert_eq!(peaks.read(&audio, 0..320_000), Some((0, 19)));
        let other = vec![3; 100_000];
        assert!(peaks.follow(2, &other));
        assert_eq!(peaks.read(&other, 0..100_000), Some((3, 3)));
        let long = vec![1; MOST_AT_ONCE + 1000];
        assert!(!peaks.follow(3, &long));
        assert!(peaks.follow(3, &long));
    }

    #[test]
    fn half_of_full_scale_is_six_decibels_down() {
        let level = level_db(&[16_384; 320], 0..320).unwrap();
        assert!((level + 6.0206).abs() < 1e-3);
        assert_eq!(level_db(&[0; 320], 0..320), None);
        assert_eq!(level_db(&[], 0..320), None);
    }
}
