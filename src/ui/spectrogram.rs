//! The log-mel spectrogram, live, with the words under it and a cursor.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use leptos::html;
use leptos::prelude::*;
use web_sys::KeyboardEvent;

use super::drawing::{Frames, watch_system_theme, watch_width};
use super::format;
use super::page::{Page, Phase, use_page};
use super::playing;
use super::plot::{GUTTER, MARGIN};
use super::spectrogram_canvas::{HEIGHT, Painter, Scene};
use super::timeline::{self, HOP_SAMPLES, SAMPLE_RATE_HZ, View};

/// The panel.
#[component]
pub fn SpectrogramPanel() -> impl IntoView {
    let page = use_page();
    let scroller = NodeRef::<html::Div>::new();
    let canvas = NodeRef::<html::Canvas>::new();
    let width = RwSignal::new(0.0_f64);
    let artist = StoredValue::new_local(Artist::new());
    let request = move || {
        artist.with_value(|artist| artist.request(page, scroller, canvas, width));
    };
    Effect::new(move |_| {
        if let Some(element) = scroller.get() {
            watch_width(&element, width);
        }
    });
    Effect::new(move |_| {
        // Whatever of these changes, the picture does.
        page.frames.track();
        page.transcript.track();
        page.playback.track();
        page.phase.track();
        page.source.track();
        page.settings.track();
        width.track();
        request();
    });
    watch_system_theme(request);
    let plot_width = move || (width.get() - GUTTER - MARGIN).max(40.0);
    let content = move || {
        if live(page, plot_width()) {
            return "100%".to_owned();
        }
        let plot = timeline::content_width(page.take_samples(), plot_width());
        format!("{:.0}px", plot + GUTTER + MARGIN)
    };
    let seek_at = move |x: f64| {
        let plot = untrack(plot_width);
        let scroll = scroll_left(scroller);
        let view = untrack(|| view_of(page, plot, scroll));
        playing::seek(page, view.sample_at((x - GUTTER).clamp(0.0, plot)));
    };
    let cursor_seconds = move || format::seconds_of(page.playback.get().cursor_sample.unwrap_or(0));
    let total_seconds = move || format::seconds_of(page.take_samples());
    view! {
        <section class="panel" aria-labelledby="spectrogram-title">
            <div class="panel-head">
                <h2 id="spectrogram-title">"What the model sees"</h2>
                <p class="hint">
                    "Time runs to the right, pitch upwards; the brighter, the louder. "
                    "80 mel bands every 10 ms: all the model knows of the sound."
                </p>
            </div>
            <div class="spectrogram-scroller" node_ref=scroller on:scroll=move |_| request()>
                <div class="spectrogram-content" style:width=content style:height=format!("{HEIGHT}px")>
                    <canvas
                        node_ref=canvas
                        class="spectrogram"
                        data-testid="spectrogram"
                        data-frames=move || page.frames.get()
                        tabindex="0"
                        role="slider"
                        aria-label="Spectrogram and position in the take"
                        aria-valuemin="0"
                        aria-valuemax=move || format!("{:.1}", total_seconds())
                        aria-valuenow=move || format!("{:.1}", cursor_seconds())
                        aria-valuetext=move || {
                            format!("{:.1} of {:.1} seconds", cursor_seconds(), total_seconds())
                        }
                        style:width=move || format!("{:.0}px", width.get())
                        style:height=format!("{HEIGHT}px")
                        on:pointerdown=move |event| {
                            if event.button() == 0 && page.frames.get_untracked() > 0 {
                                seek_at(f64::from(event.offset_x()));
                            }
                        }
                        on:keydown=move |event| on_key(page, &event)
                    ></canvas>
                </div>
            </div>
        </section>
    }
}

/// Whether the view follows the present instead of showing the whole take.
fn live(page: Page, plot_width: f64) -> bool {
    let known = page.source.with(|s| s.as_ref().and_then(|s| s.samples));
    match page.phase.get() {
        Phase::Recording | Phase::Opening | Phase::Idle => true,
        Phase::Running if page.rerun.with(Option::is_some) => false,
        Phase::Running => known.is_none_or(|samples| !timeline::fits(samples, plot_width)),
        Phase::Finished => false,
    }
}

fn view_of(page: Page, plot_width: f64, scroll: f64) -> View {
    if live(page, plot_width) {
        View::live(page.frames.get() * HOP_SAMPLES, plot_width)
    } else {
        View::whole(page.take_samples(), plot_width, scroll)
    }
}

fn scroll_left(scroller: NodeRef<html::Div>) -> f64 {
    scroller
        .get_untracked()
        .map_or(0.0, |element| f64::from(element.scroll_left()))
}

fn on_key(page: Page, event: &KeyboardEvent) {
    let step = |seconds: f64| {
        let at = page.playback.get_untracked().cursor_sample.unwrap_or(0);
        at + (seconds * SAMPLE_RATE_HZ) as i64
    };
    let to = match event.key().as_str() {
        "ArrowRight" | "ArrowUp" => step(0.1),
        "ArrowLeft" | "ArrowDown" => step(-0.1),
        "PageUp" => step(1.0),
        "PageDown" => step(-1.0),
        "Home" => 0,
        "End" => i64::MAX,
        " " | "Enter" => {
            event.prevent_default();
            if page.phase.get_untracked() == Phase::Finished {
                playing::toggle_play(page);
            }
            return;
        }
        _ => return,
    };
    event.prevent_default();
    playing::seek(page, to);
}

/// Draws at most once a frame of the display.
#[derive(Clone)]
struct Artist {
    frames: Frames,
    painter: Rc<RefCell<Option<Painter>>>,
    last_take_shown_whole: Rc<Cell<u32>>,
}

impl Artist {
    fn new() -> Self {
        Self {
            frames: Frames::new(),
            painter: Rc::default(),
            last_take_shown_whole: Rc::default(),
        }
    }

    fn request(
        &self,
        page: Page,
        scroller: NodeRef<html::Div>,
        canvas: NodeRef<html::Canvas>,
        width: RwSignal<f64>,
    ) {
        let artist = self.clone();
        self.frames.request(move || {
            artist.draw(page, scroller, canvas, width);
            if page.playback.get_untracked().playing {
                playing::follow_sound(page);
                artist.request(page, scroller, canvas, width);
            }
        });
    }

    fn draw(
        &self,
        page: Page,
        scroller: NodeRef<html::Div>,
        canvas: NodeRef<html::Canvas>,
        width: RwSignal<f64>,
    ) {
        let (Some(canvas), Some(scroller)) = (canvas.get(), scroller.get()) else {
            return;
        };
        let width = width.get();
        let plot = width - GUTTER - MARGIN;
        if plot < 40.0 {
            return;
        }
        let mut painter = self.painter.borrow_mut();
        if painter.is_none() {
            *painter = Painter::new(canvas).ok();
        }
        let Some(painter) = painter.as_mut() else {
            return;
        };
        self.scroll(page, &scroller, plot);
        let view = view_of(page, plot, f64::from(scroller.scroll_left()));
        let transcript = page.transcript.get();
        let scene = Scene {
            view,
            words: &transcript.words,
            committed: transcript.committed,
            cursor_sample: page.playback.get().cursor_sample,
            empty: (page.frames.get() == 0).then(|| waiting_words(page.phase.get())),
        };
        page.handles.with_value(|handles| {
            // What fails here is only a picture, and the next one may succeed.
            let _ = painter.draw(&handles.log_mel, &scene, width);
        });
    }

    /// Keeps the cursor of a long take in view while it plays; a take that has
    /// just become long is shown from its end.
    fn scroll(&self, page: Page, scroller: &web_sys::HtmlDivElement, plot: f64) {
        if live(page, plot) {
            return;
        }
        let take = page.take.get();
        if self.last_take_shown_whole.replace(take) != take {
            scroller.set_scroll_left(scroller.scroll_width());
        }
        let playback = page.playback.get();
        if let (true, Some(cursor)) = (playback.playing, playback.cursor_sample) {
            let view = view_of(page, plot, f64::from(scroller.scroll_left()));
            let x = view.x_of(cursor as f64);
            if x < 0.0 || x > plot * 0.95 {
                let target = cursor as f64 / view.samples_per_pixel - plot * 0.1;
                scroller.set_scroll_left(target.max(0.0) as i32);
            }
        }
    }
}

/// What an empty picture says.
pub fn waiting_words(phase: Phase) -> &'static str {
    match phase {
        Phase::Idle | Phase::Finished => "Nothing heard yet",
        Phase::Opening => "Waiting for the microphone…",
        Phase::Recording | Phase::Running => "Listening…",
    }
}
