//! One candidate's score, written out with its numbers.

use asr_playground::decode::RowInspection;
use asr_playground::decode::beam::{InspectedCandidate, Term};
use leptos::prelude::*;

use super::super::format::{NEVER, nats, nats_near_zero};
use super::super::glossary::score;
use super::state::Inspector;
use super::words::{self, nats_or_never};

/// The account of the candidate in focus.
#[component]
pub fn Account(inspector: Inspector) -> impl IntoView {
    let body = move || {
        let row = inspector.seen.get()?;
        let candidate = row.candidates.get(inspector.focus(&row)?)?;
        Some(account(inspector, &row, candidate))
    };
    view! {
        <section class="account" aria-labelledby="account-title" data-testid="account">
            <h3 id="account-title">"Where its score comes from"</h3>
            {body}
        </section>
    }
}

fn account(
    inspector: Inspector,
    row: &RowInspection,
    candidate: &InspectedCandidate,
) -> impl IntoView + use<> {
    let tokens = inspector.tokens();
    let terms: Vec<_> = candidate
        .terms
        .iter()
        .map(|term| term_view(term, words::way(term, row, &tokens), &tokens))
        .collect();
    let kept = candidate.fate.rank().is_some();
    view! {
        <p class="account-name">
            <b class="mono" data-testid="account-text" data-value=candidate.text.clone()>
                {words::text_mark(&words::tail(&candidate.text, 30))}
            </b>
            " "
            <span data-testid="account-fate" class:pruned=!kept>
                {words::fate(candidate.fate, &inspector.beam())}
            </span>
        </p>
        <ol class="terms" aria-label="What its paths come from">{terms}</ol>
        {acoustic(candidate)}
        {total(candidate)}
        <p class="hint">
            "All numbers are natural logarithms. a ⊕ b = ln(eᵃ + eᵇ) adds probabilities. The two before the "
            "plus sign are the sums over the paths that ended in the blank and in the last token; "
            "the same letter twice needs a blank between, so only the first goes on then."
        </p>
    }
}

fn near_zero_or_never(value: Option<f64>) -> String {
    value.map_or_else(|| NEVER.to_owned(), nats_near_zero)
}

fn term_view(term: &Term, way: String, tokens: &[String]) -> impl IntoView + use<> {
    let from = match (term.blank, term.non_blank) {
        (Some(blank), Some(non_blank)) => format!(
            "({} ⊕ {})",
            nats_near_zero(blank),
            nats_near_zero(non_blank)
        ),
        (blank, non_blank) => near_zero_or_never(blank.or(non_blank)),
    };
    let token = words::token_mark(term.token, tokens);
    view! {
        <li class="term" data-testid="term">
            <span class="term-way">{way}</span>
            <span class="term-sum mono">
                <span data-testid="term-from">{from}</span>
                " + ln p("
                {token}
                ") "
                <span data-testid="term-ln">{nats_near_zero(term.ln_prob)}</span>
                " = "
                <b data-testid="term-value">{nats_near_zero(term.sum)}</b>
            </span>
        </li>
    }
}

/// ln Σ exp of the terms.
fn acoustic(candidate: &InspectedCandidate) -> impl IntoView + use<> {
    let terms: Vec<String> = candidate
        .terms
        .iter()
        .map(|t| nats_near_zero(t.sum))
        .collect();
    let sum = if terms.len() > 1 {
        format!("{} = ", terms.join(" ⊕ "))
    } else {
        String::new()
    };
    view! {
        <p class="account-sum">
            <span>{score::SOUND} ", all of these paths"</span>
            <span class="mono">{sum}<b data-testid="acoustic">{near_zero_or_never(candidate.acoustic)}</b></span>
        </p>
    }
}

fn total(candidate: &InspectedCandidate) -> impl IntoView + use<> {
    let parts = words::parts(candidate).map(|(name, value)| {
        let sign = if value < 0.0 { "− " } else { "+ " };
        let absent = value == 0.0;
        view! {
            <div class="account-part" class:absent=absent>
                <dt>{name}</dt>
                <dd class="mono" data-testid="part">{sign}{nats(value.abs())}</dd>
            </div>
        }
    });
    view! {
        <dl class="account-parts">
            {parts.collect_view()}
            <div class="account-part account-total">
                <dt>{score::TOTAL} ", which ranks it"</dt>
                <dd class="mono" data-testid="total">{nats_or_never(candidate.total)}</dd>
            </div>
        </dl>
    }
}
