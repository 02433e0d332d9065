//! When a picture is drawn: at most once a frame of the display, anew when its element's
//! width or the system's colours change, and not once the picture is gone. A slow machine draws
//! less often, so that drawing leaves most of its time to everything else.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{MediaQueryList, ResizeObserver};

use super::browser::now_ms;

/// About a frame of the display.
const FRAME_MS: f64 = 16.0;
/// After drawing, so many times as long nothing is drawn.
const REST: f64 = 3.0;

/// Draws at most once a frame, until the owner it was made in is gone.
#[derive(Clone)]
pub struct Frames {
    pending: Rc<Cell<bool>>,
    rests_until_ms: Rc<Cell<f64>>,
    here: StoredValue<()>,
}

impl Frames {
    /// One that lives as long as the current owner.
    pub fn new() -> Self {
        Self {
            pending: Rc::default(),
            rests_until_ms: Rc::default(),
            here: StoredValue::new(()),
        }
    }

    /// Calls `draw` with the display's next frame, unless a call is pending already.
    pub fn request(&self, draw: impl FnOnce() + 'static) {
        if self.pending.replace(true) {
            return;
        }
        let frames = self.clone();
        let at_next_frame = move || {
            request_animation_frame(move || {
                frames.pending.set(false);
                if frames.here.try_with_value(|()| ()).is_some() {
                    let began_ms = now_ms();
                    untrack(draw);
                    let ended_ms = now_ms();
                    let rest_ms = REST * (ended_ms - began_ms);
                    frames.rests_until_ms.set(ended_ms + rest_ms);
                }
            });
        };
        let rest_ms = self.rests_until_ms.get() - now_ms();
        // A shorter one ends before the next frame.
        if rest_ms > FRAME_MS {
            set_timeout(at_next_frame, Duration::from_secs_f64(rest_ms / 1e3));
        } else {
            at_next_frame();
        }
    }
}

/// How many of `all` there are yet, for lists so long that making them would be late: `at_once`,
/// then so many more each frame, until the owner it was made in is gone.
pub fn growing(at_once: usize, a_frame: usize, all: Signal<usize>) -> Signal<usize> {
    let made = RwSignal::new(at_once);
    let frames = Frames::new();
    Effect::new(move |_| {
        let (so_far, all) = (made.get(), all.get());
        if so_far < all {
            frames.request(move || made.set(so_far + a_frame));
        } else if all <= at_once && so_far > at_once {
            made.set(at_once);
        }
    });
    Signal::derive(move || made.get().min(all.get()))
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
