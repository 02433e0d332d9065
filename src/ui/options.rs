//! What becomes of the words: endpoints, fillers.

use asr_playground::decode::EndpointConfig;
use asr_playground::decode::fillers::FillerConfig;
use leptos::prelude::*;

use super::actions;
use super::effects::{EffectLine, Knob};
use super::fold::FoldPanel;
use super::page::use_page;
use super::side::Side;

/// The fillers that are struck out.
pub const FILLERS: FillerConfig = FillerConfig {
    hesitations: true,
    discourse: true,
};

/// The panel.
#[component]
pub fn OptionsPanel() -> impl IntoView {
    let page = use_page();
    let fillers = move || page.settings.with(|s| s.fillers);
    let summary = move || {
        let endpoints = page.settings.with(|s| s.recognizer.endpoint.is_some());
        let endpoints = if endpoints { "on" } else { "off" };
        let fillers = if fillers() { "struck out" } else { "kept" };
        format!("Endpoints {endpoints}, fillers {fillers}")
    };
    view! {
        <FoldPanel
            key="options"
            title="Words"
            hint=|| "What becomes of the words once they are decoded."
            summary=summary
        >
            <EndpointSwitch side=Side::A prefix="" />
            <EffectLine knob=Knob::Endpoints />
            <Switch
                testid="fillers"
                title="Strike out fillers"
                hint="um, uh, like, you know: struck out and not counted. Cleaner; a “like” that was meant goes too."
                on=fillers
                set=move |on| actions::change(page, |s| s.fillers = on)
            />
            <EffectLine knob=Knob::Fillers />
        </FoldPanel>
    }
}

/// Whether pauses end utterances. `prefix` begins the switch's test id.
#[component]
pub fn EndpointSwitch(side: Side, prefix: &'static str) -> impl IntoView {
    let page = use_page();
    view! {
        <Switch
            testid=format!("{prefix}endpoints")
            title="Endpoints"
            hint="A pause ends the utterance. Text is committed sooner; a short pause can cost a word its context."
            on=move || side.with(page, |s| s.endpoint.is_some())
            set=move |on| side.change(page, |s| s.endpoint = on.then(EndpointConfig::default))
        />
    }
}

/// A switch with its name and what it trades.
#[component]
pub fn Switch(
    #[prop(into)] testid: String,
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
