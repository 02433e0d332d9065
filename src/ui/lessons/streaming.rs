//! Lesson: streaming, lookahead and latency.

use asr_playground::eval::percentile::Percentiles;
use asr_playground::model::Lookahead;
use leptos::prelude::*;

use super::cost::Calculator;
use super::lesson::{Lesson, Sound};
use super::trials::{Outcome, Trial, Trials, TrialsButton};
use crate::ui::page::use_page;
use crate::ui::{format, tail};

/// The lesson.
pub const LESSON: Lesson = Lesson {
    slug: "streaming",
    title: "Streaming, lookahead and latency",
    lead: "To write a word the model may wait and hear what follows. Waiting usually makes fewer errors, and always later words.",
    body: || view! { <Body /> }.into_any(),
    questions: &[
        (
            "What makes a model streaming?",
            "It works on chunks, with a bounded look ahead, and keeps its state between chunks: here the keys and values of \
             attention, the tails of convolutions, and the decoder's hypotheses. How the audio is cut into pushes must not \
             change the text.",
        ),
        (
            "Name usual answers to “attention sees the whole input”.",
            "Causal or chunked attention with a limited number of past frames kept; a limited right context; transducers \
             (RNN-T), whose decoder writes while it listens. This page's model is chunked: inside a chunk every frame sees \
             the whole chunk.",
        ),
        (
            "Which latency do you report?",
            "User-perceived: from the end of the spoken word to the word shown for good, as p50, p95 and p99 over words. A mean \
             hides the waits that people notice. Say what it includes: waiting for the chunk, queueing, computing. \
             200 to 500 ms feels live.",
        ),
        (
            "What does a real-time factor of 0.1 mean for cost?",
            "A second of audio costs a tenth of a second of one core, so one core serves at most ten listeners, less \
             the headroom that keeps peaks from queueing. Above 1 a live take never catches up.",
        ),
    ],
};

const PLAN: [Trial; 3] = [
    Trial {
        name: "0 ms",
        set: |s| s.lookahead = Lookahead::Ms(0),
    },
    Trial {
        name: "320 ms",
        set: |s| s.lookahead = Lookahead::Ms(320),
    },
    Trial {
        name: "1280 ms",
        set: |s| s.lookahead = Lookahead::Ms(1280),
    },
];

#[component]
fn Body() -> impl IntoView {
    let page = use_page();
    let trials = Trials::new(page, &PLAN);
    view! {
        <p>
            "The same sound, recognised three times with the same weights. Only how far the model may hear ahead differs. \
             Each dot is a word: how long after its spoken end it was shown for good. Left of 0 it was there before \
             the word had ended."
        </p>
        <Sound clip="two-voices.flac" />
        <div class="lesson-widget">
            <div class="lesson-choices">
                <TrialsButton trials testid="streaming-run" words="Run it at 0, 320 and 1280 ms" />
            </div>
            {move || strips(&trials.outcomes.get())}
            <div class="lesson-scroll" tabindex="0">
                <table class="lesson-table" data-testid="streaming-outcomes" data-value=move || trials.outcomes.with(Vec::len).to_string()>
                    <thead>
                        <tr>
                            <th scope="col">"Lookahead"</th>
                            <th scope="col" class="number">"p50"</th>
                            <th scope="col" class="number">"p95"</th>
                            <th scope="col" class="number">"p99"</th>
                            <th scope="col" class="number">"largest"</th>
                            <th scope="col" class="number">"RTF"</th>
                            <th scope="col" class="number">"WER"</th>
                            <th scope="col">"Text"</th>
                        </tr>
                    </thead>
                    <tbody>{move || trials.outcomes.get().iter().map(line).collect_view()}</tbody>
                </table>
            </div>
            <p class="hint">
                "Latencies are those of a simulated listener when a take is run again: the sound arrives as it was spoken, \
                 and each chunk takes the time it took here. "
                {move || trials.outcomes.with(|all| all.last().and_then(|o| tail::caveat(o.stable_ms().len())))}
            </p>
        </div>
        <h3>"What the real-time factor means for cost"</h3>
        <p>
            "The real-time factor is processing time ÷ audio time. Its inverse is how many listeners one core can serve at most."
        </p>
        <Calculator />
    }
}

fn line(outcome: &Outcome) -> impl IntoView + use<> {
    let waits = outcome.stable_ms();
    let percentiles = Percentiles::of(waits.iter().copied());
    let at = |share| tail::percentile(percentiles.as_ref(), share);
    let factor = outcome.figures.real_time_factor;
    view! {
        <tr>
            <th scope="row">{outcome.name}</th>
            <td class="number">{at(0.5)}</td>
            <td class="number">{at(0.95)}</td>
            <td class="number">{at(0.99)}</td>
            <td class="number">{format::milliseconds_or_none(tail::largest(&waits))}</td>
            <td class="number">{format::factor(factor)}</td>
            <td class="number">{outcome.wer()}</td>
            <td>{outcome.text.clone()}</td>
        </tr>
    }
}

/// A strip of dots for each lookahead.
fn strips(outcomes: &[Outcome]) -> impl IntoView + use<> {
    const LEFT: f64 = 76.0;
    const RIGHT: f64 = 576.0;
    let all = || outcomes.iter().flat_map(Outcome::stable_ms);
    if all().next().is_none() {
        return ().into_any();
    }
    let low = (all().fold(0.0, f64::min) / 250.0).floor() * 250.0;
    let high = (all().fold(500.0, f64::max) / 250.0).ceil() * 250.0;
    let x = move |ms: f64| LEFT + (RIGHT - LEFT) * (ms - low) / (high - low);
    let strip = |(index, outcome): (usize, &Outcome)| {
        let y = 22.0 + 34.0 * index as f64;
        let dots = outcome
            .stable_ms()
            .into_iter()
            .map(|ms| view! { <circle class="strip-dot" cx=format!("{:.1}", x(ms)) cy=y.to_string() r="5" /> })
            .collect_view();
        view! {
            <text class="lesson-plot-name" x="0" y=(y + 4.0).to_string()>{outcome.name}</text>
            <line class="lesson-plot-grid" x1=LEFT.to_string() y1=y.to_string() x2=RIGHT.to_string() y2=y.to_string() />
            {dots}
        }
    };
    let bottom = 22.0 + 34.0 * outcomes.len() as f64;
    let step = if high - low > 2000.0 { 500.0 } else { 250.0 };
    let ticks = (0..)
        .map(|i| low + step * f64::from(i))
        .take_while(|ms| *ms <= high)
        .map(|ms| view! { <text class="lesson-plot-tick" x=format!("{:.1}", x(ms)) y=(bottom + 10.0).to_string()>{format::fixed(ms, 0)}</text> })
        .collect_view();
    let height = bottom + 18.0;
    view! {
        <div class="lesson-scroll" tabindex="0">
        <svg class="lesson-plot" viewBox=format!("0 0 600 {height}") role="img" aria-label="How long after its end each word was shown for good, in milliseconds, for each lookahead">
            <line class="lesson-plot-axis" x1=format!("{:.1}", x(0.0)) y1="4" x2=format!("{:.1}", x(0.0)) y2=(bottom - 8.0).to_string() />
            {outcomes.iter().enumerate().map(strip).collect_view()}
            {ticks}
        </svg>
        </div>
    }
    .into_any()
}
