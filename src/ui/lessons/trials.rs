//! The take in view, recognised with one setting after another: what each gave, side by
//! side. The settings of before are put back at the end.

use asr_playground::eval::latency::Figures;
use asr_playground::eval::normalise::normalise;
use asr_playground::eval::wer::{ErrorCounts, word_errors};
use asr_playground::recognizer::{Answer, Question, Settings, TakeLatency};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::take::{answer_to, is_over};
use crate::ui::actions;
use crate::ui::browser::sleep_ms;
use crate::ui::format;
use crate::ui::page::{Page, Phase};

/// Longest text that is compared.
const MOST_CHARS: usize = 4000;

/// A setting to try.
#[derive(Clone, Copy)]
pub struct Trial {
    /// Its name in the table.
    pub name: &'static str,
    /// What it sets.
    pub set: fn(&mut Settings),
}

/// What a setting gave.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The setting's name.
    pub name: &'static str,
    /// The text.
    pub text: String,
    /// Its errors; `None` without a reference.
    pub errors: Option<ErrorCounts>,
    /// Speed.
    pub figures: Figures,
    /// What a listener waited for.
    pub latency: Option<TakeLatency>,
}

impl Outcome {
    /// "27.3%", or a dash.
    pub fn wer(&self) -> String {
        let rate = self.errors.and_then(|e| e.rate());
        rate.map_or_else(|| format::NONE_YET.to_owned(), format::percent)
    }

    /// When each word was shown for good, from its spoken end.
    pub fn stable_ms(&self) -> Vec<f64> {
        let perceived = self.latency.as_ref().and_then(|l| l.perceived.as_ref());
        perceived.map_or_else(Vec::new, |p| p.stable_ms().collect())
    }
}

/// A run of trials.
#[derive(Clone, Copy)]
pub struct Trials {
    page: Page,
    plan: &'static [Trial],
    /// What each gave so far.
    pub outcomes: RwSignal<Vec<Outcome>>,
    /// It is under way.
    pub running: RwSignal<bool>,
}

impl Trials {
    /// Nothing tried yet. Another take forgets what was tried.
    pub fn new(page: Page, plan: &'static [Trial]) -> Self {
        let trials = Self {
            page,
            plan,
            outcomes: RwSignal::new(Vec::new()),
            running: RwSignal::new(false),
        };
        Effect::new(move |_| {
            let _ = page.take.get();
            trials.outcomes.set(Vec::new());
        });
        trials
    }

    /// Whether it can be started.
    pub fn possible(&self) -> bool {
        is_over(self.page) && !self.running.get()
    }

    /// Tries all, one after another.
    pub fn start(self) {
        if !self.page.model_ready() || self.running.get_untracked() {
            return;
        }
        self.running.set(true);
        self.outcomes.set(Vec::new());
        spawn_local(self.run());
    }

    async fn run(self) {
        let page = self.page;
        let take = page.take.get_untracked();
        let before = page.settings.with_untracked(|s| s.recognizer.clone());
        for trial in self.plan {
            let mut settings = before.clone();
            (trial.set)(&mut settings);
            let wanted = settings.clone();
            actions::change(page, move |s| s.recognizer = settings);
            if !self.wait_for(take, &wanted).await {
                break;
            }
            let latency = match answer_to(page, Question::Latency).await {
                Ok(Answer::Latency(latency)) => Some(latency),
                _ => None,
            };
            let outcome = outcome(page, trial.name, latency);
            self.outcomes.update(|all| all.push(outcome));
        }
        if page.take.get_untracked() == take {
            actions::change(page, |s| s.recognizer = before);
        }
        self.running.set(false);
    }

    /// Waits until the take is over with these settings; not if another one began, or the
    /// lesson was left.
    async fn wait_for(self, take: u32, wanted: &Settings) -> bool {
        let page = self.page;
        loop {
            sleep_ms(40).await;
            let other = page.take.get_untracked() != take;
            let changed = page.settings.with_untracked(|s| s.recognizer != *wanted);
            if other || changed || self.running.is_disposed() {
                return false;
            }
            match page.phase.get_untracked() {
                Phase::Finished
                    if page
                        .settings_used
                        .with_untracked(|s| s.as_ref() == Some(wanted)) =>
                {
                    return true;
                }
                Phase::Finished | Phase::Running => {}
                Phase::Idle | Phase::Opening | Phase::Recording => return false,
            }
        }
    }
}

fn outcome(page: Page, name: &'static str, latency: Option<TakeLatency>) -> Outcome {
    let text = page
        .transcript
        .with_untracked(asr_playground::decode::Transcript::text);
    let reference = normalise(&page.reference.get_untracked());
    let judged = !reference.is_empty() && reference.len().max(text.len()) <= MOST_CHARS;
    Outcome {
        name,
        errors: judged.then(|| word_errors(&reference, &normalise(&text))),
        text,
        figures: page.figures.get_untracked(),
        latency,
    }
}

/// The button that starts trials, and how far they are.
#[component]
pub fn TrialsButton(
    trials: Trials,
    testid: &'static str,
    words: &'static str,
    /// Something else has to be there first.
    #[prop(default = true.into(), into)]
    allowed: Signal<bool>,
) -> impl IntoView {
    let label = move || {
        if trials.running.get() {
            let done = trials.outcomes.with(Vec::len);
            format!(
                "Running {} of {}…",
                (done + 1).min(trials.plan.len()),
                trials.plan.len()
            )
        } else {
            words.to_owned()
        }
    };
    view! {
        <button
            type="button"
            class="button primary"
            data-testid=testid
            disabled=move || !trials.possible() || !allowed.get()
            on:click=move |_| trials.start()
        >
            {label}
        </button>
    }
}
