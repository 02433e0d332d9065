//! The picture in words: the likeliest token of each row, and what they collapse to.

use leptos::html;
use leptos::prelude::*;

use super::pointer::seconds;
use super::rows::{BLANK, best, spikes};
use super::scene::Inside;
use crate::ui::glossary::{BLANK_MARK, token_mark};

/// Most rows written out.
const MOST_ROWS: i64 = 1500;

/// What the rows in view say.
#[derive(Clone, Debug, Default, PartialEq)]
struct Text {
    summary: String,
    rows: String,
    collapsed: String,
}

/// The picture in words, folded.
#[component]
pub fn TextAlternative(inside: Inside) -> impl IntoView {
    let open = RwSignal::new(false);
    let details = NodeRef::<html::Details>::new();
    let text = Memo::new(move |_| {
        if open.get() {
            tell(inside)
        } else {
            Text::default()
        }
    });
    view! {
        <details
            class="normaliser"
            data-testid="inside-text"
            node_ref=details
            on:toggle=move |_| open.set(details.get_untracked().is_some_and(|d| d.has_attribute("open")))
        >
            <summary>"The picture in words: what CTC writes, row by row"</summary>
            <p class="inside-told">{move || text.with(|t| t.summary.clone())}</p>
            <p class="inside-told">"The likeliest token of each row; _ is the blank, ␣ the space:"</p>
            <p class="inside-rows" data-testid="inside-rows" tabindex="0">{move || text.with(|t| t.rows.clone())}</p>
            <p class="inside-told">"Repeats merged, blanks dropped:"</p>
            <p class="inside-rows" data-testid="inside-collapsed">{move || text.with(|t| t.collapsed.clone())}</p>
        </details>
    }
}

fn tell(inside: Inside) -> Text {
    let (view, row_samples) = (inside.view(), inside.row_samples());
    let all = inside.page.rows.get();
    let first = ((view.left_sample / row_samples as f64) as i64).clamp(0, all);
    let end = ((view.right_sample() / row_samples as f64).ceil() as i64).clamp(first, all);
    let shown = end.min(first + MOST_ROWS);
    let (from, to) = (seconds(view.left_sample), seconds(view.right_sample()));
    inside.page.handles.with_value(|h| {
        let tokens: Vec<usize> = h.posteriors.rows(first..shown).map(best).collect();
        let spikes = spikes(h.posteriors.rows(first..shown), first);
        let name = |token: usize| {
            inside.of_model(|info| {
                token_mark(info.tokens.get(token).map_or("", String::as_str)).to_owned()
            })
        };
        let names: Vec<String> = (0..inside.columns()).filter_map(name).collect();
        let write = |token: usize| names.get(token).map_or(BLANK_MARK, String::as_str);
        let blanks = tokens.iter().filter(|token| **token == BLANK).count();
        let share = 100.0 * blanks as f64 / tokens.len().max(1) as f64;
        let cut = if shown < end { format!(", of which the first {MOST_ROWS} are told of") } else { String::new() };
        Text {
            summary: format!(
                "In view: {from:.2} to {to:.2} s, {} rows{cut}. The blank is the likeliest token in {share:.0}% of them; the others are {} spikes.",
                end - first,
                spikes.len()
            ),
            rows: tokens.iter().map(|token| write(*token)).collect(),
            collapsed: spikes.iter().map(|spike| write(spike.token)).collect::<String>().replace('␣', " "),
        }
    })
}
