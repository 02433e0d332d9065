//! Which values are tried on each axis.

use asr_playground::decode::DecoderKind;
use asr_playground::model::Lookahead;
use leptos::prelude::*;

use super::axes::{Axes, LM_WEIGHTS, WIDTHS, WORD_BONUSES, offered, shown, toggle, toggle_in};
use crate::ui::glossary::lookahead_number;
use crate::ui::page::{LanguageModelState, ModelStatus, Page, use_page};
use crate::ui::state::{LOOKAHEADS, PageSettings, lookahead_name};

/// The rows.
#[component]
pub fn AxisRows() -> impl IntoView {
    let page = use_page();
    let no_model = Signal::derive(move || {
        page.language_model
            .with(|state| *state == LanguageModelState::Missing)
    });
    let greedy_only = move || page.settings.with(|s| !s.sweep.searches());
    let no_fusion = move || page.settings.with(|s| !s.sweep.fuses());
    let no_hotwords = move || {
        page.settings
            .with(|s| s.recognizer.decoder.beam.hotwords.is_empty())
    };
    view! {
        <fieldset class="sweep-block">
            <legend class="field-name">"Settings"</legend>
            <div class="sweep-axes">
                <Axis name="Lookahead, ms" id="lookahead" note=|| None>
                    {lookaheads(page)}
                </Axis>
                <Axis name="Decoder" id="decoder" note=move || no_model.get().then_some("this site has no language model")>
                    {decoders(no_model)}
                </Axis>
                <Axis name="Beam width" id="beam" note=move || greedy_only().then_some("greedy keeps one")>
                    {widths()}
                </Axis>
                <Axis name="LM weight α" id="alpha" note=move || no_fusion().then_some("for beam + LM")>
                    {numbers(page, Numbers::Weights)}
                </Axis>
                <Axis name="Word bonus β" id="beta" note=move || no_fusion().then_some("for beam + LM")>
                    {numbers(page, Numbers::Bonuses)}
                </Axis>
                <Axis
                    name="Hotwords"
                    id="hotwords"
                    note=move || {
                        if no_hotwords() { Some("the settings have none") } else { greedy_only().then_some("greedy has none") }
                    }
                >
                    {switches(Switch::Hotwords, ["without", "with the settings’"])}
                </Axis>
                <Axis name="Text normaliser" id="normaliser" note=|| None>
                    {switches(Switch::Normaliser, ["off", "on"])}
                </Axis>
            </div>
        </fieldset>
    }
}

/// A row; with a note, why it makes no difference now.
#[component]
fn Axis(
    name: &'static str,
    id: &'static str,
    note: impl Fn() -> Option<&'static str> + Copy + Send + Sync + 'static,
    children: Children,
) -> impl IntoView {
    view! {
        <div
            class="sweep-axis"
            class:idle=move || note().is_some()
            role="group"
            aria-label=name
            data-testid=format!("sweep-axis-{id}")
        >
            <span class="sweep-axis-name" aria-hidden="true">{name}</span>
            <div class="sweep-chips">
                {children()}
                {move || note().map(|note| view! { <span class="sweep-axis-note">{note}</span> })}
            </div>
        </div>
    }
}

/// A value's checkbox. It stays where it is when it is switched, so that the focus does.
fn chip(
    value: String,
    words: String,
    checked: impl Fn(&Axes) -> bool + Send + 'static,
    change: impl Fn(&mut Axes, bool) + 'static,
) -> impl IntoView {
    let page = use_page();
    view! {
        <label class="chip">
            <input
                type="checkbox"
                value=value
                prop:checked=move || page.settings.with(|s| checked(&s.sweep))
                on:change=move |event| {
                    let on = event_target_checked(&event);
                    page.settings.update(|s| change(&mut s.sweep, on));
                }
            />
            <span>{words}</span>
        </label>
    }
}

fn lookaheads(page: Page) -> impl IntoView {
    let offered = Memo::new(move |_| {
        page.model.with(|model| match model {
            ModelStatus::Ready(info) if !info.lookaheads.is_empty() => info.lookaheads.clone(),
            _ => LOOKAHEADS.to_vec(),
        })
    });
    let one = |lookahead: Lookahead| {
        chip(
            lookahead_name(lookahead),
            lookahead_number(lookahead),
            move |axes| axes.lookaheads.contains(&lookahead),
            move |axes, on| toggle_in(&mut axes.lookaheads, &LOOKAHEADS, lookahead, on),
        )
    };
    move || offered.get().into_iter().map(one).collect_view()
}

fn decoders(no_model: Signal<bool>) -> impl IntoView {
    let one = |kind: DecoderKind| {
        let words = match kind {
            DecoderKind::Greedy => "greedy",
            DecoderKind::Beam => "beam",
            DecoderKind::BeamLm => "beam + LM",
        };
        chip(
            kind.name().to_owned(),
            words.to_owned(),
            move |axes| axes.decoders.contains(&kind),
            move |axes, on| toggle_in(&mut axes.decoders, &DecoderKind::ALL, kind, on),
        )
    };
    move || {
        let kinds = DecoderKind::ALL.into_iter();
        kinds
            .filter(|kind| *kind != DecoderKind::BeamLm || !no_model.get())
            .map(one)
            .collect_view()
    }
}

fn widths() -> impl IntoView {
    let one = |width: u32| {
        chip(
            width.to_string(),
            width.to_string(),
            move |axes| axes.widths.contains(&width),
            move |axes, on| toggle(&mut axes.widths, width, on),
        )
    };
    WIDTHS.into_iter().map(one).collect_view()
}

/// An axis of [`Axes`] that holds numbers.
#[derive(Clone, Copy)]
enum Numbers {
    Weights,
    Bonuses,
}

impl Numbers {
    fn of(self, axes: &Axes) -> &Vec<f64> {
        match self {
            Self::Weights => &axes.lm_weights,
            Self::Bonuses => &axes.word_bonuses,
        }
    }

    fn of_mut(self, axes: &mut Axes) -> &mut Vec<f64> {
        match self {
            Self::Weights => &mut axes.lm_weights,
            Self::Bonuses => &mut axes.word_bonuses,
        }
    }

    /// The usual values, those chosen, and the one that is set.
    fn offered(self, settings: &PageSettings) -> Vec<f64> {
        let (usual, beam) = (self.of(&settings.sweep), &settings.recognizer.decoder.beam);
        match self {
            Self::Weights => offered(&LM_WEIGHTS, usual, shown(beam.lm_weight)),
            Self::Bonuses => offered(&WORD_BONUSES, usual, shown(beam.word_bonus)),
        }
    }
}

fn numbers(page: Page, axis: Numbers) -> impl IntoView {
    let offered = Memo::new(move |_| page.settings.with(|s| axis.offered(s)));
    let one = move |value: f64| {
        chip(
            value.to_string(),
            value.to_string().replace('-', "−"),
            move |axes| axis.of(axes).contains(&value),
            move |axes, on| toggle(axis.of_mut(axes), value, on),
        )
    };
    move || offered.get().into_iter().map(one).collect_view()
}

/// An axis of [`Axes`] that is off, on, or both.
#[derive(Clone, Copy)]
enum Switch {
    Hotwords,
    Normaliser,
}

fn switches(axis: Switch, words: [&'static str; 2]) -> impl IntoView {
    let one = move |(value, words): (bool, &'static str)| {
        chip(
            if value { "on" } else { "off" }.to_owned(),
            words.to_owned(),
            move |axes| match axis {
                Switch::Hotwords => axes.hotwords.contains(&value),
                Switch::Normaliser => axes.normalisers.contains(&value),
            },
            move |axes, on| match axis {
                Switch::Hotwords => toggle(&mut axes.hotwords, value, on),
                Switch::Normaliser => toggle(&mut axes.normalisers, value, on),
            },
        )
    };
    [false, true].into_iter().zip(words).map(one).collect_view()
}
