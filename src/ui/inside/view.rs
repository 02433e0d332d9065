//! The view's components: the picture with its tools, the read-out, the sections below.

use std::cell::RefCell;
use std::rc::Rc;

use leptos::html;
use leptos::prelude::*;

use super::alignment::AlignmentSection;
use super::axis::{Axis, ZOOM_STEP};
use super::keyword::KeywordSection;
use super::painter::{Painter, Scene};
use super::picture;
use super::pointer::{self, Gesture, seconds};
use super::readout::{Readout, spoken};
use super::scene::Inside;
use super::text::TextAlternative;
use crate::ui::browser::error_words;
use crate::ui::download;
use crate::ui::drawing::{Frames, watch_system_theme, watch_width};
use crate::ui::format;
use crate::ui::page::{Origin, Page, use_page};
use crate::ui::playing;
use crate::ui::spectrogram::waiting_words;

/// The view.
#[component]
pub fn InsideView() -> impl IntoView {
    let page = use_page();
    let inside = Inside::new(page);
    let aligned = RwSignal::new(false);
    let canvas = NodeRef::<html::Canvas>::new();
    view! {
        <section class="panel" aria-labelledby="inside-title">
            <div class="panel-head">
                <h2 id="inside-title">"From sound to words"</h2>
                <p class="hint">
                    "One time axis: the waveform, the log-mel spectrogram the model sees, and the probability it gives each token every 20 ms. "
                    "CTC says “blank” most of the time and writes each letter as a short spike, a little after it was heard: "
                    "the times of words have that taken off."
                </p>
            </div>
            <Tools inside aligned canvas />
            <Picture inside canvas />
            <Scroll inside />
            <Readout inside />
            <TextAlternative inside />
        </section>
        <section class="panel" aria-label="Alignment and keyword" class:hidden=move || page.take.get() == 0>
            <AlignmentSection inside on=aligned />
            <KeywordSection inside />
        </section>
    }
}

/// Zoom, scale, overlay, file.
#[component]
fn Tools(inside: Inside, aligned: RwSignal<bool>, canvas: NodeRef<html::Canvas>) -> impl IntoView {
    let page = inside.page;
    let fits = move || inside.axis.get().fits(inside.extent());
    let span = move || {
        let (view, extent) = (inside.view(), inside.extent());
        let end = view.right_sample().min(extent.length());
        (view.left_sample, end.max(view.left_sample))
    };
    let save = move |_| {
        if let Some(canvas) = canvas.get_untracked() {
            let failed = move |words: String| download::not_saved(page, &words);
            if let Err(error) = picture::save(&canvas, &file_name(page), failed) {
                failed(error_words(&error));
            }
        }
    };
    view! {
        <div class="inside-tools">
            <div class="inside-row" role="group" aria-label="Zoom">
                <button
                    type="button"
                    class="button icon-button"
                    data-testid="zoom-out"
                    aria-label="Zoom out"
                    title="Zoom out (−)"
                    prop:disabled=move || fits() && !inside.extent().growing
                    on:click=move |_| pointer::zoom(inside, 1.0 / ZOOM_STEP)
                >
                    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d="M5 12h14" /></svg>
                </button>
                <button
                    type="button"
                    class="button icon-button"
                    data-testid="zoom-in"
                    aria-label="Zoom in"
                    title="Zoom in (+)"
                    on:click=move |_| pointer::zoom(inside, ZOOM_STEP)
                >
                    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d="M5 12h14M12 5v14" /></svg>
                </button>
                <button
                    type="button"
                    class="button"
                    data-testid="zoom-fit"
                    title="Show the whole take (0)"
                    prop:disabled=move || inside.axis.get() == Axis::default()
                    on:click=move |_| inside.axis.update(Axis::fit)
                >
                    "Fit"
                </button>
                <p
                    class="inside-span"
                    data-testid="inside-span"
                    data-left=move || span().0.round().to_string()
                    data-right=move || span().1.round().to_string()
                >
                    {move || {
                        let (left, right) = span();
                        format!("{:.2}–{:.2} s", seconds(left), seconds(right))
                    }}
                </p>
            </div>
            <div class="inside-row">
                <button
                    type="button"
                    class="button"
                    data-testid="log-scale"
                    aria-pressed=move || inside.log_scale.get().to_string()
                    class:current=move || inside.log_scale.get()
                    title="Logarithmic probabilities, from 1 down to 1 in 10,000: also shows what was nearly said"
                    on:click=move |_| inside.log_scale.update(|on| *on = !*on)
                >
                    "Log scale"
                </button>
                <button
                    type="button"
                    class="button"
                    data-testid="align-reference"
                    aria-pressed=move || aligned.get().to_string()
                    class:current=move || aligned.get()
                    title="Lay the reference over the take by forced alignment"
                    on:click=move |_| aligned.update(|on| *on = !*on)
                >
                    "Align reference"
                </button>
                <button
                    type="button"
                    class="button"
                    data-testid="save-picture"
                    prop:disabled=move || page.frames.get() == 0
                    on:click=save
                >
                    "Save as PNG"
                </button>
            </div>
        </div>
    }
}

/// The canvas.
#[component]
fn Picture(inside: Inside, canvas: NodeRef<html::Canvas>) -> impl IntoView {
    let page = inside.page;
    let stage = NodeRef::<html::Div>::new();
    let gestures = StoredValue::new_local(Gesture::default());
    let artist = StoredValue::new_local(Artist::new());
    let request = move || {
        let _ = artist.try_with_value(|artist| artist.request(inside, canvas));
    };
    Effect::new(move |_| {
        if let Some(element) = stage.get() {
            watch_width(&element, inside.width);
        }
    });
    Effect::new(move |_| {
        // Whatever of these changes, the picture does; place and lanes track the rest.
        let _ = (inside.place(), inside.lanes());
        page.rows.track();
        page.transcript.track();
        inside.view();
        inside.chunk();
        inside.log_scale.track();
        page.settings.track();
        request();
    });
    watch_system_theme(request);
    let cursor = move || page.playback.get().cursor_sample.unwrap_or(0);
    view! {
        <div class="inside-stage" node_ref=stage>
            <canvas
                node_ref=canvas
                class="spectrogram inside-canvas"
                data-testid="inside-canvas"
                data-rows=move || page.rows.get()
                data-cursor=cursor
                data-playing=move || page.playback.get().playing.to_string()
                tabindex="0"
                role="slider"
                aria-label="Waveform, spectrogram, token probabilities and words. Arrow keys left and right move the playhead, plus and minus zoom, Page Up and Page Down scroll, Space plays"
                aria-valuemin="0"
                aria-valuemax=move || format!("{:.2}", format::seconds_of(page.take_samples()))
                aria-valuenow=move || format!("{:.2}", format::seconds_of(cursor()))
                aria-valuetext=move || spoken(inside)
                style:width=move || format!("{:.0}px", inside.width.get())
                style:height=move || format!("{:.0}px", inside.lanes().height)
                on:pointerdown=move |event| pointer::down(gestures, &event)
                on:pointermove=move |event| pointer::moved(inside, gestures, &event)
                on:pointerup=move |event| pointer::up(inside, gestures, &event)
                on:pointercancel=move |_| pointer::cancelled(gestures)
                on:pointerleave=move |_| inside.pointer.set(None)
                on:wheel=move |event| {
                    let delta = [event.delta_x(), event.delta_y()];
                    let x = f64::from(event.offset_x());
                    if pointer::wheel(inside, x, delta, event.ctrl_key(), event.shift_key()) {
                        event.prevent_default();
                    }
                }
                on:keydown=move |event| pointer::key(inside, &event)
            ></canvas>
        </div>
    }
}

/// A scroll bar, where not all of the take is in view.
#[component]
fn Scroll(inside: Inside) -> impl IntoView {
    let hidden = move || inside.axis.get().fits(inside.extent());
    let most = move || {
        let (view, extent) = (inside.view(), inside.extent());
        (extent.length() - view.width * view.samples_per_pixel).max(1.0)
    };
    view! {
        <input
            class="inside-scroll"
            class:invisible=hidden
            type="range"
            min="0"
            step="1"
            data-testid="inside-scroll"
            aria-label="Scroll through the take"
            aria-valuetext=move || format!("from {:.1} seconds", seconds(inside.view().left_sample))
            prop:max=move || most().to_string()
            prop:value=move || inside.view().left_sample.round().to_string()
            on:input=move |event| {
                if let Ok(left) = event_target_value(&event).parse() {
                    inside.move_axis(|axis, extent| axis.go_to(extent, left));
                }
            }
        />
    }
}

/// Draws at most once a frame of the display.
#[derive(Clone)]
struct Artist {
    frames: Frames,
    painter: Rc<RefCell<Option<Painter>>>,
}

impl Artist {
    fn new() -> Self {
        Self {
            frames: Frames::new(),
            painter: Rc::default(),
        }
    }

    fn request(&self, inside: Inside, canvas: NodeRef<html::Canvas>) {
        let artist = self.clone();
        self.frames.request(move || {
            let complete = artist.draw(inside, canvas);
            let playing = inside.page.playback.get_untracked().playing;
            if playing {
                follow(inside);
            }
            if playing || !complete {
                artist.request(inside, canvas);
            }
        });
    }

    /// False when there is more to draw.
    fn draw(&self, inside: Inside, canvas: NodeRef<html::Canvas>) -> bool {
        let (Some(canvas), width) = (canvas.get(), inside.width.get()) else {
            return true;
        };
        if width < 100.0 {
            return true;
        }
        let mut painter = self.painter.borrow_mut();
        if painter.is_none() {
            *painter = Painter::new(canvas).ok();
        }
        let Some(painter) = painter.as_mut() else {
            return true;
        };
        let page = inside.page;
        let tokens = inside
            .of_model(|info| info.tokens.clone())
            .unwrap_or_default();
        let drawn = page.transcript.with(|transcript| {
            inside.alignment.with(|alignment| {
                inside.keyword.with(|keyword| {
                    let scene = Scene {
                        take: page.take.get(),
                        view: inside.view(),
                        lanes: inside.lanes(),
                        place: inside.place(),
                        chunk: inside.chunk(),
                        chunk_samples: inside.chunk_samples(),
                        tokens: &tokens,
                        row_samples: inside.row_samples(),
                        words: &transcript.words,
                        committed: transcript.committed,
                        cursor_sample: page.playback.get().cursor_sample,
                        alignment: alignment.ready(),
                        keyword: keyword.ready(),
                        log_scale: inside.log_scale.get(),
                        empty: (page.frames.get() == 0).then(|| waiting_words(page.phase.get())),
                    };
                    page.handles
                        .with_value(|handles| painter.draw(handles, &scene, width))
                })
            })
        });
        // What fails here is only a picture, and the next one may succeed.
        drawn.unwrap_or(true)
    }
}

/// Keeps the playhead with the sound, and in view.
fn follow(inside: Inside) {
    playing::follow_sound(inside.page);
    if let Some(cursor) = inside.page.playback.get_untracked().cursor_sample {
        let mut axis = inside.axis.get_untracked();
        axis.reveal(inside.extent(), cursor);
        if axis != inside.axis.get_untracked() {
            inside.axis.set(axis);
        }
    }
}

/// What the picture is called as a file.
fn file_name(page: Page) -> String {
    let of = page.origin.with_untracked(|origin| match origin {
        Some(Origin::Clip(clip)) => clip.file.clone(),
        Some(Origin::File(name)) => name.clone(),
        Some(Origin::Microphone) | None => "take".to_owned(),
    });
    let stem = of.rsplit_once('.').map_or(of.as_str(), |(stem, _)| stem);
    format!("{stem}-inside.png")
}
