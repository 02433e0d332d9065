//! Lesson: the sum over paths, written out for a toy and as a trellis of real posteriors.

use std::ops::RangeInclusive;

use asr_playground::decode::Word;
use asr_playground::decode::ctc::{Alignment, Occupancy};
use asr_playground::recognizer::{Answer, Question};
use leptos::prelude::*;

use super::lesson::{Fact, Lesson, Slider, Sound};
use super::paths::{BLANK, count_paths, enumerate};
use super::stretch::rows_of_word;
use super::take::{is_blank, is_over, row_samples, token_texts};
use crate::ui::format;
use crate::ui::glossary::token_mark;
use crate::ui::page::{Page, use_page};
use crate::ui::questions::ask;

/// The lesson.
pub const LESSON: Lesson = Lesson {
    slug: "sum-over-paths",
    title: "The sum over paths",
    lead: "Many paths read as the same text. Its probability is the sum of theirs, and the text \
           of the best single path need not be the best text.",
    body: || view! { <Body /> }.into_any(),
    questions: &[
        (
            "How is the CTC loss computed without listing every path?",
            "By dynamic programming over the states blank, letter 1, blank, …, letter L, blank. From a row to the \
             next a path stays, goes on by one, or by two between different letters. Adding up by state costs \
             rows × (2L + 1), not the number of paths.",
        ),
        (
            "What does the greedy path miss that the sum has?",
            "Greedy takes the best symbol of every row, so one path. Where the model is unsure when a letter falls, \
             the probability spreads over many paths of the same text, and another text's single path can win.",
        ),
        (
            "Why work with logarithms?",
            "A product of hundreds of probabilities is below the smallest float. In logarithms products become \
             sums, and a sum becomes log-sum-exp: take off the largest, add the exponentials, put it back.",
        ),
    ],
};

#[component]
fn Body() -> impl IntoView {
    view! {
        <h3>"By hand: every path, written out"</h3>
        <Toy />
        <h3>"For real: a word of the take"</h3>
        <Sound clip="digits.flac" />
        <Trellis />
    }
}

/// Two symbols, up to four rows.
#[component]
fn Toy() -> impl IntoView {
    let rows = RwSignal::new(1);
    let p = RwSignal::new(7);
    let p_a = move || 0.05 + 0.05 * p.get() as f64;
    let spelled = Memo::new(move |_| {
        let row = vec![1.0 - p_a(), p_a()];
        enumerate(&[BLANK, 'a'], &vec![row; rows.get() + 1])
    });
    let verdict = move || {
        spelled.with(|all| {
            let best_text = all.first().map(|s| s.text.clone()).unwrap_or_default();
            let paths = all.iter().flat_map(|s| s.paths.iter().map(move |p| (s, p)));
            let best = paths.max_by(|a, b| a.1.1.total_cmp(&b.1.1));
            let greedy = best.map(|(s, _)| s.text.clone()).unwrap_or_default();
            let path = best.map(|(_, p)| p.0.clone()).unwrap_or_default();
            let said = |text: &str| {
                if text.is_empty() {
                    "nothing".to_owned()
                } else {
                    format!("“{text}”")
                }
            };
            if greedy == best_text {
                format!(
                    "The best path {path} reads {}, and so does the sum.",
                    said(&greedy)
                )
            } else {
                format!(
                    "They disagree: the best path {path} reads {}, the likeliest text is {}.",
                    said(&greedy),
                    said(&best_text)
                )
            }
        })
    };
    view! {
        <p>"A model with one letter and the blank, as sure of them in each row as you say."</p>
        <div class="lesson-widget">
            <Slider name="Probability of a" testid="toy-probability" count=19 position=p words=move || format!("{:.2}", p_a()) />
            <Slider name="Rows" testid="toy-rows" count=4 position=rows words=move || (rows.get() + 1).to_string() />
            <div class="lesson-scroll" tabindex="0">
                <table class="lesson-table" data-testid="toy-table">
                    <thead>
                        <tr><th scope="col">"Text"</th><th scope="col">"Its paths"</th><th scope="col" class="number">"Sum"</th></tr>
                    </thead>
                    <tbody>
                        {move || {
                            spelled
                                .get()
                                .into_iter()
                                .map(|s| {
                                    let paths = s
                                        .paths
                                        .iter()
                                        .map(|(path, p)| view! { <span class="lesson-path">{format!("{path} {p:.3}")}</span> })
                                        .collect_view();
                                    let text = if s.text.is_empty() { "(nothing)".to_owned() } else { s.text.clone() };
                                    view! {
                                        <tr>
                                            <th scope="row" class="lesson-mono">{text}</th>
                                            <td class="lesson-mono">{paths}</td>
                                            <td class="number">{format!("{:.3}", s.probability)}</td>
                                        </tr>
                                    }
                                })
                                .collect_view()
                        }}
                    </tbody>
                </table>
            </div>
            <p class="lesson-verdict" data-testid="toy-verdict">{verdict}</p>
        </div>
    }
}

/// A stretch of the take.
#[derive(Clone, Debug, PartialEq)]
struct Stretch {
    text: String,
    first_row: usize,
    rows: usize,
}

#[derive(Clone, Debug, PartialEq)]
struct Summed {
    stretch: Stretch,
    score: f64,
    best_path: f64,
    occupancy: Occupancy,
    alignment: Alignment,
}

/// Letters of a word that is chosen unasked.
const LETTERS: RangeInclusive<usize> = 3..=12;

#[component]
fn Trellis() -> impl IntoView {
    let page = use_page();
    let picked = RwSignal::new(None::<usize>);
    let typed = RwSignal::new(None::<String>);
    let summed = RwSignal::new(None::<Result<Summed, String>>);
    let words = Memo::new(move |_| {
        let words = page.transcript.with(|t| t.words.clone());
        words.into_iter().take(40).collect::<Vec<Word>>()
    });
    // Until one is picked, the word that the model is least sure of: there the sum has most
    // that one path has not. Of words of a letter or two there is little to see.
    let chosen = Memo::new(move |_| {
        words.with(|words| {
            let least_sure_of = |letters: RangeInclusive<usize>| {
                let fits = |(_, word): &(usize, &Word)| letters.contains(&word.text.len());
                let fitting = words.iter().enumerate().filter(fits);
                let unsure = fitting.min_by(|a, b| a.1.confidence.total_cmp(&b.1.confidence));
                unsure.map(|(index, _)| index)
            };
            let picked = picked.get().filter(|index| *index < words.len());
            picked
                .or_else(|| least_sure_of(LETTERS))
                .or_else(|| least_sure_of(1..=*LETTERS.end()))
                .unwrap_or(0)
        })
    });
    let stretch = Memo::new(move |_| {
        let mut stretch = words.with(|words| stretch_of(page, words, chosen.get()))?;
        if let Some(typed) = typed.get().filter(|t| !t.is_empty()) {
            stretch.text = typed;
        }
        is_over(page).then_some(stretch)
    });
    Effect::new(move |_| {
        let Some(stretch) = stretch.get() else {
            return summed.set(None);
        };
        let Stretch {
            text,
            first_row,
            rows,
        } = stretch.clone();
        ask(
            page,
            Question::Sum {
                text,
                first_row,
                rows,
            },
            move |answer| {
                summed.set(Some(answer.and_then(|answer| sum_of(stretch, answer))));
            },
        );
    });
    view! {
        <p>
            "The states of the text lie one above the other, the blanks between the letters; time runs to the right. \
             The darker a cell, the more of the summed probability goes through it. The outlines are the best path's letters. \
             Shown first is the longer word that the model is least sure of: there one path leaves out most."
        </p>
        <div class="lesson-widget">
            <div class="lesson-choices" role="group" aria-label="Word of the take">
                {move || {
                    words
                        .get()
                        .into_iter()
                        .enumerate()
                        .map(|(index, word)| {
                            view! {
                                <button
                                    type="button"
                                    class="button"
                                    aria-pressed=move || (chosen.get() == index).to_string()
                                    on:click=move |_| { typed.set(None); picked.set(Some(index)); }
                                >
                                    {word.text}
                                </button>
                            }
                        })
                        .collect_view()
                }}
            </div>
            <label class="lesson-field">
                <span class="field-name">"Text to sum, in these rows"</span>
                <input
                    class="lesson-input"
                    data-testid="trellis-text"
                    spellcheck="false"
                    autocomplete="off"
                    maxlength="16"
                    prop:value=move || stretch.with(|s| s.as_ref().map(|s| s.text.clone()).unwrap_or_default())
                    on:input=move |event| typed.set(Some(event_target_value(&event).trim().to_lowercase()))
                />
            </label>
            {move || match summed.get() {
                None => view! { <p class="hint">"It is drawn when a take with words is over."</p> }.into_any(),
                Some(Err(words)) => view! { <p class="hint" role="status">{words}</p> }.into_any(),
                Some(Ok(summed)) => view! { <Drawn summed /> }.into_any(),
            }}
        </div>
    }
}

/// The rows of a word, without its neighbours.
fn stretch_of(page: Page, words: &[Word], index: usize) -> Option<Stretch> {
    let of_take = 0..page.rows.get();
    let is_blank = |row| of_take.contains(&row) && is_blank(page, row);
    let rows = rows_of_word(words, index, is_blank)?;
    Some(Stretch {
        text: words.get(index)?.text.clone(),
        first_row: usize::try_from(rows.start).unwrap_or(0),
        rows: usize::try_from(rows.end - rows.start).unwrap_or(1).max(1),
    })
}

fn sum_of(stretch: Stretch, answer: Answer) -> Result<Summed, String> {
    match answer {
        Answer::Sum {
            score,
            best_path,
            occupancy,
            alignment,
        } => Ok(Summed {
            stretch,
            score: score.into(),
            best_path: best_path.into(),
            occupancy,
            alignment,
        }),
        _ => Err("The worker answered something else.".to_owned()),
    }
}

#[component]
fn Drawn(summed: Summed) -> impl IntoView {
    let page = use_page();
    let (score, best_path) = (summed.score, summed.best_path);
    let share = (best_path - score).exp();
    let text = summed.stretch.text.clone();
    let paths = count_paths(&text, summed.stretch.rows);
    let verdict = format!(
        "Summed over its paths “{text}” has {} in these rows, its best path alone {}: {:.1}% of the sum. \
         The other {:.1}% is what looking at one path leaves out.",
        probability(score),
        probability(best_path),
        share * 100.0,
        (1.0 - share) * 100.0
    );
    view! {
        <p class="hint" data-testid="trellis-rows">{rows_words(page, &summed.stretch)}</p>
        <div class="lesson-scroll" tabindex="0">{trellis(page, &summed)}</div>
        <dl class="lesson-facts">
            <Fact name="ln of the sum" testid="trellis-sum" value=move || format::fixed(score, 3) />
            <Fact name="ln of the best path" testid="trellis-best" value=move || format::fixed(best_path, 3) />
            <Fact
                name="Paths summed"
                value=move || if paths < 1e9 { format::grouped(paths as u64) } else { format!("10^{:.0}", paths.log10()) }
            />
        </dl>
        <p class="lesson-verdict">{verdict}</p>
    }
}

/// A probability from its logarithm.
fn probability(ln: f64) -> String {
    let probability = ln.exp();
    if probability < 0.001 {
        format!("10^{}", format::fixed(ln / std::f64::consts::LN_10, 0))
    } else {
        format::percent(probability)
    }
}

/// Which rows, and why these.
fn rows_words(page: Page, stretch: &Stretch) -> String {
    let seconds = |row: usize| format::seconds_of(row as i64 * row_samples(page));
    let end = stretch.first_row + stretch.rows;
    format!(
        "{} rows, {:.2} to {:.2} s: the word's letters and the blanks around them, as far as a space or a neighbour's letter.",
        stretch.rows,
        seconds(stretch.first_row),
        seconds(end)
    )
}

/// The trellis as a picture; cells that hold next to nothing are left out.
fn trellis(page: Page, summed: &Summed) -> impl IntoView + use<> {
    const CELL: usize = 22;
    const GUTTER: usize = 28;
    let texts = token_texts(page).unwrap_or_default();
    let occupancy = &summed.occupancy;
    let states = occupancy.states.len();
    let (width, height) = (GUTTER + occupancy.rows() * CELL, states * CELL);
    let name = |token: usize| token_mark(texts.get(token).map_or("", String::as_str)).to_owned();
    let labels = occupancy
        .states
        .iter()
        .enumerate()
        .map(|(state, token)| {
            view! { <text class="trellis-label" x="8" y=(state * CELL + 16).to_string()>{name(*token)}</text> }
        })
        .collect_view();
    let on_path = |row: usize, state: usize| {
        let token = summed.alignment.tokens.get(state / 2);
        state % 2 == 1 && token.is_some_and(|t| (t.first_row..t.end_row).contains(&(row as i64)))
    };
    let mut cells = Vec::new();
    for (row, values) in occupancy.iter().enumerate() {
        for (state, value) in values.iter().enumerate() {
            let best = on_path(row, state);
            if *value < 0.004 && !best {
                continue;
            }
            cells.push(view! {
                <rect
                    class="trellis-cell"
                    class:best=best
                    x=(GUTTER + row * CELL + 1).to_string()
                    y=(state * CELL + 1).to_string()
                    width=(CELL - 2).to_string()
                    height=(CELL - 2).to_string()
                    fill-opacity=format!("{:.2}", value.max(0.03))
                >
                    <title>{format!("row {row}, {}: {:.1}%", name(occupancy.states.get(state).copied().unwrap_or(0)), value * 100.0)}</title>
                </rect>
            });
        }
    }
    let described = format!(
        "Trellis of “{}” over {} rows: {states} states.",
        summed.stretch.text,
        occupancy.rows()
    );
    view! {
        <svg
            class="trellis"
            data-testid="trellis"
            data-value=summed.stretch.text.clone()
            data-first-row=summed.stretch.first_row.to_string()
            data-rows=summed.stretch.rows.to_string()
            role="img"
            aria-label=described
            viewBox=format!("0 0 {width} {height}")
            width=width.to_string()
            height=height.to_string()
        >
            {labels}
            {cells}
        </svg>
    }
}
