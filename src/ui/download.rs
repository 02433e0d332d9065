//! Bytes, texts and canvases as files that the browser saves. Nothing leaves the computer:
//! a file is a `blob:` address that the page itself holds until the browser has taken it.

use js_sys::{Array, Uint8Array};
use leptos::prelude::*;
use wasm_bindgen::prelude::*;
use web_sys::{Blob, BlobPropertyBag, HtmlAnchorElement, HtmlCanvasElement, Url};

use super::browser::{error_words, sleep_ms};
use super::page::Page;
use super::trouble::{Retry, Trouble};

/// How long a saved file's address stays good: browsers read it after the click.
const ADDRESS_LIFE_MS: i32 = 60_000;

/// Media types of the files that views save.
pub mod media {
    /// Plain text.
    pub const TEXT: &str = "text/plain;charset=utf-8";
    /// `SubRip` subtitles.
    pub const SRT: &str = "application/x-subrip;charset=utf-8";
    /// `WebVTT` subtitles.
    pub const VTT: &str = "text/vtt;charset=utf-8";
    /// JSON.
    pub const JSON: &str = "application/json";
    /// Comma-separated values.
    pub const CSV: &str = "text/csv;charset=utf-8";
    /// A sound.
    pub const WAV: &str = "audio/wav";
    /// A drawing.
    pub const SVG: &str = "image/svg+xml";
}

/// Saves bytes as a file called `name`.
///
/// # Errors
/// In words, when the browser refuses.
pub fn save_bytes(name: &str, media_type: &str, bytes: &[u8]) -> Result<(), String> {
    let parts = Array::of1(&Uint8Array::from(bytes));
    save_parts(name, media_type, &parts)
}

/// Saves a text as a file called `name`.
///
/// # Errors
/// In words, when the browser refuses.
pub fn save_text(name: &str, media_type: &str, text: &str) -> Result<(), String> {
    save_parts(name, media_type, &Array::of1(&text.into()))
}

/// Saves what a canvas shows as a PNG file called `name`. `hear` gets the reason if that fails.
pub fn save_canvas(canvas: &HtmlCanvasElement, name: &str, hear: impl FnOnce(String) + 'static) {
    let name = name.to_owned();
    let drawn = Closure::once_into_js(move |blob: JsValue| {
        let saved = match blob.dyn_into::<Blob>() {
            Ok(blob) => save_blob(&name, &blob),
            // Nothing to draw, or larger than the browser's pictures can be.
            Err(_) => Err("the browser could not make a picture of it".to_owned()),
        };
        if let Err(words) = saved {
            hear(words);
        }
    });
    if let Err(error) = canvas.to_blob(drawn.unchecked_ref()) {
        leptos::logging::error!("a canvas cannot be saved: {}", error_words(&error));
    }
}

/// Saves a blob as a file called `name`.
///
/// # Errors
/// In words, when the browser refuses.
pub fn save_blob(name: &str, blob: &Blob) -> Result<(), String> {
    let words = |error: JsValue| error_words(&error);
    let link: HtmlAnchorElement = document()
        .create_element("a")
        .map_err(words)?
        .dyn_into()
        .map_err(|_| "the browser has no links".to_owned())?;
    let address = Url::create_object_url_with_blob(blob).map_err(words)?;
    link.set_href(&address);
    link.set_download(name);
    link.click();
    leptos::task::spawn_local(async move {
        sleep_ms(ADDRESS_LIFE_MS).await;
        let _ = Url::revoke_object_url(&address);
    });
    Ok(())
}

fn save_parts(name: &str, media_type: &str, parts: &Array) -> Result<(), String> {
    let options = BlobPropertyBag::new();
    options.set_type(media_type);
    let blob = Blob::new_with_buffer_source_sequence_and_options(parts, &options)
        .map_err(|error| error_words(&error))?;
    save_blob(name, &blob)
}

/// Says that a file could not be saved, and what to do.
pub fn not_saved(page: Page, words: &str) {
    page.trouble.set(Some(Trouble::notice(
        format!("The file could not be saved: {words}."),
        "The take is still here; try again, or save it in another format.",
        Retry::Nothing,
    )));
}
