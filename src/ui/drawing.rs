//! When a picture is drawn: at most once a frame of the display, anew when its element's
//! width or the system's colours change, and not once the picture is gone.

use std::cell::Cell;
use std::rc::Rc;

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{MediaQueryList, ResizeObserver};

/// Draws at most once a frame, until the owner it was made in is gone.
#[derive(Clone)]
pub struct Frames {
    pending: Rc<Cell<bool>>,
    here: StoredValue<()>,
}

impl Frames {
    /// One that lives as long as the current owner.
    pub fn new() -> Self {
        Self {
            pending: Rc::default(),
            here: StoredValue::new(()),
        }
    }

    /// Calls `draw` with the display's next frame, unless a call is pending already.
    pub fn request(&self, draw: impl FnOnce() + 'static) {
        if self.pending.replace(true) {
            return;
        }
        let frames = self.clone();
        request_animation_frame(move || {
            frames.pending.set(false);
            if frames.here.try_with_value(|()| ()).is_some() {
                untrack(draw);
            }
        });
    }
}

/// A browser's observer, which falls silent when it is dropped.
struct Watch {
    observer: Option<ResizeObserver>,
    list: Option<MediaQueryList>,
    _changed: Closure<dyn FnMut()>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some(observer) = &self.observer {
            observer.disconnect();
        }
        if let Some(list) = &self.list {
            list.set_onchange(None);
        }
    }
}

/// Keeps `width` the width of an element, as long as the current owner lives.
pub fn watch_width(element: &web_sys::HtmlElement, width: RwSignal<f64>) {
    let measured = element.clone();
    let measure = move || {
        let now = f64::from(measured.client_width());
        if width
            .try_get_untracked()
            .is_some_and(|before| (before - now).abs() > 0.1)
        {
            width.set(now);
        }
    };
    measure();
    let changed = Closure::<dyn FnMut()>::new(measure);
    let observer = ResizeObserver::new(changed.as_ref().unchecked_ref()).ok();
    if let Some(observer) = &observer {
        observer.observe(element);
    }
    StoredValue::new_local(Watch {
        observer,
        list: None,
        _changed: changed,
    });
}

/// Draws anew when the system turns light or dark, as long as the current owner lives.
pub fn watch_system_theme(redraw: impl Fn() + 'static) {
    let Ok(Some(list)) = window().match_media("(prefers-color-scheme: dark)") else {
        return;
    };
    let changed = Closure::<dyn FnMut()>::new(redraw);
    list.set_onchange(Some(changed.as_ref().unchecked_ref()));
    StoredValue::new_local(Watch {
        observer: None,
        list: Some(list),
        _changed: changed,
    });
}
