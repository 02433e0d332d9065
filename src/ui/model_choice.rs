//! Which acoustic model hears the sound: those of the manifest, and the progress of another;
//! and in what numbers it computes.

use asr_playground::model::Arithmetic;
use asr_playground::protocol::ModelChoice;
use leptos::prelude::*;

use super::actions;
use super::effects::{EffectLine, Knob};
use super::fold::FoldPanel;
use super::format;
use super::options::Switch;
use super::page::{ModelStatus, Page, Switching, use_page};

/// The panel.
#[component]
pub fn ModelPanel() -> impl IntoView {
    let page = use_page();
    let used = Memo::new(move |_| used(page));
    let int8 = move || page.settings.with(|s| s.recognizer.arithmetic) == Arithmetic::Int8;
    let only_floats = move || page.model.with(only_floats);
    let summary = move || {
        let model = page.models.with(|models| {
            let used = used.get();
            let used = models.iter().find(|m| Some(&m.name) == used.as_ref());
            used.map_or_else(String::new, |m| format!("{}, ", m.title))
        });
        let in_int8 = int8() && !only_floats();
        format!("{model}in {}", if in_int8 { "8 bits" } else { "floats" })
    };
    view! {
        <FoldPanel
            key="model"
            title="Model"
            hint=move || view! {
                "The acoustic model turns sound into letter probabilities."
                {move || (page.models.with(Vec::len) > 1).then_some(
                    " A larger one usually makes fewer errors; it takes longer to load and to run.",
                )}
            }
            summary=summary
        >
            <div data-testid="model" data-value=move || used.get()>
                {move || {
                    let models = page.models.get();
                    match &models[..] {
                        [] => view! { <p class="hint">"The list of models is not here yet."</p> }.into_any(),
                        [only] => view! { <p class="model-only">{words(only)}</p> }.into_any(),
                        _ => view! { <Choice models used /> }.into_any(),
                    }
                }}
            </div>
            <Progress />
            <EffectLine knob=Knob::Model />
            <Switch
                testid="arithmetic"
                title="Compute in 8 bits"
                hint="Weights as 8-bit integers, by code of our own. Off: as floats; slower, and the reference."
                on=int8
                set=move |on| actions::change(page, |s| {
                    s.recognizer.arithmetic = if on { Arithmetic::Int8 } else { Arithmetic::Float };
                })
            />
            {move || only_floats().then(|| view! {
                <p class="hint only-floats" data-testid="only-floats">
                    "This model is computed in floats either way: its file has no 8-bit weights that our code can multiply."
                </p>
            })}
            <EffectLine knob=Knob::Arithmetic />
        </FoldPanel>
    }
}

#[component]
fn Choice(models: Vec<ModelChoice>, used: Memo<Option<String>>) -> impl IntoView {
    let page = use_page();
    // The one that is coming, while it is.
    let chosen = Memo::new(move |_| {
        let coming = page
            .switching
            .with(|s| s.as_ref().map(|switching| switching.name.clone()));
        coming.or_else(|| used.get())
    });
    view! {
        <fieldset class="model-list">
            <legend class="visually-hidden">"Acoustic model"</legend>
            {models
                .into_iter()
                .map(|model| {
                    let name = model.name.clone();
                    let own = model.name.clone();
                    view! {
                        <label class="model-choice">
                            <input
                                type="radio"
                                name="model"
                                value=model.name.clone()
                                prop:checked=move || chosen.with(|c| c.as_deref() == Some(&*own))
                                prop:disabled=move || used.with(Option::is_none)
                                on:change=move |_| actions::set_model(page, &name)
                            />
                            {words(&model)}
                        </label>
                    }
                })
                .collect_view()}
        </fieldset>
    }
}

/// Title, size and precision.
fn words(model: &ModelChoice) -> impl IntoView + use<> {
    let facts = format!("{}, {}", format::megabytes(model.bytes), model.precision);
    view! {
        <span class="switch-words">
            <span class="field-name">{model.title.clone()}</span>
            <span class="hint">{facts}</span>
        </span>
    }
}

/// How much of the model that was chosen is here.
#[component]
fn Progress() -> impl IntoView {
    let page = use_page();
    let share = |s: &Switching| s.loaded_bytes as f64 / s.total_bytes.max(1) as f64;
    move || {
        page.switching.with(|switching| {
            switching.as_ref().map(|switching| {
                let loaded = if switching.total_bytes == 0 {
                    "Loading…".to_owned()
                } else if switching.loaded_bytes < switching.total_bytes {
                    format!(
                        "Loading, {}.",
                        format::bytes_progress(switching.loaded_bytes, switching.total_bytes)
                    )
                } else {
                    "Preparing…".to_owned()
                };
                view! {
                    <p class="model-coming" role="status" data-testid="model-coming" data-value=switching.name.clone()>
                        <span>{loaded} " The model before is used until it is ready."</span>
                        <progress max="1" aria-label="Loading the model" value=share(switching).to_string()></progress>
                    </p>
                }
            })
        })
    }
}

/// Whether the model in use is computed in floats whatever is asked for.
fn only_floats(model: &ModelStatus) -> bool {
    matches!(model, ModelStatus::Ready(info) if info.int8_products == 0)
}

/// The name of the model in use.
fn used(page: Page) -> Option<String> {
    page.model.with(|model| match model {
        ModelStatus::Ready(info) => Some(info.name.clone()),
        _ => None,
    })
}
