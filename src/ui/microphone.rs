//! Which microphone, what the browser does to it, and how loud it is.

use leptos::prelude::*;

use super::format::{decibels, fixed};
use super::page::{Origin, Page, Phase, use_page};
use super::state::MicrophoneWishes;

/// The quiet end of the meter.
const FLOOR_DB: f32 = -60.0;
/// A recording whose loudest moment stays below this is called quiet.
const QUIET_DB: f32 = -36.0;
/// How much of it must have been heard before that is said.
const QUIET_AFTER_MS: f64 = 4000.0;

/// Device and processing.
#[component]
pub fn MicrophoneSettings() -> impl IntoView {
    let page = use_page();
    view! {
        <label class="device">
            <span class="field-name">"Device"</span>
            <span class="select">
                <select
                    data-testid="device-select"
                    on:change=move |event| {
                        let id = event_target_value(&event);
                        page.device.set((!id.is_empty()).then_some(id));
                    }
                >
                    <option value="" prop:selected=move || page.device.with(Option::is_none)>
                        "System default"
                    </option>
                    {move || {
                        page.devices
                            .get()
                            .into_iter()
                            .map(|device| {
                                let id = device.id.clone();
                                let selected = move || page.device.with(|d| d.as_ref() == Some(&id));
                                view! {
                                    <option value=device.id.clone() prop:selected=selected>
                                        {device.label}
                                    </option>
                                }
                            })
                            .collect_view()
                    }}
                </select>
            </span>
        </label>
        <Switch
            name="Echo cancellation"
            testid="echo-cancellation"
            get=|w| w.echo_cancellation
            set=|w, on| w.echo_cancellation = on
            applied=move || page.applied.with(|a| a.as_ref().map(|a| a.echo_cancellation))
        />
        <Switch
            name="Noise suppression"
            testid="noise-suppression"
            get=|w| w.noise_suppression
            set=|w, on| w.noise_suppression = on
            applied=move || page.applied.with(|a| a.as_ref().map(|a| a.noise_suppression))
        />
        <Switch
            name="Automatic gain"
            testid="auto-gain"
            get=|w| w.auto_gain
            set=|w, on| w.auto_gain = on
            applied=move || page.applied.with(|a| a.as_ref().map(|a| a.auto_gain))
        />
        <p class="hint microphone-hint">
            "The browser's own processing. Off, the model hears what the microphone heard. "
            "A change takes effect with the next recording; what the browser really did is said beside each."
        </p>
    }
}

#[component]
fn Switch(
    name: &'static str,
    testid: &'static str,
    get: fn(&MicrophoneWishes) -> bool,
    set: fn(&mut MicrophoneWishes, bool),
    /// `None` before a recording, `Some(None)` if the browser does not say.
    applied: impl Fn() -> Option<Option<bool>> + Send + Sync + Copy + 'static,
) -> impl IntoView {
    let page = use_page();
    let wished = move || page.settings.with(|s| get(&s.microphone));
    let words = move || match applied() {
        None => "not recorded yet",
        Some(None) => "applied: browser does not say",
        Some(Some(true)) => "applied: on",
        Some(Some(false)) => "applied: off",
    };
    let differs = move || applied().flatten().is_some_and(|on| on != wished());
    view! {
        <label class="switch">
            <input
                type="checkbox"
                role="switch"
                data-testid=testid
                prop:checked=wished
                on:change=move |event| {
                    let on = event_target_checked(&event);
                    page.settings.update(|s| set(&mut s.microphone, on));
                }
            />
            <span class="switch-track" aria-hidden="true"></span>
            <span class="switch-words">
                <span class="field-name">{name}</span>
                <span class="applied" class:differs=differs data-testid=format!("{testid}-applied")>
                    {words}
                </span>
            </span>
        </label>
    }
}

/// How loud the take is now, with a mark when it clips.
#[component]
pub fn LevelMeter() -> impl IntoView {
    let page = use_page();
    let share = |magnitude: f32| (1.0 - decibels(magnitude, FLOOR_DB) / FLOOR_DB).clamp(0.0, 1.0);
    let rms = move || share(page.meter.with(|m| m.level.rms));
    let peak = move || share(page.meter.with(|m| m.level.peak));
    let clipped = move || page.meter.with(|m| m.clipped_samples);
    view! {
        <div class="level-box">
            <div
                class="level"
                data-testid="level"
                role="meter"
                aria-label="Input level"
                aria-valuemin=FLOOR_DB.to_string()
                aria-valuemax="0"
                aria-valuenow=move || format!("{:.0}", decibels(page.meter.with(|m| m.level.peak), FLOOR_DB))
                aria-valuetext=move || format!("{:.0} decibels below full scale", -decibels(page.meter.with(|m| m.level.peak), FLOOR_DB))
                data-clipped=move || clipped().to_string()
            >
                <span class="level-rms" style:transform=move || format!("scaleX({:.3})", rms())></span>
                <span class="level-peak" style:left=move || format!("{:.1}%", peak() * 100.0)></span>
            </div>
            <span class="level-words" class:clipping=move || { clipped() > 0 }>
                {move || level_words(page)}
            </span>
        </div>
    }
}

fn level_words(page: Page) -> String {
    let meter = page.meter.get();
    if meter.clipped_samples > 0 {
        return "▲ clipping".to_owned();
    }
    let live = page.phase.get() == Phase::Recording
        && page.origin.with(|o| matches!(o, Some(Origin::Microphone)));
    let long_enough = page.figures.with(|f| f.audio_ms) > QUIET_AFTER_MS;
    if live && long_enough && decibels(meter.take_peak, FLOOR_DB) < QUIET_DB {
        return "very quiet".to_owned();
    }
    if meter.level.peak > 0.0 {
        format!(
            "{} dB",
            fixed(f64::from(decibels(meter.level.peak, FLOOR_DB)), 0)
        )
    } else if meter.take_peak > 0.0 {
        format!(
            "peak {} dB",
            fixed(f64::from(decibels(meter.take_peak, FLOOR_DB)), 0)
        )
    } else {
        "level".to_owned()
    }
}
