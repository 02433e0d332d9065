//! Draws the picture: all lanes over one time axis, only what is in view.

use std::ops::Range;

use asr_playground::decode::Word;
use asr_playground::decode::ctc::Alignment;
use wasm_bindgen::JsValue;
use web_sys::HtmlCanvasElement;

use super::heat::{Raster, Style, probability_table};
use super::keyword::Found;
use super::lanes::{Lane, Lanes};
use super::peaks::Peaks;
use super::pyramid::Keep;
use super::rows::{Spike, spikes, spread_out};
use super::scene::{Because, Place};
use crate::ui::colour;
use crate::ui::glossary::{SPACE_MARK, token_mark, token_name};
use crate::ui::page::Handles;
use crate::ui::plot::{GUTTER, Inks, Plot, WordBar, WordLane, font};
use crate::ui::timeline::{HOP_SAMPLES, View};

/// Beyond this many rows in view tokens are too small to be read.
const MOST_TOKEN_ROWS: i64 = 6000;
/// Letters in the lane of tokens are at least this far apart…
const LETTER_PIXELS: f64 = 8.5;
/// …and are not written where one would lie farther than this from its spike.
const MOST_ASIDE: f64 = 22.0;
/// Narrower chunks are not drawn one by one.
const LEAST_CHUNK_PIXELS: f64 = 4.0;
/// The chunk that is looked at, and the part of it that lies after the place.
const CHUNK_WASH: &str = "rgb(255 255 255 / 0.08)";
const AHEAD_WASH: &str = "rgb(255 255 255 / 0.2)";

/// What is drawn.
pub struct Scene<'a> {
    /// The take's number.
    pub take: u32,
    /// What is in view.
    pub view: View,
    /// Where the lanes lie.
    pub lanes: Lanes,
    /// The place that is looked at.
    pub place: Option<Place>,
    /// The chunk around it.
    pub chunk: Option<Range<i64>>,
    /// Samples of each chunk.
    pub chunk_samples: Option<i64>,
    /// The model's tokens.
    pub tokens: &'a [String],
    /// Samples a row advances.
    pub row_samples: i64,
    /// The take's words.
    pub words: &'a [Word],
    /// How many of them are committed.
    pub committed: usize,
    /// The playhead.
    pub cursor_sample: Option<i64>,
    /// The reference laid over the take.
    pub alignment: Option<&'a Alignment>,
    /// The phrase looked for.
    pub keyword: Option<&'a Found>,
    /// Probabilities on a logarithmic scale.
    pub log_scale: bool,
    /// Said in the middle while there is nothing to see.
    pub empty: Option<&'a str>,
}

/// Draws on one canvas.
pub struct Painter {
    /// The canvas.
    pub plot: Plot,
    mel: Raster,
    mel_style: Style,
    heat: Raster,
    heat_style: Style,
    log_scale: bool,
    peaks: Peaks,
}

impl Painter {
    /// A painter for a canvas.
    ///
    /// # Errors
    /// The browser's, when it gives no 2D context.
    pub fn new(canvas: HtmlCanvasElement) -> Result<Self, JsValue> {
        Ok(Self {
            plot: Plot::new(canvas)?,
            mel: Raster::new(Keep::Largest)?,
            mel_style: Style {
                table: colour::table(),
                upwards: true,
                smooth: true,
            },
            heat: Raster::new(Keep::Smallest)?,
            heat_style: Style {
                table: probability_table(false),
                upwards: false,
                smooth: false,
            },
            log_scale: false,
            peaks: Peaks::default(),
        })
    }

    /// Draws everything, `width` CSS pixels wide; false when the waveform is not complete
    /// yet and should be drawn again.
    ///
    /// # Errors
    /// The browser's; nothing that a person could do.
    pub fn draw(
        &mut self,
        handles: &Handles,
        scene: &Scene<'_>,
        width: f64,
    ) -> Result<bool, JsValue> {
        let lanes = &scene.lanes;
        self.plot.begin(width, lanes.height);
        let inks = self.plot.inks()?;
        let complete = self.peaks.follow(scene.take, &handles.audio);
        self.wave(&handles.audio, scene);
        if self.log_scale != scene.log_scale {
            self.log_scale = scene.log_scale;
            self.heat_style.table = probability_table(scene.log_scale);
        }
        let (plot, view) = (&self.plot, &scene.view);
        self.mel.draw(
            plot,
            &handles.log_mel,
            view,
            HOP_SAMPLES,
            lanes.mel,
            &self.mel_style,
        )?;
        let heat = (&handles.posteriors, scene.row_samples);
        self.heat
            .draw(plot, heat.0, view, heat.1, lanes.heat, &self.heat_style)?;
        plot.frequencies(view, &inks, lanes.mel.top, lanes.mel.height)?;
        self.token_names(scene, &inks)?;
        self.chunks(scene, &inks)?;
        if let Some(text) = scene.empty {
            let y = lanes.mel.top + lanes.mel.height / 2.0;
            plot.notice(view, text, y)?;
        }
        self.tokens(handles, scene, &inks)?;
        self.word_lanes(scene, &inks)?;
        self.aligned_tokens(scene)?;
        if let (Some(found), Some(lane)) = (scene.keyword, lanes.keyword) {
            super::keyword::draw(plot, view, &inks, lane, scene.row_samples, found)?;
        }
        plot.times(view, &inks, lanes.axis.top)?;
        self.lines(scene, &inks);
        Ok(complete)
    }

    fn wave(&self, audio: &[i16], scene: &Scene<'_>) {
        let (lane, view) = (scene.lanes.wave, &scene.view);
        let [r, g, b] = colour::magma(0.0);
        let context = &self.plot.context;
        context.set_fill_style_str(&format!("rgb({r} {g} {b})"));
        context.fill_rect(GUTTER, lane.top, view.width, lane.height);
        let Some((low, high)) = self.peaks.read(audio, 0..audio.len() as i64) else {
            return;
        };
        let loudest = f64::from(high).max(-f64::from(low)).max(300.0);
        let middle = lane.top + lane.height / 2.0;
        let scale = lane.height / 2.0 / loudest * 0.96;
        context.begin_path();
        for x in 0..view.width.ceil() as i64 {
            let from = view.left_sample + x as f64 * view.samples_per_pixel;
            let to = (from + view.samples_per_pixel).ceil() as i64;
            let Some((low, high)) = self.peaks.read(audio, from.floor() as i64..to) else {
                continue;
            };
            let top = middle - f64::from(high) * scale;
            let height = (f64::from(high) - f64::from(low)) * scale;
            context.rect(GUTTER + x as f64, top - 0.5, 1.0, height + 1.0);
        }
        context.set_fill_style_str("#d6c7ef");
        context.fill();
    }

    /// The tokens beside the heatmap, if there is room for them.
    fn token_names(&self, scene: &Scene<'_>, inks: &Inks) -> Result<(), JsValue> {
        let (context, lanes) = (&self.plot.context, &scene.lanes);
        context.set_text_align("right");
        context.set_text_baseline("middle");
        context.set_font(&font(10.0, false));
        context.set_fill_style_str(&inks.muted);
        let height = lanes.token_height(scene.tokens.len());
        if height >= 9.0 {
            for (index, token) in scene.tokens.iter().enumerate() {
                let y = lanes.heat.top + (index as f64 + 0.5) * height;
                context.fill_text(token_name(token), GUTTER - 6.0, y)?;
            }
        }
        for (name, lane) in [
            ("chunks", Some(lanes.chunks)),
            ("wave", Some(lanes.wave)),
            ("tokens", Some(lanes.tokens)),
            ("words", Some(lanes.words)),
            ("ref.", lanes.reference),
            ("phrase", lanes.keyword),
        ] {
            if let Some(lane) = lane {
                context.fill_text(name, GUTTER - 6.0, lane.top + lane.height / 2.0)?;
            }
        }
        Ok(())
    }

    /// The model's chunks, and the one that is looked at: what was heard before it answered.
    fn chunks(&self, scene: &Scene<'_>, inks: &Inks) -> Result<(), JsValue> {
        let (lanes, view) = (&scene.lanes, &scene.view);
        let Some(samples) = scene.chunk_samples.filter(|samples| *samples > 0) else {
            return Ok(());
        };
        let area = [GUTTER, 0.0, view.width, lanes.heat.end()];
        self.plot.clipped(area, |context| {
            let lane = lanes.chunks;
            context.set_fill_style_str(&inks.line);
            if samples as f64 / view.samples_per_pixel >= LEAST_CHUNK_PIXELS {
                let first = (view.left_sample / samples as f64).floor() as i64;
                let last = (view.right_sample() / samples as f64).ceil() as i64;
                for chunk in first..last {
                    let x = GUTTER + view.x_of((chunk * samples) as f64);
                    let right = GUTTER + view.x_of(((chunk + 1) * samples) as f64);
                    context.fill_rect(x + 1.0, lane.top + 4.0, right - x - 2.0, lane.height - 8.0);
                }
            } else {
                context.fill_rect(GUTTER, lane.top + 4.0, view.width, lane.height - 8.0);
            }
            let (Some(chunk), Some(place)) = (&scene.chunk, scene.place) else {
                return Ok(());
            };
            let x = |sample: i64| GUTTER + view.x_of(sample as f64);
            let (start, here, end) = (x(chunk.start), x(place.sample), x(chunk.end));
            context.set_fill_style_str(&inks.accent);
            context.fill_rect(
                start,
                lane.top + 2.0,
                (end - start).max(2.0),
                lane.height - 4.0,
            );
            let (top, height) = (lanes.wave.top, lanes.heat.end() - lanes.wave.top);
            context.set_fill_style_str(CHUNK_WASH);
            context.fill_rect(start, top, here - start, height);
            context.set_fill_style_str(AHEAD_WASH);
            context.fill_rect(here, top, end - here, height);
            context.set_fill_style_str("rgb(255 255 255 / 0.7)");
            context.fill_rect(start.round(), top, 1.0, height);
            context.fill_rect(end.round() - 1.0, top, 1.0, height);
            Ok(())
        })
    }

    /// What greedy decoding writes: a bar for each spike, and its letter below, joined to it
    /// where it had to move aside.
    fn tokens(&self, handles: &Handles, scene: &Scene<'_>, inks: &Inks) -> Result<(), JsValue> {
        let (lane, view) = (scene.lanes.tokens, &scene.view);
        let row = scene.row_samples.max(1) as f64;
        let first = (view.left_sample / row).floor() as i64;
        let end = (view.right_sample() / row).ceil() as i64;
        let spikes = if end - first > MOST_TOKEN_ROWS {
            Vec::new()
        } else {
            spikes(handles.posteriors.rows(first..end), first.max(0))
        };
        let x = |place: f64| GUTTER + view.x_of(place * row);
        let middle = |spike: &Spike| x((spike.first_row + spike.end_row) as f64 / 2.0);
        let places: Vec<f64> = spikes.iter().map(middle).collect();
        let letters = spread_out(&places, LETTER_PIXELS);
        let aside = places
            .iter()
            .zip(&letters)
            .map(|(place, x)| (place - x).abs());
        let legible = end - first <= MOST_TOKEN_ROWS && aside.fold(0.0, f64::max) <= MOST_ASIDE;
        let area = [GUTTER, lane.top, view.width, lane.height];
        self.plot.clipped(area, |context| {
            context.set_fill_style_str(&inks.accent);
            for spike in &spikes {
                let (left, right) = (x(spike.first_row as f64), x(spike.end_row as f64));
                context.fill_rect(left, lane.top + 2.0, (right - left - 0.5).max(1.0), 3.0);
            }
            context.set_text_baseline("middle");
            if !legible {
                context.set_font(&font(11.0, true));
                context.set_fill_style_str(&inks.muted);
                context.set_text_align("left");
                return context.fill_text(
                    "zoom in to read the letters",
                    GUTTER + 2.0,
                    lane.end() - 9.0,
                );
            }
            context.set_font(&font(12.0, false));
            context.set_text_align("center");
            context.set_stroke_style_str(&inks.line);
            context.set_line_width(1.0);
            context.begin_path();
            for (place, letter) in places.iter().zip(&letters) {
                context.move_to(*place, lane.top + 6.0);
                context.line_to(*letter, lane.top + 12.0);
            }
            context.stroke();
            for (spike, letter) in spikes.iter().zip(&letters) {
                let text = token_mark(scene.tokens.get(spike.token).map_or("", String::as_str));
                let quiet = text == SPACE_MARK;
                context.set_fill_style_str(if quiet { &inks.muted } else { &inks.ink });
                context.fill_text(text, *letter, lane.top + 19.0)?;
            }
            Ok(())
        })
    }

    fn word_lanes(&self, scene: &Scene<'_>, inks: &Inks) -> Result<(), JsValue> {
        let lanes = &scene.lanes;
        let pictures = (lanes.wave.top, lanes.mel.end() - lanes.wave.top);
        let lane = WordLane {
            top: lanes.words.top,
            guides: pictures,
            bar: &inks.accent,
        };
        let words = scene.words.iter().enumerate().map(|(index, word)| WordBar {
            text: &word.text,
            start_sample: word.start_sample,
            end_sample: word.end_sample,
            tentative: index >= scene.committed,
        });
        self.plot.words(&scene.view, inks, &lane, words)?;
        let (Some(alignment), Some(Lane { top, .. })) = (scene.alignment, lanes.reference) else {
            return Ok(());
        };
        let lane = WordLane {
            top,
            guides: (top, 0.0),
            bar: &inks.overlay,
        };
        let words = alignment.words.iter().map(|word| WordBar {
            text: &word.text,
            start_sample: word.start_sample,
            end_sample: word.end_sample,
            tentative: false,
        });
        self.plot.words(&scene.view, inks, &lane, words)
    }

    /// The alignment's path over the heatmap, a box a token.
    fn aligned_tokens(&self, scene: &Scene<'_>) -> Result<(), JsValue> {
        let (lanes, view, row) = (&scene.lanes, &scene.view, scene.row_samples as f64);
        let Some(alignment) = scene.alignment else {
            return Ok(());
        };
        let height = lanes.token_height(scene.tokens.len());
        let area = [GUTTER, lanes.heat.top, view.width, lanes.heat.height];
        self.plot.clipped(area, |context| {
            context.set_stroke_style_str("#63e6ff");
            context.set_line_width(1.0);
            context.begin_path();
            let tokens = &alignment.tokens;
            let first = tokens.partition_point(|t| (t.end_row as f64) * row < view.left_sample);
            for token in tokens.iter().skip(first) {
                let left = view.x_of(token.first_row as f64 * row);
                if left > view.width {
                    break;
                }
                let width = (view.x_of(token.end_row as f64 * row) - left).max(2.0);
                let y = lanes.heat.top + token.token as f64 * height;
                context.rect(GUTTER + left - 0.5, y + 0.5, width + 1.0, height - 1.0);
            }
            context.stroke();
            Ok(())
        })
    }

    /// The playhead, and a line where the pointer is.
    fn lines(&self, scene: &Scene<'_>, inks: &Inks) {
        let (lanes, view) = (&scene.lanes, &scene.view);
        if let Some(place) = scene
            .place
            .filter(|place| place.because == Because::Pointer)
        {
            let x = (GUTTER + view.x_of(place.sample as f64)).round();
            self.plot
                .context
                .set_fill_style_str("rgb(255 255 255 / 0.75)");
            let height = lanes.heat.end() - lanes.wave.top;
            self.plot.context.fill_rect(x, lanes.wave.top, 1.0, height);
        }
        if let Some(sample) = scene.cursor_sample {
            let ends = [lanes.wave.top, lanes.heat.end(), lanes.axis.top];
            self.plot.playhead(view, inks, sample, ends);
        }
    }
}
