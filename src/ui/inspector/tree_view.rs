//! The candidates as a tree.

use std::sync::Arc;

use asr_playground::decode::RowInspection;
use asr_playground::decode::beam::InspectedCandidate;
use leptos::prelude::*;
use web_sys::KeyboardEvent;

use super::super::format;
use super::super::glossary::spaces_marked;
use super::state::Inspector;
use super::tree::{Line, Tree, tree};
use super::view::summary;
use super::words;

/// How many hypotheses can be shown.
const SHOWN: [usize; 4] = [8, 16, 32, 128];

/// The tree, and how much of it is shown.
#[component]
pub fn Hypotheses(inspector: Inspector) -> impl IntoView {
    let drawn = Memo::new(move |_| {
        let row = inspector.seen.get()?;
        let kept = inspector.shown.get();
        Some((tree(&row, kept, kept.div_ceil(2)), row))
    });
    let active = move || {
        drawn.with(|drawn| {
            let (tree, row) = drawn.as_ref()?;
            let focus = inspector.focus(row)?;
            let line = tree.lines.iter().position(|l| l.candidate == focus)?;
            Some(line_id(line))
        })
    };
    // Where the box is narrow, a new row brings the candidate in focus into its view.
    Effect::new(move |_| {
        if let Some(id) = active() {
            drawn.track();
            request_animation_frame(move || {
                if let Some(line) = document().get_element_by_id(&id) {
                    scroll_across(&line);
                }
            });
        }
    });
    let columns = move || {
        let columns = drawn.with(|drawn| drawn.as_ref().map_or(0, |(tree, _)| tree.columns));
        columns.max(8).to_string()
    };
    let hidden = move || {
        drawn.with(|drawn| {
            drawn
                .as_ref()
                .map_or_else(String::new, |(tree, _)| hidden_words(tree))
        })
    };
    view! {
        <section class="beam-hypotheses" aria-labelledby="hypotheses-title">
            <div class="beam-head">
                <h3 id="hypotheses-title">"Hypotheses: " <span data-testid="row-summary">{move || summary(inspector)}</span></h3>
                <Shown inspector />
            </div>
            <p class="beam-committed" data-testid="committed-words">{move || committed(inspector)}</p>
            <div class="beam-scroll" style=("--columns", columns)>
                <div class="beam-sheet">
                <div class="beam-line beam-names" aria-hidden="true">
                    <span></span>
                    <span>"ends in"</span>
                    <span class="beam-sum">"ln p blank"</span>
                    <span class="beam-sum">"ln p token"</span>
                    <span class="beam-below">"from best"</span>
                    <span>"text after the committed words"</span>
                </div>
                <div
                    class="beam-tree"
                    role="tree"
                    tabindex="0"
                    data-testid="beam-tree"
                    data-row=move || inspector.seen.get().map(|row| row.row.to_string())
                    aria-label="Hypotheses after this row; up and down choose one, left and right step rows"
                    aria-activedescendant=active
                    on:keydown=move |event| on_key(inspector, drawn, &event)
                >
                    {move || drawn.with(|drawn| drawn.as_ref().map(|(tree, row)| lines(inspector, tree, row)))}
                </div>
                </div>
            </div>
            <p class="hint" data-testid="tree-hidden">{hidden}</p>
            <p class="beam-legend" aria-hidden="true">
                <span><i class="beam-mark kept">"1"</i>"kept, by rank"</span>
                <span><i class="beam-mark pruned">"✕"</i>"pruned"</span>
                <span><b class="fresh">"a"</b>" added by this row"</span>
                <span><i class="beam-bar legend-blank"></i>"paths that end in the blank"</span>
                <span><i class="beam-bar legend-token"></i>"in the last token"</span>
            </p>
        </section>
    }
}

#[component]
fn Shown(inspector: Inspector) -> impl IntoView {
    view! {
        <label class="shown-choice">
            <span>"Show the best"</span>
            <span class="select">
                <select
                    data-testid="shown"
                    on:change=move |event| {
                        inspector.shown.set(event_target_value(&event).parse().unwrap_or(8));
                    }
                >
                    {SHOWN
                        .map(|shown| view! {
                            <option value=shown prop:selected=move || inspector.shown.get_untracked() == shown>
                                {shown}
                            </option>
                        })
                        .collect_view()}
                </select>
            </span>
        </label>
    }
}

/// What no hypothesis can change any more, and what this row has added to it.
fn committed(inspector: Inspector) -> String {
    let before = inspector.seen.get().map_or(-1, |row| row.row - 1);
    let words = inspector
        .texts
        .with(|texts| texts.after(before).0.join(" "));
    let now = inspector.seen.with(|row| {
        let words = row.as_ref().map(|row| &row.committed);
        let words = words.into_iter().flatten().map(|word| word.text.as_str());
        words.collect::<Vec<_>>().join(" ")
    });
    let words = match words.as_str() {
        "" => "Committed before this row: nothing yet.".to_owned(),
        words => format!("Committed before this row: {}", words::tail(words, 60)),
    };
    if now.is_empty() {
        words
    } else {
        format!("{words} This row commits: {now}")
    }
}

fn hidden_words(tree: &Tree) -> String {
    match (tree.kept_hidden, tree.pruned_hidden) {
        (0, 0) => "All of them are shown.".to_owned(),
        (0, pruned) => format!("Not shown: {pruned} more pruned."),
        (kept, 0) => format!("Not shown: {kept} more kept."),
        (kept, pruned) => format!("Not shown: {kept} more kept, {pruned} more pruned."),
    }
}

fn line_id(line: usize) -> String {
    format!("beam-line-{line}")
}

fn lines(inspector: Inspector, tree: &Tree, row: &Arc<RowInspection>) -> impl IntoView + use<> {
    let best = row.after.first().map_or(0.0, |best| best.total);
    let views: Vec<_> = tree
        .lines
        .iter()
        .enumerate()
        .filter_map(|(at, line)| {
            let candidate = row.candidates.get(line.candidate)?;
            let fresh = line.candidate >= row.before.len();
            Some(line_view(
                inspector,
                row,
                (at, line),
                candidate,
                fresh,
                best,
            ))
        })
        .collect();
    views
}

fn line_view(
    inspector: Inspector,
    row: &Arc<RowInspection>,
    (at, line): (usize, &Line),
    candidate: &InspectedCandidate,
    fresh: bool,
    best: f64,
) -> impl IntoView + use<> {
    let (blank, non_blank) = words::sums(candidate);
    let share = words::blank_share(blank, non_blank);
    let below = candidate.total.map_or(0.0, |total| total - best);
    let rank = candidate.fate.rank();
    let kept = rank.is_some();
    let mark = rank.map_or_else(|| "✕".to_owned(), |rank| (rank + 1).to_string());
    let spoken = format!(
        "{}: {}; ln p blank {}, token {}; {} from the best",
        candidate.text,
        words::fate(candidate.fate, &inspector.beam()),
        words::nats_or_never(blank),
        words::nats_or_never(non_blank),
        format::nats(below),
    );
    let text = candidate.text.clone();
    let choose = move |_| inspector.chosen.set(Some(text.clone()));
    let index = line.candidate;
    let row = Arc::clone(row);
    let selected = move || inspector.focus(&row) == Some(index);
    let selected_too = selected.clone();
    view! {
        <div
            class="beam-line"
            class:pruned=!kept
            class:selected=selected
            role="treeitem"
            id=line_id(at)
            attr:aria-level=(line.depth + 1).to_string()
            aria-selected=move || selected_too().to_string()
            aria-label=spoken
            data-testid="hypothesis"
            data-value=candidate.text.clone()
            data-fate=words::fate_word(candidate.fate)
            data-rank=rank.map(|rank| rank.to_string())
            style=("--column", line.column.to_string())
            style=("--blank", format!("{share:.3}"))
            on:click=choose
        >
            <span class="beam-mark" class:long=rank.is_some_and(|rank| rank > 98) class:kept=kept class:pruned=!kept>{mark}</span>
            <span class="beam-bar"></span>
            <span class="beam-sum">{words::nats_or_never(blank)}</span>
            <span class="beam-sum">{words::nats_or_never(non_blank)}</span>
            <span class="beam-below">{format::nats(below)}</span>
            <span class="beam-text mono">
                {line.from.map(|(from, column)| elbow(at - from, column))}
                {label(line, fresh, (!kept).then(|| words::fate_word(candidate.fate)))}
            </span>
        </div>
    }
}

/// The line down from a fork and over to the label.
fn elbow(lines: usize, column: usize) -> impl IntoView {
    view! { <i class="elbow" style=("--lines", lines.to_string()) style=("--fork", column.to_string())></i> }
}

/// The label, its last character marked where this row has added it, and why it goes.
fn label(line: &Line, fresh: bool, pruned: Option<&'static str>) -> impl IntoView + use<> {
    let marked = if line.label.is_empty() && line.from.is_none() {
        "(nothing)".to_owned()
    } else {
        spaces_marked(&line.label)
    };
    let last = marked.char_indices().last().map_or(0, |(at, _)| at);
    let (head, tail) = if fresh {
        marked.split_at(last)
    } else {
        (marked.as_str(), "")
    };
    let tail = (!tail.is_empty()).then(|| view! { <b class="fresh">{tail.to_owned()}</b> });
    view! {
        <span class="beam-label">
            <span class="beam-added">{head.to_owned()}{tail}</span>
            {pruned.map(|why| view! { <small>{why}</small> })}
        </span>
    }
}

type Drawn = Memo<Option<(Tree, Arc<RowInspection>)>>;

/// Up and down choose a line.
fn on_key(inspector: Inspector, drawn: Drawn, event: &KeyboardEvent) {
    let next = drawn.with_untracked(|drawn| {
        let (tree, row) = drawn.as_ref()?;
        let focus = untrack(|| inspector.focus(row));
        let at = tree.lines.iter().position(|l| Some(l.candidate) == focus);
        let last = tree.lines.len().checked_sub(1)?;
        let next = match (event.key().as_str(), at) {
            ("ArrowDown", Some(at)) => (at + 1).min(last),
            ("ArrowUp", Some(at)) => at.saturating_sub(1),
            ("ArrowDown" | "Home", _) => 0,
            ("ArrowUp" | "End", _) => last,
            _ => return None,
        };
        let line = tree.lines.get(next)?;
        Some((next, row.candidates.get(line.candidate)?.text.clone()))
    });
    if let Some((line, text)) = next {
        event.prevent_default();
        inspector.chosen.set(Some(text));
        if let Some(element) = document().get_element_by_id(&line_id(line)) {
            scroll_to(&element);
        }
    }
}

/// Brings a line into its box's view.
fn scroll_to(element: &web_sys::Element) {
    let Ok(Some(list)) = element.closest(".beam-scroll") else {
        return;
    };
    let (line, frame) = (
        element.get_bounding_client_rect(),
        list.get_bounding_client_rect(),
    );
    // The names of the columns stay on top of the lines.
    let top = frame.top() + line.height();
    let over = (top - line.top()).max(0.0) - (line.bottom() - frame.bottom()).max(0.0);
    list.set_scroll_top(list.scroll_top() - over as i32);
}

/// Brings a line's label into its box's view, sideways.
fn scroll_across(line: &web_sys::Element) {
    let label = line.query_selector(".beam-added").ok().flatten();
    let list = line.closest(".beam-scroll").ok().flatten();
    if let (Some(label), Some(list)) = (label, list) {
        let (label, frame) = (
            label.get_bounding_client_rect(),
            list.get_bounding_client_rect(),
        );
        let left = frame.left() + frame.width() / 3.0;
        let over = (label.right() + 8.0 - frame.right()).max(0.0) - (left - label.left()).max(0.0);
        list.set_scroll_left(list.scroll_left() + over as i32);
    }
}
