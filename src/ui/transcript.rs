//! The words as they come: committed ones firm, tentative ones visibly not.

use asr_playground::decode::{Word, fillers};
use asr_playground::model::Lookahead;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, KeyboardEvent};

use super::actions;
use super::format;
use super::hypotheses::Hypotheses;
use super::options::FILLERS;
use super::page::{ModelStatus, Page, Phase, use_page};
use super::playing;

/// Below this a word is marked as doubtful.
const DOUBTFUL: f32 = 0.6;

/// The panel.
#[component]
pub fn TranscriptPanel() -> impl IntoView {
    let page = use_page();
    let pointed = RwSignal::new(None::<usize>);
    let text = NodeRef::<html::P>::new();
    provide_context(FillerMarks(Memo::new(move |_| filler_marks(page))));
    Effect::new(move |_| {
        // A long live transcript keeps its last line in view.
        page.transcript.track();
        if let (Some(text), Phase::Recording | Phase::Running) =
            (text.get(), page.phase.get_untracked())
        {
            text.set_scroll_top(text.scroll_height());
        }
    });
    view! {
        <section class="panel" aria-labelledby="transcript-title" data-testid="transcript">
            <div class="panel-head">
                <h2 id="transcript-title">"What it says"</h2>
                <p class="hint">
                    <span class="sample-committed">"Firm words"</span>
                    " are committed: they do not change unless you change a setting. "
                    <span class="sample-tentative">"Slanted words"</span>
                    " are tentative: the model may still change its mind. "
                    <span class="sample-corrected">"Marked words"</span>
                    " replaced others that were shown."
                </p>
            </div>
            <p
                class="transcript-text"
                node_ref=text
                tabindex="0"
                aria-label="Transcript; arrow keys move from word to word, Enter plays one"
                on:mouseover=move |event| pointed.set(word_index(event.target()))
                on:mouseleave=move |_| pointed.set(None)
                on:focusin=move |event| pointed.set(word_index(event.target()))
                on:focusout=move |_| pointed.set(None)
                on:click=move |event| {
                    if let Some(index) = word_index(event.target()) {
                        play_word(page, index);
                    }
                }
                on:keydown=move |event| on_key(page, &event)
            >
                <Committed />
                {move || {
                    let committed = page.transcript.with(|t| t.committed > 0 && t.words.len() > t.committed);
                    committed.then_some(" ")
                }}
                <Tentative />
                <span class="transcript-waiting">{move || waiting_words(page)}</span>
            </p>
            <Mixed />
            <div class="word-line">
                <p class="word-detail">{move || detail(page, pointed.get())}</p>
                <Rerunning />
            </div>
            <Hypotheses />
        </section>
    }
}

#[component]
fn Committed() -> impl IntoView {
    let page = use_page();
    view! {
        <span class="committed" data-testid="transcript-committed">
            <For
                each=move || committed_words(page)
                key=|(revision, index, _)| (*revision, *index)
                children=move |(_, index, word)| {
                    let space = (index > 0).then_some(" ");
                    view! { {space}{word_view(page, index, &word)} }
                }
            />
        </span>
    }
}

#[component]
fn Tentative() -> impl IntoView {
    let page = use_page();
    let words = move || {
        page.transcript.with(|t| {
            t.words
                .iter()
                .enumerate()
                .skip(t.committed)
                .map(|(index, word)| {
                    let space = (index > t.committed).then_some(" ");
                    view! { {space}{word_view(page, index, word)} }
                })
                .collect_view()
        })
    };
    view! {
        <span class="tentative" data-testid="transcript-tentative">
            {words}
        </span>
    }
}

/// The committed words alone, for screen readers, each said once.
#[component]
pub fn Spoken() -> impl IntoView {
    let page = use_page();
    view! {
        <div class="visually-hidden" role="log" aria-live="polite" aria-label="Committed words">
            <For
                each=move || committed_words(page)
                key=|(revision, index, _)| (*revision, *index)
                children=|(_, _, word)| view! { <span>{word.text} " "</span> }
            />
        </div>
    }
}

/// Says so where the take was not made with one setting throughout.
#[component]
fn Mixed() -> impl IntoView {
    let page = use_page();
    let over = move || page.phase.get() == Phase::Finished;
    move || {
        (page.mixed.get() && over()).then(|| {
            view! {
                <p class="mixed" role="status" data-testid="mixed">
                    "A setting was changed while this take ran. What had been committed stayed, so text and figures are of both settings. "
                    <button type="button" class="button" data-testid="unmix" on:click=move |_| actions::run_kept(page)>
                        "Recognise all of it as set now"
                    </button>
                </p>
            }
        })
    }
}

/// Shown while the take is run again.
#[component]
fn Rerunning() -> impl IntoView {
    let page = use_page();
    view! {
        <p class="rerun" class:invisible=move || page.rerun.with(Option::is_none)>
            <span>"Running again"</span>
            <progress max="1" aria-label="Running again" prop:value=move || page.rerun.get().unwrap_or(0.0)></progress>
        </p>
    }
}

fn committed_words(page: Page) -> Vec<(u32, usize, Word)> {
    // A new take begins a new list even where the revision is the same.
    let take = page.viewed.get();
    page.transcript.with(|t| {
        let revision = take.wrapping_mul(4096).wrapping_add(t.revision);
        t.words
            .iter()
            .take(t.committed)
            .enumerate()
            .map(|(index, word)| (revision, index, word.clone()))
            .collect()
    })
}

fn word_view(page: Page, index: usize, word: &Word) -> impl IntoView + use<> {
    let fillers = expect_context::<FillerMarks>().0;
    let filler = move || fillers.with(|marks| marks.get(index).copied().unwrap_or(false));
    let corrected = move || page.corrections.with(|c| c.of(index).is_some());
    view! {
        <span
            class="word"
            class:doubtful=word.confidence < DOUBTFUL
            class:filler=filler
            class:corrected=corrected
            data-word=index
            tabindex="-1"
            title=times(word)
        >
            {word.text.clone()}
        </span>
    }
}

/// Which words are fillers, where those are struck out.
#[derive(Clone, Copy)]
struct FillerMarks(Memo<Vec<bool>>);

fn filler_marks(page: Page) -> Vec<bool> {
    if page.settings.with(|s| s.fillers) {
        page.transcript.with(|t| fillers::mark(&t.words, &FILLERS))
    } else {
        Vec::new()
    }
}

fn times(word: &Word) -> String {
    format!(
        "{:.2} to {:.2} s, confidence {:.0}%",
        format::seconds_of(word.start_sample),
        format::seconds_of(word.end_sample),
        word.confidence * 100.0
    )
}

fn detail(page: Page, pointed: Option<usize>) -> String {
    let word = pointed.and_then(|index| page.transcript.with(|t| t.words.get(index).cloned()));
    if let Some(word) = word {
        let replaced = pointed.and_then(|i| page.corrections.with(|c| c.of(i).map(str::to_owned)));
        let replaced = replaced.map_or_else(String::new, |old| format!(", first shown as “{old}”"));
        return format!("“{}”: {}{replaced}", word.text, times(&word));
    }
    let words = page.transcript.with(|t| t.words.len());
    let doubtful = page
        .transcript
        .with(|t| t.words.iter().any(|w| w.confidence < DOUBTFUL));
    match (words, doubtful) {
        (0, _) => "\u{a0}".to_owned(),
        (1, _) => "1 word".to_owned(),
        (_, false) => format!("{words} words. Point at one for its time, click to hear it."),
        (_, true) => format!(
            "{words} words. Point at one for its time, click to hear it; a wavy line means the model was unsure."
        ),
    }
}

fn waiting_words(page: Page) -> &'static str {
    if page.transcript.with(|t| !t.words.is_empty()) {
        return "";
    }
    let ready = page.model.with(|m| matches!(m, ModelStatus::Ready(_)));
    let whole = page.settings.with(|s| s.recognizer.lookahead) == Lookahead::WholeTake;
    match page.phase.get() {
        Phase::Idle if ready => "Press Record and speak, pick a clip, or drop a file.",
        Phase::Idle => "The words will appear here, once the model is loaded.",
        Phase::Opening => "Waiting for the microphone…",
        Phase::Recording if whole => {
            "Listening. With the whole take as lookahead, the words come when you press Stop."
        }
        Phase::Running if whole => {
            "Listening. With the whole take as lookahead, the words come at its end."
        }
        Phase::Recording | Phase::Running => "Listening…",
        Phase::Finished => "No words were recognised in this take.",
    }
}

fn word_index(target: Option<web_sys::EventTarget>) -> Option<usize> {
    let element = target?.dyn_into::<HtmlElement>().ok()?;
    element.get_attribute("data-word")?.parse().ok()
}

/// Plays a word, with the cursor at its beginning.
fn play_word(page: Page, index: usize) {
    let stretch = page
        .transcript
        .with_untracked(|t| t.words.get(index).map(|w| w.start_sample..w.end_sample));
    if let (Some(stretch), Phase::Finished) = (stretch, page.phase.get_untracked()) {
        playing::play_stretch(page, stretch);
    }
}

/// Arrow keys walk the words; Enter and the space bar play one.
fn on_key(page: Page, event: &KeyboardEvent) {
    let count = page.transcript.with_untracked(|t| t.words.len());
    let current = word_index(event.target());
    let next = match (event.key().as_str(), current) {
        ("Enter" | " ", Some(index)) => {
            event.prevent_default();
            play_word(page, index);
            return;
        }
        ("ArrowRight", Some(index)) => index + 1,
        ("ArrowLeft", Some(index)) => index.saturating_sub(1),
        ("ArrowRight" | "ArrowLeft" | "Home", _) => 0,
        ("End", _) => count.saturating_sub(1),
        _ => return,
    };
    let selector = format!("[data-testid=transcript] [data-word=\"{next}\"]");
    if let Ok(Some(element)) = document().query_selector(&selector) {
        event.prevent_default();
        if let Ok(element) = element.dyn_into::<HtmlElement>() {
            let _ = element.focus();
        }
    }
}
