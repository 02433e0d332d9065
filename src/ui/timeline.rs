//! The geometry of pictures over time: where a sample, a frame and a frequency lie on
//! the canvas. Free of the browser. Positions are 16 kHz samples or log-mel
//! frames; lengths on the canvas are CSS pixels.

/// Samples a second of every position here.
pub const SAMPLE_RATE_HZ: f64 = 16_000.0;
/// 16 kHz samples from one log-mel frame to the next.
pub const HOP_SAMPLES: i64 = 160;
/// How much is in view while a take of unknown length grows.
pub const LIVE_SECONDS: f64 = 10.0;
/// A take is squeezed into the width down to this scale; longer ones scroll.
pub const MIN_PIXELS_PER_SECOND: f64 = 80.0;
/// A short take is not stretched beyond this scale.
pub const MAX_PIXELS_PER_SECOND: f64 = 400.0;

/// Height of the time axis.
pub const AXIS_HEIGHT: f64 = 22.0;
/// Height of a lane of words.
pub const LANE_HEIGHT: f64 = 40.0;

/// What part of a take is in view, and how large.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    /// Sample at the left edge.
    pub left_sample: f64,
    /// Samples a CSS pixel covers.
    pub samples_per_pixel: f64,
    /// Width of the plot.
    pub width: f64,
}

impl View {
    /// The latest [`LIVE_SECONDS`] of a take that has `samples` so far.
    pub fn live(samples: i64, width: f64) -> Self {
        let shown = LIVE_SECONDS * SAMPLE_RATE_HZ;
        Self {
            left_sample: (samples as f64 - shown).max(0.0),
            samples_per_pixel: shown / width.max(1.0),
            width,
        }
    }

    /// A take of known length, scrolled right by `scroll` pixels.
    pub fn whole(samples: i64, width: f64, scroll: f64) -> Self {
        let pixels_per_second = fitted_pixels_per_second(samples, width);
        let samples_per_pixel = SAMPLE_RATE_HZ / pixels_per_second;
        Self {
            left_sample: scroll.max(0.0) * samples_per_pixel,
            samples_per_pixel,
            width,
        }
    }

    /// Where a sample is, in pixels from the left edge.
    pub fn x_of(&self, sample: f64) -> f64 {
        (sample - self.left_sample) / self.samples_per_pixel
    }

    /// The sample at a pixel, never negative.
    pub fn sample_at(&self, x: f64) -> i64 {
        (self.left_sample + x * self.samples_per_pixel)
            .round()
            .max(0.0) as i64
    }

    /// Sample at the right edge.
    pub fn right_sample(&self) -> f64 {
        self.left_sample + self.width * self.samples_per_pixel
    }

    /// Whole frames in view, clipped to those there are.
    pub fn frames(&self, frames_so_far: i64) -> std::ops::Range<i64> {
        let hop = HOP_SAMPLES as f64;
        let first = (self.left_sample / hop).floor() as i64;
        let last = (self.right_sample() / hop).ceil() as i64;
        let last = last.min(frames_so_far).max(0);
        first.clamp(0, last)..last
    }

    /// Seconds to mark on the time axis, at round steps at least
    /// `min_pixels` apart.
    pub fn ticks(&self, min_pixels: f64) -> Vec<f64> {
        let step = tick_step_seconds(min_pixels * self.samples_per_pixel / SAMPLE_RATE_HZ);
        let first = (self.left_sample / SAMPLE_RATE_HZ / step).ceil() as i64;
        let last = (self.right_sample() / SAMPLE_RATE_HZ / step).floor() as i64;
        (first..=last).map(|k| k as f64 * step).collect()
    }
}

fn fitted_pixels_per_second(samples: i64, width: f64) -> f64 {
    let seconds = (samples as f64 / SAMPLE_RATE_HZ).max(0.1);
    (width / seconds).clamp(MIN_PIXELS_PER_SECOND, MAX_PIXELS_PER_SECOND)
}

/// Width of a whole take's plot; beyond `width` it scrolls.
pub fn content_width(samples: i64, width: f64) -> f64 {
    let seconds = samples as f64 / SAMPLE_RATE_HZ;
    (seconds * fitted_pixels_per_second(samples, width)).max(width)
}

/// Whether a whole take fits without scrolling.
pub fn fits(samples: i64, width: f64) -> bool {
    content_width(samples, width) <= width + 0.5
}

/// The smallest round step that is at least `least_seconds`.
fn tick_step_seconds(least_seconds: f64) -> f64 {
    const STEPS: [f64; 16] = [
        0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0,
    ];
    STEPS
        .into_iter()
        .find(|step| *step >= least_seconds)
        .unwrap_or(600.0)
}

/// The mel scale's range of a model's front end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MelRange {
    /// Lower edge of the lowest band.
    pub f_min_hz: f64,
    /// Upper edge of the highest band.
    pub f_max_hz: f64,
}

/// The bundled model's front end; see `models/manifest.toml`.
pub const MEL_RANGE: MelRange = MelRange {
    f_min_hz: 20.0,
    f_max_hz: 7600.0,
};

impl MelRange {
    /// Height of a frequency as a fraction of the range, 0 at the bottom.
    /// HTK's mel scale: 2595 log₁₀(1 + f/700).
    pub fn height_of(&self, hz: f64) -> f64 {
        let mel = |f: f64| 2595.0 * (1.0 + f / 700.0).log10();
        let (low, high) = (mel(self.f_min_hz), mel(self.f_max_hz));
        (mel(hz) - low) / (high - low)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_take_fills_the_width_and_a_long_one_scrolls() {
        assert!(fits(16_000 * 10, 1000.0));
        assert!((content_width(16_000 * 10, 1000.0) - 1000.0).abs() < 1e-9);
        assert!(!fits(16_000 * 60, 1000.0));
        assert!((content_width(16_000 * 60, 1000.0) - 4800.0).abs() < 1e-9);
        assert!(fits(0, 320.0));
    }

    #[test]
    fn positions_come_back() {
        let view = View::whole(16_000 * 60, 1000.0, 500.0);
        for x in [0.0, 1.0, 333.0, 999.0] {
            let sample = view.sample_at(x);
            assert!((view.x_of(sample as f64) - x).abs() < 0.01);
        }
        assert_eq!(view.sample_at(-10_000.0), 0);
    }

    #[test]
    fn the_live_view_ends_at_now() {
        let view = View::live(16_000 * 25, 800.0);
        assert!((view.right_sample() - 16_000.0 * 25.0).abs() < 1e-6);
        assert_eq!(view.frames(2_498), 1_500..2_498);
        assert!(View::live(0, 800.0).left_sample.abs() < 1e-9);
        assert_eq!(View::live(0, 800.0).frames(0), 0..0);
    }

    #[test]
    fn ticks_are_round_and_in_view() {
        let view = View::whole(16_000 * 10, 1000.0, 0.0);
        assert_eq!(view.ticks(80.0).len(), 11);
        let narrow = View::whole(16_000 * 60, 300.0, 800.0);
        let ticks = narrow.ticks(80.0);
        assert_eq!(ticks, vec![10.0, 11.0, 12.0, 13.0]);
    }

    #[test]
    fn mel_positions_agree_with_torchaudio() {
        // torchaudio.functional.functional._hz_to_mel(f, "htk"), scaled to 20..7600 Hz
        for (hz, height) in [
            (20.0, 0.0),
            (1000.0, 0.351_418),
            (4000.0, 0.767_383),
            (7600.0, 1.0),
        ] {
            let mine = MEL_RANGE.height_of(hz);
            assert!((mine - height).abs() < 1e-4, "{hz}: {mine}");
        }
    }
}
