//! The settings of one side, in little room.

use asr_playground::decode::DecoderKind;
use asr_playground::model::Arithmetic;
use leptos::prelude::*;

use super::super::glossary::decoder_name;
use super::super::knobs::BeamKnobs;
use super::super::options::EndpointSwitch;
use super::super::page::use_page;
use super::super::side::Side;
use super::super::state::{BEAM_WIDTHS, LOOKAHEADS, lookahead_name, parse_lookahead};

/// The side's settings.
#[component]
pub fn Controls(side: Side) -> impl IntoView {
    let page = use_page();
    let greedy = move || side.with(page, |s| s.decoder.kind == DecoderKind::Greedy);
    let prefix = match side {
        Side::A => "compare-a-",
        Side::B => "compare-b-",
    };
    let lookaheads = LOOKAHEADS.map(|l| (lookahead_name(l), l.to_string()));
    let decoders = DecoderKind::ALL.map(|k| (k.name().to_owned(), decoder_name(k).to_owned()));
    let arithmetics = Arithmetic::ALL.map(|a| (a.to_string(), a.to_string()));
    let widths = BEAM_WIDTHS.map(|w| (w.to_string(), w.to_string()));
    view! {
        <div class="compare-controls">
            <Choice
                side=side
                key="lookahead"
                title="Lookahead"
                options=lookaheads.to_vec()
                value=move || side.with(page, |s| lookahead_name(s.lookahead))
                idle=|| false
                set=move |value: String| side.change(page, |s| {
                    s.lookahead = parse_lookahead(&value).unwrap_or(s.lookahead);
                })
            />
            <Choice
                side=side
                key="arithmetic"
                title="Model in"
                options=arithmetics.to_vec()
                value=move || side.with(page, |s| s.arithmetic.to_string())
                idle=|| false
                set=move |value: String| side.change(page, |s| {
                    s.arithmetic = Arithmetic::of_name(&value).unwrap_or(s.arithmetic);
                })
            />
            <Choice
                side=side
                key="decoder"
                title="Decoder"
                options=decoders.to_vec()
                value=move || side.with(page, |s| s.decoder.kind.name().to_owned())
                idle=|| false
                set=move |value: String| side.change(page, |s| {
                    s.decoder.kind = DecoderKind::of_name(&value).unwrap_or(s.decoder.kind);
                })
            />
            <Choice
                side=side
                key="width"
                title="Beam width"
                options=widths.to_vec()
                value=move || side.with(page, |s| s.decoder.beam.width.to_string())
                idle=greedy
                set=move |value: String| side.change(page, |s| {
                    s.decoder.beam.width = value.parse().unwrap_or(s.decoder.beam.width);
                })
            />
        </div>
        <div>
            <BeamKnobs side prefix />
            <EndpointSwitch side prefix />
        </div>
    }
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
                    data-testid=format!("compare-{}-{key}", side.id())
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
