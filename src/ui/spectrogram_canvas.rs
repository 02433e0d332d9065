//! Drawing the log-mel spectrogram, its axes, its words and its cursor.
//!
//! Frames are turned into pixels once, one column a frame, in a strip that is a
//! ring of [`STRIP_FRAMES`] columns; a redraw copies the part in view from the
//! strip, so scrolling live audio costs only its new columns.

use std::ops::Range;

use asr_playground::decode::Word;
use wasm_bindgen::{Clamped, JsValue};
use web_sys::{HtmlCanvasElement, ImageData};

use super::colour;
use super::level_store::LevelStore;
use super::plot::{AXIS_HEIGHT, GUTTER, LANE_HEIGHT, Plot, WordBar, WordLane};
use super::timeline::{HOP_SAMPLES, View};

/// Columns of the strip: more than can be in view at 80 pixels a second.
const STRIP_FRAMES: i64 = 8192;
/// Height of the plot.
const PLOT_HEIGHT: f64 = 196.0;
/// Above the plot, so that the topmost frequency is not cut.
const TOP: f64 = 6.0;
/// Height of all of it.
pub const HEIGHT: f64 = TOP + PLOT_HEIGHT + LANE_HEIGHT + AXIS_HEIGHT;

/// What is drawn besides the frames.
pub struct Scene<'a> {
    /// What is in view.
    pub view: View,
    /// The take's words.
    pub words: &'a [Word],
    /// How many of them are committed.
    pub committed: usize,
    /// Where the cursor is.
    pub cursor_sample: Option<i64>,
    /// Said in the middle while there is nothing to see.
    pub empty: Option<&'a str>,
}

/// Draws on one canvas.
pub struct Painter {
    plot: Plot,
    strip: Plot,
    rendered: Range<i64>,
    generation: u32,
    table: [[u8; 4]; 256],
}

impl Painter {
    /// A painter for a canvas.
    ///
    /// # Errors
    /// The browser's, when it gives no 2D context.
    pub fn new(canvas: HtmlCanvasElement) -> Result<Self, JsValue> {
        Ok(Self {
            plot: Plot::new(canvas)?,
            strip: Plot::detached()?,
            rendered: 0..0,
            generation: 0,
            table: colour::table(),
        })
    }

    /// Draws everything, `width` CSS pixels wide.
    ///
    /// # Errors
    /// The browser's; nothing that a person could do.
    pub fn draw(
        &mut self,
        store: &LevelStore,
        scene: &Scene<'_>,
        width: f64,
    ) -> Result<(), JsValue> {
        self.plot.begin(width, HEIGHT);
        let inks = self.plot.inks()?;
        self.frames(store, scene)?;
        let (plot, view) = (&self.plot, &scene.view);
        plot.frequencies(view, &inks, TOP, PLOT_HEIGHT)?;
        plot.times(view, &inks, TOP + PLOT_HEIGHT + LANE_HEIGHT)?;
        if let Some(text) = scene.empty {
            plot.notice(view, text, TOP + PLOT_HEIGHT / 2.0)?;
        }
        let lane = WordLane {
            top: TOP + PLOT_HEIGHT,
            guides: (TOP, PLOT_HEIGHT),
            bar: &inks.accent,
        };
        let words = scene.words.iter().enumerate().map(|(index, word)| WordBar {
            text: &word.text,
            start_sample: word.start_sample,
            end_sample: word.end_sample,
            tentative: index >= scene.committed,
        });
        plot.words(view, &inks, &lane, words)?;
        if let Some(sample) = scene.cursor_sample {
            let middle = TOP + PLOT_HEIGHT;
            plot.playhead(view, &inks, sample, [TOP, middle, middle + LANE_HEIGHT]);
        }
        Ok(())
    }

    fn frames(&mut self, store: &LevelStore, scene: &Scene<'_>) -> Result<(), JsValue> {
        let context = &self.plot.context;
        let [r, g, b, _] = self.table[0];
        context.set_fill_style_str(&format!("rgb({r} {g} {b})"));
        context.fill_rect(GUTTER, TOP, scene.view.width, PLOT_HEIGHT);
        let wanted = scene.view.frames(store.len());
        let wanted = wanted.start.max(wanted.end - STRIP_FRAMES)..wanted.end;
        if wanted.is_empty() {
            return Ok(());
        }
        self.render(store, wanted.clone())?;
        let (view, strip) = (&scene.view, &self.strip.canvas);
        let area = [GUTTER, TOP, view.width, PLOT_HEIGHT];
        self.plot.clipped(area, |context| {
            context.set_image_smoothing_enabled(true);
            for part in ring_parts(wanted) {
                let x = view.x_of((part.start * HOP_SAMPLES) as f64);
                let right = view.x_of((part.end * HOP_SAMPLES) as f64);
                context
                    .draw_image_with_html_canvas_element_and_sw_and_sh_and_dx_and_dy_and_dw_and_dh(
                        strip,
                        (part.start % STRIP_FRAMES) as f64,
                        0.0,
                        (part.end - part.start) as f64,
                        store.columns() as f64,
                        GUTTER + x,
                        TOP,
                        right - x,
                        PLOT_HEIGHT,
                    )?;
            }
            Ok(())
        })
    }

    /// Makes sure the strip holds these frames; draws only those it lacks.
    fn render(&mut self, store: &LevelStore, wanted: Range<i64>) -> Result<(), JsValue> {
        let height = store.columns() as u32;
        let strip = &self.strip.canvas;
        if strip.width() != STRIP_FRAMES as u32 || strip.height() != height {
            strip.set_width(STRIP_FRAMES as u32);
            strip.set_height(height);
            self.rendered = 0..0;
        }
        if self.generation != store.generation() {
            self.generation = store.generation();
            self.rendered = 0..0;
        }
        let continues = wanted.start >= self.rendered.start && wanted.start <= self.rendered.end;
        let missing = if continues {
            self.rendered.end.max(wanted.start)..wanted.end
        } else {
            self.rendered = wanted.start..wanted.start;
            wanted.clone()
        };
        if missing.is_empty() {
            return Ok(());
        }
        for part in ring_parts(missing.clone()) {
            self.columns(store, part)?;
        }
        self.rendered.end = missing.end;
        self.rendered.start = self.rendered.start.max(missing.end - STRIP_FRAMES);
        Ok(())
    }

    fn columns(&self, store: &LevelStore, frames: Range<i64>) -> Result<(), JsValue> {
        let (n_mels, width) = (store.columns(), (frames.end - frames.start) as usize);
        let mut pixels = vec![0_u8; width * n_mels * 4];
        for (column, levels) in store.rows(frames.clone()).enumerate() {
            for (band, level) in levels.iter().enumerate() {
                let at = ((n_mels - 1 - band) * width + column) * 4;
                pixels[at..at + 4].copy_from_slice(&self.table[usize::from(*level)]);
            }
        }
        let image = ImageData::new_with_u8_clamped_array_and_sh(
            Clamped(&pixels),
            width as u32,
            n_mels as u32,
        )?;
        self.strip
            .context
            .put_image_data(&image, (frames.start % STRIP_FRAMES) as f64, 0.0)
    }
}

/// A range of frames as at most two ranges that do not cross the ring's seam.
fn ring_parts(frames: Range<i64>) -> impl Iterator<Item = Range<i64>> {
    let seam = (frames.start / STRIP_FRAMES + 1) * STRIP_FRAMES;
    let first = frames.start..frames.end.min(seam);
    let second = seam.min(frames.end)..frames.end;
    [first, second].into_iter().filter(|part| !part.is_empty())
}
