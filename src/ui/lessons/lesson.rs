//! What a lesson is, and what all of them share: sliders, the bar of sound, the questions.

use leptos::prelude::*;

use crate::ui::actions;
use crate::ui::page::{Origin, Page, Phase, ReferenceFrom, use_page};
use crate::ui::recording;

/// A lesson.
pub struct Lesson {
    /// Its name in the address.
    pub slug: &'static str,
    /// Its line in the list.
    pub title: &'static str,
    /// What it is about, in a sentence.
    pub lead: &'static str,
    /// Text and widget.
    pub body: fn() -> AnyView,
    /// Questions of an interview, with answers.
    pub questions: &'static [(&'static str, &'static str)],
}

/// The questions, answers folded.
#[component]
pub fn Questions(lesson: &'static Lesson) -> impl IntoView {
    view! {
        <section class="lesson-questions" aria-labelledby="lesson-questions-title">
            <h3 id="lesson-questions-title">"You can now answer"</h3>
            {lesson
                .questions
                .iter()
                .map(|(question, answer)| {
                    view! {
                        <details class="lesson-question" data-testid="lesson-question">
                            <summary>{*question}</summary>
                            <p>{*answer}</p>
                        </details>
                    }
                })
                .collect_view()}
        </section>
    }
}

/// Which sound the lesson is about, and how to have another.
#[component]
pub fn Sound(
    /// File of the clip that suits the lesson.
    clip: &'static str,
) -> impl IntoView {
    let page = use_page();
    let title = move || {
        page.clips.with(|clips| {
            let clip = clips.iter().flatten().find(|c| c.file == clip);
            clip.map(|c| c.title.clone())
        })
    };
    let run = move |_| run_clip(page, clip);
    // A person's own sound brings no reference.
    let own = Memo::new(move |_| {
        let clip = page
            .origin
            .with(|o| matches!(o, None | Some(Origin::Clip(_))));
        page.phase.get() == Phase::Finished && !clip
    });
    let live = move || matches!(page.phase.get(), Phase::Recording | Phase::Opening);
    let ready = move || {
        page.model
            .with(|m| matches!(m, crate::ui::page::ModelStatus::Ready(_)))
    };
    view! {
        <div class="lesson-sound" role="group" aria-label="Sound of this lesson">
            <p class="lesson-sound-now" data-testid="lesson-sound">{move || now_words(page)}</p>
            <button
                type="button"
                class="button"
                data-testid="lesson-run-clip"
                disabled=move || title().is_none()
                on:click=run
            >
                {move || title().map_or_else(|| "Bundled clip".to_owned(), |t| format!("Run “{t}”"))}
            </button>
            <button
                type="button"
                class="button"
                data-testid="lesson-record"
                disabled=move || !ready() || page.phase.get() == Phase::Opening
                on:click=move |_| if live() { recording::stop(page) } else { recording::record(page) }
            >
                <span class="record-dot" aria-hidden="true"></span>
                {move || if live() { "Stop" } else { "Use my voice" }}
            </button>
            {move || own.get().then(|| view! { <OwnWords /> })}
        </div>
    }
}

/// What the person really said, so that errors can be counted.
#[component]
fn OwnWords() -> impl IntoView {
    let page = use_page();
    view! {
        <label class="lesson-own">
            <span class="field-name">"You said"</span>
            <input
                class="lesson-input"
                data-testid="lesson-reference"
                spellcheck="false"
                autocomplete="off"
                placeholder="Type it to have the errors counted"
                prop:value=move || page.reference.get()
                on:input=move |event| {
                    page.reference_from.set(ReferenceFrom::Person);
                    page.reference.set(event_target_value(&event));
                }
            />
        </label>
    }
}

/// Runs a bundled clip by its file's name.
pub fn run_clip(page: Page, file: &str) {
    let clip = page.clips.with_untracked(|clips| {
        let mut clips = clips.iter().flatten();
        clips.find(|c| c.file == file).cloned()
    });
    if let Some(clip) = clip {
        page.settings.update(|s| s.clip = Some(clip.file.clone()));
        actions::run_clip(page, clip);
    }
}

fn now_words(page: Page) -> String {
    let name = page.origin.with(|origin| match origin {
        Some(Origin::Clip(clip)) => format!("“{}”", clip.title),
        Some(Origin::File(name)) => name.clone(),
        Some(Origin::Microphone) => "your voice".to_owned(),
        None => String::new(),
    });
    let seconds = page.figures.with(|f| f.audio_ms) / 1e3;
    match page.phase.get() {
        Phase::Idle | Phase::Opening if name.is_empty() => {
            "No sound yet: the widgets below fill when there is some.".to_owned()
        }
        Phase::Idle | Phase::Opening => format!("Sound: {name}."),
        Phase::Recording => format!("Listening: {seconds:.1} s so far. Stop when you are done."),
        Phase::Running => format!("Running {name}: {seconds:.1} s so far."),
        Phase::Finished => format!("Sound: {name}, {seconds:.1} s."),
    }
}

/// A labelled slider over positions `0..count`.
#[component]
pub fn Slider(
    name: &'static str,
    testid: &'static str,
    count: usize,
    position: RwSignal<usize>,
    words: impl Fn() -> String + Send + Sync + Copy + 'static,
) -> impl IntoView {
    let moved = move |event: web_sys::Event| {
        if let Ok(value) = event_target_value(&event).parse::<usize>() {
            position.set(value.min(count.saturating_sub(1)));
        }
    };
    view! {
        <label class="lesson-slider">
            <span class="lesson-slider-name">{name}</span>
            <input
                type="range"
                min="0"
                max=count.saturating_sub(1).to_string()
                step="1"
                data-testid=testid
                prop:value=move || position.get().to_string()
                aria-valuetext=words
                on:input=moved
            />
            <output class="lesson-slider-value">{words}</output>
        </label>
    }
}

/// A number with its name.
#[component]
pub fn Fact(
    name: &'static str,
    value: impl Fn() -> String + Send + Sync + Copy + 'static,
    #[prop(optional)] testid: &'static str,
) -> impl IntoView {
    view! {
        <div class="lesson-fact">
            <dt>{name}</dt>
            <dd data-testid=testid data-value=value>{value}</dd>
        </div>
    }
}
