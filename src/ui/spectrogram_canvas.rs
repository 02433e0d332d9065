//! Drawing the log-mel spectrogram, its axes, its words and its cursor.
//!
//! Frames are turned into pixels once, one column a frame, in a strip that is a
//! ring of [`STRIP_FRAMES`] columns; a redraw copies the part in view from the
//! strip, so scrolling live audio costs only its new columns.

use std::ops::Range;

use asr_playground::decode::Word;
use wasm_bindgen::{Clamped, JsCast, JsValue};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageData};

use super::colour;
use super::level_store::LevelStore;
use super::timeline::{HOP_SAMPLES, MEL_RANGE, SAMPLE_RATE_HZ, View};

/// Columns of the strip: more than can be in view at 80 pixels a second.
const STRIP_FRAMES: i64 = 8192;
/// Left of the plot, for the frequencies.
pub const GUTTER: f64 = 44.0;
/// Right of the plot, so that the last time is not cut.
pub const MARGIN: f64 = 14.0;
/// Height of the plot, of the lane of words and of the time axis.
pub const PLOT_HEIGHT: f64 = 196.0;
const LANE_HEIGHT: f64 = 30.0;
const AXIS_HEIGHT: f64 = 22.0;
/// Above the plot, so that the topmost frequency is not cut.
const TOP: f64 = 6.0;
/// Height of all of it.
pub const HEIGHT: f64 = TOP + PLOT_HEIGHT + LANE_HEIGHT + AXIS_HEIGHT;
/// A shortened word keeps at least this many letters, or is left out.
const LEAST_LETTERS: usize = 3;
/// Frequencies marked, where they are in range.
const MARKED_HZ: [f64; 6] = [250.0, 500.0, 1000.0, 2000.0, 4000.0, 7000.0];

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

/// Colours of the theme, as the style sheet resolves them for the canvas.
struct Inks {
    ink: String,
    muted: String,
    line: String,
    accent: String,
}

/// Draws on one canvas.
pub struct Painter {
    canvas: HtmlCanvasElement,
    context: CanvasRenderingContext2d,
    strip: HtmlCanvasElement,
    strip_context: CanvasRenderingContext2d,
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
        let strip: HtmlCanvasElement = leptos::prelude::document()
            .create_element("canvas")?
            .unchecked_into();
        Ok(Self {
            context: context_of(&canvas)?,
            strip_context: context_of(&strip)?,
            canvas,
            strip,
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
        self.fit(width);
        let inks = self.inks()?;
        self.context.clear_rect(0.0, 0.0, width, HEIGHT);
        self.frames(store, scene)?;
        self.frequencies(scene, &inks)?;
        self.times(scene, &inks)?;
        if let Some(text) = scene.empty {
            self.context.set_fill_style_str("#cfc8dc");
            self.context.set_text_align("center");
            self.context.set_font(&font(14.0, false));
            let x = GUTTER + scene.view.width / 2.0;
            self.context.fill_text_with_max_width(
                text,
                x,
                TOP + PLOT_HEIGHT / 2.0,
                scene.view.width - 16.0,
            )?;
        }
        self.words(scene, &inks)?;
        self.cursor(scene, &inks);
        Ok(())
    }

    /// Makes the canvas as many device pixels as it covers.
    fn fit(&self, width: f64) {
        let ratio = leptos::prelude::window().device_pixel_ratio().max(1.0);
        let (w, h) = (
            (width * ratio).round() as u32,
            (HEIGHT * ratio).round() as u32,
        );
        if self.canvas.width() != w || self.canvas.height() != h {
            self.canvas.set_width(w);
            self.canvas.set_height(h);
        }
        // Refused only for numbers that are not finite.
        let _ = self.context.set_transform(ratio, 0.0, 0.0, ratio, 0.0, 0.0);
    }

    fn inks(&self) -> Result<Inks, JsValue> {
        let style = leptos::prelude::window()
            .get_computed_style(&self.canvas)?
            .ok_or("the canvas has no style")?;
        let ink = |property: &str| style.get_property_value(property);
        Ok(Inks {
            ink: ink("color")?,
            muted: ink("text-decoration-color")?,
            line: ink("outline-color")?,
            accent: ink("column-rule-color")?,
        })
    }

    fn frames(&mut self, store: &LevelStore, scene: &Scene<'_>) -> Result<(), JsValue> {
        let context = &self.context;
        let [r, g, b, _] = self.table[0];
        context.set_fill_style_str(&format!("rgb({r} {g} {b})"));
        context.fill_rect(GUTTER, TOP, scene.view.width, PLOT_HEIGHT);
        let wanted = scene.view.frames(store.len());
        let wanted = wanted.start.max(wanted.end - STRIP_FRAMES)..wanted.end;
        if wanted.is_empty() {
            return Ok(());
        }
        self.render(store, wanted.clone())?;
        self.context.save();
        self.context.begin_path();
        self.context
            .rect(GUTTER, TOP, scene.view.width, PLOT_HEIGHT);
        self.context.clip();
        self.context.set_image_smoothing_enabled(true);
        for part in ring_parts(wanted) {
            let x = scene.view.x_of((part.start * HOP_SAMPLES) as f64);
            let right = scene.view.x_of((part.end * HOP_SAMPLES) as f64);
            self.context
                .draw_image_with_html_canvas_element_and_sw_and_sh_and_dx_and_dy_and_dw_and_dh(
                    &self.strip,
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
        self.context.restore();
        Ok(())
    }

    /// Makes sure the strip holds these frames; draws only those it lacks.
    fn render(&mut self, store: &LevelStore, wanted: Range<i64>) -> Result<(), JsValue> {
        let height = store.columns() as u32;
        if self.strip.width() != STRIP_FRAMES as u32 || self.strip.height() != height {
            self.strip.set_width(STRIP_FRAMES as u32);
            self.strip.set_height(height);
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
        self.strip_context
            .put_image_data(&image, (frames.start % STRIP_FRAMES) as f64, 0.0)
    }

    fn frequencies(&self, scene: &Scene<'_>, inks: &Inks) -> Result<(), JsValue> {
        let context = &self.context;
        context.set_font(&font(11.0, false));
        context.set_text_align("right");
        context.set_text_baseline("middle");
        for hz in MARKED_HZ {
            let y = TOP + PLOT_HEIGHT * (1.0 - MEL_RANGE.height_of(hz));
            context.set_fill_style_str(&inks.muted);
            let label = if hz < 1000.0 {
                format!("{hz:.0}")
            } else {
                format!("{:.0}k", hz / 1000.0)
            };
            context.fill_text(&label, GUTTER - 9.0, y)?;
            context.set_fill_style_str(&inks.line);
            context.fill_rect(GUTTER - 5.0, y.round() - 0.5, 5.0, 1.0);
            context.set_fill_style_str("rgb(255 255 255 / 0.07)");
            context.fill_rect(GUTTER, y.round() - 0.5, scene.view.width, 1.0);
        }
        context.set_fill_style_str(&inks.muted);
        context.fill_text("Hz", GUTTER - 9.0, TOP + PLOT_HEIGHT - 2.0)
    }

    fn times(&self, scene: &Scene<'_>, inks: &Inks) -> Result<(), JsValue> {
        let context = &self.context;
        let top = TOP + PLOT_HEIGHT + LANE_HEIGHT;
        context.set_text_align("center");
        context.set_text_baseline("middle");
        context.set_font(&font(11.0, false));
        for seconds in scene.view.ticks(72.0) {
            let x = scene.view.x_of(seconds * SAMPLE_RATE_HZ);
            context.set_fill_style_str(&inks.line);
            context.fill_rect(GUTTER + x.round() - 0.5, top, 1.0, 5.0);
            context.set_fill_style_str(&inks.muted);
            context.fill_text(&tick_label(seconds), GUTTER + x, top + 14.0)?;
        }
        context.set_fill_style_str(&inks.line);
        context.fill_rect(GUTTER, top, scene.view.width, 1.0);
        Ok(())
    }

    fn words(&self, scene: &Scene<'_>, inks: &Inks) -> Result<(), JsValue> {
        let context = &self.context;
        let view = &scene.view;
        let top = TOP + PLOT_HEIGHT;
        let first = scene
            .words
            .partition_point(|w| (w.end_sample as f64) < view.left_sample);
        context.save();
        context.begin_path();
        context.rect(GUTTER, TOP, view.width, HEIGHT);
        context.clip();
        context.set_text_align("left");
        context.set_text_baseline("middle");
        for (index, word) in scene.words.iter().enumerate().skip(first) {
            if word.start_sample as f64 > view.right_sample() {
                break;
            }
            let left = GUTTER + view.x_of(word.start_sample as f64);
            let right = GUTTER + view.x_of(word.end_sample as f64);
            let tentative = index >= scene.committed;
            context.set_fill_style_str("rgb(255 255 255 / 0.28)");
            context.fill_rect(left.round(), TOP, 1.0, PLOT_HEIGHT);
            context.set_fill_style_str(if tentative { &inks.muted } else { &inks.accent });
            let height = if tentative { 1.0 } else { 2.0 };
            context.fill_rect(
                left.round(),
                top + 3.0,
                (right - left - 1.0).max(1.0),
                height,
            );
            let next = scene.words.get(index + 1);
            let room = next.map_or(f64::INFINITY, |n| {
                GUTTER + view.x_of(n.start_sample as f64) - left
            });
            context.set_font(&font(12.0, tentative));
            context.set_fill_style_str(if tentative { &inks.muted } else { &inks.ink });
            self.label(&word.text, left + 1.0, top + 17.0, room - 3.0)?;
        }
        context.restore();
        Ok(())
    }

    /// Writes a word, or as much of it as there is room for if that still says something.
    fn label(&self, text: &str, x: f64, y: f64, room: f64) -> Result<(), JsValue> {
        let wide = |text: &str| -> Result<bool, JsValue> {
            Ok(self.context.measure_text(text)?.width() > room)
        };
        if !wide(text)? {
            return self.context.fill_text(text, x, y);
        }
        let letters: Vec<char> = text.chars().collect();
        for kept in (LEAST_LETTERS..letters.len()).rev() {
            let short: String = letters[..kept].iter().chain(&['…']).collect();
            if !wide(&short)? {
                return self.context.fill_text(&short, x, y);
            }
        }
        Ok(())
    }

    fn cursor(&self, scene: &Scene<'_>, inks: &Inks) {
        let Some(sample) = scene.cursor_sample else {
            return;
        };
        let x = scene.view.x_of(sample as f64);
        if x < -1.0 || x > scene.view.width + 1.0 {
            return;
        }
        let x = (GUTTER + x).round();
        self.context.set_fill_style_str("#ffffff");
        self.context.fill_rect(x - 1.0, TOP, 2.0, PLOT_HEIGHT);
        self.context.set_fill_style_str(&inks.accent);
        self.context
            .fill_rect(x - 1.0, TOP + PLOT_HEIGHT, 2.0, LANE_HEIGHT);
        self.context.begin_path();
        self.context.move_to(x - 6.0, TOP - 6.0);
        self.context.line_to(x + 6.0, TOP - 6.0);
        self.context.line_to(x, TOP + 3.0);
        self.context.fill();
    }
}

fn context_of(canvas: &HtmlCanvasElement) -> Result<CanvasRenderingContext2d, JsValue> {
    let context = canvas.get_context("2d")?.ok_or("no 2D context")?;
    Ok(context.unchecked_into())
}

/// A range of frames as at most two ranges that do not cross the ring's seam.
fn ring_parts(frames: Range<i64>) -> impl Iterator<Item = Range<i64>> {
    let seam = (frames.start / STRIP_FRAMES + 1) * STRIP_FRAMES;
    let first = frames.start..frames.end.min(seam);
    let second = seam.min(frames.end)..frames.end;
    [first, second].into_iter().filter(|part| !part.is_empty())
}

fn font(pixels: f64, italic: bool) -> String {
    let style = if italic { "italic " } else { "" };
    format!("{style}{pixels}px system-ui, -apple-system, \"Segoe UI\", Roboto, sans-serif")
}

fn tick_label(seconds: f64) -> String {
    let tenths = (seconds * 10.0).round() as i64;
    if tenths >= 600 {
        format!("{}:{:02}", tenths / 600, tenths / 10 % 60)
    } else if tenths % 10 == 0 {
        format!("{} s", tenths / 10)
    } else {
        format!("{}.{} s", tenths / 10, tenths % 10)
    }
}
