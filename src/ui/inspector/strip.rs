//! The best path as it collapses, and what the row's tokens are.

use asr_playground::decode::beam::TokenFate;
use leptos::prelude::*;

use super::super::format;
use super::collapse::{BestToken, Run, runs, spelled};
use super::state::Inspector;
use super::words;

/// Rows that are shown up to the row in view, and after it.
const BEFORE: usize = 35;
const AFTER: usize = 4;
/// Tokens of a row that are listed.
const LISTED: usize = 8;
/// Characters of the text so far that are shown.
const TAIL: usize = 56;

/// The rows up to the one in view: best tokens, repeats merged, blanks dropped.
#[component]
pub fn Collapse(inspector: Inspector) -> impl IntoView {
    let tokens = Memo::new(move |_| inspector.tokens());
    let text = move || {
        let end = inspector.row() + 1;
        let best = inspector.best.get();
        tokens.with(|tokens| spelled(&best, end, tokens))
    };
    let heard = move || {
        let row = inspector.row();
        let best = inspector.best.with(|best| best.get(row).copied());
        best.map_or_else(String::new, |best| {
            let token = tokens.with(|tokens| words::token_words(best.token, tokens));
            format!("{token}, {}", words::percent(best.ln_prob.into()))
        })
    };
    view! {
        <section class="collapse" aria-labelledby="collapse-title">
            <h3 id="collapse-title">"The likeliest path collapses"</h3>
            <div class="collapse-lines">
                <p class="collapse-name">"Best token a row"</p>
                <div class="collapse-row" aria-hidden="true">{move || cells(inspector, &tokens.get())}</div>
                <p class="collapse-name">"Repeats merged"</p>
                <div class="collapse-row" aria-hidden="true">{move || merged(inspector, &tokens.get(), true)}</div>
                <p class="collapse-name">"Blanks dropped"</p>
                <div class="collapse-row" aria-hidden="true">{move || merged(inspector, &tokens.get(), false)}</div>
            </div>
            <p class="collapse-text">
                "This row: "
                <b data-testid="row-best">{heard}</b>
                ". Written so far: "
                <b class="mono" data-testid="collapsed" data-value=text>
                    {move || words::text_mark(&words::tail(&text(), TAIL))}
                </b>
            </p>
        </section>
    }
}

fn window(inspector: Inspector) -> (usize, usize) {
    let row = inspector.row();
    (row.saturating_sub(BEFORE), row)
}

fn cells(inspector: Inspector, tokens: &[String]) -> impl IntoView + use<> {
    let (first, row) = window(inspector);
    let best = inspector.best.get();
    let pad = (BEFORE + first).saturating_sub(row);
    let shown = best
        .iter()
        .enumerate()
        .skip(first)
        .take(row - first + 1 + AFTER);
    let mut cells: Vec<AnyView> = (0..pad).map(|_| empty(1)).collect();
    cells.extend(shown.map(|(at, BestToken { token, .. })| {
        let class = match (at.cmp(&row), *token == 0) {
            (std::cmp::Ordering::Equal, true) => "path-cell now blank",
            (std::cmp::Ordering::Equal, false) => "path-cell now",
            (std::cmp::Ordering::Less, true) => "path-cell blank",
            (std::cmp::Ordering::Less, false) => "path-cell",
            (std::cmp::Ordering::Greater, _) => "path-cell later",
        };
        view! { <span class=class>{words::token_mark(*token, tokens)}</span> }.into_any()
    }));
    let missing = (first + row - first + 1 + AFTER).saturating_sub(best.len());
    cells.extend((0..missing).map(|_| empty(1)));
    cells
}

fn merged(inspector: Inspector, tokens: &[String], blanks: bool) -> impl IntoView + use<> {
    let (first, row) = window(inspector);
    let best = inspector.best.get();
    let pad = (BEFORE + first).saturating_sub(row);
    let mut cells: Vec<AnyView> = vec![empty(pad)];
    cells.extend(runs(&best, first, row + 1).into_iter().map(|run| {
        let Run { token, rows, .. } = run;
        if token == 0 && !blanks {
            return empty(rows);
        }
        let class = match (token == 0, run.goes_on) {
            (true, _) => "path-cell run blank",
            (false, true) => "path-cell run goes-on",
            (false, false) => "path-cell run",
        };
        view! { <span class=class style=("--rows", rows.to_string())>{words::token_mark(token, tokens)}</span> }.into_any()
    }));
    cells.push(empty(AFTER));
    cells
}

fn empty(rows: usize) -> AnyView {
    view! { <span class="path-cell none" style=("--rows", rows.to_string())></span> }.into_any()
}

/// The row's tokens, most probable first, and which are left out.
#[component]
pub fn RowTokens(inspector: Inspector) -> impl IntoView {
    let list = move || {
        let row = inspector.seen.get()?;
        let tokens = inspector.tokens();
        let mut listed = row.tokens.clone();
        listed.sort_by(|a, b| b.ln_prob.total_cmp(&a.ln_prob));
        listed.retain(|t| t.fate == TokenFate::Used);
        let more = listed.len().saturating_sub(LISTED);
        listed.truncate(LISTED);
        let items = listed.into_iter().map(|token| {
            let blank = token.token == 0;
            let share = format!("{:.4}", token.ln_prob.exp());
            view! {
                <li class="row-token" class:blank=blank style=("--share", share)>
                    <b class="mono" aria-hidden="true">{words::token_mark(token.token, &tokens)}</b>
                    <span class="visually-hidden">{words::token_words(token.token, &tokens)}</span>
                    <span>{words::percent(token.ln_prob)}</span>
                    <span class="row-token-ln">{format::nats(token.ln_prob)}</span>
                </li>
            }
        });
        let left_out = words::left_out(&row, &inspector.beam());
        let more = (more > 0).then(|| format!("{more} more are used. "));
        Some(view! {
            <ul class="row-tokens" aria-label="Tokens the search may use in this row">{items.collect_view()}</ul>
            <p class="hint" data-testid="left-out">{more}{left_out}</p>
        })
    };
    view! {
        <section class="tokens" aria-labelledby="tokens-title">
            <h3 id="tokens-title">"What the row offers: token, probability, ln p"</h3>
            <div class="tokens-list">{list}</div>
        </section>
    }
}
