//! The forced alignment of the reference: asked for on demand, laid over the picture, and
//! compared with the decoded words in a table.

use asr_playground::eval::normalise::normalise;
use asr_playground::recognizer::{Answer, Question};
use leptos::prelude::*;

use super::comparison::{Pair, pairs};
use super::scene::{Inside, LOST_TAKE, Overlay};
use crate::ui::format::{counted, fixed, seconds_of};
use crate::ui::page::{Page, Phase, ReferenceFrom};
use crate::ui::playing;
use crate::ui::questions::ask;

/// Most rows of the table at once; zooming in brings the others.
const MOST_ROWS: usize = 200;

/// The section below the picture.
#[component]
pub fn AlignmentSection(inside: Inside, on: RwSignal<bool>) -> impl IntoView {
    let page = inside.page;
    let reference = Memo::new(move |_| normalise(&page.reference.get()));
    Effect::new(move |_| {
        let finished = page.phase.get() == Phase::Finished;
        // Another take, or the same with other log-probs.
        page.take.track();
        page.settings_used.track();
        align(inside, on.get(), reference, finished);
    });
    view! {
        <Show when=move || on.get()>
            <div class="inside-section">
                <label class="field-name" for="inside-reference">"Forced alignment of the reference"</label>
                <p class="hint">
                    "The most probable path that reads exactly as the reference: where each of its words must lie, if it was said. "
                    "Boxes in the heatmap show its letters."
                </p>
                <input
                    id="inside-reference"
                    class="inside-input"
                    data-testid="inside-reference"
                    type="text"
                    autocomplete="off"
                    spellcheck="false"
                    placeholder="The words really said"
                    prop:value=move || page.reference.get()
                    on:change=move |event| {
                        page.reference_from.set(ReferenceFrom::Person);
                        page.reference.set(event_target_value(&event));
                    }
                />
                <p role="status" data-testid="alignment-state" data-value=move || inside.alignment.with(Overlay::name)>
                    {move || inside.alignment.with(words)}
                </p>
                <Table inside />
            </div>
        </Show>
    }
}

fn align(inside: Inside, on: bool, reference: Memo<String>, finished: bool) {
    let text = reference.get();
    if !on {
        inside.alignment.set(Overlay::Off);
        return;
    }
    if text.is_empty() {
        let words = "There is no reference to align: type what was said.";
        inside.alignment.set(Overlay::Failed(words.to_owned()));
        return;
    }
    inside.alignment.set(Overlay::Waiting);
    if !finished {
        return;
    }
    if !inside.page.handles.with_value(|h| h.worker_has_take) {
        inside.alignment.set(Overlay::Failed(LOST_TAKE.to_owned()));
        return;
    }
    ask(
        inside.page,
        Question::Align { text: text.clone() },
        move |answer| {
            // Another reference by now, switched off, or the view is gone.
            let waits = inside
                .alignment
                .try_with_untracked(|a| *a == Overlay::Waiting);
            if waits != Some(true) || reference.try_get_untracked().as_ref() != Some(&text) {
                return;
            }
            inside.alignment.set(match answer {
                Ok(Answer::Align(alignment)) => Overlay::Ready(alignment),
                Ok(_) => Overlay::Failed("The worker answered something else.".to_owned()),
                Err(why) => Overlay::Failed(format!(
                    "The reference cannot be aligned with this take: {why}."
                )),
            });
        },
    );
}

fn words(state: &Overlay<asr_playground::decode::ctc::Alignment>) -> String {
    match state {
        Overlay::Off => String::new(),
        Overlay::Waiting => "Aligned as soon as the take is over…".to_owned(),
        Overlay::Failed(why) => why.clone(),
        Overlay::Ready(alignment) => format!(
            "{}, {}; ln P of the best path {}.",
            counted(alignment.words.len(), "word", "words"),
            counted(
                alignment.tokens.len(),
                "letter or space",
                "letters and spaces"
            ),
            fixed(alignment.score.into(), 1)
        ),
    }
}

/// The words in view.
#[component]
fn Table(inside: Inside) -> impl IntoView {
    let page = inside.page;
    let all = Memo::new(move |_| {
        inside.alignment.with(|state| {
            let said = state.ready().map(|alignment| alignment.words.as_slice());
            page.transcript
                .with(|t| pairs(said.unwrap_or_default(), &t.words))
        })
    });
    // Only what is in view, so that a table of half an hour stays small.
    let range = Memo::new(move |_| {
        let view = inside.view();
        all.with(|all| {
            let first = all.partition_point(|p| (p.said.end_sample as f64) <= view.left_sample);
            let end = all.partition_point(|p| (p.said.start_sample as f64) < view.right_sample());
            first..end.clamp(first, first + MOST_ROWS)
        })
    });
    let rows = move || {
        let range = range.get();
        all.with(|all| all.get(range).unwrap_or_default().to_vec())
    };
    let count = move || all.with(Vec::len);
    view! {
        <Show when=move || { count() > 0 }>
            <div class="inside-table" tabindex="0" role="region" aria-label="Aligned words in view">
                <table data-testid="alignment-table">
                    <caption class="visually-hidden">"The reference's words in view, and the decoded ones"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"Reference"</th>
                            <th scope="col" class="number">"aligned, s"</th>
                            <th scope="col">"Decoded"</th>
                            <th scope="col" class="number">"decoded, s"</th>
                            <th scope="col" class="number">"start, end"</th>
                            <th scope="col" class="number">"probability"</th>
                        </tr>
                    </thead>
                    <tbody>{move || rows().into_iter().map(|pair| row(page, &pair)).collect_view()}</tbody>
                </table>
            </div>
            <p class="hint">
                {move || {
                    let shown = range.with(|r| r.end - r.start);
                    let part = if shown < count() { format!("{shown} of {} words, those in view. ", count()) } else { String::new() };
                    format!("{part}Start and end say by how many milliseconds the decoded word is later (+) or earlier (−) than the aligned one.")
                }}
            </p>
        </Show>
    }
}

fn row(page: Page, pair: &Pair) -> impl IntoView + use<> {
    let span = |start: i64, end: i64| format!("{:.2}–{:.2}", seconds_of(start), seconds_of(end));
    let shift = pair.shift_ms().map_or_else(String::new, |(start, end)| {
        format!("{}, {} ms", signed(start), signed(end))
    });
    let hit = pair.is_hit();
    let heard = pair
        .heard
        .as_ref()
        .map_or("missed".to_owned(), |word| word.text.clone());
    let heard_span = pair
        .heard
        .as_ref()
        .map_or_else(String::new, |word| span(word.start_sample, word.end_sample));
    let (start, end) = (pair.said.start_sample, pair.said.end_sample);
    let said_span = span(start, end);
    view! {
        <tr class:differs=!hit data-start=start data-end=end>
            <th scope="row">
                <button type="button" class="inside-word" on:click=move |_| play_word(page, start..end)>
                    {pair.said.text.clone()}
                </button>
            </th>
            <td class="number">{said_span}</td>
            <td>{if hit { "the same".to_owned() } else { heard }}</td>
            <td class="number">{heard_span}</td>
            <td class="number">{shift}</td>
            <td class="number">{format!("{:.0}%", pair.said.score.exp() * 100.0)}</td>
        </tr>
    }
}

fn play_word(page: Page, stretch: std::ops::Range<i64>) {
    if page.phase.get_untracked() == Phase::Finished {
        playing::play_stretch(page, stretch);
    }
}

/// Whole milliseconds with a sign that is read as one.
fn signed(ms: f64) -> String {
    let rounded = ms.round() as i64;
    match rounded {
        0 => "0".to_owned(),
        1.. => format!("+{rounded}"),
        _ => format!("−{}", -rounded),
    }
}
