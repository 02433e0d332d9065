//! What becomes of the words: endpoints, fillers; and in what numbers the model computes.

use asr_playground::decode::EndpointConfig;
use asr_playground::decode::fillers::FillerConfig;
use asr_playground::model::Arithmetic;
use leptos::prelude::*;

use super::actions;
use super::effects::{EffectLine, Knob};
use super::page::use_page;

/// The fillers that are struck out.
pub const FILLERS: FillerConfig = FillerConfig {
    hesitations: true,
    discourse: true,
};

/// The panel.
#[component]
pub fn OptionsPanel() -> impl IntoView {
    let page = use_page();
    let endpoints = move || page.settings.with(|s| s.recognizer.endpoint.is_some());
    let fillers = move || page.settings.with(|s| s.fillers);
    let int8 = move || page.settings.with(|s| s.recognizer.arithmetic) == Arithmetic::Int8;
    view! {
        <section class="panel" aria-labelledby="options-title">
            <div class="panel-head">
                <h2 id="options-title">"Words"</h2>
                <p class="hint">"What becomes of the words once they are decoded."</p>
            </div>
            <Switch
                testid="endpoints"
                title="Endpoints"
                hint="A pause ends the utterance: what was said is committed at once, and decoding begins anew. Commits sooner; a short pause can cost the context of a word."
                on=endpoints
                set=move |on| actions::change(page, |s| {
                    s.recognizer.endpoint = on.then(EndpointConfig::default);
                })
            />
            <EffectLine knob=Knob::Endpoints />
            <Switch
                testid="fillers"
                title="Strike out fillers"
                hint="um, uh, like, you know: shown struck out, and not counted, here and in the reference. Cleaner text; “like” and “you know” go where they were meant, too."
                on=fillers
                set=move |on| actions::change(page, |s| s.fillers = on)
            />
            <EffectLine knob=Knob::Fillers />
            <Switch
                testid="arithmetic"
                title="Compute in 8 bits"
                hint="The model's weights as the 8-bit integers they are stored as, by code of our own. Off: the same weights made floats, by the inference engine; slower, and the reference: the words should be the same."
                on=int8
                set=move |on| actions::change(page, |s| {
                    s.recognizer.arithmetic = if on { Arithmetic::Int8 } else { Arithmetic::Float };
                })
            />
            <EffectLine knob=Knob::Arithmetic />
        </section>
    }
}

/// A switch with its name and what it trades.
#[component]
pub fn Switch(
    testid: &'static str,
    title: &'static str,
    hint: &'static str,
    on: impl Fn() -> bool + Copy + Send + Sync + 'static,
    set: impl Fn(bool) + 'static,
) -> impl IntoView {
    view! {
        <label class="switch option">
            <input
                type="checkbox"
                role="switch"
                data-testid=testid
                data-value=move || if on() { "on" } else { "off" }
                prop:checked=on
                on:change=move |event| set(event_target_checked(&event))
            />
            <span class="switch-track" aria-hidden="true"></span>
            <span class="switch-words">
                <span class="field-name">{title}</span>
                <span class="hint">{hint}</span>
            </span>
        </label>
    }
}
