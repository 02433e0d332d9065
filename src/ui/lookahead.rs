//! How much of the future each word may use, and what that costs.

use asr_playground::model::Lookahead;
use leptos::prelude::*;

use super::actions;
use super::effects::{EffectLine, Knob};
use super::glossary::lookahead_number;
use super::page::{ModelStatus, use_page};
use super::state::{LOOKAHEADS, lookahead_name};

/// The panel.
#[component]
pub fn LookaheadPanel() -> impl IntoView {
    let page = use_page();
    let offered = Memo::new(move |_| {
        page.model.with(|model| match model {
            ModelStatus::Ready(info) if !info.lookaheads.is_empty() => info.lookaheads.clone(),
            _ => LOOKAHEADS.to_vec(),
        })
    });
    let chosen = move || page.settings.with(|s| s.recognizer.lookahead);
    view! {
        <section class="panel" aria-labelledby="lookahead-title">
            <div class="panel-head">
                <h2 id="lookahead-title">"Lookahead"</h2>
                <p class="hint">"Later sound that an answer may use. More: fewer errors. Less: faster words."</p>
            </div>
            <fieldset class="segments" data-testid="lookahead" data-value=move || lookahead_name(chosen())>
                <legend class="visually-hidden">"Lookahead in milliseconds"</legend>
                {move || {
                    offered
                        .get()
                        .into_iter()
                        .map(|lookahead| {
                            view! {
                                <label class="segment" class:wide-segment=lookahead == Lookahead::WholeTake>
                                    <input
                                        type="radio"
                                        name="lookahead"
                                        value=lookahead_name(lookahead)
                                        prop:checked=move || chosen() == lookahead
                                        on:change=move |_| actions::set_lookahead(page, lookahead)
                                    />
                                    <span>{lookahead_number(lookahead)}</span>
                                </label>
                            }
                        })
                        .collect_view()
                }}
            </fieldset>
            <p class="trade">{move || trade(chosen())}</p>
            <EffectLine knob=Knob::Lookahead />
        </section>
    }
}

fn trade(lookahead: Lookahead) -> String {
    match lookahead {
        Lookahead::Ms(0) => "0 ms: words come at once, with the most errors.".to_owned(),
        Lookahead::Ms(ms @ ..=320) => {
            format!("{ms} ms: fit for live captions.")
        }
        Lookahead::Ms(ms) => format!(
            "{ms} ms: usually fewer errors; a wait of up to {:.1} s.",
            f64::from(ms) / 1e3
        ),
        Lookahead::WholeTake => {
            "Whole take: usually the fewest errors; no words until the end.".to_owned()
        }
    }
}
