//! Small conveniences over the browser's interfaces.

use js_sys::{Promise, Reflect, Uint8Array};
use leptos::prelude::document;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{HtmlElement, Response};

/// What is left of an item that a row was scrolled to, so that one sees that there is more.
const MARGIN_PX: i32 = 24;

/// A named member of a JavaScript object; undefined if there is none.
pub fn member(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &name.into()).unwrap_or(JsValue::UNDEFINED)
}

/// Sets a member of a plain object; plain objects never refuse.
pub fn set_member(object: &JsValue, name: &str, value: &JsValue) {
    let _ = Reflect::set(object, &name.into(), value);
}

/// An error's own words, whatever was thrown.
pub fn error_words(error: &JsValue) -> String {
    let message = member(error, "message").as_string();
    message
        .or_else(|| error.as_string())
        .filter(|words| !words.is_empty())
        .unwrap_or_else(|| "no reason given".to_owned())
}

/// An error's name, such as `NotAllowedError`; empty if it has none.
pub fn error_name(error: &JsValue) -> String {
    member(error, "name").as_string().unwrap_or_default()
}

/// Fetches a file of the page's own origin.
///
/// # Errors
/// In words, when the network or the host refuses.
pub async fn fetch_bytes(url: &str) -> Result<Vec<u8>, String> {
    let response = JsFuture::from(leptos::prelude::window().fetch_with_str(url))
        .await
        .map_err(|error| error_words(&error))?;
    let response: Response = response
        .dyn_into()
        .map_err(|_| "the answer is not a response".to_owned())?;
    if !response.ok() {
        return Err(format!("the host answers {}", response.status()));
    }
    let buffer = response
        .array_buffer()
        .map_err(|error| error_words(&error))?;
    promised_bytes(buffer).await
}

/// The bytes of a promised `ArrayBuffer`.
///
/// # Errors
/// In words, when the promise is rejected.
pub async fn promised_bytes(buffer: Promise) -> Result<Vec<u8>, String> {
    let buffer = JsFuture::from(buffer)
        .await
        .map_err(|error| error_words(&error))?;
    Ok(Uint8Array::new(&buffer).to_vec())
}

/// What a `<meta name=…>` of the page says; the build writes versioned addresses there.
pub fn meta(name: &str) -> Option<String> {
    let selector = format!("meta[name=\"{name}\"]");
    let element = leptos::prelude::document()
        .query_selector(&selector)
        .ok()??;
    element
        .get_attribute("content")
        .filter(|content| !content.is_empty())
}

/// Waits.
pub async fn sleep_ms(ms: i32) {
    let promise = Promise::new(&mut |resolve, _| {
        let _ = leptos::prelude::window()
            .set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, ms);
    });
    let _ = JsFuture::from(promise).await;
}

/// Whether a media query holds now.
pub fn media_matches(query: &str) -> bool {
    leptos::prelude::window()
        .match_media(query)
        .ok()
        .flatten()
        .is_some_and(|list| list.matches())
}

/// A monotonic clock in milliseconds.
pub fn now_ms() -> f64 {
    web_sys::window()
        .and_then(|window| window.performance())
        .map_or(0.0, |performance| performance.now())
}

/// Where a list is a row that scrolls, scrolls it sideways to one of its items; both by their CSS selectors.
pub fn show_in_row(list: &str, item: &str) {
    let element = |selector: &str| {
        let found = document().query_selector(selector).ok().flatten();
        found.and_then(|found| found.dyn_into::<HtmlElement>().ok())
    };
    if let Some((list, item)) = element(list).zip(element(item)) {
        let left = item.offset_left() - list.offset_left();
        list.set_scroll_left(left - MARGIN_PX);
    }
}
