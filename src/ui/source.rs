//! Where the audio comes from, and record, stop, play.

use asr_playground::protocol::Pace;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;

use super::actions;
use super::aside::AsideList;
use super::export::menu::SaveMenu;
use super::format;
use super::microphone::{LevelMeter, MicrophoneSettings};
use super::page::{ModelStatus, Origin, Page, Phase, use_page};
use super::presets::{self, PresetMenu, PresetOutcome};
use super::{playing, recording};

/// What the file dialogue offers first; anything may be tried.
const ACCEPT: &str = "audio/*,.wav,.flac,.mp3,.ogg,.oga,.opus,.aif,.aiff";

/// The bar of sources and the transport.
#[component]
pub fn SourceBar() -> impl IntoView {
    let page = use_page();
    let microphone_open = RwSignal::new(false);
    let presets = presets::presets(page);
    view! {
        <section class="panel source" aria-label="Source">
            <div class="source-row">
                <Transport />
                <div class="sources">
                    <PresetMenu presets />
                    <ClipChoice />
                    <FileChoice />
                    <button
                        type="button"
                        class="button"
                        class:current=move || page.origin.with(|o| matches!(o, Some(Origin::Microphone)))
                        data-testid="source-microphone"
                        aria-expanded=move || microphone_open.get().to_string()
                        aria-controls="microphone-settings"
                        on:click=move |_| microphone_open.update(|open| *open = !*open)
                    >
                        <svg class="icon" viewBox="0 0 20 20" aria-hidden="true">
                            <rect x="7" y="2" width="6" height="10" rx="3" />
                            <path d="M4 9.5a6 6 0 0 0 12 0M10 15.5V18" />
                        </svg>
                        <span class="button-word">"Microphone"</span>
                        <svg class="icon chevron" viewBox="0 0 20 20" aria-hidden="true">
                            <path d="m6 8 4 4 4-4" />
                        </svg>
                    </button>
                </div>
            </div>
            <div id="microphone-settings" class="microphone" class:hidden=move || !microphone_open.get()>
                <MicrophoneSettings />
            </div>
            <PresetOutcome presets />
            <AsideList />
            <div class="source-foot">
                <LevelMeter />
                <p class="source-line">{move || describe(page)}</p>
                <PaceChoice />
            </div>
        </section>
    }
}

#[component]
fn Transport() -> impl IntoView {
    let page = use_page();
    let ready = move || page.model.with(|m| matches!(m, ModelStatus::Ready(_)));
    let live = move || matches!(page.phase.get(), Phase::Recording | Phase::Opening);
    let busy = move || {
        matches!(
            page.phase.get(),
            Phase::Recording | Phase::Opening | Phase::Running
        )
    };
    let playable = move || {
        let heard = page.frames.get() > 0;
        page.phase.get() == Phase::Finished && heard
    };
    let playing = move || page.playback.get().playing;
    let again = move || {
        let settled = matches!(page.phase.get(), Phase::Running | Phase::Finished);
        ready() && settled && page.origin.with(Option::is_some)
    };
    view! {
        <div class="transport" role="group" aria-label="Transport">
            <button
                type="button"
                class="button record"
                class:live=live
                data-testid="record"
                disabled=move || !ready() || live()
                on:click=move |_| recording::record(page)
            >
                <span class="record-dot" aria-hidden="true"></span>
                {move || if page.phase.get() == Phase::Opening { "Opening…" } else if live() { "Recording" } else { "Record" }}
            </button>
            <button
                type="button"
                class="button"
                data-testid="stop"
                disabled=move || !busy()
                on:click=move |_| recording::stop(page)
            >
                <svg class="icon" viewBox="0 0 20 20" aria-hidden="true">
                    <rect class="filled" x="5" y="5" width="10" height="10" rx="1" />
                </svg>
                <span class="button-word">"Stop"</span>
            </button>
            <button
                type="button"
                class="button play"
                data-testid="play"
                disabled=move || !playable()
                on:click=move |_| playing::toggle_play(page)
            >
                <svg class="icon" viewBox="0 0 20 20" aria-hidden="true">
                    <path class="filled" d=move || if playing() { "M5 4h3.5v12H5zM11.5 4H15v12h-3.5z" } else { "M6 3.5v13l10-6.5z" } />
                </svg>
                <span class="button-word">{move || if playing() { "Pause" } else { "Play" }}</span>
            </button>
            <button
                type="button"
                class="button icon-button"
                data-testid="run-again"
                title="Recognise it again"
                aria-label="Run again"
                disabled=move || !again()
                on:click=move |_| actions::run_again(page)
            >
                <svg class="icon" viewBox="0 0 20 20" aria-hidden="true">
                    <path d="M15.5 7A6.3 6.3 0 1 0 16.3 11M16 3.5V7.2h-3.7" />
                </svg>
            </button>
            <SaveMenu />
        </div>
    }
}

#[component]
fn ClipChoice() -> impl IntoView {
    let page = use_page();
    let current = move || {
        page.origin.with(|origin| match origin {
            Some(Origin::Clip(clip)) => clip.file.clone(),
            _ => String::new(),
        })
    };
    let choose = move |event: web_sys::Event| {
        let file = event_target_value(&event);
        let clip = page.clips.with_untracked(|clips| {
            clips
                .as_ref()
                .and_then(|clips| clips.iter().find(|clip| clip.file == file).cloned())
        });
        if let Some(clip) = clip {
            page.settings.update(|s| s.clip = Some(clip.file.clone()));
            actions::run_clip(page, clip);
        }
    };
    let options = move || {
        let clips = page.clips.get().unwrap_or_default();
        clips
            .into_iter()
            .map(|clip| {
                let file = clip.file.clone();
                let selected = move || current() == file;
                view! {
                    <option value=clip.file.clone() prop:selected=selected>
                        {clip.label()}
                    </option>
                }
            })
            .collect_view()
    };
    view! {
        <label class="select clip-choice" class:current=move || !current().is_empty()>
            <span class="visually-hidden">"Bundled clip"</span>
            <select
                data-testid="clip-select"
                disabled=move || page.clips.with(|c| c.as_ref().is_none_or(Vec::is_empty))
                on:change=choose
            >
                <option value="" disabled prop:selected=move || current().is_empty()>
                    {move || if page.clips.with(Option::is_some) { "Bundled clips" } else { "Loading clips…" }}
                </option>
                {options}
            </select>
        </label>
    }
}

#[component]
fn FileChoice() -> impl IntoView {
    let page = use_page();
    let choose = move |event: web_sys::Event| {
        let Some(input) = event
            .target()
            .and_then(|t| t.dyn_into::<HtmlInputElement>().ok())
        else {
            return;
        };
        if let Some(file) = input.files().and_then(|files| files.get(0)) {
            actions::run_file(page, file);
        }
        // So that choosing the same file again is a change as well.
        input.set_value("");
    };
    view! {
        <label
            class="button file-choice"
            class:current=move || page.origin.with(|o| matches!(o, Some(Origin::File(_))))
            title="WAV, FLAC, MP3, Ogg Vorbis or Opus; or drop it anywhere on the page"
        >
            <input
                class="visually-hidden"
                type="file"
                accept=ACCEPT
                data-testid="source-file"
                on:change=choose
            />
            <svg class="icon" viewBox="0 0 20 20" aria-hidden="true">
                <path d="M10 13V3.5M6 7l4-4 4 4M3.5 12.5v3.8h13v-3.8" />
            </svg>
            <span class="button-word">"Open " <span class="wide-only">"or drop "</span> "a file"</span>
        </label>
    }
}

#[component]
fn PaceChoice() -> impl IntoView {
    let page = use_page();
    let choice = move |pace: Pace, label: &'static str, title: &'static str| {
        view! {
            <label title=title>
                <input
                    type="radio"
                    name="pace"
                    value=super::state::pace_name(pace)
                    prop:checked=move || page.settings.with(|s| s.pace) == pace
                    on:change=move |_| actions::set_pace(page, pace)
                />
                <span>{label}</span>
            </label>
        }
    };
    view! {
        <fieldset class="pace" data-testid="pace">
            <legend><span class="button-word">"Clips and files"</span></legend>
            {choice(Pace::RealTime, "as if spoken now", "Fed at the speed of speech, as a microphone would")}
            {choice(Pace::Fast, "as fast as possible", "Fed as fast as the machine can; latencies are then those of a simulated listener")}
        </fieldset>
    }
}

/// One line on the take's audio.
fn describe(page: Page) -> String {
    let phase = page.phase.get();
    if phase == Phase::Opening {
        return "Waiting for the browser to give the microphone…".to_owned();
    }
    let waiting = page.take.get() == 0;
    if waiting {
        return "Speak, pick a clip, or drop a file anywhere on the page.".to_owned();
    }
    let name = page.origin.with(|origin| match origin {
        Some(Origin::Microphone) | None => page
            .applied
            .with(|a| a.as_ref().map(|a| a.label.clone()))
            .filter(|label| !label.is_empty())
            .unwrap_or_else(|| "Microphone".to_owned()),
        Some(Origin::Clip(clip)) if clip.voice.is_empty() => clip.title.clone(),
        Some(Origin::Clip(clip)) => format!("{}, {}", clip.title, clip.voice),
        Some(Origin::File(name)) => name.clone(),
    });
    let audio_ms = page.figures.with(|f| f.audio_ms);
    let heard = format::clock(audio_ms / 1e3);
    page.source.with(|source| match source {
        None => name,
        Some(source) => {
            let length = source
                .samples
                .filter(|_| phase == Phase::Running)
                .map_or_else(
                    || heard.clone(),
                    |samples| format!("{heard} of {}", format::clock(format::seconds_of(samples))),
                );
            let mut parts = vec![length, name, format::kilohertz(source.sample_rate_hz)];
            match source.channels {
                0 | 1 => {}
                2 => parts.push("stereo".to_owned()),
                n => parts.push(format!("{n} channels")),
            }
            if !source.codec.is_empty() {
                parts.push(source.codec.clone());
            }
            parts.join(" · ")
        }
    })
}
