//! The settings of one side, in little room.

use asr_playground::decode::DecoderKind;
use asr_playground::model::{Arithmetic, Lookahead};
use asr_playground::recognizer::Settings;
use leptos::prelude::*;

use super::super::actions;
use super::super::page::{Page, use_page};
use super::super::state::{BEAM_WIDTHS, LOOKAHEADS, lookahead_name, parse_lookahead};
use super::Side;

/// The side's settings.
#[component]
pub fn Controls(side: Side) -> impl IntoView {
    let page = use_page();
    let settings = move || side.settings(page);
    let greedy = move || settings().decoder.kind == DecoderKind::Greedy;
    let no_lm = move || settings().decoder.kind != DecoderKind::BeamLm;
    let lookaheads = LOOKAHEADS.map(|l| (lookahead_name(l), lookahead_words(l)));
    let decoders = DecoderKind::ALL.map(|k| (k.name().to_owned(), decoder_words(k).to_owned()));
    let arithmetics = Arithmetic::ALL.map(|a| (a.to_string(), a.to_string()));
    let widths = BEAM_WIDTHS.map(|w| (w.to_string(), w.to_string()));
    let weights = [0.0_f32, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0].map(|w| (w.to_string(), w.to_string()));
    view! {
        <div class="compare-controls">
            <Choice
                side=side
                key="lookahead"
                title="Lookahead"
                options=lookaheads.to_vec()
                value=move || lookahead_name(settings().lookahead)
                idle=|| false
                set=move |value: String| set(page, side, |s| {
                    s.lookahead = parse_lookahead(&value).unwrap_or(s.lookahead);
                })
            />
            <Choice
                side=side
                key="arithmetic"
                title="Model in"
                options=arithmetics.to_vec()
                value=move || settings().arithmetic.to_string()
                idle=|| false
                set=move |value: String| set(page, side, |s| {
                    s.arithmetic = Arithmetic::of_name(&value).unwrap_or(s.arithmetic);
                })
            />
            <Choice
                side=side
                key="decoder"
                title="Decoder"
                options=decoders.to_vec()
                value=move || settings().decoder.kind.name().to_owned()
                idle=|| false
                set=move |value: String| set(page, side, |s| {
                    s.decoder.kind = DecoderKind::of_name(&value).unwrap_or(s.decoder.kind);
                })
            />
            <Choice
                side=side
                key="width"
                title="Beam width"
                options=widths.to_vec()
                value=move || settings().decoder.beam.width.to_string()
                idle=greedy
                set=move |value: String| set(page, side, |s| {
                    s.decoder.beam.width = value.parse().unwrap_or(s.decoder.beam.width);
                })
            />
            <Choice
                side=side
                key="alpha"
                title="LM weight α"
                options=weights.to_vec()
                value=move || settings().decoder.beam.lm_weight.to_string()
                idle=no_lm
                set=move |value: String| set(page, side, |s| {
                    s.decoder.beam.lm_weight = value.parse().unwrap_or(s.decoder.beam.lm_weight);
                })
            />
        </div>
    }
}

fn set(page: Page, side: Side, set: impl FnOnce(&mut Settings)) {
    actions::change(page, |s| {
        set(match side {
            Side::A => &mut s.recognizer,
            Side::B => &mut s.other,
        });
    });
}

#[component]
fn Choice(
    side: Side,
    key: &'static str,
    title: &'static str,
    options: Vec<(String, String)>,
    value: impl Fn() -> String + Copy + Send + Sync + 'static,
    idle: impl Fn() -> bool + Copy + Send + Sync + 'static,
    set: impl Fn(String) + 'static,
) -> impl IntoView {
    let known: Vec<String> = options.iter().map(|(value, _)| value.clone()).collect();
    // A value that an address gave and that is none of ours is an option as well.
    let foreign = move || (!known.contains(&value())).then(value);
    view! {
        <label class="compare-choice" class:idle=idle>
            <span class="field-name">{title}</span>
            <span class="select">
                <select
                    data-testid=format!("compare-{}-{key}", side.name()).to_lowercase()
                    data-value=value
                    prop:disabled=idle
                    on:change=move |event| set(event_target_value(&event))
                >
                    {options
                        .into_iter()
                        .map(|(name, words)| {
                            let own = name.clone();
                            view! { <option value=name prop:selected=move || value() == own>{words}</option> }
                        })
                        .collect_view()}
                    {move || foreign().map(|value| view! { <option value=value.clone() selected>{value.clone()}</option> })}
                </select>
            </span>
        </label>
    }
}

fn lookahead_words(lookahead: Lookahead) -> String {
    match lookahead {
        Lookahead::Ms(ms) => format!("{ms} ms"),
        Lookahead::WholeTake => "whole take".to_owned(),
    }
}

fn decoder_words(kind: DecoderKind) -> &'static str {
    match kind {
        DecoderKind::Greedy => "Greedy",
        DecoderKind::Beam => "Beam",
        DecoderKind::BeamLm => "Beam + LM",
    }
}
