//! The view: transport, collapse, tree and account.

use asr_playground::decode::DecoderKind;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, KeyboardEvent};

use super::account::Account;
use super::state::Inspector;
use super::strip::{Collapse, RowTokens};
use super::table::RowTable;
use super::transport::Transport;
use super::tree_view::Hypotheses;
use super::words;
use crate::ui::page::{Phase, use_page};

/// The view.
#[component]
pub fn InspectorView() -> impl IntoView {
    let page = use_page();
    let inspector = Inspector::new(page);
    let over = Memo::new(move |_| inspector.over());
    view! {
        <section
            class="panel inspector"
            aria-labelledby="inspector-title"
            data-testid="inspector"
            on:keydown=move |event| on_key(inspector, &event)
        >
            <div class="panel-head">
                <h2 id="inspector-title">"Beam search, row by row"</h2>
                <p class="hint" data-testid="search-kind">
                    {move || kind_words(inspector)}
                    {move || inspector.stretch().as_ref().and_then(words::search_begins)}
                </p>
            </div>
            <Show when=move || over.get() fallback=move || view! { <Waiting /> }>
                <Transport inspector />
                <Refusal inspector />
                <Collapse inspector />
                <RowTokens inspector />
                <div class="inspector-columns">
                    <Hypotheses inspector />
                    <Account inspector />
                </div>
                <SearchEnds inspector />
                <RowTable inspector />
            </Show>
        </section>
    }
}

#[component]
fn Waiting() -> impl IntoView {
    let page = use_page();
    let words = move || match page.phase.get() {
        Phase::Recording => "The rows can be stepped through when the recording is stopped.",
        Phase::Opening | Phase::Running => "The rows can be stepped through when the take is over.",
        Phase::Idle | Phase::Finished => {
            "Run a clip or record something, then step through it here."
        }
    };
    view! { <p class="inspector-wait" role="status">{words}</p> }
}

#[component]
fn Refusal(inspector: Inspector) -> impl IntoView {
    move || {
        let words = inspector.refused.get()?;
        Some(view! {
            <p class="inspector-wait" role="status">{format!("The rows are not here: {words}.")}</p>
        })
    }
}

/// That the search ends after the row in view, where it does.
#[component]
fn SearchEnds(inspector: Inspector) -> impl IntoView {
    let words = move || {
        let kind = inspector.stretch()?.kind;
        let row = inspector.row();
        let next = inspector.texts.with(|texts| texts.next_begins(row as i64));
        words::search_ends(kind, next, row + 1 == inspector.rows())
    };
    move || words().map(|words| view! { <p class="hint" data-testid="search-ends">{words}</p> })
}

/// What beam is shown.
fn kind_words(inspector: Inspector) -> String {
    let settings = inspector.page.settings;
    let now = settings.with(|s| s.recognizer.decoder.kind);
    let kind = inspector.stretch().map_or(now, |stretch| stretch.kind);
    let width = inspector.beam().width;
    let beam = if width == 1 {
        "one hypothesis".to_owned()
    } else {
        format!("{width} hypotheses")
    };
    match kind {
        DecoderKind::Greedy => format!(
            "The decoder is set to greedy, which keeps no hypotheses. Shown is what a beam of {beam} does without a language model. "
        ),
        DecoderKind::Beam => format!("A beam of {beam}, without a language model. "),
        DecoderKind::BeamLm => format!("A beam of {beam}, with the language model. "),
    }
}

/// Left and right step rows, wherever the focus is, unless it has a use for them.
fn on_key(inspector: Inspector, event: &KeyboardEvent) {
    let element = event
        .target()
        .and_then(|t| t.dyn_into::<HtmlElement>().ok());
    let own = element.is_some_and(|e| matches!(e.tag_name().as_str(), "INPUT" | "SELECT"));
    if own || event.alt_key() || event.ctrl_key() || event.meta_key() {
        return;
    }
    let rows = match event.key().as_str() {
        "ArrowRight" => 1,
        "ArrowLeft" => -1,
        _ => return,
    };
    event.prevent_default();
    inspector.step(rows);
}

/// What a row made of the beam, in a line.
pub fn summary(inspector: Inspector) -> String {
    let seen = inspector.seen.get();
    seen.map_or_else(|| "…".to_owned(), |row| words::summary(&row))
}
