//! Where each millisecond goes, and what a listener waits for; live while speaking.
//!
//! Every figure is defined in docs/LATENCY.md, and in one line here.

mod histogram;

use std::time::Duration;

use asr_playground::eval::latency::{PerceivedLatencies, StageTimes};
use asr_playground::eval::percentile::Percentiles;
use asr_playground::recognizer::{Answer, Question, TakeLatency};
use leptos::prelude::*;

use super::format;
use super::glossary::{FIRST_PARTIAL, FLICKER, REAL_TIME_FACTOR};
use super::page::{Page, Phase, use_page};
use super::questions;
use super::tail;
use histogram::Histogram;

/// While a take runs, its words are aligned anew so often…
const LIVE_EVERY: Duration = Duration::from_secs(1);
/// …unless it is longer than this: aligning takes time that recognising needs.
const LIVE_MOST_MS: f64 = 60_000.0;

/// The view.
#[component]
pub fn LatencyView() -> impl IntoView {
    let page = use_page();
    let live = RwSignal::new(None::<TakeLatency>);
    ask_while_running(page, live);
    let latency = Memo::new(move |_| {
        let finished = page.latency.get();
        finished.or_else(|| live.get()).unwrap_or_default()
    });
    view! {
        <section class="panel" aria-labelledby="perceived-title">
            <div class="panel-head">
                <h2 id="perceived-title">"What a listener waits for"</h2>
                <p class="hint">
                    "For each word: from the end of the spoken word, by forced alignment of the text, to when it stands on the page. "
                    {move || clock_words(page)}
                </p>
            </div>
            <Waits latency=latency />
        </section>
        <section class="panel" aria-labelledby="way-title">
            <div class="panel-head">
                <h2 id="way-title">"Where each millisecond goes"</h2>
                <p class="hint">"The way of a sound from the microphone to the page, stage by stage."</p>
            </div>
            <Way latency=latency />
        </section>
        <section class="panel" aria-labelledby="steady-title">
            <div class="panel-head">
                <h2 id="steady-title">"Steadiness and load"</h2>
                <p class="hint">"How often shown words changed, and how much of a core the recogniser needs."</p>
            </div>
            <Steadiness latency=latency />
        </section>
    }
}

/// Asks every second while the take runs.
fn ask_while_running(page: Page, live: RwSignal<Option<TakeLatency>>) {
    let ask = move || {
        let running = matches!(
            page.phase.get_untracked(),
            Phase::Recording | Phase::Running
        );
        let short = page.figures.with_untracked(|f| f.audio_ms) < LIVE_MOST_MS;
        if running && short {
            questions::ask(page, Question::Latency, move |answer| {
                if let Ok(Answer::Latency(latency)) = answer {
                    live.set(Some(latency));
                }
            });
        }
    };
    if let Ok(timer) = set_interval_with_handle(ask, LIVE_EVERY) {
        on_cleanup(move || timer.clear());
    }
    Effect::new(move |_| {
        page.take.track();
        live.set(None);
    });
}

fn clock_words(page: Page) -> &'static str {
    if page.figures.with(|f| f.simulated) {
        "The sound was fed faster than speech; these are the waits of someone hearing it live, on a simulated clock with the computing times measured here."
    } else {
        "Measured on this machine while the sound came in."
    }
}

#[component]
fn Waits(latency: Memo<TakeLatency>) -> impl IntoView {
    let words = move || {
        latency.with(|l| {
            let words = l.perceived.as_ref().map(|p| p.words.clone());
            words.unwrap_or_default()
        })
    };
    let stable = Memo::new(move |_| {
        latency.with(|l| {
            l.perceived
                .iter()
                .flat_map(PerceivedLatencies::stable_ms)
                .collect::<Vec<_>>()
        })
    });
    let rows = move || {
        let words = words();
        let first: Vec<f64> = words.iter().map(|w| w.first_shown_ms).collect();
        let committed: Vec<f64> = words.iter().filter_map(|w| w.committed_ms).collect();
        [
            (
                "first-shown",
                "First shown",
                "the word as it ends up, for the first time",
                first,
            ),
            (
                "perceived",
                "Shown for good",
                "the final word there: the user-perceived latency",
                stable.get(),
            ),
            (
                "committed",
                "Committed",
                "it cannot change any more",
                committed,
            ),
        ]
    };
    let first_partial =
        move || latency.with(|l| l.perceived.as_ref().and_then(|p| p.first_partial_ms));
    let final_ms = move || page_final(latency);
    view! {
        <Histogram values=stable />
        <div class="table-box" tabindex="0" aria-label="Latency percentiles">
            <table class="scores" data-testid="latency-percentiles">
                <thead>
                    <tr>
                        <th scope="col">"From the end of a word to"</th>
                        <th scope="col" class="number">"p50"</th>
                        <th scope="col" class="number">"p90"</th>
                        <th scope="col" class="number">"p95"</th>
                        <th scope="col" class="number">"p99"</th>
                        <th scope="col" class="number">"largest"</th>
                    </tr>
                </thead>
                <tbody>
                    {move || {
                        rows()
                            .into_iter()
                            .map(|(key, name, what, values)| {
                                view! { <PercentileRow key=key name=name what=what of=values /> }
                            })
                            .collect_view()
                    }}
                </tbody>
            </table>
        </div>
        <dl class="figures">
            <div class="figure">
                <dt>{FIRST_PARTIAL}</dt>
                <dd class="figure-value" data-testid="first-partial">{move || format::milliseconds_or_none(first_partial())}</dd>
                <dd class="figure-note">"from the end of the first word to the first text"</dd>
            </div>
            <div class="figure">
                <dt>"Final"</dt>
                <dd class="figure-value" data-testid="final-after-speech">{move || format::milliseconds_or_none(final_ms())}</dd>
                <dd class="figure-note">"from the end of the last word until all text is committed"</dd>
            </div>
        </dl>
        <p class="hint">
            "Negative: the word stood there before its end was spoken. A word whose end lies in a pause that the model heard as part of it counts from there."
        </p>
    }
}

fn page_final(latency: Memo<TakeLatency>) -> Option<f64> {
    latency.with(|l| l.perceived.as_ref().and_then(|p| p.final_ms))
}

#[component]
fn PercentileRow(
    key: &'static str,
    name: &'static str,
    what: &'static str,
    of: Vec<f64>,
) -> impl IntoView {
    let percentiles = Percentiles::of(of.iter().copied());
    let cell = |percentile: &'static str, value: Option<f64>| {
        view! {
            <td
                class="number"
                data-testid=format!("{key}-{percentile}")
                data-value=value.map(|v| v.to_string())
            >
                {format::milliseconds_or_none(value)}
            </td>
        }
    };
    let carried = |share| percentiles.and_then(|p| p.carried(share));
    view! {
        <tr>
            <th scope="row">{name} " " <span class="hint">{what}</span></th>
            {cell("p50", carried(0.5))}
            {cell("p90", carried(0.9))}
            {cell("p95", carried(0.95))}
            {cell("p99", carried(0.99))}
            {cell("largest", tail::largest(&of))}
        </tr>
    }
}

/// One stage of the way.
struct Stage {
    key: &'static str,
    name: &'static str,
    what: &'static str,
    typical_ms: Option<f64>,
    p95_ms: Option<f64>,
}

#[component]
fn Way(latency: Memo<TakeLatency>) -> impl IntoView {
    let page = use_page();
    let stages = Memo::new(move |_| {
        let display = page.display_ms.with(|d| Percentiles::of(d.iter().copied()));
        let live = page.capture_ms.get();
        latency.with(|l| {
            page.figures.with(|f| {
                stages(l, &f.stages, f.algorithmic_latency_ms, live, display)
                    .into_iter()
                    .map(|s| (s.key, s.name, s.what, s.typical_ms, s.p95_ms))
                    .collect::<Vec<_>>()
            })
        })
    });
    let longest =
        move || stages.with(|stages| stages.iter().filter_map(|s| s.3).fold(1.0_f64, f64::max));
    view! {
        <ol class="way" data-testid="way">
            {move || {
                let longest = longest();
                stages
                    .get()
                    .into_iter()
                    .map(|(key, name, what, typical, p95)| {
                        let share = typical.map_or(0.0, |ms| (ms / longest * 100.0).clamp(0.0, 100.0));
                        view! {
                            <li class="way-stage" data-stage=key>
                                <span class="field-name">{name}</span>
                                <span class="way-bar" aria-hidden="true">
                                    <span class=format!("way-part {key}") style:width=format!("{share:.1}%")></span>
                                </span>
                                <span class="number" data-testid=format!("way-{key}") data-value=typical.map(|v| v.to_string())>
                                    {typical.map_or_else(|| format::NONE_YET.to_owned(), format::short_milliseconds)}
                                </span>
                                <span class="hint">
                                    {what}
                                    {p95.map(|ms| format!("; p95 {}", format::short_milliseconds(ms)))}
                                </span>
                            </li>
                        }
                    })
                    .collect_view()
            }}
        </ol>
    }
}

fn stages(
    latency: &TakeLatency,
    spent: &StageTimes,
    algorithmic_ms: Option<f64>,
    capture_ms: Option<f64>,
    display: Option<Percentiles>,
) -> Vec<Stage> {
    let chunks = latency.chunks.len().max(1) as f64;
    let stage = |key, name, what, typical_ms, p95_ms| Stage {
        key,
        name,
        what,
        typical_ms,
        p95_ms,
    };
    let queueing = Percentiles::of(latency.chunks.iter().map(|c| c.queueing_ms));
    let each = |ms: f64| (ms > 0.0).then_some(ms / chunks);
    vec![
        stage(
            "capture",
            "Capture",
            "microphone and worklet hand over batches of this length; 0 for clips and files",
            capture_ms,
            None,
        ),
        stage(
            "lookahead",
            "Lookahead",
            "the longest a sound waits for the sound after it",
            algorithmic_ms,
            None,
        ),
        stage(
            "queue",
            "Queue",
            "a complete chunk waits for the one before it; median",
            queueing.map(|p| p.p50),
            queueing.and_then(|p| p.carried(0.95)),
        ),
        stage(
            "features",
            "Features",
            "resampling and log-mel of a chunk; mean",
            each(spent.resample_ms + spent.features_ms),
            None,
        ),
        stage(
            "model",
            "Model",
            "the encoder over a chunk; mean",
            each(spent.model_ms),
            None,
        ),
        stage(
            "decode",
            "Decoding",
            "log-probs of a chunk to words; mean",
            each(spent.decode_ms),
            None,
        ),
        stage(
            "display",
            "Display",
            "from the worker's message to the page's next frame; median",
            display.map(|p| p.p50),
            display.and_then(|p| p.carried(0.95)),
        ),
    ]
}

#[component]
fn Steadiness(latency: Memo<TakeLatency>) -> impl IntoView {
    let page = use_page();
    let steady = move || latency.with(|l| l.stability);
    let factor = move || page.figures.with(|f| f.real_time_factor);
    view! {
        <dl class="figures thirds">
            <div class="figure">
                <dt>{FLICKER}</dt>
                <dd class="figure-value" data-testid="flickers-per-minute">
                    {move || format::fixed_or_none(steady().flickers_per_minute(), 1)}
                </dd>
                <dd class="figure-note">"times that words already shown changed or went"</dd>
            </div>
            <div class="figure">
                <dt>"Unstable words"</dt>
                <dd class="figure-value">{move || format::percent_or_none(steady().unstable_partial_word_ratio())}</dd>
                <dd class="figure-note">"words shown and changed ÷ final words (UPWR)"</dd>
            </div>
            <div class="figure">
                <dt>"Changes an utterance"</dt>
                <dd class="figure-value">{move || format::fixed_or_none(steady().unstable_partial_segment_ratio(), 1)}</dd>
                <dd class="figure-note">"runs of neighbouring words changed at once ÷ utterances (UPSR)"</dd>
            </div>
            <div class="figure">
                <dt>{REAL_TIME_FACTOR}</dt>
                <dd class="figure-value">
                    {move || format::factor(factor())}
                </dd>
                <dd class="figure-note">
                    {move || factor().filter(|f| *f > 0.0).map_or_else(
                        || "processing ÷ audio".to_owned(),
                        |f| match (1.0 / f).floor() {
                            many if many > 1.0 => format!("processing ÷ audio; one core like this one could serve {many:.0} such listeners"),
                            _ => "processing ÷ audio; a core like this one serves one such listener at most".to_owned(),
                        },
                    )}
                </dd>
            </div>
        </dl>
    }
}
