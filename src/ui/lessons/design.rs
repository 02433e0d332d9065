//! Lesson: design and trade-offs, in numbers.

use std::fmt::Write as _;

use asr_playground::decode::ctc::Detection;
use asr_playground::decode::fillers::{self, FillerConfig};
use asr_playground::eval::percentile::Percentiles;
use asr_playground::recognizer::{Answer, Question};
use leptos::prelude::*;

use super::cost::Calculator;
use super::lesson::{Fact, Lesson, Sound};
use super::take::is_over;
use crate::ui::glossary::FIRST_PARTIAL;
use crate::ui::page::{LanguageModelState, ModelStatus, Page, use_page};
use crate::ui::questions::ask;
use crate::ui::reference::Verdicts;
use crate::ui::{format, tail};

/// The lesson.
pub const LESSON: Lesson = Lesson {
    slug: "design",
    title: "Design and trade-offs",
    lead: "Two systems that interviewers ask for, and the numbers of this page that bear on them.",
    body: || view! { <Body /> }.into_any(),
    questions: &[
        (
            "Design a voice assistant.",
            "On the device a wake-word model of 1 to 5 MB runs always, tuned for recall; a second look on more audio \
             removes false alarms. After the wake word a streaming recogniser shows its first word within 200 ms; an \
             endpointer decides when the person has finished. Watch p50, p95 and p99, not the mean.",
        ),
        (
            "Design meeting transcription.",
            "Nobody waits, so use the whole take as context, a wide beam and a large language model. Cut at silence, run the \
             pieces in parallel, keep word times for playback, tell speakers apart, take fillers out of the reading text and \
             keep them in the record. Cost is real-time factor ÷ share of the time a core is busy × price of a core-hour.",
        ),
        (
            "Where do the times of words come from, and how far can they be trusted?",
            "From the rows in which CTC writes a word's letters, or from forced alignment of the text with all rows. The              rows are spikes: the first comes about 0.2 s after the word began, the last about 0.1 s after it ended, since the              model wants to hear a sound before it writes it. Measured once on speech whose times are known and taken off,              starts are right to some 50 ms. An encoder–decoder has no such rows, and reads times off its attention.",
        ),
        (
            "Which trade-off would you make first?",
            "State the target as a number, measure, then turn the knob with the best exchange rate. On the Sweep view \
             the settings that nothing beats lie on the Pareto front; whatever is off it costs without giving.",
        ),
    ],
};

#[component]
fn Body() -> impl IntoView {
    view! {
        <Sound clip="commands.opus" />
        <h3>"Voice assistant: was the phrase said?"</h3>
        <p>
            "The rows that are decoded into text can also be searched for a phrase: how much does it cost, in nats a \
             letter, to read the phrase here instead of whatever the rows would rather say? 0 is what greedy decoding reads."
        </p>
        <KeywordSearch />
        <h3>"Voice assistant: how long do people wait?"</h3>
        <Waits />
        <h3>"Meeting transcription: times, fillers, cost"</h3>
        <p>
            "Each word carries its time in seconds; in the Listen view a click plays it. Fillers (um, uh, er) are struck out; they stay in the \
             record."
        </p>
        <Times />
        <Calculator />
        <h3>"Say the number"</h3>
        <Numbers />
    }
}

/// What a keyword search gave.
#[derive(Clone, Debug, Default, PartialEq)]
struct Found {
    scores: Vec<Option<f32>>,
    detections: Vec<Detection>,
}

#[component]
fn KeywordSearch() -> impl IntoView {
    let page = use_page();
    let typed = RwSignal::new(None::<String>);
    // Until one is typed, the longest word of the take.
    let phrase = Memo::new(move |_| {
        typed.get().unwrap_or_else(|| {
            page.transcript.with(|t| {
                let words = t.words.iter().map(|word| word.text.clone());
                words.max_by_key(String::len).unwrap_or_default()
            })
        })
    });
    let found = RwSignal::new(Err::<Found, String>(String::new()));
    Effect::new(move |_| {
        let phrase = phrase.get().trim().to_lowercase();
        let _ = page.settings_used.get();
        if !is_over(page) || phrase.is_empty() {
            return found.set(Err(String::new()));
        }
        ask(page, Question::Keyword { phrase }, move |answer| {
            found.set(match answer {
                Ok(Answer::Keyword { scores, detections }) => Ok(Found { scores, detections }),
                Ok(_) => Err(String::new()),
                Err(words) => Err(words),
            });
        });
    });
    let words = move || match found.get() {
        Err(words) if words.is_empty() => "The search runs when a take is over.".to_owned(),
        Err(words) => words,
        Ok(found) if found.detections.is_empty() => {
            let best = found
                .scores
                .iter()
                .flatten()
                .copied()
                .fold(f32::NEG_INFINITY, f32::max);
            format!(
                "Not found: the best score is {}, the threshold −0.25.",
                format::nats(best.into())
            )
            .replace("is -", "is −")
        }
        Ok(found) => {
            let at: Vec<String> = found
                .detections
                .iter()
                .map(|d| {
                    format!(
                        "{} (score {})",
                        format::clock(format::seconds_of(d.start_sample)),
                        format::nats(d.score.into())
                    )
                })
                .collect();
            format!("Found at {}.", at.join(", ")).replace("score -", "score −")
        }
    };
    view! {
        <div class="lesson-widget">
            <label class="lesson-field">
                <span class="field-name">"Phrase"</span>
                <input
                    class="lesson-input"
                    data-testid="keyword-phrase"
                    spellcheck="false"
                    autocomplete="off"
                    maxlength="40"
                    prop:value=move || phrase.get()
                    on:input=move |event| typed.set(Some(event_target_value(&event)))
                />
            </label>
            {move || found.get().ok().map(|found| score_plot(&found))}
            <p class="lesson-verdict" role="status" data-testid="keyword-words">{words}</p>
        </div>
    }
}

/// Scores over time: −6 nats a letter below, 0 above, with the threshold.
fn score_plot(found: &Found) -> impl IntoView + use<> {
    const LOWEST: f32 = -6.0;
    const THRESHOLD: f32 = -0.25;
    let rows = found.scores.len().max(1) as f32;
    let x = |row: usize| 36.0 + 560.0 * row as f32 / rows;
    let y = |score: f32| 8.0 + 80.0 * (score.max(LOWEST) / LOWEST);
    let mut path = String::new();
    let mut pen_down = false;
    for (row, score) in found.scores.iter().enumerate() {
        if let Some(score) = score {
            let command = if pen_down { 'L' } else { 'M' };
            // Writing to a String cannot fail.
            let _ = write!(path, "{command}{:.1} {:.1} ", x(row), y(*score));
        }
        pen_down = score.is_some();
    }
    view! {
        <div class="lesson-scroll" tabindex="0">
        <svg class="lesson-plot" viewBox="0 0 600 96" role="img" aria-label="Score of the phrase over time; the sentence below says where it was found">
            <text class="lesson-plot-scale" x="30" y="12">"0"</text>
            <text class="lesson-plot-scale" x="30" y="92">"−6"</text>
            <line class="lesson-plot-axis" x1="36" y1="88" x2="600" y2="88" />
            <line class="lesson-plot-threshold" x1="36" y1=format!("{:.1}", y(THRESHOLD)) x2="600" y2=format!("{:.1}", y(THRESHOLD)) />
            <path class="lesson-plot-line" d=path />
        </svg>
        </div>
    }
}

#[component]
fn Waits() -> impl IntoView {
    let page = use_page();
    let latency = page.latency;
    let waits = Memo::new(move |_| {
        latency.with(|l| {
            let perceived = l.as_ref().and_then(|l| l.perceived.as_ref());
            perceived.map_or_else(Vec::new, |p| p.stable_ms().collect())
        })
    });
    let percentile = move |share| {
        let percentiles = Percentiles::of(waits.get());
        tail::percentile(percentiles.as_ref(), share)
    };
    let largest = move || format::milliseconds_or_none(waits.with(|waits| tail::largest(waits)));
    let first = move || latency.with(|l| l.as_ref()?.perceived.as_ref()?.first_partial_ms);
    view! {
        <dl class="lesson-facts">
            <Fact name=FIRST_PARTIAL value=move || format::milliseconds_or_none(first()) />
            <Fact name="Words, p50" testid="waits-p50" value=move || percentile(0.5) />
            <Fact name="p95" value=move || percentile(0.95) />
            <Fact name="p99" value=move || percentile(0.99) />
            <Fact name="Largest" value=largest />
        </dl>
        <p class="hint">
            "From the end of a spoken word to the word shown for good. Below 0 it was there before the word had ended. "
            {move || tail::caveat(waits.with(Vec::len))}
        </p>
    }
}

/// The words with their times, fillers struck out.
#[component]
fn Times() -> impl IntoView {
    let page = use_page();
    let words = move || {
        page.transcript.with(|t| {
            let config = FillerConfig {
                hesitations: true,
                discourse: false,
            };
            let marks = fillers::mark(&t.words, &config);
            t.words
                .iter()
                .zip(marks)
                .take(60)
                .map(|(word, filler)| {
                    let seconds = format::seconds_of(word.start_sample);
                    (word.text.clone(), seconds, filler)
                })
                .collect::<Vec<_>>()
        })
    };
    view! {
        <ol class="lesson-times" data-testid="design-times">
            {move || {
                words()
                    .into_iter()
                    .map(|(text, seconds, filler)| {
                        view! {
                            <li>
                                <span class:filler=filler>{text}</span>
                                <span class="lesson-time">{format!("{seconds:.2}")}</span>
                            </li>
                        }
                    })
                    .collect_view()
            }}
        </ol>
    }
}

#[component]
fn Numbers() -> impl IntoView {
    let page = use_page();
    let factor = move || page.figures.with(|f| f.real_time_factor);
    let verdict = expect_context::<Verdicts>().0;
    let rate = Memo::new(move |_| {
        verdict.with(|v| format::percent_or_none(v.words.as_ref().and_then(|w| w.counts.rate())))
    });
    view! {
        <dl class="lesson-facts">
            <Fact name="Model size" testid="design-model" value=move || model_bytes(page) />
            <Fact name="Language model size" value=move || language_model_bytes(page) />
            <Fact name="Word error rate on this take" testid="design-wer" value=move || rate.get() />
            <Fact name="Real-time factor here" value=move || format::factor(factor()) />
            <Fact name="Finishing, after the last sound" value=move || format::milliseconds_or_none(page.figures.with(|f| f.final_latency_ms)) />
        </dl>
        <p>
            "“Fast”, “small” and “accurate” answer nothing. Each has a unit: a real-time factor on a named machine, megabytes, a word \
             error rate on a named set beside a named baseline."
        </p>
    }
}

fn model_bytes(page: Page) -> String {
    page.model.with(|model| match model {
        ModelStatus::Ready(info) => format::megabytes(info.bytes),
        _ => format::NONE_YET.to_owned(),
    })
}

fn language_model_bytes(page: Page) -> String {
    page.language_model.with(|lm| match lm {
        LanguageModelState::Ready(info) => format::megabytes(info.bytes),
        _ => format::NONE_YET.to_owned(),
    })
}
