//! The panel: the reference, the rates, the aligned words.

use asr_playground::decode::{Transcript, fillers};
use asr_playground::eval::normalise::NORMALISER_VERSION;
use asr_playground::eval::wer::{
    Alignment, AlignmentStep, EditKind, ErrorCounts, align_words, char_errors,
};
use leptos::prelude::*;

use super::matrix::Matrix;
use crate::ui::actions;
use crate::ui::drawing::growing;
use crate::ui::effects::{EffectLine, Knob};
use crate::ui::format;
use crate::ui::options::FILLERS;
use crate::ui::page::{Origin, Page, Phase, ReferenceFrom, use_page};

/// While words still come, texts are compared up to this many pairs of words or
/// characters (about 10 ms of work); beyond, when the take is over.
const LIVE_PAIRS: usize = 1_000_000;
/// Beyond this (about a second of work) a rate is not counted at all.
const MOST_PAIRS: usize = 150_000_000;

/// Aligned words that are drawn at once, and each frame after that.
const WORDS_AT_ONCE: usize = 1000;
const WORDS_A_FRAME: usize = 200;
/// More are not drawn: over half an hour of fast speech.
const MOST_WORDS_DRAWN: usize = 6000;

/// A comparison of the two texts.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// Words aligned; `None` where there is nothing to compare.
    pub words: Option<Alignment>,
    /// Errors in characters.
    pub chars: Option<ErrorCounts>,
    /// Words still come.
    pub so_far: bool,
}

/// The comparison of the take in view, for all who show it.
#[derive(Clone, Copy)]
pub struct Verdicts(pub Memo<Verdict>);

/// The panel.
#[component]
pub fn ReferencePanel() -> impl IntoView {
    let page = use_page();
    let verdict = expect_context::<Verdicts>().0;
    let so_far = Signal::derive(move || verdict.with(|v| v.so_far));
    // Texts of which nothing is counted have no matrix.
    let texts = Memo::new(move |_| {
        let counted = verdict.with(|v| v.words.is_some());
        let texts = || {
            let transcript = page.transcript.with(Transcript::text);
            let reference = prepared(page, &page.reference.get());
            (reference, prepared(page, &transcript))
        };
        counted.then(texts)
    });
    let typed = move |event: web_sys::Event| {
        let text = event_target_value(&event);
        let from = if text.trim().is_empty() {
            ReferenceFrom::Clip
        } else {
            ReferenceFrom::Person
        };
        page.reference_from.set(from);
        page.reference.set(text);
    };
    view! {
        <section class="panel" aria-labelledby="reference-title">
            <div class="panel-head">
                <h2 id="reference-title">"What was said"</h2>
                <p class="hint">
                    "Type the true words, and the errors are counted as you speak. "
                    "Bundled clips bring theirs."
                </p>
            </div>
            <textarea
                class="reference"
                data-testid="reference"
                aria-label="Reference: the words really said"
                rows="2"
                spellcheck="false"
                autocomplete="off"
                placeholder="The words really said"
                prop:value=move || page.reference.get()
                on:input=typed
            ></textarea>
            <div class="rates">
                <Rate
                    name="Word error rate"
                    testid="wer"
                    counts=move || verdict.with(|v| v.words.as_ref().map(|w| w.counts))
                />
                <Rate
                    name="Character error rate"
                    testid="cer"
                    counts=move || verdict.with(|v| v.chars)
                />
            </div>
            <p class="verdict-line">{move || verdict.with(|v| verdict_words(page, v))}</p>
            <Aligned verdict />
            <Matrix texts so_far />
            <Normaliser />
        </section>
    }
}

#[component]
fn Rate(
    name: &'static str,
    testid: &'static str,
    counts: impl Fn() -> Option<ErrorCounts> + Send + Sync + Copy + 'static,
) -> impl IntoView {
    let rate = move || counts().and_then(|c| c.rate());
    let formula = move || {
        counts().map_or_else(
            || "(S + D + I) ÷ N".to_owned(),
            |c| {
                format!(
                    "(S {} + D {} + I {}) ÷ N {}",
                    c.substitutions,
                    c.deletions,
                    c.insertions,
                    c.reference_len()
                )
            },
        )
    };
    view! {
        <div class="rate">
            <p class="rate-name">{name}</p>
            <p class="rate-value" data-testid=testid data-value=move || rate().map(|r| r.to_string())>
                {move || rate().map_or_else(|| format::NONE_YET.to_owned(), format::percent)}
            </p>
            <p class="rate-formula">{formula}</p>
        </div>
    }
}

/// Both texts, one above the other, marked where they differ.
#[component]
fn Aligned(verdict: Memo<Verdict>) -> impl IntoView {
    let count = Memo::new(move |_| verdict.with(|v| v.words.as_ref().map_or(0, |w| w.steps.len())));
    let most = Signal::derive(move || count.get().min(MOST_WORDS_DRAWN));
    let drawn = growing(WORDS_AT_ONCE, WORDS_A_FRAME, most);
    // What stays where it was keeps its elements: typing changes a word or two.
    let steps = move || {
        verdict.with(|v| {
            let steps = v.words.iter().flat_map(|words| &words.steps);
            steps
                .take(drawn.get())
                .cloned()
                .enumerate()
                .collect::<Vec<_>>()
        })
    };
    let left_out = move || {
        let count = count.get();
        (count > MOST_WORDS_DRAWN).then(|| {
            format!("The first {MOST_WORDS_DRAWN} of {count} aligned words are drawn. The rates above are of the whole texts all the same.")
        })
    };
    view! {
        <div class="alignment-box">
            <ol class="alignment" data-testid="alignment" aria-label="Aligned words" tabindex="0">
                <For each=steps key=Clone::clone children=|(_, step)| aligned_word(&step) />
            </ol>
            {move || left_out().map(|words| view! { <p class="hint" data-testid="alignment-left-out">{words}</p> })}
            <p class="legend" aria-hidden="true">
                <span><b class="mark substitution">"S"</b>" other word"</span>
                <span><b class="mark deletion">"D"</b>" missed word"</span>
                <span><b class="mark insertion">"I"</b>" extra word"</span>
            </p>
        </div>
    }
}

fn aligned_word(step: &AlignmentStep) -> impl IntoView + use<> {
    let (kind, letter, words) = match step.kind {
        EditKind::Hit => ("hit", "", ""),
        EditKind::Substitution => ("substitution", "S", "substitution: "),
        EditKind::Deletion => ("deletion", "D", "deletion: "),
        EditKind::Insertion => ("insertion", "I", "insertion: "),
    };
    let said = step.reference.clone();
    let heard = step
        .hypothesis
        .clone()
        .filter(|_| step.kind != EditKind::Hit);
    view! {
        <li class=format!("pair {kind}") data-edit=letter>
            <span class="visually-hidden">{words}</span>
            <span class="said">{said.unwrap_or_else(|| "\u{a0}".to_owned())}</span>
            <span class="heard">{heard.unwrap_or_else(|| "\u{a0}".to_owned())}</span>
            {(!letter.is_empty()).then(|| view! { <b class=format!("mark {kind}") aria-hidden="true">{letter}</b> })}
        </li>
    }
}

#[component]
fn Normaliser() -> impl IntoView {
    let page = use_page();
    let steps = move || {
        page.settings
            .with(|s| s.normaliser)
            .steps()
            .collect::<Vec<_>>()
    };
    view! {
        <details class="normaliser">
            <summary>
                "Both texts first go through the text normaliser, version "
                <span class="version" data-testid="normaliser-version">{NORMALISER_VERSION}</span>
            </summary>
            <ol>
                {steps()
                    .into_iter()
                    .map(|(step, _)| {
                        let on = move || steps().into_iter().any(|(s, on)| on && s.id == step.id);
                        view! {
                            <li class:off=move || !on()>
                                <label>
                                    <input
                                        type="checkbox"
                                        data-testid=format!("normaliser-{}", step.id)
                                        prop:checked=on
                                        on:change=move |event| {
                                            let wanted = event_target_checked(&event);
                                            actions::change(page, |s| {
                                                s.normaliser = s.normaliser.with(step.id, wanted).unwrap_or(s.normaliser);
                                            });
                                        }
                                    />
                                    <b>{step.name}</b>
                                </label>
                                ". "
                                {step.what}
                                <span class="example">
                                    <q>{step.before}</q>
                                    " → "
                                    <q>{step.after}</q>
                                </span>
                            </li>
                        }
                    })
                    .collect_view()}
            </ol>
            <EffectLine knob=Knob::Normaliser />
        </details>
    }
}

/// Compares the transcript with the reference, as the settings say.
pub fn judge(page: Page) -> Verdict {
    let so_far = matches!(page.phase.get(), Phase::Recording | Phase::Running);
    let none = Verdict {
        words: None,
        chars: None,
        so_far,
    };
    let untried = page.take.get() == 0 || page.phase.get() == Phase::Idle;
    let reference = prepared(page, &page.reference.get());
    let hypothesis = prepared(page, &page.transcript.with(Transcript::text));
    if untried {
        return none;
    }
    // An empty reference says nothing about the transcript, but for a clip in which nobody speaks.
    let silent = page
        .origin
        .with(|o| matches!(o, Some(Origin::Clip(clip)) if clip.reference.is_empty()));
    if reference.is_empty() && !silent {
        return none;
    }
    let limit = if so_far { LIVE_PAIRS } else { MOST_PAIRS };
    let words = |text: &str| text.split_whitespace().count();
    let word_pairs = words(&reference).saturating_mul(words(&hypothesis));
    let char_pairs = reference.len().saturating_mul(hypothesis.len());
    Verdict {
        words: (word_pairs <= limit).then(|| align_words(&reference, &hypothesis)),
        chars: (char_pairs <= limit).then(|| char_errors(&reference, &hypothesis)),
        so_far,
    }
}

/// A text as it is compared: normalised, and without fillers where those are struck out.
pub fn prepared(page: Page, text: &str) -> String {
    let (normaliser, fillers) = page.settings.with(|s| (s.normaliser, s.fillers));
    let text = normaliser.apply(text);
    if fillers {
        fillers::strip(&text, &FILLERS)
    } else {
        text
    }
}

fn verdict_words(page: Page, verdict: &Verdict) -> String {
    let empty = prepared(page, &page.reference.get()).is_empty();
    match &verdict.words {
        None if empty => "No reference yet: the rates wait for one.".to_owned(),
        None if verdict.so_far => "Texts this long are compared when the take is over.".to_owned(),
        None if page.take.get() == 0 => "Waiting for the first words.".to_owned(),
        None => "Nothing to compare yet.".to_owned(),
        Some(alignment) if empty && alignment.counts.insertions == 0 => {
            "Nothing is spoken here, and nothing was recognised.".to_owned()
        }
        Some(alignment) if empty => format!(
            "Nothing is spoken here, so there is no rate; {} extra.",
            count(alignment.counts.insertions)
        ),
        Some(_) if verdict.so_far => "So far; words not heard yet count as missed.".to_owned(),
        Some(alignment) if alignment.counts.errors() == 0 => "Every word is right.".to_owned(),
        Some(alignment) => format!(
            "{} of {} right.",
            alignment.counts.hits,
            count(alignment.counts.reference_len())
        ),
    }
}

fn count(words: usize) -> String {
    format::counted(words, "word", "words")
}
