//! The zoomable time axis: which part of the take is in view. Free of the browser.
//!
//! The axis keeps what the person chose; what that means depends on how long the take
//! is by now and how wide the picture is, so a [`View`] is made anew for each drawing.

use crate::ui::timeline::{LIVE_SECONDS, SAMPLE_RATE_HZ, View};

/// A button or key zooms by this.
pub const ZOOM_STEP: f64 = 1.6;
/// Closest: a row of 20 ms is this wide at most.
const MIN_SAMPLES_PER_PIXEL: f64 = 4.0;
/// While a take runs it is shown whole up to this length; longer ones are followed.
const WHOLE_WHILE_RUNNING_SECONDS: f64 = 30.0;
/// The playhead is kept out of this share of the picture at either side.
const EDGE: f64 = 0.06;

/// How much there is to show, and how much room for it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Extent {
    /// Length of the take in 16 kHz samples, as far as is known.
    pub samples: i64,
    /// Heard so far.
    pub heard: i64,
    /// More will come.
    pub growing: bool,
    /// The length will not grow beyond `samples`.
    pub known: bool,
    /// Width of the plot in CSS pixels.
    pub width: f64,
}

impl Extent {
    /// Samples there are to show: what was heard, or will be. When nothing comes any more the
    /// picture ends with the take, not with the silence that the model hears after it.
    pub fn length(&self) -> f64 {
        let samples = if self.growing {
            self.samples.max(self.heard)
        } else {
            self.samples
        };
        (samples as f64).max(SAMPLE_RATE_HZ / 10.0)
    }

    fn width(&self) -> f64 {
        self.width.max(1.0)
    }

    fn fitted(&self) -> f64 {
        self.length() / self.width()
    }

    /// What is shown before the person has chosen a zoom.
    fn unchosen(&self) -> f64 {
        let short = self.known && self.length() <= WHOLE_WHILE_RUNNING_SECONDS * SAMPLE_RATE_HZ;
        if short || !self.growing {
            self.fitted()
        } else {
            LIVE_SECONDS * SAMPLE_RATE_HZ / self.width()
        }
    }

    fn last_left(&self, samples_per_pixel: f64) -> f64 {
        let end = if self.growing {
            self.heard as f64
        } else {
            self.length()
        };
        (end - self.width() * samples_per_pixel).max(0.0)
    }
}

/// What the person chose to see.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Axis {
    /// `None`: the take fits the picture.
    samples_per_pixel: Option<f64>,
    left_sample: f64,
    /// The end is kept in view while the take grows.
    following: bool,
}

impl Default for Axis {
    fn default() -> Self {
        Self {
            samples_per_pixel: None,
            left_sample: 0.0,
            following: true,
        }
    }
}

impl Axis {
    /// What is in view.
    pub fn view(&self, extent: Extent) -> View {
        let samples_per_pixel = self.scale(extent);
        let last = extent.last_left(samples_per_pixel);
        let left_sample = if self.following && extent.growing {
            last
        } else {
            self.left_sample.clamp(0.0, last)
        };
        View {
            left_sample,
            samples_per_pixel,
            width: extent.width(),
        }
    }

    /// Whether all of the take is in view.
    pub fn fits(&self, extent: Extent) -> bool {
        self.scale(extent) >= extent.fitted() * (1.0 - 1e-9)
    }

    fn scale(&self, extent: Extent) -> f64 {
        let Some(chosen) = self.samples_per_pixel else {
            return extent.unchosen();
        };
        let farthest = extent.fitted().max(extent.unchosen());
        chosen.clamp(MIN_SAMPLES_PER_PIXEL.min(farthest), farthest)
    }

    /// Zooms in (`factor` above 1) or out, keeping what lies at pixel `anchor`.
    pub fn zoom(&mut self, extent: Extent, factor: f64, anchor: f64) {
        if !factor.is_finite() || factor <= 0.0 {
            return;
        }
        let before = self.view(extent);
        let kept = before.left_sample + anchor * before.samples_per_pixel;
        self.samples_per_pixel = Some(before.samples_per_pixel / factor);
        let scale = self.scale(extent);
        self.samples_per_pixel = Some(scale);
        self.left_sample = (kept - anchor * scale).clamp(0.0, extent.last_left(scale));
        if self.fits(extent) && !extent.growing {
            *self = Self::default();
        }
    }

    /// Moves the picture by pixels; to the right shows what is later.
    pub fn pan(&mut self, extent: Extent, pixels: f64) {
        let view = self.view(extent);
        self.go_to(extent, view.left_sample + pixels * view.samples_per_pixel);
    }

    /// Puts a sample at the left edge, as far as there is something to show.
    pub fn go_to(&mut self, extent: Extent, left_sample: f64) {
        let last = extent.last_left(self.scale(extent));
        self.left_sample = left_sample.clamp(0.0, last);
        self.following = left_sample >= last - 1.0;
    }

    /// Shows all of it, and follows what comes.
    pub fn fit(&mut self) {
        *self = Self::default();
    }

    /// Keeps the zoom and follows what comes.
    pub fn follow(&mut self) {
        self.following = true;
    }

    /// Turns a page so that a sample is in view, away from the edges.
    pub fn reveal(&mut self, extent: Extent, sample: i64) {
        let view = self.view(extent);
        let x = view.x_of(sample as f64);
        let edge = view.width * EDGE;
        if x < edge && view.left_sample > 0.0 || x > view.width - edge {
            self.go_to(extent, sample as f64 - edge * 2.0 * view.samples_per_pixel);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finished(seconds: i64) -> Extent {
        Extent {
            samples: seconds * 16_000,
            heard: seconds * 16_000,
            growing: false,
            known: true,
            width: 1000.0,
        }
    }

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-6 * b.abs().max(1.0)
    }

    #[test]
    fn a_take_fits_until_a_person_zooms() {
        for seconds in [1, 10, 1800] {
            let (extent, mut axis) = (finished(seconds), Axis::default());
            let view = axis.view(extent);
            assert!(close(view.left_sample, 0.0) && close(view.right_sample(), extent.length()));
            assert!(axis.fits(extent));
            axis.zoom(extent, 2.0, 500.0);
            let zoomed = axis.view(extent);
            assert!(close(
                zoomed.samples_per_pixel * 2.0,
                view.samples_per_pixel
            ));
            assert!(!axis.fits(extent));
            axis.zoom(extent, 0.1, 500.0);
            assert_eq!(axis, Axis::default());
        }
    }

    #[test]
    fn the_silence_that_the_model_hears_after_a_take_is_not_shown() {
        let extent = Extent {
            samples: 53_000,
            heard: 53_000 + 7_680,
            ..finished(0)
        };
        assert!(close(Axis::default().view(extent).right_sample(), 53_000.0));
    }

    #[test]
    fn zooming_keeps_what_is_under_the_pointer() {
        let (extent, mut axis) = (finished(60), Axis::default());
        let before = axis.view(extent).sample_at(300.0);
        for _ in 0..5 {
            axis.zoom(extent, ZOOM_STEP, 300.0);
        }
        assert!((axis.view(extent).sample_at(300.0) - before).abs() <= 1);
        for _ in 0..50 {
            axis.zoom(extent, ZOOM_STEP, 300.0);
        }
        assert!(close(
            axis.view(extent).samples_per_pixel,
            MIN_SAMPLES_PER_PIXEL
        ));
        axis.zoom(extent, f64::NAN, 300.0);
        assert!(axis.view(extent).samples_per_pixel.is_finite());
    }

    #[test]
    fn panning_stays_inside_the_take() {
        let (extent, mut axis) = (finished(60), Axis::default());
        axis.zoom(extent, 6.0, 0.0);
        axis.pan(extent, -100.0);
        assert!(close(axis.view(extent).left_sample, 0.0));
        axis.pan(extent, 1e9);
        assert!(close(axis.view(extent).right_sample(), extent.length()));
        axis.reveal(extent, 16_000);
        let view = axis.view(extent);
        let x = view.x_of(16_000.0);
        assert!(x >= 0.0 && x < view.width / 2.0);
    }

    #[test]
    fn a_growing_take_is_followed_until_a_person_looks_back() {
        let mut extent = Extent {
            samples: 0,
            heard: 25 * 16_000,
            growing: true,
            known: false,
            width: 1000.0,
        };
        let mut axis = Axis::default();
        assert!(close(axis.view(extent).right_sample(), 400_000.0));
        assert!(close(axis.view(extent).left_sample, 240_000.0));
        axis.pan(extent, -200.0);
        let looked_at = axis.view(extent).left_sample;
        extent.heard += 16_000;
        assert!(close(axis.view(extent).left_sample, looked_at));
        axis.follow();
        assert!(close(axis.view(extent).right_sample(), 416_000.0));
    }

    #[test]
    fn a_short_clip_is_shown_whole_while_it_runs() {
        let extent = Extent {
            samples: 48_000,
            heard: 1_600,
            growing: true,
            known: true,
            width: 500.0,
        };
        let view = Axis::default().view(extent);
        assert!(close(view.left_sample, 0.0) && close(view.right_sample(), 48_000.0));
    }
}
