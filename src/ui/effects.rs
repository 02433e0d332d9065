//! The effect each control just had on the take in view.
//!
//! A take that is finished is measured. When one setting has changed and the same take is
//! finished anew, the difference is the effect of that setting, and its control shows it.

use asr_playground::recognizer::{Answer, Question};
use leptos::prelude::*;

pub use super::measure::Knob;
use super::measure::{Direction, Measured, changes, instead_of_changes, knob_between};
use super::noise::Work;
use super::page::{Page, Phase, use_page};
use super::questions;
use super::reference::Verdicts;
use super::state::PageSettings;
use super::tail::Tail;

/// The last measurement, and what the control last turned did.
#[derive(Clone, Debug, Default)]
pub struct Effects {
    last: Option<(u32, PageSettings, Measured)>,
    just_now: Option<(Knob, Measured, Measured)>,
}

/// Asks what a listener waits for, now that the take is finished.
pub fn take_finished(page: Page) {
    questions::ask(page, Question::Latency, move |answer| {
        if let Ok(Answer::Latency(latency)) = answer {
            page.latency.set(Some(latency));
        }
    });
}

/// Measures finished takes for as long as the page lives.
pub fn keep_measuring(page: Page) {
    let verdict = expect_context::<Verdicts>().0;
    Effect::new(move |_| {
        let settings = page.settings.get();
        let settled = page.phase.get() == Phase::Finished
            && !page.mixed.get()
            && page
                .settings_used
                .with(|used| used.as_ref() == Some(&settings.recognizer));
        let measured = page.latency.with(|latency| {
            latency.as_ref().map(|latency| Measured {
                wer: verdict.with(|v| v.words.as_ref().and_then(|w| w.counts.rate())),
                tail: latency
                    .perceived
                    .as_ref()
                    .and_then(|perceived| Tail::of(&perceived.stable_ms().collect::<Vec<_>>())),
                compute_ms_per_s: page.figures.get().compute_ms_per_s(),
                work: Work::of(&latency.chunks, page.figures.get().audio_ms),
                simulated: page.figures.get().simulated,
            })
        });
        if let (true, Some(measured)) = (settled, measured) {
            let take = page.take.get_untracked();
            page.effects
                .update(|effects| effects.note(take, settings, measured));
        }
    });
}

impl Effects {
    fn note(&mut self, take: u32, settings: PageSettings, measured: Measured) {
        if let Some((last_take, before, was)) = &self.last {
            if (*last_take, before, was) == (take, &settings, &measured) {
                return;
            }
            // Another take, another reference, or several settings at once: nothing to tell.
            let knob = knob_between(before, &settings).filter(|_| *last_take == take);
            self.just_now = knob.map(|knob| (knob, was.clone(), measured.clone()));
        }
        self.last = Some((take, settings, measured));
    }
}

/// The effect a control just had; nothing before it had any.
#[component]
pub fn EffectLine(knob: Knob) -> impl IntoView {
    let page = use_page();
    move || {
        let just_now = page.effects.with(|effects| effects.just_now.clone());
        let own = just_now.filter(|(turned, ..)| *turned == knob);
        own.map(|(_, before, after)| {
            let parts = changes(knob, &before, &after);
            let instead = instead_of_changes(knob, &before, &after);
            view! {
                <p class="effect" data-testid=format!("effect-{knob:?}").to_lowercase()>
                    <span class="effect-title">"Just now: "</span>
                    {parts
                        .into_iter()
                        .enumerate()
                        .map(|(index, change)| {
                            view! {
                                {(index > 0).then_some(" · ")}
                                <span class=class_of(change.direction)>{change.name} " " {change.words}</span>
                            }
                        })
                        .collect_view()}
                    {instead}
                </p>
            }
        })
    }
}

fn class_of(direction: Direction) -> &'static str {
    match direction {
        Direction::Better => "better",
        Direction::Worse => "worse",
        Direction::Same => "same",
    }
}
