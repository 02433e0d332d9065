//! The list of kept takes, and the switch that begins it.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::KeyboardEvent;

use super::super::format;
use super::super::page::{Page, use_page};
use super::keeper::Takes;
use super::record::{KeptTake, LONGEST_TITLE};

/// The kept takes of the component that asks.
fn use_takes() -> Takes {
    expect_context::<Takes>()
}

/// Tells of a take that ended with its page.
#[component]
pub fn InterruptedNotice() -> impl IntoView {
    let (page, takes) = (use_page(), use_takes());
    move || {
        takes.interrupted.get().map(|take| {
            let id = take.id.clone();
            view! {
                <section class="trouble notice" role="status" data-testid="interrupted">
                    <svg class="trouble-mark" viewBox="0 0 20 20" aria-hidden="true">
                        <path d="M10 2.5 18.5 17h-17z" />
                        <path d="M10 8v4.2M10 14.4v.2" />
                    </svg>
                    <div class="trouble-words">
                        <p class="trouble-message">"A take was interrupted; it was kept."</p>
                        <p class="trouble-advice">{format!("“{}”, {}.", take.name(), length(&take))}</p>
                    </div>
                    <div class="trouble-buttons">
                        <button
                            type="button"
                            class="button primary"
                            data-testid="interrupted-open"
                            disabled=move || !ready(page)
                            on:click=move |_| {
                                takes.interrupted.set(None);
                                takes.open(page, id.clone(), false);
                            }
                        >
                            "Open it"
                        </button>
                        <button type="button" class="button quiet" on:click=move |_| takes.interrupted.set(None)>
                            "Dismiss"
                        </button>
                    </div>
                </section>
            }
        })
    }
}

/// The panel.
#[component]
pub fn TakesPanel() -> impl IntoView {
    let (page, takes) = (use_page(), use_takes());
    let ids = move || {
        takes
            .list
            .with(|list| list.iter().map(|t| t.id.clone()).collect::<Vec<_>>())
    };
    view! {
        <section class="panel" aria-labelledby="takes-title" data-testid="takes">
            <div class="panel-head takes-head">
                <div>
                    <h2 id="takes-title" tabindex="-1">"Takes"</h2>
                    <p class="hint">
                        "Your own recordings and files, to come back to. They stay on this computer, \
                         in this browser, until you delete them."
                    </p>
                </div>
                <label class="switch">
                    <input
                        type="checkbox"
                        role="switch"
                        data-testid="keep-takes"
                        prop:checked=move || takes.on.get()
                        on:change=move |event| takes.switch(page, event_target_checked(&event))
                    />
                    <span class="switch-track" aria-hidden="true"></span>
                    <span class="field-name">"Keep my takes in this browser"</span>
                </label>
            </div>
            {move || {
                takes.problem.get().map(|problem| {
                    view! { <p class="takes-problem" role="alert" data-testid="takes-problem">{problem.words()}</p> }
                })
            }}
            <Show when=move || !takes.list.with(Vec::is_empty)>
                <ul class="take-list" data-testid="take-list">
                    <For each=ids key=String::clone children=move |id| view! { <Row id=id /> } />
                </ul>
            </Show>
            <Foot />
        </section>
    }
}

/// Takes the focus to the panel's title, where the button that had it goes.
fn to_title() {
    let title = document().get_element_by_id("takes-title");
    if let Some(title) = title.and_then(|title| title.dyn_into::<web_sys::HtmlElement>().ok()) {
        let _ = title.focus();
    }
}

/// What a row is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RowState {
    Shown,
    Renaming,
    Deleting,
}

#[component]
fn Row(id: String) -> impl IntoView {
    let takes = use_takes();
    let state = RwSignal::new(RowState::Shown);
    let id = StoredValue::new(id);
    let take = Memo::new(move |_| {
        takes.list.with(|list| {
            let found = id.with_value(|id| list.iter().find(|t| t.id == *id).cloned());
            found.unwrap_or_default()
        })
    });
    let current = move || {
        takes
            .current
            .with(|current| current.as_deref() == Some(&*id.get_value()))
    };
    view! {
        <li class="take-row" class:open=current data-testid="take-row" data-value=move || take.with(KeptTake::name)>
            <div>
                {move || {
                    if state.get() == RowState::Renaming {
                        view! { <Rename take=take state=state /> }.into_any()
                    } else {
                        view! { <p class="take-title">{move || take.with(KeptTake::name)}</p> }.into_any()
                    }
                }}
                <p class="take-text">{move || take.with(KeptTake::text)}</p>
                <p class="take-facts">{move || take.with(facts)}</p>
            </div>
            <div class="take-buttons">
                {move || {
                    if state.get() == RowState::Deleting {
                        view! { <Delete take=take state=state /> }.into_any()
                    } else {
                        view! { <Buttons take=take state=state /> }.into_any()
                    }
                }}
            </div>
        </li>
    }
}

#[component]
fn Buttons(take: Memo<KeptTake>, state: RwSignal<RowState>) -> impl IntoView {
    let (page, takes) = (use_page(), use_takes());
    let named = move |what: &str| format!("{what} “{}”", take.with(KeptTake::name));
    let other_settings = move || {
        let theirs =
            super::super::state::PageSettings::from_hash(&take.with(|t| t.settings_hash.clone()));
        page.settings.with(|s| s.recognizer != theirs.recognizer)
    };
    let closed = move || !ready(page) || take.with(|t| !t.finished);
    let open =
        move |settings: bool| takes.open(page, take.with_untracked(|t| t.id.clone()), settings);
    view! {
        <Show when=other_settings>
            <button
                type="button"
                class="button quiet"
                data-testid="take-open-with-settings"
                title="Recognise it with the settings it was kept with"
                aria-label=move || named("With its settings:")
                disabled=closed
                on:click=move |_| open(true)
            >
                "With its settings"
            </button>
        </Show>
        <button
            type="button"
            class="button"
            data-testid="take-open"
            aria-label=move || named("Open")
            disabled=closed
            on:click=move |_| open(false)
        >
            "Open"
        </button>
        <button
            type="button"
            class="button quiet"
            data-testid="take-rename"
            aria-label=move || named("Rename")
            on:click=move |_| state.set(RowState::Renaming)
        >
            "Rename"
        </button>
        <button
            type="button"
            class="button quiet"
            data-testid="take-delete"
            aria-label=move || named("Delete")
            disabled=move || take.with(|t| !t.finished)
            on:click=move |_| state.set(RowState::Deleting)
        >
            "Delete"
        </button>
    }
}

#[component]
fn Delete(take: Memo<KeptTake>, state: RwSignal<RowState>) -> impl IntoView {
    let takes = use_takes();
    let button = NodeRef::<html::Button>::new();
    focus_when_there(button);
    view! {
        <button
            type="button"
            class="button primary"
            node_ref=button
            data-testid="take-delete-confirm"
            on:click=move |_| {
                takes.remove(take.with_untracked(|t| t.id.clone()));
                to_title();
            }
        >
            "Delete it"
        </button>
        <button type="button" class="button quiet" on:click=move |_| state.set(RowState::Shown)>
            "Keep it"
        </button>
    }
}

#[component]
fn Rename(take: Memo<KeptTake>, state: RwSignal<RowState>) -> impl IntoView {
    let takes = use_takes();
    let field = NodeRef::<html::Input>::new();
    Effect::new(move |_| {
        if let Some(field) = field.get() {
            let _ = field.focus();
            field.select();
        }
    });
    let done = move || {
        // Removing the field takes its focus away, and that is an event as well.
        if let Some(field) = field.try_get_untracked().flatten()
            && state.try_get_untracked() == Some(RowState::Renaming)
        {
            state.set(RowState::Shown);
            takes.rename(&take.with_untracked(|t| t.id.clone()), &field.value());
        }
    };
    let key = move |event: KeyboardEvent| match event.key().as_str() {
        "Enter" => done(),
        "Escape" => state.set(RowState::Shown),
        _ => {}
    };
    view! {
        <input
            class="take-name"
            node_ref=field
            data-testid="take-name"
            aria-label="Title; Enter keeps it, Escape does not"
            maxlength=LONGEST_TITLE
            value=take.with_untracked(KeptTake::name)
            on:keydown=key
            on:blur=move |_| done()
        />
    }
}

#[component]
fn Foot() -> impl IntoView {
    let takes = use_takes();
    let asking = RwSignal::new(false);
    let some = move || !takes.list.with(Vec::is_empty);
    let button = NodeRef::<html::Button>::new();
    focus_when_there(button);
    view! {
        <div class="takes-foot">
            <p data-testid="takes-size">{move || total(takes)}</p>
            <Show when=some>
                <div class="take-buttons">
                    {move || {
                        if asking.get() {
                            view! {
                                <button
                                    type="button"
                                    class="button primary"
                                    node_ref=button
                                    data-testid="takes-clear-confirm"
                                    on:click=move |_| {
                                        asking.set(false);
                                        takes.clear();
                                        to_title();
                                    }
                                >
                                    {move || format!("Delete all {}", takes.list.with(Vec::len))}
                                </button>
                                <button type="button" class="button quiet" on:click=move |_| asking.set(false)>
                                    "Keep them"
                                </button>
                            }
                                .into_any()
                        } else {
                            view! {
                                <button
                                    type="button"
                                    class="button quiet"
                                    data-testid="takes-clear"
                                    on:click=move |_| asking.set(true)
                                >
                                    "Clear all…"
                                </button>
                            }
                                .into_any()
                        }
                    }}
                </div>
            </Show>
        </div>
    }
}

/// A button that takes another's place takes the focus as well.
fn focus_when_there(button: NodeRef<html::Button>) {
    Effect::new(move |_| {
        if let Some(button) = button.get() {
            let _ = button.focus();
        }
    });
}

fn ready(page: Page) -> bool {
    use super::super::page::{ModelStatus, Phase};
    let busy = matches!(page.phase.get(), Phase::Recording | Phase::Opening);
    page.model.with(|m| matches!(m, ModelStatus::Ready(_))) && !busy
}

fn length(take: &KeptTake) -> String {
    format::clock(format::seconds_of(take.samples))
}

fn facts(take: &KeptTake) -> String {
    let mut facts = vec![
        length(take),
        format::size(take.bytes()),
        date(take.created_ms),
    ];
    if take.file.is_none() {
        facts.push("microphone".to_owned());
    }
    if !take.finished {
        facts.push("being recorded".to_owned());
    } else if take.interrupted {
        facts.push("interrupted".to_owned());
    }
    facts.join(" · ")
}

/// "24 Nov 2026, 19:30", in the person's time zone.
fn date(ms: f64) -> String {
    let options = js_sys::Object::new();
    super::super::browser::set_member(&options, "dateStyle", &"medium".into());
    super::super::browser::set_member(&options, "timeStyle", &"short".into());
    let date = js_sys::Date::new(&ms.into());
    String::from(date.to_locale_string("en-GB", &options))
}

fn total(takes: Takes) -> String {
    let (count, bytes) = takes
        .list
        .with(|list| (list.len(), list.iter().map(KeptTake::bytes).sum::<f64>()));
    match (count, takes.on.get()) {
        (0, false) => "Nothing is kept.".to_owned(),
        (0, true) => "Nothing is kept yet: record something, or open a file.".to_owned(),
        _ => {
            let room = takes.quota_bytes.get().map_or_else(String::new, |quota| {
                format!(" of the {} this browser allows", format::size(quota))
            });
            format!(
                "{}, {}{room}",
                format::counted(count, "take", "takes"),
                format::size(bytes)
            )
        }
    }
}
