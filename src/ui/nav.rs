//! The choice of views, and which parts of the page a link leaves out.

use leptos::prelude::*;

use super::browser::show_in_row;
use super::page::{Page, use_page};
use super::state::View;

/// The row of views.
#[component]
pub fn Nav() -> impl IntoView {
    let page = use_page();
    let open = move |view: View| open_view(page) == view;
    // On a phone the row is longer than the screen.
    Effect::new(move || {
        open_view(page);
        show_open();
    });
    // A screen that is turned is another one.
    let turned = window_event_listener(leptos::ev::resize, |_| show_open());
    on_cleanup(move || turned.remove());
    view! {
        <nav class="views" aria-label="Views">
            {View::ALL
                .into_iter()
                .filter(|view| !hidden(page, view.name()))
                .map(|view| {
                    view! {
                        <button
                            type="button"
                            class="view-tab"
                            data-testid=format!("view-{}", view.name())
                            title=purpose(view)
                            aria-current=move || open(view).then_some("page")
                            on:click=move |_| page.settings.update(|s| s.view = view)
                        >
                            {title(view)}
                        </button>
                    }
                })
                .collect_view()}
        </nav>
    }
}

/// Scrolls the row to the open view.
fn show_open() {
    request_animation_frame(|| show_in_row(".views", ".view-tab[aria-current]"));
}

/// The view that is open: the one chosen, unless the address leaves it out.
pub fn open_view(page: Page) -> View {
    let chosen = page.settings.with(|s| s.view);
    let mut others = View::ALL.into_iter();
    if hidden(page, chosen.name()) {
        let first = others.find(|view| !hidden(page, view.name()));
        first.unwrap_or(chosen)
    } else {
        chosen
    }
}

/// Whether the address asks to leave out a part of the page.
pub fn hidden(page: Page, part: &str) -> bool {
    page.query.with_value(|query| query.hide.contains(part))
}

fn title(view: View) -> &'static str {
    match view {
        View::Listen => "Listen",
        View::Inside => "Look inside",
        View::Beam => "Beam search",
        View::Latency => "Latency",
        View::Compare => "Compare",
        View::Sweep => "Sweep",
        View::Lessons => "Lessons",
    }
}

fn purpose(view: View) -> &'static str {
    match view {
        View::Listen => "The words, and how far they are from what was said",
        View::Inside => "Sound, spectrogram, letter probabilities and words on one time axis",
        View::Beam => "The hypotheses of the beam search, row by row",
        View::Latency => "Where each millisecond goes",
        View::Compare => "Two settings side by side on the same audio",
        View::Sweep => "Many settings over many clips, and which are worth it",
        View::Lessons => "CTC, beam search, word error rate, streaming: two minutes each",
    }
}
