//! The finer knobs of the beam search: weights, hotwords, n-best.

use asr_playground::decode::{BeamConfig, DecoderKind, Hotword};
use asr_playground::model::Tokens;
use asr_playground::recognizer::spell_hotword;
use leptos::prelude::*;

use super::effects::{EffectLine, Knob};
use super::format;
use super::kinds::ModelStatus;
use super::page::{Page, use_page};
use super::side::Side;
use super::state::MOST_HYPOTHESES;

/// What a hotword is worth at first, in nats.
const BOOST: f32 = 6.0;

/// All of them, folded away. `prefix` begins the controls' test ids.
#[component]
pub fn BeamKnobs(side: Side, prefix: &'static str) -> impl IntoView {
    let page = use_page();
    let kind = move || side.with(page, |s| s.decoder.kind);
    let greedy = move || kind() == DecoderKind::Greedy;
    let no_lm = move || kind() != DecoderKind::BeamLm;
    // Where two are compared, their figures stand below.
    let effect = move |knob| {
        prefix
            .is_empty()
            .then(|| view! { <EffectLine knob=knob /> })
    };
    view! {
        <details class="knobs" data-testid=format!("{prefix}beam-knobs")>
            <summary>"Weights, hotwords, n-best"</summary>
            <Slider
                testid=format!("{prefix}alpha")
                title="Language model weight α"
                hint="More: likelier words, also ones that nobody said. Less: what was heard."
                range=(0.0, 2.0, 0.05)
                idle=no_lm
                value=move || side.with(page, |s| s.decoder.beam.lm_weight)
                set=move |value| set_beam(page, side, |beam| beam.lm_weight = value)
            />
            {effect(Knob::LmWeight)}
            <Slider
                testid=format!("{prefix}beta")
                title="Word bonus β"
                hint="Nats given back for each word, which the language model makes costly. More: more and shorter words."
                range=(-2.0, 4.0, 0.1)
                idle=no_lm
                value=move || side.with(page, |s| s.decoder.beam.word_bonus)
                set=move |value| set_beam(page, side, |beam| beam.word_bonus = value)
            />
            {effect(Knob::WordBonus)}
            <Hotwords side prefix idle=greedy />
            {effect(Knob::Hotwords)}
            <Slider
                testid=format!("{prefix}nbest")
                title="n-best size"
                hint="Hypotheses shown under the transcript. Costs nothing, changes no text."
                range=(1.0, MOST_HYPOTHESES as f32, 1.0)
                idle=greedy
                value=move || side.with(page, |s| s.decoder.beam.n_best as f32)
                set=move |value| set_beam(page, side, |beam| beam.n_best = value as usize)
            />
            {effect(Knob::NBest)}
        </details>
    }
}

/// Sets something of the beam, if the search accepts it.
fn set_beam(page: Page, side: Side, set: impl FnOnce(&mut BeamConfig)) {
    side.change(page, |settings| {
        let mut beam = settings.decoder.beam.clone();
        set(&mut beam);
        if beam.validate().is_ok() {
            settings.decoder.beam = beam;
        }
    });
}

/// A number with its name and what it trades.
#[component]
fn Slider(
    testid: String,
    title: &'static str,
    hint: &'static str,
    /// Smallest, largest, step.
    range: (f32, f32, f32),
    idle: impl Fn() -> bool + Copy + Send + Sync + 'static,
    value: impl Fn() -> f32 + Copy + Send + Sync + 'static,
    set: impl Fn(f32) + 'static,
) -> impl IntoView {
    let (least, most, step) = range;
    // Where the slider is while it is dragged; the setting follows when it is let go.
    let dragged = RwSignal::new(None::<f32>);
    let words = move || {
        let value = dragged.get().unwrap_or_else(value);
        let places = if step >= 1.0 { 0 } else { 2 };
        format::fixed(f64::from(value), places)
    };
    view! {
        <label class="knob" class:idle=idle>
            <span class="field-name">{title}</span>
            <output>{words}</output>
            // A label names the first control in it, which is the output.
            <input
                type="range"
                aria-label=title
                min=least
                max=most
                step=step
                data-testid=testid
                data-value=move || value().to_string()
                prop:value=move || value().to_string()
                prop:disabled=idle
                on:input=move |event| dragged.set(event_target_value(&event).parse().ok())
                on:change=move |event| {
                    dragged.set(None);
                    if let Ok(value) = event_target_value(&event).parse() {
                        set(value);
                    }
                }
            />
            <span class="hint">{hint}</span>
        </label>
    }
}

/// The phrases to listen for: one a line.
#[component]
fn Hotwords(
    side: Side,
    prefix: &'static str,
    idle: impl Fn() -> bool + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let page = use_page();
    let id = format!("{prefix}hotwords");
    let hotwords = move || side.with(page, |s| s.decoder.beam.hotwords.clone());
    let boost = move || hotwords().first().map_or(BOOST, |word| word.boost);
    let typed = RwSignal::new(phrases(&hotwords()));
    let refused = RwSignal::new(None::<String>);
    // Set from elsewhere: an address, a preset.
    Effect::new(move |_| {
        let now = phrases(&hotwords());
        if typed.with_untracked(|typed| phrases(&read(tokens(page).as_ref(), typed, BOOST)) != now)
        {
            typed.set(now);
        }
    });
    let apply = move |text: &str, boost: f32| {
        let mut beam = untrack(|| side.with(page, |s| s.decoder.beam.clone()));
        beam.hotwords = read(untrack(|| tokens(page)).as_ref(), text, boost);
        refused.set(beam.validate().err().map(|error| error.to_string()));
        set_beam(page, side, |old| old.hotwords = beam.hotwords);
    };
    view! {
        <div class="knob" class:idle=idle>
            <label class="field-name" for=id.clone()>"Hotwords"</label>
            <output>{move || format!("{:.0} nats each", boost())}</output>
            <textarea
                id=id.clone()
                class="hotwords"
                data-testid=id
                rows="2"
                spellcheck="false"
                autocomplete="off"
                placeholder="one phrase a line"
                prop:value=move || typed.get()
                prop:disabled=idle
                on:change=move |event| {
                    let text = event_target_value(&event);
                    apply(&text, boost());
                    typed.set(text);
                }
            ></textarea>
            <input
                type="range"
                min="0"
                max="20"
                step="1"
                aria-label="Boost of a hotword in nats"
                data-testid=format!("{prefix}hotword-boost")
                prop:value=move || boost().to_string()
                prop:disabled=move || idle() || hotwords().is_empty()
                on:change=move |event| {
                    if let Ok(boost) = event_target_value(&event).parse() {
                        apply(&typed.get_untracked(), boost);
                    }
                }
            />
            <span class="hint">
                "Names and words to listen for. More boost: found more often, also where nobody said them."
            </span>
            <p class="refused" role="status">{move || refused.get()}</p>
            <p class="refused" role="status" data-testid=format!("{prefix}hotwords-left-out")>
                {move || left_out(tokens(page).as_ref(), &typed.get())}
            </p>
        </div>
    }
}

fn phrases(hotwords: &[Hotword]) -> String {
    let lines: Vec<&str> = hotwords.iter().map(|word| word.phrase.as_str()).collect();
    lines.join("\n")
}

/// The model's tokens; until it is here, those of the bundled one.
fn tokens(page: Page) -> Option<Tokens> {
    page.model.with(|model| match model {
        ModelStatus::Ready(info) => Tokens::of_texts(&info.tokens).ok(),
        _ => Tokens::parse(include_str!("../../models/tokens.txt")).ok(),
    })
}

/// The phrases as they were typed, one a line or between commas.
fn typed_phrases(text: &str) -> impl Iterator<Item = &str> {
    let phrases = text.split(['\n', ',']).map(str::trim);
    phrases.filter(|phrase| !phrase.is_empty())
}

/// The phrases that the model can write, as it writes them.
fn read(tokens: Option<&Tokens>, text: &str, boost: f32) -> Vec<Hotword> {
    let spelled = |phrase| spell_hotword(tokens?, phrase).ok();
    typed_phrases(text)
        .filter_map(spelled)
        .map(|phrase| Hotword { phrase, boost })
        .collect()
}

/// Which phrases it cannot write, and why.
fn left_out(tokens: Option<&Tokens>, text: &str) -> Option<String> {
    let refused = |phrase| spell_hotword(tokens?, phrase).err();
    let reasons = typed_phrases(text).filter_map(refused);
    let reasons: Vec<String> = reasons.map(|reason| format!("{reason}.")).collect();
    (!reasons.is_empty()).then(|| format!("Left out: {}", reasons.join(" ")))
}
