//! Rows of levels as a picture: one column a row, or one for several where they are
//! narrower than a pixel.

use std::ops::Range;

use wasm_bindgen::{Clamped, JsValue};
use web_sys::ImageData;

use super::lanes::Lane;
use super::pyramid::{Keep, Pyramid};
use super::rows::probability;
use crate::ui::colour;
use crate::ui::level_store::LevelStore;
use crate::ui::plot::{GUTTER, Plot};
use crate::ui::timeline::View;

/// The level that is black on the logarithmic scale: e^-9.2 is 10⁻⁴.
const LOG_FLOOR: f32 = 184.0;

/// How rows of levels are coloured and laid out.
pub struct Style {
    /// The colour of each level.
    pub table: [[u8; 4]; 256],
    /// The first column is at the bottom.
    pub upwards: bool,
    /// Pixels are blended.
    pub smooth: bool,
}

/// Colours of probabilities, linear or logarithmic.
pub fn probability_table(log_scale: bool) -> [[u8; 4]; 256] {
    std::array::from_fn(|level| {
        let level = level as u8;
        let t = if log_scale {
            1.0 - f32::from(level) / LOG_FLOOR
        } else {
            probability(level)
        };
        let [r, g, b] = colour::magma(t);
        [r, g, b, 255]
    })
}

/// Draws the rows of one store.
pub struct Raster {
    strip: Plot,
    pyramid: Pyramid,
    pixels: Vec<u8>,
    row: Vec<u8>,
}

impl Raster {
    /// Of rows of which the one kind of level stands out.
    ///
    /// # Errors
    /// The browser's, when it gives no 2D context.
    pub fn new(keep: Keep) -> Result<Self, JsValue> {
        Ok(Self {
            strip: Plot::detached()?,
            pyramid: Pyramid::new(keep),
            pixels: Vec::new(),
            row: Vec::new(),
        })
    }

    /// Draws what is in view into a lane.
    ///
    /// # Errors
    /// The browser's.
    pub fn draw(
        &mut self,
        plot: &Plot,
        store: &LevelStore,
        view: &View,
        row_samples: i64,
        lane: Lane,
        style: &Style,
    ) -> Result<(), JsValue> {
        let [r, g, b, _] = style.table[if style.upwards { 0 } else { 255 }];
        plot.context
            .set_fill_style_str(&format!("rgb({r} {g} {b})"));
        plot.context
            .fill_rect(GUTTER, lane.top, view.width, lane.height);
        self.pyramid.follow(store);
        let per_column = (view.samples_per_pixel / row_samples as f64)
            .ceil()
            .max(1.0) as i64;
        let columns = columns_in_view(view, row_samples * per_column, store.len(), per_column);
        if columns.is_empty() || store.columns() == 0 {
            return Ok(());
        }
        self.fill(store, columns.clone(), per_column, style)?;
        let left = view.x_of((columns.start * per_column * row_samples) as f64);
        let right = view.x_of((columns.end * per_column * row_samples) as f64);
        let (width, height) = (columns.end - columns.start, store.columns());
        plot.clipped([GUTTER, lane.top, view.width, lane.height], |context| {
            context.set_image_smoothing_enabled(style.smooth);
            context.draw_image_with_html_canvas_element_and_sw_and_sh_and_dx_and_dy_and_dw_and_dh(
                &self.strip.canvas,
                0.0,
                0.0,
                width as f64,
                height as f64,
                GUTTER + left,
                lane.top,
                right - left,
                lane.height,
            )
        })
    }

    /// Writes columns to the strip, the first at its left edge.
    fn fill(
        &mut self,
        store: &LevelStore,
        columns: Range<i64>,
        per_column: i64,
        style: &Style,
    ) -> Result<(), JsValue> {
        let (width, height) = ((columns.end - columns.start) as usize, store.columns());
        self.pixels.resize(width * height * 4, 0);
        self.row.resize(height, 0);
        for (x, column) in columns.enumerate() {
            let rows = column * per_column..(column + 1) * per_column;
            self.pyramid.read(store, rows, &mut self.row);
            for (index, level) in self.row.iter().enumerate() {
                let y = if style.upwards {
                    height - 1 - index
                } else {
                    index
                };
                let at = (y * width + x) * 4;
                if let Some(pixel) = self.pixels.get_mut(at..at + 4) {
                    pixel.copy_from_slice(&style.table[usize::from(*level)]);
                }
            }
        }
        let strip = &self.strip.canvas;
        if strip.width() < width as u32 || strip.height() != height as u32 {
            strip.set_width(width as u32);
            strip.set_height(height as u32);
        }
        let image = ImageData::new_with_u8_clamped_array_and_sh(
            Clamped(&self.pixels),
            width as u32,
            height as u32,
        )?;
        self.strip.context.put_image_data(&image, 0.0, 0.0)
    }
}

/// The columns in view, each of `column_samples`, clipped to the rows there are.
fn columns_in_view(view: &View, column_samples: i64, rows: i64, per_column: i64) -> Range<i64> {
    let samples = column_samples.max(1) as f64;
    let last = (rows as u64).div_ceil(per_column.max(1) as u64) as i64;
    let first = (view.left_sample / samples).floor().max(0.0) as i64;
    let end = ((view.right_sample() / samples).ceil() as i64).min(last);
    first.min(end)..end
}
