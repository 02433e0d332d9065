//! The picture as a file.

use leptos::prelude::*;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, HtmlCanvasElement, HtmlElement, Url};

use crate::ui::plot::Plot;

/// Saves what a canvas shows, on the ground it is shown on, as a PNG file.
///
/// # Errors
/// The browser's.
pub fn save(canvas: &HtmlCanvasElement, file: String) -> Result<(), JsValue> {
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
    let hand_over = Closure::once_into_js(move |blob: Option<Blob>| {
        if let Some(blob) = blob {
            // What fails here is the browser's download, which says so itself.
            let _ = download(&blob, &file);
        }
    });
    copy.canvas.to_blob(hand_over.unchecked_ref())
}

fn download(blob: &Blob, file: &str) -> Result<(), JsValue> {
    let url = Url::create_object_url_with_blob(blob)?;
    let link: HtmlElement = document().create_element("a")?.unchecked_into();
    link.set_attribute("href", &url)?;
    link.set_attribute("download", file)?;
    link.click();
    set_timeout(
        move || {
            // Refused never; an address that is gone is ignored.
            let _ = Url::revoke_object_url(&url);
        },
        std::time::Duration::from_secs(10),
    );
    Ok(())
}
