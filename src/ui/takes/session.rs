//! Which pages are alive: each holds a lock of its own name for as long as it lives, so
//! that a take whose page holds none any more was interrupted.

use js_sys::{Array, Function, Promise};
use leptos::prelude::window;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use super::super::browser::member;

const PREFIX: &str = "asr-playground session ";

/// A name for this page, held from now on.
pub fn hold() -> String {
    let name = format!(
        "{PREFIX}{:.0}-{:.0}",
        js_sys::Date::now(),
        js_sys::Math::random() * 1e9
    );
    if let Some(locks) = locks() {
        let request = member(&locks, "request").dyn_into::<Function>();
        let forever = Closure::once_into_js(|| Promise::new(&mut |_, _| {}));
        if let Ok(request) = request {
            // Refused where storage is blocked: then every unfinished take was interrupted.
            if let Ok(held) = request.call2(&locks, &name.as_str().into(), &forever)
                && let Ok(held) = held.dyn_into::<Promise>()
            {
                leptos::task::spawn_local(async move {
                    let _ = JsFuture::from(held).await;
                });
            }
        }
    }
    name
}

/// The names held by living pages.
pub async fn alive() -> Vec<String> {
    let asked = locks().and_then(|locks| {
        let query = member(&locks, "query").dyn_into::<Function>().ok()?;
        query.call0(&locks).ok()?.dyn_into::<Promise>().ok()
    });
    let Some(asked) = asked else {
        return Vec::new();
    };
    let Ok(snapshot) = JsFuture::from(asked).await else {
        return Vec::new();
    };
    Array::from(&member(&snapshot, "held"))
        .iter()
        .filter_map(|lock| member(&lock, "name").as_string())
        .collect()
}

/// Absent on insecure origins.
fn locks() -> Option<JsValue> {
    let locks = member(&window().navigator(), "locks");
    locks.is_object().then_some(locks)
}
