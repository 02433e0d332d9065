//! Lesson: word and character error rate by hand. Needs no model.

use asr_playground::eval::matrix::{Cell, CostMatrix};
use asr_playground::eval::normalise::normalise;
use asr_playground::eval::wer::{EditKind, ErrorCounts, char_errors};
use leptos::prelude::*;

use super::lesson::{Fact, Lesson};
use crate::ui::format;
use crate::ui::page::use_page;

/// The lesson.
pub const LESSON: Lesson = Lesson {
    slug: "error-rates",
    title: "WER and CER by hand",
    lead: "How far is what was heard from what was said? Count the cheapest edits and divide by what was said.",
    body: || view! { <Body /> }.into_any(),
    questions: &[
        (
            "What is WER, and can it exceed 100%?",
            "(S + D + I) ÷ N, with N the words of the reference. Yes: insertions are not bounded by N, so a system \
             that hears four words where one was said can reach 400%.",
        ),
        (
            "How do you compute it, and in what memory?",
            "Dynamic programming over the two word lists: each cell is the cheapest of the corner plus a mismatch, \
             the cell above plus a deletion, and the cell to the left plus an insertion. Time N × M. A row needs only \
             the row before it, so two rows suffice for the number; the whole matrix, or Hirschberg's \
             halving, is needed for the alignment itself.",
        ),
        (
            "When is CER the better measure?",
            "Where words have no clear boundary (Chinese, Japanese, Thai), for names and codes, and while a model is \
             young: it shows progress inside words that WER counts as wrong altogether.",
        ),
        (
            "What must be said beside a WER?",
            "The test set and its size, the text normaliser, the baseline, and a confidence interval. \
             One point means nothing on ten clips.",
        ),
    ],
};

/// Most words a side: what a screen can show.
const MOST_WORDS: usize = 14;

#[component]
fn Body() -> impl IntoView {
    let page = use_page();
    let said = RwSignal::new("the cat sat on the mat".to_owned());
    let heard = RwSignal::new("a cat sat the mat right now".to_owned());
    let step = RwSignal::new(usize::MAX);
    let both = Memo::new(move |_| (first_words(&said.get()), first_words(&heard.get())));
    let matrix =
        Memo::new(move |_| both.with(|(said, heard)| CostMatrix::of_words(said, heard).ok()));
    let field = move |name: &'static str, testid: &'static str, value: RwSignal<String>| {
        view! {
            <label class="lesson-field">
                <span class="field-name">{name}</span>
                <input
                    class="lesson-input"
                    data-testid=testid
                    spellcheck="false"
                    autocomplete="off"
                    maxlength="200"
                    prop:value=move || value.get()
                    on:input=move |event| {
                        value.set(event_target_value(&event));
                        step.set(usize::MAX);
                    }
                />
            </label>
        }
    };
    let from_take = move |_| {
        said.set(page.reference.get_untracked());
        heard.set(
            page.transcript
                .with_untracked(asr_playground::decode::Transcript::text),
        );
        step.set(usize::MAX);
    };
    view! {
        <p>
            "Type both texts. Case and punctuation are taken out first, as everywhere on this page: a normaliser can \
             change a WER by points, so it is always named."
        </p>
        <div class="lesson-widget">
            {field("Said", "dp-said", said)}
            {field("Heard", "dp-heard", heard)}
            <div class="lesson-choices">
                <button
                    type="button"
                    class="button"
                    data-testid="dp-take"
                    disabled=move || page.transcript.with(|t| t.words.is_empty())
                    on:click=from_take
                >
                    "Use the current take"
                </button>
            </div>
            {move || matrix.get().map(|matrix| view! { <Filling matrix both step /> })}
        </div>
    }
}

#[component]
fn Filling(
    matrix: CostMatrix,
    both: Memo<(String, String)>,
    step: RwSignal<usize>,
) -> impl IntoView {
    let cells = matrix.rows() * matrix.columns();
    let columns = matrix.columns();
    let read = move || step.get().min(cells);
    let counts = matrix.alignment().counts;
    let chars = both.with_untracked(|(said, heard)| char_errors(said, heard));
    let (said, heard) = both.get_untracked();
    let matrix = StoredValue::new(matrix);
    let words = {
        let (said, heard) = (said.clone(), heard.clone());
        move || match read().checked_sub(1) {
            Some(_) if read() == cells => done_words(counts),
            Some(last) => matrix.with_value(|m| {
                let cell = Cell {
                    row: last / columns,
                    column: last % columns,
                };
                cell_words(m, cell, &said, &heard)
            }),
            None => "Move the slider: the matrix fills row by row.".to_owned(),
        }
    };
    view! {
        <label class="lesson-slider">
            <span class="lesson-slider-name">"Cells filled"</span>
            <input
                type="range"
                min="0"
                max=cells.to_string()
                data-testid="dp-step"
                prop:value=move || read().to_string()
                on:input=move |event| {
                    if let Ok(filled) = event_target_value(&event).parse() {
                        step.set(filled);
                    }
                }
            />
            <output class="lesson-slider-value">{move || format!("{} of {cells}", read())}</output>
        </label>
        <div class="lesson-scroll" tabindex="0">
            <table class="dp" aria-label="Cost matrix: rows are what was said, columns what was heard">
                <tbody>
                    <tr>
                        <td></td>
                        <td class="dp-word">"∅"</td>
                        {heard.split(' ').filter(|w| !w.is_empty()).map(|word| view! { <th scope="col" class="dp-word">{word.to_owned()}</th> }).collect_view()}
                    </tr>
                    {std::iter::once("∅")
                        .chain(said.split(' ').filter(|w| !w.is_empty()))
                        .enumerate()
                        .map(|(row, word)| {
                            let cells = (0..columns)
                                .map(|column| view! { <Cost matrix row column read=Signal::derive(read) cells /> })
                                .collect_view();
                            view! {
                                <tr>
                                    <th scope="row" class="dp-word">{word.to_owned()}</th>
                                    {cells}
                                </tr>
                            }
                        })
                        .collect_view()}
                </tbody>
            </table>
        </div>
        <p class="lesson-verdict" role="status" data-testid="dp-words">{words}</p>
        <dl class="lesson-facts">
            <Fact name="WER" testid="dp-wer" value=move || rate(counts) />
            <Fact name="(S + D + I) ÷ N" testid="dp-counts" value=move || formula(counts) />
            <Fact name="CER" testid="dp-cer" value=move || rate(chars) />
            <Fact name="In characters" value=move || formula(chars) />
        </dl>
        <p class="hint">
            "Two rows are enough for the number: while a row fills, only the row above it is read (both are tinted). \
             The way back, and so which words were wrong, needs all of them."
        </p>
    }
}

/// One cell: empty until its turn, tinted while its row or the next is filled, on the path
/// at the end.
#[component]
fn Cost(
    matrix: StoredValue<CostMatrix>,
    row: usize,
    column: usize,
    read: Signal<usize>,
    cells: usize,
) -> impl IntoView {
    let cell = Cell { row, column };
    let (cost, columns, kind) = matrix.with_value(|m| {
        let at = m.path().iter().position(|c| *c == cell);
        let step = at.map(|at| {
            at.checked_sub(1)
                .and_then(|s| m.alignment().steps.get(s))
                .map(|s| s.kind)
        });
        (m.cost(cell), m.columns(), step)
    });
    let index = row * columns + column;
    let filled = move || index < read.get();
    let live = move || {
        let now = read.get().saturating_sub(1) / columns;
        read.get() < cells && read.get() > 0 && (row == now || row + 1 == now)
    };
    let mark = match kind {
        Some(Some(EditKind::Substitution)) => "S",
        Some(Some(EditKind::Deletion)) => "D",
        Some(Some(EditKind::Insertion)) => "I",
        _ => "",
    };
    let on_path = move || kind.is_some() && read.get() == cells;
    view! {
        <td
            class="dp-cell"
            class:live=live
            class:now=move || index + 1 == read.get() && read.get() < cells
            class:path=on_path
            class:error=move || on_path() && !mark.is_empty()
        >
            {move || filled().then(|| cost.map(|c| c.to_string()))}
            {move || (on_path() && !mark.is_empty()).then(|| view! { <sup>{mark}</sup> })}
        </td>
    }
}

fn first_words(text: &str) -> String {
    let text = normalise(text);
    let words: Vec<&str> = text.split_whitespace().take(MOST_WORDS).collect();
    words.join(" ")
}

fn rate(counts: ErrorCounts) -> String {
    counts
        .rate()
        .map_or_else(|| "undefined".to_owned(), format::percent)
}

fn formula(c: ErrorCounts) -> String {
    format!(
        "({} + {} + {}) ÷ {}",
        c.substitutions,
        c.deletions,
        c.insertions,
        c.reference_len()
    )
}

fn done_words(counts: ErrorCounts) -> String {
    let (s, d, i) = (counts.substitutions, counts.deletions, counts.insertions);
    format!(
        "The last cell is the answer: {} edits. Going back along the cheapest cells gives {s} substituted, {d} deleted \
         and {i} inserted.",
        counts.errors()
    )
}

/// How one cell comes about.
fn cell_words(matrix: &CostMatrix, cell: Cell, said: &str, heard: &str) -> String {
    let Cell { row, column } = cell;
    let cost = |row, column| matrix.cost(Cell { row, column }).unwrap_or(0);
    match (row.checked_sub(1), column.checked_sub(1)) {
        (None, None) => "Nothing said, nothing heard: 0.".to_owned(),
        (None, Some(_)) => format!("Nothing said, {column} heard: {column} insertions."),
        (Some(_), None) => format!("{row} said, nothing heard: {row} deletions."),
        (Some(r), Some(h)) => {
            let word =
                |text: &str, at: usize| text.split(' ').nth(at).unwrap_or_default().to_owned();
            let (said, heard) = (word(said, r), word(heard, h));
            let (sign, miss) = if said == heard { ("=", 0) } else { ("≠", 1) };
            format!(
                "“{said}” {sign} “{heard}”: min of corner {} + {miss}, above {} + 1, left {} + 1 = {}.",
                cost(r, h),
                cost(r, column),
                cost(row, h),
                cost(row, column)
            )
        }
    }
}
