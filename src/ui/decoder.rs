//! How log-probs become words, and what each way trades.

use asr_playground::decode::DecoderKind;
use leptos::prelude::*;

use super::actions;
use super::effects::{EffectLine, Knob};
use super::format;
use super::glossary::decoder_name;
use super::knobs::BeamKnobs;
use super::link;
use super::page::{LanguageModelState, use_page};
use super::side::Side;
use super::state::BEAM_WIDTHS;

/// The panel.
#[component]
pub fn DecoderPanel() -> impl IntoView {
    let page = use_page();
    let kind = move || page.settings.with(|s| s.recognizer.decoder.kind);
    view! {
        <section class="panel" aria-labelledby="decoder-title">
            <div class="panel-head">
                <h2 id="decoder-title">"Decoder"</h2>
                <p class="hint">"How letter probabilities become words; also those already said."</p>
            </div>
            <fieldset class="segments thirds" data-testid="decoder" data-value=move || kind().name()>
                <legend class="visually-hidden">"Decoder"</legend>
                {DecoderKind::ALL
                    .into_iter()
                    .map(|choice| {
                        view! {
                            <label class="segment">
                                <input
                                    type="radio"
                                    name="decoder"
                                    value=choice.name()
                                    prop:checked=move || kind() == choice
                                    on:change=move |_| actions::set_decoder(page, |d| d.kind = choice)
                                />
                                <span>{decoder_name(choice)}</span>
                            </label>
                        }
                    })
                    .collect_view()}
            </fieldset>
            <Width />
            <p class="trade">{move || trade(kind())}</p>
            <EffectLine knob=Knob::Decoder />
            <EffectLine knob=Knob::Width />
            <BeamKnobs side=Side::A prefix="" />
            <LanguageModelLine />
        </section>
    }
}

/// The beam's width, a power of two.
#[component]
fn Width() -> impl IntoView {
    let page = use_page();
    let width = move || page.settings.with(|s| s.recognizer.decoder.beam.width);
    // The position of a width that an address gave and that is none of ours.
    let position = move || {
        BEAM_WIDTHS
            .partition_point(|w| *w < width())
            .min(BEAM_WIDTHS.len() - 1)
    };
    let greedy = move || page.settings.with(|s| s.recognizer.decoder.kind) == DecoderKind::Greedy;
    view! {
        <label class="width-row" class:idle=greedy>
            <span class="field-name">"Beam width"</span>
            <input
                type="range"
                min="0"
                max=BEAM_WIDTHS.len() - 1
                step="1"
                data-testid="beam-width"
                data-value=move || width().to_string()
                prop:value=move || position().to_string()
                prop:disabled=greedy
                aria-valuetext=move || format!("{} hypotheses", width())
                on:input=move |event| {
                    let at = event_target_value(&event).parse().unwrap_or(0_usize);
                    if let Some(chosen) = BEAM_WIDTHS.get(at).copied() {
                        actions::set_decoder(page, |d| d.beam.width = chosen);
                    }
                }
            />
            <output>{width}</output>
        </label>
    }
}

/// Where the language model stands.
#[component]
fn LanguageModelLine() -> impl IntoView {
    let page = use_page();
    let words = move || {
        page.language_model.with(|state| match state {
            LanguageModelState::Later => "loads after the acoustic model.".to_owned(),
            LanguageModelState::Loading {
                loaded_bytes,
                total_bytes,
            } => format!(
                "loading, {}.",
                format::bytes_progress(*loaded_bytes, *total_bytes)
            ),
            LanguageModelState::Ready(info) => format!(
                "{}, {} words, {}, ready in {}.",
                info.title,
                format::grouped(info.words),
                format::megabytes(info.bytes),
                format::milliseconds(info.prepare_ms)
            ),
            LanguageModelState::Missing => {
                "this site has none, so the beam goes by sound alone.".to_owned()
            }
            LanguageModelState::Failed => "could not be loaded.".to_owned(),
        })
    };
    let state = move || {
        page.language_model.with(|state| match state {
            LanguageModelState::Later | LanguageModelState::Loading { .. } => "loading",
            LanguageModelState::Ready(_) => "ready",
            LanguageModelState::Missing => "missing",
            LanguageModelState::Failed => "failed",
        })
    };
    view! {
        <p class="decoder-line" data-testid="language-model" data-value=state>
            <span class="field-name">"Language model"</span>
            " "
            {words}
            {move || (state() == "failed").then(|| view! {
                " "
                <button type="button" class="button quiet" on:click=move |_| link::load_language_model(page)>
                    "Retry"
                </button>
            })}
        </p>
    }
}

fn trade(kind: DecoderKind) -> &'static str {
    match kind {
        DecoderKind::Greedy => {
            "Greedy: the likeliest letter of each row. Costs nothing, writes what it hears."
        }
        DecoderKind::Beam => {
            "Beam: adds up all paths to each spelling. Changes little without a language model."
        }
        DecoderKind::BeamLm => {
            "Beam + LM: likelier English words. Fewer errors, some milliseconds more; rare names suffer."
        }
    }
}
