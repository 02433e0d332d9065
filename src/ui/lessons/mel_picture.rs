//! The take's log-mel spectrogram with parameters of one's own, computed in pieces and
//! drawn one pixel a value; the style sheet stretches it.

use asr_playground::features::{FeatureError, LogMel, LogMelConfig};
use leptos::prelude::*;
use wasm_bindgen::{Clamped, JsCast};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageData};

use super::take::now_ms;
use crate::ui::browser::sleep_ms;
use crate::ui::colour;

/// Samples taken at once.
const PIECE_SAMPLES: usize = 1600;
/// How long one piece of work may hold the page's thread.
const PIECE_MS: f64 = 12.0;

/// What was computed.
pub struct Picture {
    /// Row-major `[frames, n_mels]`.
    pub values: Vec<f32>,
    /// Bands a frame.
    pub n_mels: usize,
}

/// Computes it, leaving the page free between pieces. `None` where it is not wanted any more.
///
/// # Errors
/// Those of the front end.
pub async fn compute(
    config: LogMelConfig,
    samples: &[f32],
    wanted: impl Fn() -> bool,
) -> Result<Option<Picture>, FeatureError> {
    let n_mels = config.n_mels;
    let mut stream = LogMel::new(config)?;
    let mut values = Vec::new();
    let mut began_ms = now_ms();
    for piece in samples.chunks(PIECE_SAMPLES) {
        stream.accept_waveform(piece)?;
        stream.take_frames(&mut values);
        if now_ms() - began_ms > PIECE_MS {
            sleep_ms(0).await;
            if !wanted() {
                return Ok(None);
            }
            began_ms = now_ms();
        }
    }
    Ok(Some(Picture { values, n_mels }))
}

/// Draws it, time to the right, low bands below. Levels go from the picture's own quietest
/// to its loudest value.
pub fn draw(canvas: &HtmlCanvasElement, picture: &Picture) -> Option<()> {
    let frames = picture.values.len().checked_div(picture.n_mels)?;
    if frames == 0 {
        return None;
    }
    let low = picture.values.iter().copied().fold(f32::INFINITY, f32::min);
    let high = picture
        .values
        .iter()
        .copied()
        .fold(f32::NEG_INFINITY, f32::max);
    let range = (high - low).max(1e-3);
    let mut pixels = vec![0_u8; picture.values.len() * 4];
    for (frame, values) in picture.values.chunks_exact(picture.n_mels).enumerate() {
        for (band, value) in values.iter().enumerate() {
            let at = ((picture.n_mels - 1 - band) * frames + frame) * 4;
            let [r, g, b] = colour::magma((value - low) / range);
            if let Some(pixel) = pixels.get_mut(at..at + 4) {
                pixel.copy_from_slice(&[r, g, b, 255]);
            }
        }
    }
    canvas.set_width(frames as u32);
    canvas.set_height(picture.n_mels as u32);
    let context = canvas.get_context("2d").ok()??;
    let context: CanvasRenderingContext2d = context.dyn_into().ok()?;
    let image = ImageData::new_with_u8_clamped_array(Clamped(&pixels), frames as u32).ok()?;
    context.put_image_data(&image, 0.0, 0.0).ok()
}

/// An element of the page as a canvas.
pub fn canvas_of(node: NodeRef<leptos::html::Canvas>) -> Option<HtmlCanvasElement> {
    node.get_untracked()
}
