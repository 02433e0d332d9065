//! Two settings side by side on the same audio, also live from the microphone.
//!
//! While this view is open the worker recognises every take twice. The first column is
//! the page's own take with its own settings; the second has settings of its own.

mod controls;
mod differences;

use asr_playground::decode::Transcript;
use asr_playground::eval::latency::{Figures, PerceivedLatencies};
use asr_playground::eval::wer::{EditKind, ErrorCounts, align_words, word_errors};
use asr_playground::protocol::ToWorker;
use asr_playground::recognizer::TakeLatency;
use leptos::prelude::*;

use super::format;
use super::glossary::{COMPUTE, FINISHING, FLICKER, PERCEIVED, REAL_TIME_FACTOR, WER};
use super::link;
use super::page::{ModelStatus, Page, use_page};
use super::reference::prepared;
use super::side::Side;
use super::tail::Tail;
use controls::Controls;
use differences::Differences;

/// Texts are compared word by word up to so many pairs of words.
const MOST_PAIRS: usize = 1_000_000;

/// What is shown of a side.
#[derive(Clone, PartialEq)]
struct Shown {
    transcript: Transcript,
    figures: Figures,
    latency: Option<TakeLatency>,
}

/// The view.
#[component]
pub fn CompareView() -> impl IntoView {
    let page = use_page();
    compare_while_open(page);
    let [a, b] = [Side::A, Side::B].map(|side| Memo::new(move |_| shown(page, side)));
    view! {
        <div class="compare" data-testid="compare">
            <Column side=Side::A shown=a other=b />
            <Column side=Side::B shown=b other=a />
        </div>
        <Differences a=a b=b />
    }
}

/// Has the worker recognise everything twice for as long as the view is open.
fn compare_while_open(page: Page) {
    let ready = Memo::new(move |_| page.model.with(|m| matches!(m, ModelStatus::Ready(_))));
    let other = Memo::new(move |_| page.settings.with(|s| s.other.clone()));
    Effect::new(move |_| {
        let other = other.get();
        if ready.get() {
            page.compared.set(None);
            link::send(page, &ToWorker::Compare(Some(other)));
        }
    });
    on_cleanup(move || {
        page.compared.set(None);
        link::send(page, &ToWorker::Compare(None));
    });
}

fn shown(page: Page, side: Side) -> Shown {
    match side {
        Side::A => Shown {
            transcript: page.transcript.get(),
            figures: page.figures.get(),
            latency: page.latency.get(),
        },
        Side::B => page.compared.with(|compared| {
            let compared = compared.clone().unwrap_or_default();
            Shown {
                transcript: compared.transcript,
                figures: compared.figures,
                latency: compared.latency,
            }
        }),
    }
}

#[component]
fn Column(side: Side, shown: Memo<Shown>, other: Memo<Shown>) -> impl IntoView {
    let name = side.name();
    let id = format!("compare-{}", side.id());
    let text_id = format!("compare-text-{}", side.id());
    view! {
        <section class="panel compare-column" aria-labelledby=id.clone() data-testid=id.clone()>
            <h2 id=id.clone() class="compare-name">{name}</h2>
            <Controls side=side />
            <p class="compare-text" data-testid=text_id aria-live="off">
                {move || text_view(&shown.get().transcript, &other.get().transcript)}
            </p>
            <SideFigures side=side shown=shown />
        </section>
    }
}

/// The words, those that the other side lacks marked, tentative ones slanted.
fn text_view(shown: &Transcript, other: &Transcript) -> AnyView {
    if shown.words.is_empty() {
        return view! { <span class="hint">"No words yet. Record, or pick a clip."</span> }
            .into_any();
    }
    let differing = differing(shown, other);
    shown
        .words
        .iter()
        .enumerate()
        .map(|(index, word)| {
            let differs = differing.get(index).copied().unwrap_or(false);
            let tentative = index >= shown.committed;
            view! {
                <span class="compare-word" class:tentative=tentative class:differs=differs>{word.text.clone()}</span>
                " "
            }
        })
        .collect_view()
        .into_any()
}

/// Which of `shown`'s words are not at their place in `other`'s text.
fn differing(shown: &Transcript, other: &Transcript) -> Vec<bool> {
    if shown.words.len().saturating_mul(other.words.len()) > MOST_PAIRS {
        return Vec::new();
    }
    let aligned = align_words(&other.text(), &shown.text());
    let of_shown = aligned.steps.iter().filter(|s| s.hypothesis.is_some());
    of_shown.map(|step| step.kind != EditKind::Hit).collect()
}

/// A row of figures: its key, name, value, and the value in words.
struct Row {
    key: &'static str,
    name: String,
    value: Option<f64>,
    shown: String,
}

fn rows(page: Page, shown: &Shown) -> Vec<Row> {
    let perceived = shown.latency.as_ref().and_then(|l| l.perceived.as_ref());
    let waits = perceived.map(|p| p.stable_ms().collect::<Vec<_>>());
    let tail = waits.as_deref().and_then(Tail::of);
    let median = perceived
        .and_then(PerceivedLatencies::percentiles)
        .map(|p| p.p50);
    let flicker = shown
        .latency
        .as_ref()
        .and_then(|l| l.stability.flickers_per_minute());
    let seconds = shown.figures.audio_ms / 1e3;
    let compute = shown.figures.compute_ms_per_s();
    let decode = (seconds > 0.0).then(|| shown.figures.stages.decode_ms / seconds);
    let counts = errors(page, &shown.transcript);
    let ms = format::milliseconds_or_none;
    let row = |key, name, value: Option<f64>, shown: String| Row {
        key,
        name,
        value,
        shown,
    };
    let wer = counts.and_then(|c| c.rate());
    vec![
        row("wer", WER.to_owned(), wer, format::percent_or_none(wer)),
        row("p50", format!("{PERCEIVED}, p50"), median, ms(median)),
        row(
            "p95",
            format!(
                "{PERCEIVED}, {}",
                tail.map_or_else(|| "p95".to_owned(), |t| t.name())
            ),
            tail.map(|t| t.ms),
            ms(tail.map(|t| t.ms)),
        ),
        row(
            "final",
            FINISHING.to_owned(),
            shown.figures.final_latency_ms,
            ms(shown.figures.final_latency_ms),
        ),
        row(
            "compute",
            COMPUTE.to_owned(),
            compute,
            format::compute(compute),
        ),
        row(
            "decode",
            "Of it decoding".to_owned(),
            decode,
            format::compute(decode),
        ),
        row(
            "rtf",
            REAL_TIME_FACTOR.to_owned(),
            shown.figures.real_time_factor,
            format::factor(shown.figures.real_time_factor),
        ),
        row(
            "flicker",
            FLICKER.to_owned(),
            flicker,
            format::fixed_or_none(flicker, 1),
        ),
    ]
}

fn errors(page: Page, transcript: &Transcript) -> Option<ErrorCounts> {
    let reference = prepared(page, &page.reference.get());
    let hypothesis = prepared(page, &transcript.text());
    let pairs = reference.split_whitespace().count() * hypothesis.split_whitespace().count();
    (!reference.is_empty() && pairs <= MOST_PAIRS).then(|| word_errors(&reference, &hypothesis))
}

#[component]
fn SideFigures(side: Side, shown: Memo<Shown>) -> impl IntoView {
    let page = use_page();
    let side = side.id();
    view! {
        <dl class="compare-figures">
            {move || {
                rows(page, &shown.get())
                    .into_iter()
                    .map(move |row| {
                        view! {
                            <div>
                                <dt>{row.name}</dt>
                                <dd
                                    class="number"
                                    data-testid=format!("compare-{side}-{}", row.key)
                                    data-value=row.value.map(|v| v.to_string())
                                >
                                    {row.shown}
                                </dd>
                            </div>
                        }
                    })
                    .collect_view()
            }}
        </dl>
    }
}
