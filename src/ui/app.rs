//! The whole page: puts the panels together and keeps the address in step.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{DragEvent, Event};

use super::actions;
use super::capture;
use super::compare::CompareView;
use super::decoder::DecoderPanel;
use super::effects::{self, Effects};
use super::figures::{FiguresPanel, Slow};
use super::header::Header;
use super::inside::InsideView;
use super::inspector::InspectorView;
use super::latency::LatencyView;
use super::lessons::{LessonsView, is_lesson};
use super::link;
use super::lookahead::LookaheadPanel;
use super::model_choice::ModelPanel;
use super::nav::{Nav, hidden, open_view};
use super::offline::{Offline, UpdateNotice};
use super::options::OptionsPanel;
use super::page::{Page, Phase};
use super::privacy::Privacy;
use super::reference::{ReferencePanel, Verdicts, judge};
use super::source::SourceBar;
use super::spectrogram::SpectrogramPanel;
use super::state::{PageSettings, Query, View};
use super::sweep::{self, SweepState, SweepView};
use super::takes::keeper::Takes;
use super::takes::panel::{InterruptedNotice, TakesPanel};
use super::transcript::{Spoken, TranscriptPanel};
use super::trouble::{Retry, Trouble, TroublePanel};

/// The page.
#[component]
pub fn App() -> impl IntoView {
    let query = Query::parse(&location().search().unwrap_or_default());
    let mut settings = settings_in_address();
    if let Some(pace) = query.pace {
        settings.pace = pace;
    }
    let page = Page::new(settings, query);
    provide_context(page);
    provide_context(Verdicts(Memo::new(move |_| judge(page))));
    effects::keep_measuring(page);
    provide_context(SweepState::new());
    provide_context(Takes::new(page));
    provide_context(Offline::new(page));
    keep_address(page);
    watch_devices(page);
    ask_before_leaving(page);
    let open = Memo::new(move |_| open_view(page));
    let dragging = drop_anywhere(page);
    remove_loading_mark();
    actions::load_clips(page);
    link::start_worker(page);
    view! {
        <div
            class="page"
            data-state=move || page.state_name()
            data-take=move || page.take.get()
            data-measured=move || page.effects.with(Effects::measured_take)
            class:dragging=move || dragging.get()
        >
            {shown(page, "header").then(|| view! { <Header /> })}
            <main class="main">
                {hidden(page, "header").then(|| view! { <h1 class="visually-hidden">"ASR Playground"</h1> })}
                <TroublePanel />
                <InterruptedNotice />
                <UpdateNotice />
                {shown(page, "source").then(|| view! { <SourceBar /> })}
                <Slow />
                {shown(page, "nav").then(|| view! { <Nav /> })}
                <div class="columns" class:single=move || !has_controls(open.get())>
                    <div class="column wide" data-testid="view" data-view=move || open.get().name()>
                        {move || view_of(page, open.get())}
                    </div>
                    <Show when=move || has_controls(open.get())>
                        <div class="column">
                            {shown(page, "lookahead").then(|| view! { <LookaheadPanel /> })}
                            {shown(page, "decoder").then(|| view! { <DecoderPanel /> })}
                            {shown(page, "options").then(|| view! { <OptionsPanel /> })}
                            {shown(page, "model").then(|| view! { <ModelPanel /> })}
                            // The latency view has these figures, and more.
                            <Show when=move || shown(page, "figures") && open.get() != View::Latency>
                                <FiguresPanel />
                            </Show>
                        </div>
                    </Show>
                </div>
            </main>
            {shown(page, "footer").then(|| view! { <Footer /> })}
            <Spoken />
            <div class="drop-veil" aria-hidden="true">
                <p>{move || if open.get() == View::Sweep { "Drop audio files to add them to the sweep" } else { "Drop an audio file to recognise it" }}</p>
            </div>
        </div>
    }
}

/// The panels of a view.
fn view_of(page: Page, view: View) -> AnyView {
    match view {
        View::Listen => view! {
            {shown(page, "spectrogram").then(|| view! { <SpectrogramPanel /> })}
            {shown(page, "transcript").then(|| view! { <TranscriptPanel /> })}
            {shown(page, "reference").then(|| view! { <ReferencePanel /> })}
            {shown(page, "takes").then(|| view! { <TakesPanel /> })}
        }
        .into_any(),
        View::Inside => view! { <InsideView /> }.into_any(),
        View::Beam => view! { <InspectorView /> }.into_any(),
        View::Latency => view! { <LatencyView /> }.into_any(),
        View::Compare => view! { <CompareView /> }.into_any(),
        View::Sweep => view! { <SweepView /> }.into_any(),
        View::Lessons => view! { <LessonsView /> }.into_any(),
    }
}

/// Whether a view goes with the column of controls; the others bring their own.
fn has_controls(view: View) -> bool {
    !matches!(view, View::Compare | View::Sweep | View::Lessons)
}

fn shown(page: Page, part: &str) -> bool {
    !hidden(page, part)
}

#[component]
fn Footer() -> impl IntoView {
    view! {
        <footer class="footer">
            <p>
                "Everything happens in this page: no audio and no text leaves your computer. "
                "The settings are in the address, so a link keeps them. "
            </p>
            <Privacy />
        </footer>
    }
}

/// What the address says; a lesson that is none falls back to the first.
fn settings_in_address() -> PageSettings {
    let mut settings = PageSettings::from_hash(&location().hash().unwrap_or_default());
    settings.lesson = settings.lesson.filter(|slug| is_lesson(slug));
    settings
}

/// What an entry of the browser's history holds that is ours: the others are addresses that a
/// person has typed or followed.
const OURS: &str = "asr-playground";

fn is_ours() -> bool {
    let state = window().history().and_then(|history| history.state());
    state.is_ok_and(|state| state.as_string().as_deref() == Some(OURS))
}

/// Writes the settings to the address, and reads them when a person edits it. Another view or
/// lesson is an entry of its own in the browser's history, so that Back leads to the one before.
fn keep_address(page: Page) {
    // The person went back or forward, to an entry that is there already.
    let went = StoredValue::new(false);
    Effect::new(move |before: Option<(View, Option<String>)>| {
        let hash = page.settings.with(PageSettings::to_hash);
        let theme = page.settings.with(|s| s.theme);
        if let Some(root) = document().document_element() {
            let _ = root.set_attribute("data-theme", theme.name());
        }
        let place = page.settings.with(|s| (s.view, s.lesson.clone()));
        let to_entry = went.try_update_value(std::mem::take).unwrap_or_default();
        let moved = !to_entry && before.is_some_and(|before| before != place);
        let current = location().hash().unwrap_or_default();
        if current.trim_start_matches('#') == hash && is_ours() {
            return place;
        }
        let search = location().search().unwrap_or_default();
        let path = location().pathname().unwrap_or_default();
        let separator = if hash.is_empty() { "" } else { "#" };
        let url = format!("{path}{search}{separator}{hash}");
        if let Ok(history) = window().history() {
            let ours = OURS.into();
            // Refused only for addresses of other origins.
            let _ = if moved && is_ours() {
                history.push_state_with_url(&ours, "", Some(&url))
            } else {
                history.replace_state_with_url(&ours, "", Some(&url))
            };
        }
        place
    });
    window_event_listener(leptos::ev::hashchange, move |_| {
        let mut read = settings_in_address();
        if is_ours() {
            // Back and forward lead to views and lessons; what was set since stays.
            went.set_value(true);
            page.settings
                .update(|s| (s.view, s.lesson) = (read.view, read.lesson));
            return;
        }
        let clip = read.clip.clone();
        let before = page.settings.with_untracked(|s| s.clip.clone());
        // The settings name another model once it is loaded.
        let model = std::mem::replace(
            &mut read.model,
            page.settings.with_untracked(|s| s.model.clone()),
        );
        actions::change(page, |settings| *settings = read);
        actions::set_model_named(page, model.as_deref());
        let clips = page
            .clips
            .with_untracked(|clips| clips.clone().unwrap_or_default());
        let named = clips.into_iter().find(|c| Some(&c.file) == clip.as_ref());
        if let (true, Some(clip)) = (clip != before, named) {
            actions::run_clip(page, clip);
        }
    });
}

/// A recording that is under way is not lost by a slip: the browser asks.
fn ask_before_leaving(page: Page) {
    window_event_listener(leptos::ev::beforeunload, move |event| {
        if page.phase.get_untracked() == Phase::Recording {
            event.prevent_default();
        }
    });
}

/// Keeps the list of microphones current.
fn watch_devices(page: Page) {
    let list = move || {
        spawn_local(async move {
            let devices = capture::list_devices().await;
            let gone = page
                .device
                .get_untracked()
                .is_some_and(|id| devices.iter().all(|d| d.id != id));
            page.devices.set(devices);
            if gone {
                page.device.set(None);
            }
        });
    };
    list();
    if let Some(devices) = capture::media_devices() {
        let changed = Closure::<dyn FnMut(Event)>::new(move |_: Event| list());
        devices.set_ondevicechange(Some(changed.as_ref().unchecked_ref()));
        // The page listens for as long as it lives.
        changed.forget();
    }
}

/// Takes files dropped anywhere; says whether one is being dragged over.
fn drop_anywhere(page: Page) -> RwSignal<bool> {
    let dragging = RwSignal::new(false);
    let sweep_state = expect_context::<SweepState>();
    let carries_files = |event: &DragEvent| {
        event.data_transfer().is_some_and(|data| {
            data.types()
                .iter()
                .any(|t| t.as_string().as_deref() == Some("Files"))
        })
    };
    window_event_listener(leptos::ev::dragover, move |event| {
        if carries_files(&event) {
            event.prevent_default();
            dragging.set(true);
        }
    });
    window_event_listener(leptos::ev::dragleave, move |event| {
        // Leaving the window, not one of its elements.
        if event.related_target().is_none() {
            dragging.set(false);
        }
    });
    window_event_listener(leptos::ev::drop, move |event| {
        dragging.set(false);
        if carries_files(&event) {
            event.prevent_default();
        }
        let files = event.data_transfer().and_then(|data| data.files());
        if page.settings.with_untracked(|s| s.view) == View::Sweep {
            if let Some(files) = files {
                sweep::add_files(sweep_state, &files);
            }
            return;
        }
        if let Some(files) = files.filter(|files| files.length() > 0) {
            if let Some(file) = files.get(0) {
                actions::run_file(page, file);
            }
            if files.length() > 1 {
                page.trouble.set(Some(Trouble::new(
                    format!(
                        "{} files were dropped; the first is opened.",
                        files.length()
                    ),
                    "Drop them on the Sweep view to run them all.",
                    Retry::Nothing,
                )));
            }
        }
    });
    dragging
}

/// Takes away what `index.html` shows until the page is here.
fn remove_loading_mark() {
    if let Some(mark) = document().get_element_by_id("loading") {
        mark.remove();
    }
}
