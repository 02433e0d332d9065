//! Lesson: greedy against beam, and why a wider beam stops paying.

use asr_playground::decode::{BeamConfig, DecodeError, Greedy, PrefixBeam};
use asr_playground::eval::normalise::normalise;
use asr_playground::eval::wer::word_errors;
use asr_playground::model::Tokens;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::lesson::{Lesson, Sound};
use super::take::{TakeRows, push_in_pieces, row_samples, take_rows, token_texts, tokens};
use crate::ui::browser::sleep_ms;
use crate::ui::format;
use crate::ui::page::{Page, use_page};
use crate::ui::state::BEAM_WIDTHS;

/// The lesson.
pub const LESSON: Lesson = Lesson {
    slug: "beam-width",
    title: "Greedy and beam: why K plateaus",
    lead: "A beam search keeps the K best beginnings instead of one. Without a language model that \
           changes little, and this page says so.",
    body: || view! { <Body /> }.into_any(),
    questions: &[
        (
            "How does prefix beam search differ from beam search over paths?",
            "It keeps prefixes of the text, not paths, and adds up all paths of a prefix: one sum for those that end \
             in the blank, one for those that end in its last letter. Both are needed to know whether the \
             same letter again is a repeat or a new one.",
        ),
        (
            "Why do gains stop near K = 10?",
            "A trained CTC model is sure in most rows, so few beginnings differ and the right one is near the top. \
             What a wider beam adds are unlikely spellings. It pays only where something else, such as a language \
             model, can later lift a prefix with a poor start.",
        ),
        (
            "What does a beam cost?",
            "Each row extends K prefixes by the symbols worth considering, so time grows about linearly with K. \
             Memory holds K prefixes, shared as a tree.",
        ),
    ],
};

/// Each is decoded so often at most…
const MOST_RUNS: usize = 8;
/// …and not again once this was spent.
const ENOUGH_MS: f64 = 150.0;
#[derive(Clone, Debug, PartialEq)]
struct Decoded {
    /// `None` is greedy.
    width: Option<usize>,
    text: String,
    wer: Option<f64>,
    /// Milliseconds of decoding a second of audio.
    ms_per_second: f64,
}

#[component]
fn Body() -> impl IntoView {
    let page = use_page();
    let rows = take_rows(page);
    let decoded = RwSignal::new(Vec::<Decoded>::new());
    let run = StoredValue::new(0_u32);
    Effect::new(move |_| {
        let rows = rows.get();
        let run_now = run
            .try_update_value(|n| {
                *n += 1;
                *n
            })
            .unwrap_or(0);
        decoded.set(Vec::new());
        if let Some(rows) = rows {
            spawn_local(decode_all(page, rows, decoded, run, run_now));
        }
    });
    view! {
        <p>
            "Greedy takes the best symbol of every row. A beam of width K carries K beginnings of the text from row \
             to row, adds up all paths to each, and drops the rest. Below, this page decodes the take's log-probs \
             again at every width, without a language model."
        </p>
        <Sound clip="sentence.flac" />
        <div class="lesson-widget">
            {move || decoded.with(|d| (!d.is_empty()).then(|| plot(d)))}
            <div class="lesson-scroll" tabindex="0">
                <table class="lesson-table" data-testid="widths" data-value=move || decoded.with(Vec::len).to_string()>
                    <thead>
                        <tr>
                            <th scope="col">"K"</th>
                            <th scope="col" class="number">"WER"</th>
                            <th scope="col" class="number">"ms per s of audio"</th>
                            <th scope="col">"Text"</th>
                        </tr>
                    </thead>
                    <tbody>{move || decoded.get().iter().map(line).collect_view()}</tbody>
                </table>
            </div>
            <p class="lesson-verdict">{move || verdict(&decoded.get())}</p>
        </div>
        <p class="hint">
            "With a language model the width matters more, since it can lift a spelling that began badly. \
             The Sweep view measures that over many clips; the next lesson shows on this one what the language model adds."
        </p>
    }
}

async fn decode_all(
    page: Page,
    rows: TakeRows,
    decoded: RwSignal<Vec<Decoded>>,
    run: StoredValue<u32>,
    run_now: u32,
) {
    let Some(tokens) = token_texts(page).and_then(|texts| self::tokens(&texts)) else {
        return;
    };
    let samples = row_samples(page);
    let seconds = (rows.values.len() / rows.columns.max(1)) as f64 * samples as f64 / 16_000.0;
    let reference = normalise(&page.reference.get_untracked());
    let wanted = move || run.try_get_value() == Some(run_now);
    for width in std::iter::once(None).chain(BEAM_WIDTHS.map(Some)) {
        let Some((text, ms)) = decode(&tokens, samples, &rows, width, wanted).await else {
            return;
        };
        let wer = word_errors(&reference, &normalise(&text)).rate();
        decoded.update(|all| {
            all.push(Decoded {
                width,
                text,
                wer,
                ms_per_second: ms / seconds.max(0.01),
            });
        });
    }
}

/// Decodes some times over and takes the quickest: other things run on this machine.
async fn decode(
    tokens: &Tokens,
    samples: i64,
    rows: &TakeRows,
    width: Option<usize>,
    wanted: impl Fn() -> bool + Copy,
) -> Option<(String, f64)> {
    let (mut text, mut best_ms, mut spent_ms) = (String::new(), f64::INFINITY, 0.0);
    for _ in 0..MOST_RUNS {
        let (read, ms) = decode_once(tokens, samples, rows, width, wanted).await?;
        (text, best_ms, spent_ms) = (read, ms.min(best_ms), spent_ms + ms);
        sleep_ms(0).await;
        if spent_ms > ENOUGH_MS {
            break;
        }
    }
    Some((text, best_ms))
}

async fn decode_once(
    tokens: &Tokens,
    samples: i64,
    rows: &TakeRows,
    width: Option<usize>,
    wanted: impl Fn() -> bool,
) -> Option<(String, f64)> {
    if let Some(width) = width {
        let config = BeamConfig {
            width,
            ..BeamConfig::default()
        };
        let mut beam = PrefixBeam::new(tokens, samples, config, None).ok()?;
        let push = |some: &[f32]| -> Result<(), DecodeError> { beam.push(some) };
        let ms = push_in_pieces(rows, push, wanted).await?;
        beam.finish();
        Some((beam.transcript().text(), ms))
    } else {
        let mut greedy = Greedy::new(tokens, samples);
        let ms = push_in_pieces(rows, |some| greedy.push(some), wanted).await?;
        greedy.finish();
        Some((greedy.transcript().text(), ms))
    }
}

fn name(decoded: &Decoded) -> String {
    decoded
        .width
        .map_or_else(|| "greedy".to_owned(), |w| w.to_string())
}

fn line(decoded: &Decoded) -> impl IntoView + use<> {
    let wer = decoded
        .wer
        .map_or_else(|| format::NONE_YET.to_owned(), format::percent);
    view! {
        <tr>
            <th scope="row">{name(decoded)}</th>
            <td class="number">{wer}</td>
            <td class="number">{format!("{:.2}", decoded.ms_per_second)}</td>
            <td>{decoded.text.clone()}</td>
        </tr>
    }
}

fn verdict(all: &[Decoded]) -> String {
    let [first, .., last] = all else {
        return "The table fills when a take is over.".to_owned();
    };
    let texts = all.iter().map(|d| d.text.as_str());
    let different: std::collections::BTreeSet<&str> = texts.collect();
    let cost = last.ms_per_second / all.get(1).map_or(1.0, |d| d.ms_per_second).max(1e-6);
    let rates = match (first.wer, last.wer) {
        (Some(first), Some(last)) if first.total_cmp(&last).is_eq() => {
            format!(" WER stays at {}.", format::percent(first))
        }
        (Some(first), Some(last)) => format!(
            " From greedy to the widest, WER goes from {} to {}.",
            format::percent(first),
            format::percent(last)
        ),
        _ => String::new(),
    };
    format!(
        "{} decodings, {} different {}; the widest took {cost:.0} times as long as K = 1.{rates}",
        all.len(),
        different.len(),
        if different.len() == 1 {
            "text"
        } else {
            "texts"
        }
    )
}

/// Error rate and time against K, one above the other on the same axis.
fn plot(all: &[Decoded]) -> impl IntoView + use<> {
    const LEFT: f64 = 64.0;
    const STEP: f64 = 58.0;
    let x = |index: usize| LEFT + 16.0 + STEP * index as f64;
    let most_ms = all.iter().map(|d| d.ms_per_second).fold(0.1, f64::max);
    let most_wer = all.iter().filter_map(|d| d.wer).fold(1.0, f64::max);
    let wer_y = move |wer: f64| 20.0 + 70.0 * (1.0 - wer / most_wer);
    let ms_y = move |ms: f64| 122.0 + 56.0 * (1.0 - ms / most_ms);
    let points: Vec<String> = all
        .iter()
        .enumerate()
        .filter_map(|(i, d)| Some(format!("{:.1},{:.1}", x(i), wer_y(d.wer?))))
        .collect();
    let marks = all
        .iter()
        .enumerate()
        .map(|(i, d)| {
            let ms = d.ms_per_second;
            view! {
                {d.wer.map(|wer| view! { <circle class="lesson-plot-dot" cx=format!("{:.1}", x(i)) cy=format!("{:.1}", wer_y(wer)) r="4" /> })}
                <rect
                    class="lesson-plot-bar"
                    x=format!("{:.1}", x(i) - 9.0)
                    y=format!("{:.1}", ms_y(ms))
                    width="18"
                    height=format!("{:.1}", 178.0 - ms_y(ms))
                />
                <text class="lesson-plot-tick" x=format!("{:.1}", x(i)) y="194">{name(d)}</text>
            }
        })
        .collect_view();
    view! {
        <div class="lesson-scroll" tabindex="0">
        <svg class="lesson-plot" data-testid="widths-plot" viewBox="0 0 600 204" role="img" aria-label="Word error rate and decoding time against the beam's width; the table below has the numbers">
            <text class="lesson-plot-name" x="0" y="58">"WER"</text>
            <text class="lesson-plot-scale" x=LEFT.to_string() y="24">{format::percent(most_wer)}</text>
            <text class="lesson-plot-scale" x=LEFT.to_string() y="94">"0%"</text>
            <line class="lesson-plot-axis" x1=LEFT.to_string() y1="90" x2="600" y2="90" />
            <text class="lesson-plot-name" x="0" y="152">"Time"</text>
            <text class="lesson-plot-scale" x=LEFT.to_string() y="126">{format!("{most_ms:.1} ms/s")}</text>
            <line class="lesson-plot-axis" x1=LEFT.to_string() y1="178" x2="600" y2="178" />
            <polyline class="lesson-plot-line" points=points.join(" ") />
            {marks}
        </svg>
        </div>
    }
}
