//! Pointer, wheel and keys on the picture: seek, drag, pinch, zoom.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent, PointerEvent};

use super::axis::ZOOM_STEP;
use super::scene::Inside;
use crate::ui::page::Phase;
use crate::ui::playing;
use crate::ui::plot::GUTTER;
use crate::ui::timeline::SAMPLE_RATE_HZ;

/// A pointer that moves less than this has clicked.
const CLICK_PIXELS: f64 = 5.0;
/// Share of the picture that a page key turns.
const PAGE_SHARE: f64 = 0.8;
/// An arrow key moves the playhead by this share of what is in view, one row at least.
const ARROW_SHARE: f64 = 0.01;
/// Zoom of one pixel of the wheel, in nats.
const WHEEL_NATS: f64 = 0.006;

/// The pointers that are down.
#[derive(Default)]
pub struct Gesture {
    down: Vec<(i32, f64)>,
    started_x: f64,
    dragged: bool,
}

impl Gesture {
    /// Middle of the pointers and half their distance.
    fn span(&self) -> Option<(f64, f64)> {
        match self.down.as_slice() {
            [(_, a), (_, b)] => Some((f64::midpoint(*a, *b), (a - b).abs() / 2.0)),
            _ => None,
        }
    }
}

/// The gestures of one canvas.
pub type Gestures = StoredValue<Gesture, LocalStorage>;

/// A pointer goes down.
pub fn down(gestures: Gestures, event: &PointerEvent) {
    if event.button() != 0 {
        return;
    }
    if let Some(canvas) = event.target().and_then(|t| t.dyn_into::<Element>().ok()) {
        // Refused only for a pointer that is gone.
        let _ = canvas.set_pointer_capture(event.pointer_id());
    }
    let x = f64::from(event.offset_x());
    gestures.update_value(|g| {
        if g.down.len() >= 2 {
            g.down.clear();
        }
        g.dragged = !g.down.is_empty();
        g.started_x = x;
        g.down.push((event.pointer_id(), x));
    });
}

/// A pointer moves: the read-out follows it, a drag moves the picture, two zoom it.
pub fn moved(inside: Inside, gestures: Gestures, event: &PointerEvent) {
    let (x, y) = (f64::from(event.offset_x()), f64::from(event.offset_y()));
    inside.pointer.set(Some((x, y)));
    let change = gestures.try_update_value(|g| {
        let before = g.span();
        let held = g
            .down
            .iter_mut()
            .find(|(id, _)| *id == event.pointer_id())?;
        let from = std::mem::replace(&mut held.1, x);
        if let (Some((middle, half)), Some((now, wide))) = (before, g.span()) {
            return Some((middle - now, wide.max(4.0) / half.max(4.0), now));
        }
        if !g.dragged && (x - g.started_x).abs() < CLICK_PIXELS {
            held_back(g, from);
            return None;
        }
        g.dragged = true;
        Some((from - x, 1.0, x))
    });
    if let Some(Some((pixels, factor, anchor))) = change {
        inside.move_axis(|axis, extent| {
            if (factor - 1.0).abs() > 1e-9 {
                axis.zoom(extent, factor, anchor - GUTTER);
            }
            axis.pan(extent, pixels);
        });
    }
}

/// Until it is a drag, the pointer counts as where it went down.
fn held_back(gesture: &mut Gesture, x: f64) {
    if let Some(held) = gesture.down.first_mut() {
        held.1 = x;
    }
}

/// A pointer goes up: a click seeks and plays.
pub fn up(inside: Inside, gestures: Gestures, event: &PointerEvent) {
    let clicked = gestures.try_update_value(|g| {
        let before = g.down.len();
        g.down.retain(|(id, _)| *id != event.pointer_id());
        before == 1 && g.down.is_empty() && !g.dragged
    });
    if clicked == Some(true) && inside.page.frames.get_untracked() > 0 {
        let view = untrack(|| inside.view());
        let x = (f64::from(event.offset_x()) - GUTTER).clamp(0.0, view.width);
        playing::play_at(inside.page, view.sample_at(x));
    }
}

/// The browser has taken a pointer away.
pub fn cancelled(gestures: Gestures) {
    gestures.update_value(|g| g.down.clear());
}

/// The wheel: with Ctrl it zooms at the pointer, sideways it scrolls. True when it was ours.
pub fn wheel(
    inside: Inside,
    x: f64,
    [delta_x, delta_y]: [f64; 2],
    ctrl: bool,
    shift: bool,
) -> bool {
    if ctrl {
        let factor = (-delta_y.clamp(-80.0, 80.0) * WHEEL_NATS).exp();
        inside.move_axis(|axis, extent| axis.zoom(extent, factor, x - GUTTER));
        return true;
    }
    let sideways = if shift && delta_x == 0.0 {
        delta_y
    } else {
        delta_x
    };
    if sideways.abs() > delta_y.abs() || shift {
        inside.move_axis(|axis, extent| axis.pan(extent, sideways));
        return true;
    }
    false
}

/// Zooms around the playhead if it is in view, else around the middle.
pub fn zoom(inside: Inside, factor: f64) {
    let view = untrack(|| inside.view());
    let cursor = inside.page.playback.get_untracked().cursor_sample;
    let anchor = cursor
        .map(|sample| view.x_of(sample as f64))
        .filter(|x| (0.0..=view.width).contains(x))
        .unwrap_or(view.width / 2.0);
    inside.move_axis(|axis, extent| axis.zoom(extent, factor, anchor));
}

/// A key on the picture.
pub fn key(inside: Inside, event: &KeyboardEvent) {
    if event.ctrl_key() || event.alt_key() || event.meta_key() {
        return;
    }
    let page = inside.page;
    let view = untrack(|| inside.view());
    let row = untrack(|| inside.row_samples());
    let rows = (view.width * view.samples_per_pixel * ARROW_SHARE / row as f64).round();
    let step = (rows as i64).max(1) * row;
    let at = || page.playback.get_untracked().cursor_sample.unwrap_or(0);
    match event.key().as_str() {
        "+" | "=" | "ArrowUp" => zoom(inside, ZOOM_STEP),
        "-" | "_" | "ArrowDown" => zoom(inside, 1.0 / ZOOM_STEP),
        "0" => inside.axis.update(super::axis::Axis::fit),
        "ArrowRight" => seek(inside, at() + step),
        "ArrowLeft" => seek(inside, at() - step),
        "PageDown" => inside.move_axis(|axis, e| axis.pan(e, e.width * PAGE_SHARE)),
        "PageUp" => inside.move_axis(|axis, e| axis.pan(e, -e.width * PAGE_SHARE)),
        "Home" => seek(inside, 0),
        "End" => {
            inside.axis.update(super::axis::Axis::follow);
            seek(inside, i64::MAX);
        }
        " " | "Enter" if page.phase.get_untracked() == Phase::Finished => {
            playing::toggle_play(page);
        }
        _ => return,
    }
    event.prevent_default();
}

fn seek(inside: Inside, sample: i64) {
    // The read-out follows the keys, wherever the mouse lies.
    inside.pointer.set(None);
    playing::seek(inside.page, sample);
    if let Some(cursor) = inside.page.playback.get_untracked().cursor_sample {
        inside.move_axis(|axis, extent| axis.reveal(extent, cursor));
    }
}

/// Seconds of a sample position on the axis.
pub fn seconds(sample: f64) -> f64 {
    sample / SAMPLE_RATE_HZ
}
