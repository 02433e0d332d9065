//! What pictures over time have in common: a canvas with its inks, the time axis, the
//! lane of words, the frequencies, the playhead.

use wasm_bindgen::{JsCast, JsValue};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

pub use super::timeline::{AXIS_HEIGHT, LANE_HEIGHT};
use super::timeline::{MEL_RANGE, SAMPLE_RATE_HZ, View};

/// Left of the plot, for the frequencies.
pub const GUTTER: f64 = 44.0;
/// Right of the plot, so that the last time is not cut.
pub const MARGIN: f64 = 14.0;
/// A shortened word keeps at least this many letters, or is left out.
const LEAST_LETTERS: usize = 3;
/// Lines where words begin are drawn up to this many samples a pixel (30 pixels a second);
/// beyond, they would hide the picture.
const GUIDES_UP_TO: f64 = SAMPLE_RATE_HZ / 30.0;
/// Words stand in one line up to this many samples a pixel (150 pixels a second); beyond, few
/// would find room there, and they take turns in two.
const ONE_LINE_UP_TO: f64 = SAMPLE_RATE_HZ / 150.0;
/// From one line of words to the next.
const WORD_LINE_PX: f64 = 15.0;
/// Frequencies marked, where they are in range.
const MARKED_HZ: [f64; 6] = [250.0, 500.0, 1000.0, 2000.0, 4000.0, 7000.0];

/// Colours of the theme, as the style sheet resolves them for the canvas.
pub struct Inks {
    /// Text.
    pub ink: String,
    /// Quiet text.
    pub muted: String,
    /// Lines.
    pub line: String,
    /// What is ours.
    pub accent: String,
    /// What is laid over it.
    pub overlay: String,
}

/// A word and where it is.
pub struct WordBar<'a> {
    /// The word.
    pub text: &'a str,
    /// Its first sample.
    pub start_sample: i64,
    /// One past its last sample.
    pub end_sample: i64,
    /// It may still change.
    pub tentative: bool,
}

/// Where a lane of words is.
pub struct WordLane<'a> {
    /// Its upper edge.
    pub top: f64,
    /// Where a line marks each word's beginning: upper edge and height.
    pub guides: (f64, f64),
    /// Colour of firm words' bars.
    pub bar: &'a str,
}

/// A canvas that time runs across.
pub struct Plot {
    /// The element.
    pub canvas: HtmlCanvasElement,
    /// Draws on it, in CSS pixels.
    pub context: CanvasRenderingContext2d,
}

impl Plot {
    /// Of an element.
    ///
    /// # Errors
    /// The browser's, when it gives no 2D context.
    pub fn new(canvas: HtmlCanvasElement) -> Result<Self, JsValue> {
        let context = canvas.get_context("2d")?.ok_or("no 2D context")?;
        Ok(Self {
            canvas,
            context: context.unchecked_into(),
        })
    }

    /// One that is nowhere on the page.
    ///
    /// # Errors
    /// The browser's, when it gives no 2D context.
    pub fn detached() -> Result<Self, JsValue> {
        let canvas = leptos::prelude::document().create_element("canvas")?;
        Self::new(canvas.unchecked_into())
    }

    /// Makes the canvas as many device pixels as it covers, and empties it.
    pub fn begin(&self, width: f64, height: f64) {
        let ratio = leptos::prelude::window().device_pixel_ratio().max(1.0);
        let (w, h) = (
            (width * ratio).round() as u32,
            (height * ratio).round() as u32,
        );
        if self.canvas.width() != w || self.canvas.height() != h {
            self.canvas.set_width(w);
            self.canvas.set_height(h);
        }
        // Refused only for numbers that are not finite.
        let _ = self.context.set_transform(ratio, 0.0, 0.0, ratio, 0.0, 0.0);
        self.context.clear_rect(0.0, 0.0, width, height);
    }

    /// The theme's colours.
    ///
    /// # Errors
    /// When the canvas is not on the page.
    pub fn inks(&self) -> Result<Inks, JsValue> {
        let style = leptos::prelude::window()
            .get_computed_style(&self.canvas)?
            .ok_or("the canvas has no style")?;
        let ink = |property: &str| style.get_property_value(property);
        Ok(Inks {
            ink: ink("color")?,
            muted: ink("text-decoration-color")?,
            line: ink("outline-color")?,
            accent: ink("column-rule-color")?,
            overlay: ink("caret-color")?,
        })
    }

    /// Lets `draw` draw inside a rectangle only.
    ///
    /// # Errors
    /// Those of `draw`.
    pub fn clipped(
        &self,
        [x, y, width, height]: [f64; 4],
        draw: impl FnOnce(&CanvasRenderingContext2d) -> Result<(), JsValue>,
    ) -> Result<(), JsValue> {
        self.context.save();
        self.context.begin_path();
        self.context.rect(x, y, width, height);
        self.context.clip();
        let drawn = draw(&self.context);
        self.context.restore();
        drawn
    }

    /// The frequencies beside a spectrogram.
    ///
    /// # Errors
    /// The browser's.
    pub fn frequencies(
        &self,
        view: &View,
        inks: &Inks,
        top: f64,
        height: f64,
    ) -> Result<(), JsValue> {
        let context = &self.context;
        context.set_font(&font(11.0, false));
        context.set_text_align("right");
        context.set_text_baseline("middle");
        // The labels of a low spectrogram would touch.
        let every = if height < 150.0 { 2 } else { 1 };
        for hz in MARKED_HZ.into_iter().rev().step_by(every) {
            let y = top + height * (1.0 - MEL_RANGE.height_of(hz));
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
            context.fill_rect(GUTTER, y.round() - 0.5, view.width, 1.0);
        }
        context.set_fill_style_str(&inks.muted);
        context.fill_text("Hz", GUTTER - 9.0, top + height - 2.0)
    }

    /// The time axis.
    ///
    /// # Errors
    /// The browser's.
    pub fn times(&self, view: &View, inks: &Inks, top: f64) -> Result<(), JsValue> {
        let context = &self.context;
        context.set_text_align("center");
        context.set_text_baseline("middle");
        context.set_font(&font(11.0, false));
        for seconds in view.ticks(72.0) {
            let x = view.x_of(seconds * SAMPLE_RATE_HZ);
            context.set_fill_style_str(&inks.line);
            context.fill_rect(GUTTER + x.round() - 0.5, top, 1.0, 5.0);
            context.set_fill_style_str(&inks.muted);
            context.fill_text(&tick_label(seconds), GUTTER + x, top + 14.0)?;
        }
        context.set_fill_style_str(&inks.line);
        context.fill_rect(GUTTER, top, view.width, 1.0);
        Ok(())
    }

    /// The words in view, which come in order.
    ///
    /// # Errors
    /// The browser's.
    pub fn words<'a>(
        &self,
        view: &View,
        inks: &Inks,
        lane: &WordLane<'_>,
        words: impl Iterator<Item = WordBar<'a>>,
    ) -> Result<(), JsValue> {
        let (guide_top, guide_height) = lane.guides;
        let from = guide_top.min(lane.top);
        let area = [GUTTER, from, view.width, lane.top + LANE_HEIGHT - from];
        self.clipped(area, |context| {
            context.set_text_align("left");
            context.set_text_baseline("middle");
            let shown: Vec<(usize, WordBar<'a>)> = words
                .enumerate()
                .skip_while(|(_, word)| (word.end_sample as f64) < view.left_sample)
                .take_while(|(_, word)| word.start_sample as f64 <= view.right_sample())
                .collect();
            // By the scale alone, so that scrolling moves no word to another line.
            let lines = if view.samples_per_pixel > ONE_LINE_UP_TO {
                2
            } else {
                1
            };
            for (place, (index, word)) in shown.iter().enumerate() {
                let left = GUTTER + view.x_of(word.start_sample as f64);
                let right = GUTTER + view.x_of(word.end_sample as f64);
                if view.samples_per_pixel <= GUIDES_UP_TO {
                    context.set_fill_style_str("rgb(255 255 255 / 0.28)");
                    context.fill_rect(left.round(), guide_top, 1.0, guide_height);
                }
                let (bar, thick) = if word.tentative {
                    (inks.muted.as_str(), 1.0)
                } else {
                    (lane.bar, 2.0)
                };
                context.set_fill_style_str(bar);
                context.fill_rect(
                    left.round(),
                    lane.top + 3.0,
                    (right - left - 1.0).max(1.0),
                    thick,
                );
                let room = shown.get(place + lines).map_or(f64::INFINITY, |(_, next)| {
                    GUTTER + view.x_of(next.start_sample as f64) - left
                });
                context.set_font(&font(12.0, word.tentative));
                let ink = if word.tentative {
                    &inks.muted
                } else {
                    &inks.ink
                };
                context.set_fill_style_str(ink);
                let line = (index % lines) as f64;
                let y = lane.top + 15.0 + line * WORD_LINE_PX;
                self.label(word.text, left + 1.0, y, room - 3.0)?;
            }
            Ok(())
        })
    }

    /// Writes a word, or as much of it as there is room for if that still says something.
    ///
    /// # Errors
    /// The browser's.
    pub fn label(&self, text: &str, x: f64, y: f64, room: f64) -> Result<(), JsValue> {
        // The narrowest three letters are wider.
        if room < 8.0 {
            return Ok(());
        }
        let wide = |text: &str| -> Result<bool, JsValue> {
            Ok(self.context.measure_text(text)?.width() > room)
        };
        if !wide(text)? {
            return self.context.fill_text(text, x, y);
        }
        let letters: Vec<char> = text.chars().collect();
        for kept in (LEAST_LETTERS..letters.len()).rev() {
            let short: String = letters.iter().take(kept).chain(&['…']).collect();
            if !wide(&short)? {
                return self.context.fill_text(&short, x, y);
            }
        }
        Ok(())
    }

    /// The playhead: white over the pictures, which are dark in both themes, and in the
    /// accent below them.
    pub fn playhead(&self, view: &View, inks: &Inks, sample: i64, [top, middle, end]: [f64; 3]) {
        let x = view.x_of(sample as f64);
        if x < -1.0 || x > view.width + 1.0 {
            return;
        }
        let (context, x) = (&self.context, (GUTTER + x).round());
        context.set_fill_style_str("#ffffff");
        context.fill_rect(x - 1.0, top, 2.0, middle - top);
        context.set_fill_style_str(&inks.accent);
        context.fill_rect(x - 1.0, middle, 2.0, end - middle);
        context.begin_path();
        context.move_to(x - 6.0, top - 6.0);
        context.line_to(x + 6.0, top - 6.0);
        context.line_to(x, top + 3.0);
        context.fill();
    }

    /// Says something in the middle of a dark picture.
    ///
    /// # Errors
    /// The browser's.
    pub fn notice(&self, view: &View, text: &str, y: f64) -> Result<(), JsValue> {
        let context = &self.context;
        context.set_fill_style_str("#cfc8dc");
        context.set_text_align("center");
        context.set_text_baseline("middle");
        context.set_font(&font(14.0, false));
        let x = GUTTER + view.width / 2.0;
        context.fill_text_with_max_width(text, x, y, view.width - 16.0)
    }
}

/// The canvas's font at a size in CSS pixels.
pub fn font(pixels: f64, italic: bool) -> String {
    let style = if italic { "italic " } else { "" };
    format!("{style}{pixels}px system-ui, -apple-system, \"Segoe UI\", Roboto, sans-serif")
}

fn tick_label(seconds: f64) -> String {
    let hundredths = (seconds * 100.0).round() as i64;
    if hundredths >= 6000 {
        let whole = format!("{}:{:02}", hundredths / 6000, hundredths / 100 % 60);
        return match hundredths % 100 {
            0 => whole,
            part => format!("{whole}.{}", format!("{part:02}").trim_end_matches('0')),
        };
    }
    if hundredths % 100 == 0 {
        format!("{} s", hundredths / 100)
    } else if hundredths % 10 == 0 {
        format!("{}.{} s", hundredths / 100, hundredths / 10 % 10)
    } else {
        format!("{}.{:02} s", hundredths / 100, hundredths % 100)
    }
}
