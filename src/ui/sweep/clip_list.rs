//! Which clips are run.

use std::collections::BTreeSet;

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;

use super::files;
use super::state::{OwnClip, SweepState, use_sweep};
use crate::ui::clips::Clip;
use crate::ui::format;
use crate::ui::page::{Origin, Page, Phase, use_page};

/// What the file dialogue offers first; anything may be tried.
const ACCEPT: &str = "audio/*,.wav,.flac,.mp3,.ogg,.oga,.opus,.aif,.aiff,.txt,.tsv,.csv";

/// The bundled clips that are chosen, in the list's order.
pub fn chosen_bundled(page: Page, sweep: SweepState) -> Vec<Clip> {
    let clips = page.clips.get().unwrap_or_default();
    sweep.bundled.with(|chosen| {
        let is_chosen = |clip: &Clip| match chosen {
            None => !clip.reference.is_empty(),
            Some(chosen) => chosen.contains(&clip.file),
        };
        clips.into_iter().filter(is_chosen).collect()
    })
}

fn choose(page: Page, sweep: SweepState, wanted: impl Fn(&Clip) -> bool) {
    let clips = page.clips.get_untracked().unwrap_or_default();
    let chosen: BTreeSet<String> = clips
        .into_iter()
        .filter(wanted)
        .map(|clip| clip.file)
        .collect();
    sweep.bundled.set(Some(chosen));
}

/// Own clips that are chosen and can be judged.
pub fn chosen_own(sweep: SweepState) -> Vec<OwnClip> {
    let own = sweep.own.get();
    own.into_iter()
        .filter(|clip| clip.chosen.get() && clip.has_reference())
        .collect()
}

/// The lists and what fills them.
#[component]
pub fn ClipList() -> impl IntoView {
    let (page, sweep) = (use_page(), use_sweep());
    let every = move |wanted: bool| {
        choose(page, sweep, |clip| wanted && !clip.reference.is_empty());
    };
    view! {
        <fieldset class="sweep-block">
            <legend class="field-name">"Clips"</legend>
            <div class="sweep-chips" data-testid="sweep-clips">
                {move || page.clips.get().unwrap_or_default().iter().map(bundled).collect_view()}
            </div>
            <div class="sweep-tools">
                <button type="button" class="button quiet" on:click=move |_| every(true)>"All spoken"</button>
                <button type="button" class="button quiet" data-testid="sweep-no-clips" on:click=move |_| every(false)>
                    "None"
                </button>
                <OpenFiles />
                <AddTake />
            </div>
            <p class="hint">
                "Dropped or opened files need what is said in them: a text file of the same name (letter.wav, letter.txt), "
                "a TSV or CSV with file name and text, or type it here."
            </p>
            {move || sweep.refused.get().map(|words| view! { <p class="sweep-warning" role="alert">{words}</p> })}
            <ul class="sweep-own">
                <For each=move || sweep.own.get() key=|clip| clip.id let:clip>
                    <Own clip=clip />
                </For>
            </ul>
        </fieldset>
    }
}

/// A bundled clip's checkbox.
fn bundled(clip: &Clip) -> impl IntoView + use<> {
    let (page, sweep) = (use_page(), use_sweep());
    let file = clip.file.clone();
    let checked = move || chosen_bundled(page, sweep).iter().any(|c| c.file == file);
    let file = clip.file.clone();
    let title = if clip.reference.is_empty() {
        format!(
            "{}; nothing is said in it, so only inserted words count",
            clip.note
        )
    } else {
        clip.note.clone()
    };
    view! {
        <label class="chip" title=title>
            <input
                type="checkbox"
                value=clip.file.clone()
                prop:checked=checked
                on:change=move |event| {
                    let on = event_target_checked(&event);
                    let before: Vec<String> = untrack(|| chosen_bundled(page, sweep))
                        .into_iter()
                        .map(|c| c.file)
                        .collect();
                    choose(page, sweep, |c| if c.file == file { on } else { before.contains(&c.file) });
                }
            />
            <span>{clip.label()}</span>
        </label>
    }
}

#[component]
fn OpenFiles() -> impl IntoView {
    let sweep = use_sweep();
    let choose = move |event: web_sys::Event| {
        let input = event
            .target()
            .and_then(|t| t.dyn_into::<HtmlInputElement>().ok());
        if let Some(input) = input {
            if let Some(list) = input.files() {
                files::add_files(sweep, &list);
            }
            // So that choosing the same files again is a change as well.
            input.set_value("");
        }
    };
    view! {
        <label class="button file-choice">
            <input
                class="visually-hidden"
                type="file"
                multiple
                accept=ACCEPT
                data-testid="sweep-files"
                on:change=choose
            />
            <span>"Open files…"</span>
        </label>
    }
}

#[component]
fn AddTake() -> impl IntoView {
    let (page, sweep) = (use_page(), use_sweep());
    let heard = move || {
        let own = page
            .origin
            .with(|o| matches!(o, Some(Origin::Microphone | Origin::File(_))));
        own && page.phase.get() == Phase::Finished && page.frames.get() > 0
    };
    view! {
        <button
            type="button"
            class="button"
            data-testid="sweep-add-take"
            title="Keeps the take in view, with its reference, in this list; recordings and opened files only"
            disabled=move || !heard()
            on:click=move |_| files::add_take(page, sweep)
        >
            "Add the take in view"
        </button>
    }
}

/// A clip of the person's own, with what is said in it.
#[component]
fn Own(clip: OwnClip) -> impl IntoView {
    let sweep = use_sweep();
    let name = clip.name.get_value();
    let length = move || {
        let seconds = clip.seconds.get();
        seconds.map_or("length not known".to_owned(), |s| format!("{s:.1} s"))
    };
    let field = format!("sweep-own-{}", clip.id);
    view! {
        <li class="sweep-own-clip" data-testid="sweep-own">
            <label class="chip">
                <input
                    type="checkbox"
                    prop:checked=move || clip.chosen.get()
                    on:change=move |event| clip.chosen.set(event_target_checked(&event))
                />
                <span>{name.clone()} " · " {length}</span>
            </label>
            <label class="visually-hidden" for=field.clone()>{format!("What is said in {name}")}</label>
            <input
                id=field
                type="text"
                class="sweep-reference"
                class:missing=move || !clip.has_reference()
                placeholder="What is said in it; without, it is left out"
                prop:value=move || clip.reference.get()
                on:input=move |event| clip.reference.set(event_target_value(&event))
            />
            <button
                type="button"
                class="button quiet"
                aria-label=format!("Take {name} away")
                on:click=move |_| files::remove(sweep, clip.id)
            >
                "Remove"
            </button>
        </li>
    }
}

/// "65 s", with a word on what is not known.
pub fn seconds_words(seconds: f64, unknown: usize) -> String {
    let known = if seconds < 120.0 {
        format!("{seconds:.0} s")
    } else {
        format::clock(seconds)
    };
    match unknown {
        0 => known,
        1 => format!("{known} and one clip of unknown length"),
        n => format!("{known} and {n} clips of unknown length"),
    }
}
