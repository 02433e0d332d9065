//! Recordings that another take pushed out of view and that are kept nowhere else: held in
//! memory until they are brought back, kept, or discarded. Nothing of them is stored.

use asr_playground::decode::Word;
use leptos::prelude::*;

use super::actions;
use super::download::{self, media};
use super::format;
use super::page::{Origin, Page, Phase, use_page};
use super::state::PageSettings;
use super::trouble::{Retry, Trouble};
use super::wav;

/// Most that is held: an hour, 115 MB.
const MOST_SAMPLES: usize = 3600 * 16_000;

/// A recording that was set aside.
#[derive(Clone, Debug, PartialEq)]
pub struct Aside {
    /// The number it had as a take.
    pub number: u32,
    /// Its audio, 16 kHz mono.
    pub audio: Vec<i16>,
    /// What was recognised.
    pub words: Vec<Word>,
    /// What was really said, as the person typed it; empty if not.
    pub reference: String,
    /// The settings it was recognised with, as in the address.
    pub settings_hash: String,
}

impl Aside {
    /// Its first words, in quotes.
    fn title(&self) -> String {
        let first: Vec<&str> = self.words.iter().take(5).map(|w| w.text.as_str()).collect();
        match (first.len(), self.words.len()) {
            (0, _) => "a recording without words".to_owned(),
            (shown, all) if shown < all => format!("“{}…”", first.join(" ")),
            _ => format!("“{}”", first.join(" ")),
        }
    }

    fn length(&self) -> String {
        format::clock(format::seconds_of(self.audio.len() as i64))
    }
}

/// Whether the take in view is a recording that is kept nowhere.
fn only_here(page: Page) -> bool {
    page.origin
        .with_untracked(|o| *o == Some(Origin::Microphone))
        && page.kept.get_untracked() != Some(page.viewed.get_untracked())
        && page.handles.with_value(|h| !h.audio.is_empty())
}

/// Another take comes into view: sets the one in view aside, if it would be lost.
pub fn put_aside(page: Page) {
    if !only_here(page) {
        return;
    }
    let audio = page
        .handles
        .try_update_value(|h| std::mem::take(&mut h.audio))
        .unwrap_or_default();
    let aside = Aside {
        number: page.viewed.get_untracked(),
        audio,
        words: page.transcript.with_untracked(|t| t.words.clone()),
        reference: page.typed_reference().unwrap_or_default(),
        settings_hash: page.settings.with_untracked(PageSettings::to_hash),
    };
    page.aside.update(|list| list.push(aside));
}

/// Whether what is in view could be set aside; says so if not. Asked before another take.
pub fn has_room(page: Page) -> bool {
    let held = page
        .aside
        .with_untracked(|list| list.iter().map(|a| a.audio.len()).sum::<usize>());
    let new = page.handles.with_value(|h| h.audio.len());
    let room = !only_here(page) || held + new <= MOST_SAMPLES || held == 0;
    if !room {
        page.trouble.set(Some(Trouble::notice(
            "An hour of recordings that are kept nowhere is set aside; another take would push one more out of view.",
            "Save or discard some of them first: they are listed under the source.",
            Retry::Nothing,
        )));
    }
    room
}

/// Takes one out of the list.
pub fn discard(page: Page, number: u32) {
    page.aside
        .update(|list| list.retain(|aside| aside.number != number));
}

/// Runs one again; what is in view takes its place.
fn bring_back(page: Page, number: u32) {
    let mut found = None;
    page.aside.update(|list| {
        let at = list.iter().position(|aside| aside.number == number);
        found = at.map(|at| list.remove(at));
    });
    let Some(aside) = found else { return };
    let reference = aside.reference.clone();
    if !actions::run_audio(page, Origin::Microphone, &aside.audio, reference) {
        // It is not lost either.
        page.aside.update(|list| list.push(aside));
    }
}

/// What is set aside, with what can be done about it.
#[component]
pub fn AsideList() -> impl IntoView {
    let page = use_page();
    let numbers = move || {
        page.aside
            .with(|list| list.iter().map(|a| a.number).collect::<Vec<_>>())
    };
    view! {
        <Show when=move || !page.aside.with(Vec::is_empty)>
            <div class="aside" data-testid="aside">
                <p class="hint" role="status">
                    "Recordings set aside, so that they are not lost. When this page closes they go, unless you save them or switch on “Keep my takes in this browser”."
                </p>
                <ul>
                    <For each=numbers key=|number| *number children=move |number| view! { <Row number=number /> } />
                </ul>
            </div>
        </Show>
    }
}

#[component]
fn Row(number: u32) -> impl IntoView {
    let page = use_page();
    let words = page.aside.with_untracked(|list| {
        let found = list.iter().find(|aside| aside.number == number);
        found.map(|aside| (aside.title(), aside.length()))
    });
    let (title, length) = words.unwrap_or_default();
    let busy = move || {
        !page.model.with(super::kinds::ModelStatus::is_ready)
            || matches!(page.phase.get(), Phase::Recording | Phase::Opening)
    };
    let named = {
        let title = title.clone();
        move |what: &str| format!("{what} {title}")
    };
    view! {
        <li data-testid="aside-row">
            <span class="aside-title">{title}", "{length}</span>
            <Action
                testid="aside-open"
                words="Bring back"
                named=named("Bring back")
                quiet=false
                disabled=busy
                act=move || bring_back(page, number)
            />
            <Action
                testid="aside-save"
                words="Save as WAV"
                named=named("Save as WAV:")
                quiet=true
                disabled=|| false
                act=move || save(page, number)
            />
            <Action
                testid="aside-discard"
                words="Discard"
                named=named("Discard")
                quiet=true
                disabled=|| false
                act=move || discard(page, number)
            />
        </li>
    }
}

/// A button of a row; `named` says to screen readers which row's.
#[component]
fn Action(
    testid: &'static str,
    words: &'static str,
    named: String,
    quiet: bool,
    disabled: impl Fn() -> bool + Send + Sync + 'static,
    act: impl Fn() + 'static,
) -> impl IntoView {
    view! {
        <button
            type="button"
            class="button"
            class:quiet=quiet
            data-testid=testid
            aria-label=named
            disabled=disabled
            on:click=move |_| act()
        >
            {words}
        </button>
    }
}

fn save(page: Page, number: u32) {
    let file = page.aside.with_untracked(|list| {
        let found = list.iter().find(|aside| aside.number == number);
        found.map(|aside| wav::encode(&aside.audio))
    });
    if let Some(file) = file
        && let Err(words) = download::save_bytes(&format!("take {number}.wav"), media::WAV, &file)
    {
        download::not_saved(page, &words);
    }
}
