//! The n-best list, with what each score is made of.

use asr_playground::decode::{DecoderKind, Hypothesis};
use asr_playground::recognizer::{Answer, Question};
use leptos::prelude::*;

use super::format::nats;
use super::glossary::score;
use super::page::{Phase, use_page};
use super::questions;

/// The list, folded away until it is asked for.
#[component]
pub fn Hypotheses() -> impl IntoView {
    let page = use_page();
    let open = RwSignal::new(false);
    let list = RwSignal::new(Vec::<Hypothesis>::new());
    let greedy = move || page.settings.with(|s| s.recognizer.decoder.kind) == DecoderKind::Greedy;
    Effect::new(move |_| {
        let finished = page.phase.get() == Phase::Finished;
        // Asked anew with every revision of the finished take.
        page.transcript.with(|t| t.revision);
        page.settings_used.track();
        if !finished {
            list.set(Vec::new());
        } else if open.get() && !greedy() {
            questions::ask(page, Question::NBest, move |answer| {
                if let Ok(Answer::NBest(best)) = answer {
                    list.set(best);
                }
            });
        }
    });
    view! {
        <details
            class="hypotheses"
            data-testid="hypotheses"
            on:toggle=move |event| {
                let now = event_target::<web_sys::HtmlDetailsElement>(&event).open();
                open.set(now);
            }
        >
            <summary>"Other hypotheses, and what their scores are made of"</summary>
            {move || {
                if greedy() {
                    view! { <p class="hint">"Greedy decoding keeps one text. Choose a beam to see others."</p> }.into_any()
                } else if list.with(Vec::is_empty) {
                    view! { <p class="hint">"They are listed when the take is finished."</p> }.into_any()
                } else {
                    view! { <Table list=list.get() /> }.into_any()
                }
            }}
        </details>
    }
}

#[component]
fn Table(list: Vec<Hypothesis>) -> impl IntoView {
    let page = use_page();
    let before = move |hypothesis: &Hypothesis| {
        page.transcript.with_untracked(|t| {
            let common = t.words.iter().take(hypothesis.first_word);
            let words: Vec<&str> = common.map(|w| w.text.as_str()).collect();
            words.join(" ")
        })
    };
    let best = list.first().map(Hypothesis::text).unwrap_or_default();
    view! {
        <div class="table-box" tabindex="0" aria-label="n-best list">
            <table class="scores">
                <thead>
                    <tr>
                        <th scope="col">"Text"</th>
                        <th scope="col" class="number">{score::SOUND}</th>
                        <th scope="col" class="number">{score::LANGUAGE_MODEL}</th>
                        <th scope="col" class="number">{score::BONUS}</th>
                        <th scope="col" class="number">{score::HOTWORDS}</th>
                        <th scope="col" class="number">{score::TOTAL}</th>
                    </tr>
                </thead>
                <tbody>
                    {list
                        .into_iter()
                        .enumerate()
                        .map(|(rank, one)| {
                            let text = one.text();
                            let common = before(&one);
                            let words = marked(&best, &text, rank);
                            view! {
                                <tr data-testid="hypothesis" data-text=text>
                                    <th scope="row" class="hypothesis-text">
                                        <span class="common" title="committed before the end: common to all">{common}</span>
                                        " "
                                        {words}
                                    </th>
                                    <td class="number">{nats(one.acoustic)}</td>
                                    <td class="number">{nats(one.lm)}</td>
                                    <td class="number">{nats(one.bonus)}</td>
                                    <td class="number">{nats(one.hotword)}</td>
                                    <td class="number" data-testid="hypothesis-total" data-value=one.total.to_string()>
                                        {nats(one.total)}
                                    </td>
                                </tr>
                            }
                        })
                        .collect_view()}
                </tbody>
            </table>
        </div>
        <p class="hint">
            "In nats (natural logarithms of probabilities): nearer to 0 is likelier. "
            "Sound is the sum over all paths that spell the text; LM is α times the language model's ln p; Word bonus is β a word less penalties for unknown words."
        </p>
    }
}

/// The text, the words that the best one lacks marked.
fn marked(best: &str, text: &str, rank: usize) -> impl IntoView + use<> {
    use asr_playground::eval::wer::{EditKind, align_words};
    if text.is_empty() {
        return view! { <em>"nothing"</em> }.into_any();
    }
    let aligned = align_words(best, text);
    aligned
        .steps
        .into_iter()
        .filter_map(|step| {
            let differs = rank > 0 && step.kind != EditKind::Hit;
            step.hypothesis.map(|word| {
                if differs {
                    view! { <mark class="other-word">{word}</mark> " " }.into_any()
                } else {
                    view! { {word} " " }.into_any()
                }
            })
        })
        .collect_view()
        .into_any()
}
