//! Lesson: CTC and the blank. Needs no model and no worker.

use leptos::prelude::*;

use super::lesson::Lesson;
use super::paths::{BLANK, Cell, Fate, collapse, count_paths, text_of};
use super::take::{best_path, is_over};
use crate::ui::page::use_page;

/// Longest path that is typed or taken over.
const MOST_ROWS: usize = 160;

/// The lesson.
pub const LESSON: Lesson = Lesson {
    slug: "ctc-collapse",
    title: "CTC and the blank",
    lead: "This page's model answers every 20 ms. Words are written with far fewer letters. \
           CTC says how the one becomes the other.",
    body: || view! { <Body /> }.into_any(),
    questions: &[
        (
            "Why does CTC need a blank?",
            "Two reasons. Without it a doubled letter could not be written: “ll” would merge into “l”, \
             and a blank between keeps both. And most rows hold nothing new, so the model needs a symbol \
             that says so.",
        ),
        (
            "How is it trained without knowing where each letter lies?",
            "The loss is −ln of the summed probability of every path that collapses to the transcript. \
             No path is preferred in advance; the next lesson shows how the sum is computed.",
        ),
        (
            "What are its limits?",
            "Given the audio, rows are independent: the model cannot weigh the letter it wrote before, \
             so spelling needs a language model. The text cannot have more letters than there are rows, \
             counting one more for each doubled letter. And most rows are spent on blanks.",
        ),
    ],
};

const EXAMPLES: [(&str, &str); 4] = [
    ("hh_e_ll_lo__", "A word"),
    ("hh_e_llllo__", "No blank between"),
    ("____________", "Only blanks"),
    ("aa_a_ _b__bb", "Repeats and blanks"),
];

#[component]
fn Body() -> impl IntoView {
    let page = use_page();
    let path = RwSignal::new(EXAMPLES[0].0.to_owned());
    let rows_read = RwSignal::new(usize::MAX);
    let cells = Memo::new(move |_| path.with(|path| collapse(path)));
    let put = move |text: &str| {
        path.set(clean(text));
        rows_read.set(usize::MAX);
    };
    let read = move || rows_read.get().min(cells.with(Vec::len));
    let text = move || cells.with(|cells| text_of(cells.get(..read()).unwrap_or_default()));
    let from_take = move |_| put(&best_path(page, MOST_ROWS as i64));
    view! {
        <p>
            "Each row of the model's output chooses one symbol: a letter, a space, or the blank, written "
            <code>"_"</code>
            " here. A choice for every row is a " <em>"path"</em>
            ". To read it, first merge repeats, then drop the blanks."
        </p>
        <div class="lesson-widget">
            <label class="lesson-field">
                <span class="field-name">"Type a path"</span>
                <input
                    class="lesson-input lesson-mono"
                    data-testid="collapse-path"
                    spellcheck="false"
                    autocomplete="off"
                    autocapitalize="off"
                    maxlength=MOST_ROWS.to_string()
                    prop:value=move || path.get()
                    on:input=move |event| put(&event_target_value(&event))
                />
            </label>
            <div class="lesson-choices">
                {EXAMPLES
                    .into_iter()
                    .map(|(example, name)| {
                        view! {
                            <button type="button" class="button" on:click=move |_| put(example)>{name}</button>
                        }
                    })
                    .collect_view()}
                <button
                    type="button"
                    class="button"
                    data-testid="collapse-take"
                    disabled=move || !is_over(page)
                    on:click=from_take
                >
                    "The take's best path"
                </button>
            </div>
            <Row name="1. One symbol a row" cells step=1 read=Signal::derive(read) />
            <Row name="2. Repeats merged" cells step=2 read=Signal::derive(read) />
            <Row name="3. Blanks dropped" cells step=3 read=Signal::derive(read) />
            <p class="lesson-result">
                <span class="field-name">"It reads"</span>
                <output data-testid="collapse-text" data-value=text class="lesson-mono lesson-big">
                    {move || {
                        let text = text();
                        if text.is_empty() { "(nothing)".to_owned() } else { text.replace(' ', "\u{2423}") }
                    }}
                </output>
            </p>
            <label class="lesson-slider">
                <span class="lesson-slider-name">"Read only the first rows"</span>
                <input
                    type="range"
                    min="0"
                    max=move || cells.with(Vec::len).to_string()
                    data-testid="collapse-rows"
                    prop:value=move || read().to_string()
                    on:input=move |event| {
                        if let Ok(rows) = event_target_value(&event).parse() {
                            rows_read.set(rows);
                        }
                    }
                />
                <output class="lesson-slider-value">{move || format!("{} of {}", read(), cells.with(Vec::len))}</output>
            </label>
        </div>
        <h3>"How many paths say the same?"</h3>
        <p data-testid="collapse-count">
            {move || {
                let (text, rows) = (cells.with(|c| text_of(c)), cells.with(Vec::len));
                let count = count_paths(&text, rows);
                let text = text.replace(' ', "\u{2423}");
                format!("In {rows} rows, {} read as “{text}”. ", paths_words(count))
            }}
            "Training wants their summed probability to be large, and leaves it to the model which of them it is."
        </p>
        <p class="hint">
            "Try this: write " <code>"book"</code>
            " in as few rows as you can. Four letters need five rows, because the two o's must be kept apart."
        </p>
    }
}

/// One stage of the collapse; each row keeps its place.
#[component]
fn Row(name: &'static str, cells: Memo<Vec<Cell>>, step: u8, read: Signal<usize>) -> impl IntoView {
    let cell = move |(index, cell): (usize, Cell)| {
        let gone = match cell.fate {
            Fate::Kept => false,
            Fate::Repeat => step >= 2,
            Fate::Blank => step >= 3,
        };
        let unread = index >= read.get();
        let symbol = match cell.symbol {
            ' ' => '\u{2423}',
            other => other,
        };
        view! {
            <span
                class="lesson-cell"
                class:blank=cell.symbol == BLANK
                class:gone=gone
                class:unread=unread
            >
                {symbol.to_string()}
            </span>
        }
    };
    view! {
        <p class="lesson-row-name">{name}</p>
        <div class="lesson-cells lesson-mono" aria-hidden="true">
            {move || cells.get().into_iter().enumerate().map(cell).collect_view()}
        </div>
    }
}

/// Letters in lower case, spaces and blanks; anything else is left out.
fn clean(text: &str) -> String {
    let known = |c: &char| c.is_ascii_lowercase() || matches!(c, ' ' | '\'' | '_');
    let lower = text.chars().map(|c| c.to_ascii_lowercase());
    lower.filter(known).take(MOST_ROWS).collect()
}

fn paths_words(count: f64) -> String {
    if count < 1e9 {
        let words = if count < 1.5 && count > 0.5 {
            "path"
        } else {
            "paths"
        };
        format!("{} {words}", crate::ui::format::grouped(count as u64))
    } else {
        format!("about 10^{:.0} paths", count.log10())
    }
}
