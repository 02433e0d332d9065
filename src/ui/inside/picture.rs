//! The picture as a file.

use leptos::prelude::*;
use wasm_bindgen::JsValue;
use web_sys::HtmlCanvasElement;

use crate::ui::download;
use crate::ui::plot::Plot;

/// Saves what a canvas shows, on the ground it is shown on, as a PNG file. `hear` is told
/// what goes wrong later.
///
/// # Errors
/// The browser's.
pub fn save(
    canvas: &HtmlCanvasElement,
    file: &str,
    hear: impl FnOnce(String) + 'static,
) -> Result<(), JsValue> {
    let copy = Plot::detached()?;
    copy.canvas.set_width(canvas.width());
    copy.canvas.set_height(canvas.height());
    let style = window()
        .get_computed_style(canvas)?
        .ok_or("the canvas has no style")?;
    copy.context
        .set_fill_style_str(&style.get_property_value("background-color")?);
    let (width, height) = (f64::from(canvas.width()), f64::from(canvas.height()));
    copy.context.fill_rect(0.0, 0.0, width, height);
    copy.context
        .draw_image_with_html_canvas_element(canvas, 0.0, 0.0)?;
    download::save_canvas(&copy.canvas, file, hear);
    Ok(())
}
