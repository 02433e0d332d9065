//! The effect each control just had on the take in view.
//!
//! A take that is finished is measured. When one setting has changed and the same take is
//! finished anew, the difference is the effect of that setting, and its control shows it.
//!
//! What came in live was timed by a real clock, and what comes after a change is timed by the
//! simulated one. So that the first change shows its effect as well, a take that came in live is
//! recognised once more when it has ended, unseen, as it was set: its *rehearsal*.

use asr_playground::eval::latency::Figures;
use asr_playground::protocol::ToWorker;
use asr_playground::recognizer::{Answer, Question, Settings, TakeLatency};
use leptos::prelude::*;

use super::link;
pub use super::measure::Knob;
use super::measure::{Direction, Measured, changes, instead_of_changes, knob_between};
use super::noise::Work;
use super::page::{Page, Phase, use_page};
use super::questions;
use super::reference::Verdicts;
use super::state::{PageSettings, View};
use super::tail::Tail;

/// A longer take is not rehearsed: its owner may want the machine for something else.
const LONGEST_REHEARSED_MS: f64 = 300_000.0;

/// The last measurement, and what the control last turned did.
#[derive(Clone, Debug, Default)]
pub struct Effects {
    last: Option<(u32, PageSettings, Measured)>,
    just_now: Option<(Knob, Measured, Measured)>,
    /// Of which take with which settings, and what it measured.
    rehearsed: Option<(u32, Settings, Measured)>,
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
        let rate = verdict.with(|v| v.words.as_ref().and_then(|w| w.counts.rate()));
        let figures = page.figures.get();
        let measured = page.latency.with(|latency| {
            latency.as_ref().map(|latency| Measured {
                wer: rate,
                ..times(latency, &figures)
            })
        });
        if let (true, Some(measured)) = (settled, measured) {
            let take = page.take.get_untracked();
            if !measured.simulated {
                rehearse(page, take, &settings.recognizer, figures.audio_ms);
            }
            page.effects
                .update(|effects| effects.note(take, settings, measured));
        }
    });
}

/// The times of a recognised take.
fn times(latency: &TakeLatency, figures: &Figures) -> Measured {
    let perceived = latency.perceived.as_ref();
    Measured {
        wer: None,
        tail: perceived.and_then(|p| Tail::of(&p.stable_ms().collect::<Vec<_>>())),
        compute_ms_per_s: figures.compute_ms_per_s(),
        work: Work::of(&latency.chunks, figures.audio_ms),
        simulated: figures.simulated,
    }
}

/// Has a take that came in live recognised as one that did not, by means of the comparison of
/// two settings, unless that is what the person is looking at.
fn rehearse(page: Page, take: u32, settings: &Settings, audio_ms: f64) {
    let known = page.effects.with_untracked(|effects| {
        let rehearsed = effects.rehearsed.as_ref();
        rehearsed.is_some_and(|(of, with, _)| *of == take && with == settings)
    });
    let under_way = page.rehearsing.with_value(|of| *of == Some(take));
    let comparing = page.settings.with_untracked(|s| s.view) == View::Compare;
    if known || under_way || comparing || audio_ms > LONGEST_REHEARSED_MS {
        return;
    }
    link::send(page, &ToWorker::Compare(Some(settings.clone())));
    page.rehearsing.set_value(Some(take));
}

/// The rehearsal of a take is over.
pub fn rehearsed(page: Page, take: u32, latency: &TakeLatency, figures: &Figures) {
    link::send(page, &ToWorker::Compare(None));
    if let Some(settings) = page.settings_used.get_untracked() {
        let measured = times(latency, figures);
        page.effects
            .update(|effects| effects.rehearsed = Some((take, settings, measured)));
    }
}

impl Effects {
    fn note(&mut self, take: u32, settings: PageSettings, measured: Measured) {
        if let Some((last_take, before, was)) = &self.last {
            if (*last_take, before, was) == (take, &settings, &measured) {
                return;
            }
            // Another take, another reference, or several settings at once: nothing to tell.
            let knob = knob_between(before, &settings).filter(|_| *last_take == take);
            let was = self.comparable(take, before, was, measured.simulated);
            self.just_now = knob.map(|knob| (knob, was, measured.clone()));
        }
        self.last = Some((take, settings, measured));
    }

    /// The take that was measured last: from now on a change has something to be compared with.
    pub fn measured_take(&self) -> Option<u32> {
        self.last.as_ref().map(|(take, ..)| *take)
    }

    /// What was measured before, by the clock of what is measured now if that is known.
    fn comparable(
        &self,
        take: u32,
        before: &PageSettings,
        was: &Measured,
        simulated: bool,
    ) -> Measured {
        match &self.rehearsed {
            Some((of, with, rehearsed))
                if *of == take && *with == before.recognizer && simulated && !was.simulated =>
            {
                Measured {
                    wer: was.wer,
                    ..rehearsed.clone()
                }
            }
            _ => was.clone(),
        }
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
