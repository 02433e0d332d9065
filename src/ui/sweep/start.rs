//! How much work is chosen, what is wrong with it, and the buttons.

use asr_playground::sweep::Plan;
use leptos::prelude::*;

use super::clip_list::{chosen_bundled, chosen_own, seconds_words};
use super::estimate;
use super::runner;
use super::state::{RunState, SweepState, use_sweep};
use crate::ui::format;
use crate::ui::page::{Page, use_page};

/// What is chosen.
#[derive(Clone, Debug, PartialEq)]
struct Work {
    settings: usize,
    clips: usize,
    seconds: f64,
    /// Clips whose length is not known.
    unknown: usize,
    /// Times the model goes over each clip.
    lookaheads: usize,
    /// On the estimate's machine.
    estimate_s: f64,
    /// Why it cannot be run, as a sentence.
    refused: Option<String>,
}

fn work(page: Page, sweep: SweepState) -> Work {
    let (bundled, own) = (chosen_bundled(page, sweep), chosen_own(sweep));
    let clips = bundled.len() + own.len();
    let lengths: Vec<Option<f64>> = own.iter().map(|clip| clip.seconds.get()).collect();
    let seconds = bundled.iter().map(|clip| clip.seconds).sum::<f64>()
        + lengths.iter().flatten().sum::<f64>();
    let bytes: f64 = own.iter().map(|clip| clip.bytes).sum();
    let unknown = lengths.iter().filter(|length| length.is_none()).count();
    let (plan, lookaheads) = page.settings.with(|settings| {
        let hotwords = !settings.recognizer.decoder.beam.hotwords.is_empty();
        let grid = settings.sweep.grid(hotwords, settings.normaliser);
        (
            Plan::new(&grid, &settings.recognizer),
            grid.lookaheads_ms.len(),
        )
    });
    let mut work = Work {
        settings: 0,
        clips,
        seconds,
        unknown,
        lookaheads,
        estimate_s: 0.0,
        refused: None,
    };
    match plan {
        Ok(plan) => {
            work.settings = plan.points().len();
            work.estimate_s = estimate::seconds(&plan, seconds);
            work.refused = estimate::too_much(work.settings, clips, seconds, bytes);
        }
        Err(error) => {
            let words = error.to_string();
            let mut letters = words.chars();
            let first = letters.next().map(|c| c.to_uppercase().to_string());
            work.refused = Some(format!(
                "{}{}.",
                first.unwrap_or_default(),
                letters.as_str()
            ));
        }
    }
    if clips == 0 {
        work.refused = Some("Choose at least one clip that has a reference.".to_owned());
    }
    work
}

/// How much slower this machine is than the estimate's: by the last sweep, else by how the
/// model did on the take in view.
fn slowness(page: Page, sweep: SweepState) -> f64 {
    let by_take = || {
        let (audio_ms, model_ms) = page.figures.with(|f| (f.audio_ms, f.stages.model_ms));
        let lookahead = page.settings.with(|s| s.recognizer.lookahead);
        let usual = estimate::model_ms_per_s(lookahead) / 1e3;
        (audio_ms > 1000.0 && model_ms > 0.0).then(|| model_ms / audio_ms / usual)
    };
    let measured = sweep.slowness.get().or_else(by_take);
    measured.unwrap_or(1.0).clamp(0.2, 100.0)
}

/// The line with the sum, Run and Cancel, progress.
#[component]
pub fn StartBar() -> impl IntoView {
    let (page, sweep) = (use_page(), use_sweep());
    let work = Memo::new(move |_| work(page, sweep));
    let busy = move || sweep.run.with(RunState::busy);
    let state = move || sweep.run.with(RunState::name);
    view! {
        <div class="sweep-start" data-testid="sweep-state" data-value=state>
            <p class="sweep-sum" data-testid="sweep-sum">{move || sum_words(&work.get(), page, sweep)}</p>
            <div class="sweep-buttons">
                <button
                    type="button"
                    class="button primary"
                    data-testid="sweep-run"
                    disabled=move || busy() || work.with(|w| w.refused.is_some())
                    on:click=move |_| runner::run(page, sweep, work.with_untracked(|w| w.estimate_s))
                >
                    "Run"
                </button>
                <button
                    type="button"
                    class="button"
                    data-testid="sweep-cancel"
                    disabled=move || !busy() || state() == "cancelling"
                    on:click=move |_| runner::cancel(sweep)
                >
                    "Cancel"
                </button>
            </div>
        </div>
        {move || work.with(|w| w.refused.clone()).map(|words| view! {
            <p class="sweep-warning" data-testid="sweep-refused" role="status">{words}</p>
        })}
        {move || sweep.run.with(|run| match run {
            RunState::Failed(words) => Some(words.clone()),
            _ => None,
        }).map(|words| view! {
            <p class="sweep-warning failed" data-testid="sweep-failed" role="alert">{words}</p>
        })}
        <Progress />
        <LeftOut />
    }
}

fn sum_words(work: &Work, page: Page, sweep: SweepState) -> String {
    if work.settings == 0 || work.clips == 0 {
        return "Choose clips and at least one value on each axis.".to_owned();
    }
    let seconds = work.estimate_s * slowness(page, sweep);
    format!(
        "{} × {}, {} of audio. The model hears each clip {}; about {} on this machine.",
        format::counted(work.settings, "setting", "settings"),
        format::counted(work.clips, "clip", "clips"),
        seconds_words(work.seconds, work.unknown),
        format::counted(work.lookaheads, "time", "times"),
        estimate::about(seconds)
    )
}

#[component]
fn Progress() -> impl IntoView {
    let sweep = use_sweep();
    let words = move || sweep.run.with(progress_words);
    let share = move || {
        sweep.run.with(|run| match run {
            RunState::Running { done, total, .. } if *total > 0 => {
                Some(f64::from(*done) / f64::from(*total))
            }
            _ => None,
        })
    };
    view! {
        <div class="sweep-progress" class:hidden=move || !sweep.run.with(RunState::busy)>
            <progress
                max="1"
                data-testid="sweep-progress"
                aria-label="Sweep"
                prop:value=move || share().unwrap_or(0.0)
                data-value=move || share().map_or(String::new(), |share| format!("{share:.3}"))
            ></progress>
            <span>{words}</span>
        </div>
    }
}

fn progress_words(run: &RunState) -> String {
    match run {
        RunState::Idle | RunState::Failed(_) => String::new(),
        RunState::Preparing(words) => words.clone(),
        RunState::Cancelling => "Stopping after the step it is in…".to_owned(),
        RunState::Running {
            clip,
            number,
            clips,
            done,
            total,
            left_s,
        } => {
            let left = left_s.map_or(String::new(), |left| {
                format!("; about {} left", estimate::about(left))
            });
            format!("Clip {number} of {clips}, {clip}; {done} of {total} runs{left}.")
        }
    }
}

/// Clips that could not be used, with the reasons.
#[component]
fn LeftOut() -> impl IntoView {
    let sweep = use_sweep();
    move || {
        let list = sweep.left_out.get();
        (!list.is_empty()).then(|| {
            view! {
                <div class="sweep-warning" data-testid="sweep-left-out" role="status">
                    <p>"Left out; the rest goes on without:"</p>
                    <ul>
                        {list
                            .into_iter()
                            .map(|(name, reason)| view! { <li><b>{name}</b> ": " {reason}</li> })
                            .collect_view()}
                    </ul>
                </div>
            }
        })
    }
}
