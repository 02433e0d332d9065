//! The finer knobs of the beam search: weights, hotwords, n-best.

use asr_playground::decode::{BeamConfig, DecoderKind, Hotword};
use asr_playground::model::Tokens;
use asr_playground::recognizer::spell_hotword;
use leptos::prelude::*;

use super::actions;
use super::effects::{EffectLine, Knob};
use super::kinds::ModelStatus;
use super::page::{Page, use_page};
use super::state::MOST_HYPOTHESES;

/// What a hotword is worth at first, in nats.
const BOOST: f32 = 6.0;

/// All of them, folded away.
#[component]
pub fn BeamKnobs() -> impl IntoView {
    let page = use_page();
    let kind = move || page.settings.with(|s| s.recognizer.decoder.kind);
    let greedy = move || kind() == DecoderKind::Greedy;
    let no_lm = move || kind() != DecoderKind::BeamLm;
    view! {
        <details class="knobs" data-testid="beam-knobs">
            <summary>"Weights, hotwords, n-best"</summary>
            <Slider
                testid="alpha"
                title="Language model weight α"
                hint="How much the language model counts against the sound. More: likelier words, and likelier words nobody said."
                range=(0.0, 2.0, 0.05)
                idle=no_lm
                value=move || page.settings.with(|s| s.recognizer.decoder.beam.lm_weight)
                set=move |value| set_beam(page, |beam| beam.lm_weight = value)
            />
            <EffectLine knob=Knob::LmWeight />
            <Slider
                testid="beta"
                title="Word bonus β"
                hint="Added for each word, in nats: the language model makes every word cost, this gives some of it back. More: more and shorter words."
                range=(-2.0, 4.0, 0.1)
                idle=no_lm
                value=move || page.settings.with(|s| s.recognizer.decoder.beam.word_bonus)
                set=move |value| set_beam(page, |beam| beam.word_bonus = value)
            />
            <EffectLine knob=Knob::WordBonus />
            <Hotwords idle=greedy />
            <EffectLine knob=Knob::Hotwords />
            <Slider
                testid="nbest"
                title="n-best size"
                hint="How many hypotheses are shown under the transcript. Costs nothing, changes no text."
                range=(1.0, MOST_HYPOTHESES as f32, 1.0)
                idle=greedy
                value=move || page.settings.with(|s| s.recognizer.decoder.beam.n_best as f32)
                set=move |value| set_beam(page, |beam| beam.n_best = value as usize)
            />
            <EffectLine knob=Knob::NBest />
        </details>
    }
}

/// Sets something of the beam, if the search accepts it.
fn set_beam(page: Page, set: impl FnOnce(&mut BeamConfig)) {
    actions::set_decoder(page, |decoder| {
        let mut beam = decoder.beam.clone();
        set(&mut beam);
        if beam.validate().is_ok() {
            decoder.beam = beam;
        }
    });
}

/// A number with its name and what it trades.
#[component]
fn Slider(
    testid: &'static str,
    title: &'static str,
    hint: &'static str,
    /// Smallest, largest, step.
    range: (f32, f32, f32),
    idle: impl Fn() -> bool + Copy + Send + Sync + 'static,
    value: impl Fn() -> f32 + Copy + Send + Sync + 'static,
    set: impl Fn(f32) + 'static,
) -> impl IntoView {
    let (least, most, step) = range;
    let words = move || {
        let value = value();
        if step >= 1.0 {
            format!("{value:.0}")
        } else {
            format!("{value:.2}")
        }
    };
    view! {
        <label class="knob" class:idle=idle>
            <span class="field-name">{title}</span>
            <output>{words}</output>
            <input
                type="range"
                min=least
                max=most
                step=step
                data-testid=testid
                data-value=move || value().to_string()
                prop:value=move || value().to_string()
                prop:disabled=idle
                on:change=move |event| {
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
fn Hotwords(idle: impl Fn() -> bool + Copy + Send + Sync + 'static) -> impl IntoView {
    let page = use_page();
    let hotwords = move || {
        page.settings
            .with(|s| s.recognizer.decoder.beam.hotwords.clone())
    };
    let boost = move || hotwords().first().map_or(BOOST, |word| word.boost);
    let typed = RwSignal::new(phrases(&hotwords()));
    let refused = RwSignal::new(None::<String>);
    let apply = move |text: &str, boost: f32| {
        let mut beam = page
            .settings
            .with_untracked(|s| s.recognizer.decoder.beam.clone());
        beam.hotwords = read(tokens(page).as_ref(), text, boost);
        refused.set(beam.validate().err().map(|error| error.to_string()));
        set_beam(page, |old| old.hotwords = beam.hotwords);
    };
    view! {
        <div class="knob" class:idle=idle>
            <label class="field-name" for="hotwords">"Hotwords"</label>
            <output>{move || format!("{:.0} nats each", boost())}</output>
            <textarea
                id="hotwords"
                class="hotwords"
                data-testid="hotwords"
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
                data-testid="hotword-boost"
                prop:value=move || boost().to_string()
                prop:disabled=move || idle() || hotwords().is_empty()
                on:change=move |event| {
                    if let Ok(boost) = event_target_value(&event).parse() {
                        apply(&typed.get_untracked(), boost);
                    }
                }
            />
            <span class="hint">
                "Names and words to listen for. A boost finds them where the sound is unsure, and where nobody said them."
            </span>
            <p class="refused" role="status">{move || refused.get()}</p>
            <p class="refused" role="status" data-testid="hotwords-left-out">
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
