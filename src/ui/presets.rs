//! The menu of presets: a clip with settings that show something, then the change that
//! makes the point, with both outcomes in numbers.

use asr_playground::eval::normalise::normalise;
use asr_playground::eval::wer::{ErrorCounts, word_errors};
use asr_playground::recognizer::Settings;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::actions;
use super::format;
use super::page::{Origin, Page, Phase, use_page};
use super::preset_list::{Claim, PRESETS, Preset};
use super::state::PageSettings;

/// The preset in view, and the way back from it.
#[derive(Clone, Copy)]
pub struct Presets {
    stage: RwSignal<Option<Stage>>,
    mine: RwSignal<Option<Mine>>,
}

/// What the button and the menu's item say.
const BACK: &str = "Back to my settings";

/// Where the preset in view stands.
#[derive(Clone, Copy, Debug)]
struct Stage {
    preset: &'static Preset,
    before: Option<ErrorCounts>,
    after: Option<ErrorCounts>,
}

/// What the person had before the first preset: settings, and what was in view.
#[derive(Clone, Debug)]
struct Mine {
    settings: Settings,
    origin: Option<Origin>,
}

/// No preset yet.
pub fn presets(page: Page) -> Presets {
    let presets = Presets {
        stage: RwSignal::new(None),
        mine: RwSignal::new(None),
    };
    watch(page, presets.stage);
    presets
}

/// "Try": the list of presets.
#[component]
pub fn PresetMenu(presets: Presets) -> impl IntoView {
    let page = use_page();
    let open = RwSignal::new(false);
    view! {
        <div
            class="presets"
            on:keydown=move |event| {
                if event.key() == "Escape" {
                    open.set(false);
                }
            }
            on:focusout=move |event| {
                let whole = event.current_target().and_then(|t| t.dyn_into::<web_sys::Node>().ok());
                let next = event.related_target().and_then(|t| t.dyn_into::<web_sys::Node>().ok());
                if whole.is_some_and(|whole| !whole.contains(next.as_ref())) {
                    open.set(false);
                }
            }
        >
            <button
                type="button"
                class="button"
                data-testid="presets"
                aria-expanded=move || open.get().to_string()
                aria-controls="preset-list"
                on:click=move |_| open.update(|open| *open = !*open)
            >
                "Try"
                <svg class="icon chevron" viewBox="0 0 20 20" aria-hidden="true">
                    <path d="m6 8 4 4 4-4" />
                </svg>
            </button>
            <div id="preset-list" class="preset-list" class:hidden=move || !open.get()>
                <ul>
                    {move || {
                        presets.mine.with(Option::is_some).then(|| {
                            view! {
                                <li>
                                    <button
                                        type="button"
                                        class="preset"
                                        data-testid="preset-undo"
                                        on:click=move |_| {
                                            open.set(false);
                                            go_back(page, presets);
                                        }
                                    >
                                        <b>{BACK}</b>
                                        <span>"As they were before the first of these."</span>
                                    </button>
                                </li>
                            }
                        })
                    }}
                    {PRESETS
                        .iter()
                        .map(|preset| {
                            let choose = move |_| {
                                open.set(false);
                                begin(page, presets, preset);
                            };
                            view! {
                                <li>
                                    <button
                                        type="button"
                                        class="preset"
                                        data-testid=format!("preset-{}", preset.slug)
                                        disabled=move || page.clips.with(Option::is_none)
                                        on:click=choose
                                    >
                                        <b>{preset.title}</b>
                                        <span>{preset.sentence}</span>
                                    </button>
                                </li>
                            }
                        })
                        .collect_view()}
                </ul>
            </div>
        </div>
    }
}

/// What comes of the preset that was chosen.
#[component]
pub fn PresetOutcome(presets: Presets) -> impl IntoView {
    move || {
        presets
            .stage
            .get()
            .map(|stage_now| view! { <Outcome stage_now presets /> })
    }
}

#[component]
fn Outcome(stage_now: Stage, presets: Presets) -> impl IntoView {
    let page = use_page();
    let Stage {
        preset,
        before,
        after,
    } = stage_now;
    let idle = move || page.phase.get() == Phase::Finished;
    let line = |name: &'static str, counts: Option<ErrorCounts>| {
        let words = counts.map_or_else(
            || "running…".to_owned(),
            |c| {
                let rate = c
                    .rate()
                    .map_or_else(|| format::NONE_YET.to_owned(), format::percent);
                format!(
                    "{} of {} words wrong, WER\u{a0}{rate}",
                    c.errors(),
                    c.reference_len()
                )
            },
        );
        let errors = counts.map(|c| c.errors().to_string());
        view! {
            <p class="preset-line">
                <b>{name}</b>
                <span data-testid=format!("preset-{}", name.to_lowercase()) data-value=errors>{words}</span>
            </p>
        }
    };
    let verdict = before
        .zip(after)
        .map(|(before, after)| verdict(preset, before, after));
    view! {
        <div class="preset-outcome" role="status" data-testid="preset-outcome" data-value=preset.slug>
            <p class="preset-title">{preset.sentence}</p>
            {line("Before", before)}
            {after.map(|after| line("After", Some(after)))}
            {verdict.map(|words| view! { <p class="preset-verdict" data-testid="preset-verdict">{words}</p> })}
            <div class="preset-buttons">
                {(before.is_some() && after.is_none())
                    .then(|| {
                        view! {
                            <button
                                type="button"
                                class="button primary"
                                data-testid="preset-change"
                                disabled=move || !idle()
                                on:click=move |_| apply(page, preset.after)
                            >
                                {preset.change}
                            </button>
                        }
                    })}
                <button type="button" class="button" data-testid="preset-back" on:click=move |_| go_back(page, presets)>
                    {BACK}
                </button>
                <button
                    type="button"
                    class="button quiet"
                    data-testid="preset-close"
                    title="Goes on with the preset's settings; the menu keeps the way back"
                    on:click=move |_| presets.stage.set(None)
                >
                    "Close"
                </button>
            </div>
        </div>
    }
}

/// What came of it here; with another model it may be something else than the title says.
fn verdict(preset: &Preset, before: ErrorCounts, after: ErrorCounts) -> String {
    let (before, after) = (before.errors(), after.errors());
    let holds = match preset.claim {
        Claim::FewerErrors(fewer) => after + fewer <= before,
        Claim::SameErrors => before == after,
    };
    let change = match before.cmp(&after) {
        std::cmp::Ordering::Greater => format!("{} fewer.", before - after),
        std::cmp::Ordering::Equal => "No difference.".to_owned(),
        std::cmp::Ordering::Less => format!("{} more.", after - before),
    };
    if holds {
        change
    } else {
        format!("{change} With the model in use, this preset does not show what it was made for.")
    }
}

/// Sets the settings of before and runs the clip. The view, the theme and the rest stay.
fn begin(page: Page, presets: Presets, preset: &'static Preset) {
    let clip = page.clips.with_untracked(|clips| {
        let mut clips = clips.iter().flatten();
        clips.find(|clip| clip.file == preset.clip).cloned()
    });
    let Some(clip) = clip else { return };
    if !actions::may_begin(page) {
        return;
    }
    note_mine(page, presets);
    let read = PageSettings::from_hash(preset.before);
    page.settings.update(|settings| {
        settings.recognizer = read.recognizer;
        settings.clip = Some(clip.file.clone());
    });
    presets.stage.set(Some(Stage {
        preset,
        before: None,
        after: None,
    }));
    actions::run_clip(page, clip);
}

/// Takes down what is set now, unless a preset has set it: then that of before it counts.
fn note_mine(page: Page, presets: Presets) {
    let settings = page.settings.with_untracked(|s| s.recognizer.clone());
    let hashes = PRESETS.iter().flat_map(|p| [p.before, p.after]);
    let of_preset = hashes
        .map(|hash| PageSettings::from_hash(hash).recognizer)
        .any(|of_preset| of_preset == settings);
    if !of_preset || presets.mine.with_untracked(Option::is_none) {
        let origin = page.origin.get_untracked();
        presets.mine.set(Some(Mine { settings, origin }));
    }
}

/// The settings of before the presets, and the clip or file that was in view then. A
/// recording is among those set aside.
fn go_back(page: Page, presets: Presets) {
    if !actions::may_begin(page) {
        return;
    }
    presets.stage.set(None);
    let Some(mine) = presets.mine.try_update(Option::take).flatten() else {
        return;
    };
    let in_view = page.origin.get_untracked();
    match mine.origin {
        Some(Origin::Clip(clip)) if in_view != Some(Origin::Clip(clip.clone())) => {
            page.settings.update(|settings| {
                settings.recognizer = mine.settings;
                settings.clip = Some(clip.file.clone());
            });
            actions::run_clip(page, clip);
        }
        Some(Origin::File(_)) if page.handles.with_value(|h| h.file.is_some()) => {
            page.settings.update(|s| s.recognizer = mine.settings);
            actions::run_file_again(page);
        }
        _ => actions::change(page, |s| s.recognizer = mine.settings),
    }
}

/// Sets the recogniser's settings of an address.
fn apply(page: Page, hash: &str) {
    let read = PageSettings::from_hash(hash);
    actions::change(page, |settings| settings.recognizer = read.recognizer);
}

/// Takes down the errors when the clip is over with the settings of before, and of after.
fn watch(page: Page, stage: RwSignal<Option<Stage>>) {
    Effect::new(move |_| {
        let over = page.phase.get() == Phase::Finished;
        let used = page.settings_used.get();
        let text = page
            .transcript
            .with(asr_playground::decode::Transcript::text);
        let clip = page.origin.with(|origin| match origin {
            Some(Origin::Clip(clip)) => Some(clip.clone()),
            _ => None,
        });
        let (Some(now), Some(used), Some(clip)) = (stage.get(), used, clip) else {
            return;
        };
        if !over || clip.file != now.preset.clip {
            return;
        }
        let counts = word_errors(&normalise(&clip.reference), &normalise(&text));
        let is = |hash: &str| PageSettings::from_hash(hash).recognizer == used;
        let mut next = now;
        if is(now.preset.before) {
            next.before = Some(counts);
        } else if is(now.preset.after) {
            next.after = Some(counts);
        }
        if (next.before, next.after) != (now.before, now.after) {
            stage.set(Some(next));
        }
    });
}
