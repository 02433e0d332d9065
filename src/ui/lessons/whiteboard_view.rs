//! Lesson: four functions at a whiteboard, run on the take beside the library's answers.

use asr_playground::decode::{BeamConfig, Greedy, PrefixBeam};
use asr_playground::eval::normalise::normalise;
use asr_playground::eval::wer::word_errors;
use asr_playground::features::{LogMelConfig, log_mel};
use leptos::prelude::*;

use super::lesson::{Lesson, Sound};
use super::take::{TakeRows, is_over, row_samples, take_rows, token_texts, tokens};
use super::whiteboard::compute_wer::compute_wer;
use super::whiteboard::extract_mel_spectrogram::extract_mel_spectrogram;
use super::whiteboard::greedy_ctc_decode::greedy_ctc_decode;
use super::whiteboard::prefix_beam_search::prefix_beam_search;
use super::whiteboard::{BEAM, COMPUTE_WER, GREEDY, MEL, Source};
use crate::ui::format;
use crate::ui::page::{Page, use_page};

/// The lesson.
pub const LESSON: Lesson = Lesson {
    slug: "whiteboard",
    title: "Code at a whiteboard",
    lead: "Four functions that are asked for, short enough to write by hand. They are compiled into this page and run on the take.",
    body: || view! { <Body /> }.into_any(),
    questions: &[
        (
            "compute_wer: now return the errors, and use less memory.",
            "Let each cell carry its counts, not only its cost, as here. One row and the corner suffice; the row before is \
             overwritten as the next is filled. Which of equally cheap ways is taken changes S, D and I, never their sum.",
        ),
        (
            "greedy_ctc_decode: what goes wrong if blanks are dropped first?",
            "Doubled letters are lost: “l_l” becomes “ll”, which then merges into “l”. Merge first, drop after.",
        ),
        (
            "extract_mel_spectrogram: where do implementations differ?",
            "Power or magnitude, natural or decadic logarithm, the floor, where the window is centred, the mel formula (HTK or \
             Slaney), whether triangles are scaled by their width. A model works only with the front end it was trained on.",
        ),
        (
            "Prefix beam search: why two sums for each prefix?",
            "The same letter again means two things: after itself it is a repeat and the prefix stays, after a blank it is a new \
             letter. So paths that end in the blank and paths that end in the letter are kept apart.",
        ),
    ],
};

/// In the order they are asked for.
const SOURCES: [Source; 4] = [COMPUTE_WER, GREEDY, MEL, BEAM];
/// What the beam is run on here: short, since each prefix is a list of its own.
const BEAM_ROWS: usize = 120;
const BEAM_WIDTH: usize = 8;
/// Audio that the front end is run on, a second.
const MEL_SAMPLES: usize = 16_000;

#[component]
fn Body() -> impl IntoView {
    let page = use_page();
    let rows = take_rows(page);
    let chosen = RwSignal::new(0_usize);
    view! {
        <p>
            "Written to be read aloud. The tests of this repository hold each to the library's answers. The library's own are longer \
             because they stream, bound their memory and refuse bad input."
        </p>
        <Sound clip="digits.flac" />
        <div class="lesson-choices" role="group" aria-label="Function">
            {SOURCES
                .into_iter()
                .enumerate()
                .map(|(index, source)| {
                    view! {
                        <button
                            type="button"
                            class="button lesson-mono"
                            data-testid=format!("board-choose-{}", source.name)
                            aria-pressed=move || (chosen.get() == index).to_string()
                            on:click=move |_| chosen.set(index)
                        >
                            {source.name}
                        </button>
                    }
                })
                .collect_view()}
        </div>
        {move || {
            let source = SOURCES.get(chosen.get()).copied().unwrap_or(COMPUTE_WER);
            let result = Signal::derive(move || result_of(page, source.name, rows));
            view! { <Board source result /> }
        }}
    }
}

/// Runs one on the take, once that is over.
fn result_of(page: Page, name: &str, rows: RwSignal<Option<TakeRows>>) -> Option<Both> {
    if !is_over(page) {
        return None;
    }
    match name {
        "compute_wer" => wer_result(page),
        "extract_mel_spectrogram" => mel_result(page),
        "greedy_ctc_decode" => rows.with(|r| r.as_ref().and_then(|r| greedy_result(page, r))),
        _ => rows.with(|r| r.as_ref().and_then(|r| beam_result(page, r))),
    }
}

/// Both answers, and whether they are the same.
#[derive(Clone, Debug, PartialEq)]
struct Both {
    what: String,
    here: String,
    library: String,
    same: bool,
}

#[component]
fn Board(source: Source, result: Signal<Option<Both>>) -> impl IntoView {
    let result = Memo::new(move |_| result.get());
    let state = move || {
        result.with(|r| {
            r.as_ref()
                .map_or("none", |b| if b.same { "same" } else { "differs" })
        })
    };
    view! {
        <section class="lesson-board" data-testid=format!("board-{}", source.name) data-value=state>
            <h3 class="lesson-mono">{source.name}</h3>
            <pre class="lesson-code" role="region" tabindex="0" aria-label=format!("Source of {}", source.name)><code>{source.text}</code></pre>
            {move || match result.get() {
                None => view! { <p class="hint">"It runs when a take is over."</p> }.into_any(),
                Some(both) => {
                    view! {
                        <p class="hint">{both.what}</p>
                        <dl class="lesson-both">
                            <div><dt>"This function"</dt><dd class="lesson-mono">{both.here}</dd></div>
                            <div><dt>"The library"</dt><dd class="lesson-mono">{both.library}</dd></div>
                        </dl>
                        <p class="lesson-verdict">{if both.same { "They agree." } else { "They differ: the library writes no space after a space, so its beam holds other prefixes." }}</p>
                    }
                        .into_any()
                }
            }}
            <p class="hint">"In the library: " <code>{source.library}</code></p>
        </section>
    }
}

fn wer_result(page: Page) -> Option<Both> {
    let said = normalise(&page.reference.get());
    let heard = normalise(
        &page
            .transcript
            .with(asr_playground::decode::Transcript::text),
    );
    if said.is_empty() || said.len().max(heard.len()) > 4000 {
        return None;
    }
    let (rate, errors) = compute_wer(&said, &heard);
    let counts = word_errors(&said, &heard);
    let line = |rate: f64, s: usize, d: usize, i: usize| {
        format!("{} = ({s} + {d} + {i}) ÷ N", format::percent(rate))
    };
    let theirs = counts.rate().unwrap_or(0.0);
    Some(Both {
        what: format!("Said “{said}”, heard “{heard}”."),
        here: line(
            rate,
            errors.substitutions,
            errors.deletions,
            errors.insertions,
        ),
        library: line(
            theirs,
            counts.substitutions,
            counts.deletions,
            counts.insertions,
        ),
        same: (rate - theirs).abs() < 1e-12,
    })
}

fn greedy_result(page: Page, rows: &TakeRows) -> Option<Both> {
    let texts = token_texts(page)?;
    let here = greedy_ctc_decode(&rows.values, &texts);
    let mut greedy = Greedy::new(&tokens(&texts)?, row_samples(page));
    greedy.push(&rows.values).ok()?;
    greedy.finish();
    Some(texts_of(
        format!(
            "{} rows of {} log-probs.",
            rows.values.len() / rows.columns.max(1),
            rows.columns
        ),
        &here,
        greedy.transcript().text(),
    ))
}

fn beam_result(page: Page, rows: &TakeRows) -> Option<Both> {
    let texts = token_texts(page)?;
    let some = rows.values.chunks(BEAM_ROWS * rows.columns.max(1)).next()?;
    let here = prefix_beam_search(some, &texts, BEAM_WIDTH);
    let config = BeamConfig {
        width: BEAM_WIDTH,
        ..BeamConfig::default()
    };
    let mut beam = PrefixBeam::new(&tokens(&texts)?, row_samples(page), config, None).ok()?;
    beam.push(some).ok()?;
    beam.finish();
    Some(texts_of(
        format!(
            "The first {} rows, width {BEAM_WIDTH}.",
            some.len() / rows.columns.max(1)
        ),
        &here,
        beam.transcript().text(),
    ))
}

fn texts_of(what: String, here: &str, library: String) -> Both {
    let here = here.split_whitespace().collect::<Vec<_>>().join(" ");
    let same = here == library;
    Both {
        what,
        here,
        library,
        same,
    }
}

fn mel_result(page: Page) -> Option<Both> {
    let samples: Vec<f32> = page.handles.with_value(|h| {
        let some = h.audio.iter().take(MEL_SAMPLES);
        some.map(|s| f32::from(*s) / 32_768.0).collect()
    });
    let here = extract_mel_spectrogram(&samples).ok()?;
    let theirs = log_mel(&LogMelConfig::model(), &samples).ok()?;
    let differences = here.iter().flatten().zip(&theirs.values);
    let largest = differences.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    let same = here.len() == theirs.len() && largest < 1e-4;
    Some(Both {
        what: format!(
            "The first {:.2} s of the take.",
            samples.len() as f64 / 16_000.0
        ),
        here: format!(
            "{} frames × {} bands",
            here.len(),
            here.first().map_or(0, Vec::len)
        ),
        library: format!(
            "{} frames × {}, largest difference {largest:.0e}",
            theirs.len(),
            theirs.n_mels
        ),
        same,
    })
}
