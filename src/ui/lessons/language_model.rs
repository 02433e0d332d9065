//! Lesson: what a language model adds.

use asr_playground::decode::{DecoderKind, Hypothesis};
use asr_playground::recognizer::{Answer, Question};
use leptos::prelude::*;

use super::lesson::{Lesson, Sound};
use super::take::is_over;
use super::trials::{Trial, Trials, TrialsButton};
use crate::ui::actions;
use crate::ui::format;
use crate::ui::glossary::{decoder_name, score};
use crate::ui::page::{LanguageModelState, use_page};
use crate::ui::questions::ask;

/// The lesson.
pub const LESSON: Lesson = Lesson {
    slug: "language-model",
    title: "What a language model adds",
    lead: "CTC spells by ear. A language model knows which words there are and which follow which, \
           and the beam lets both have their say.",
    body: || view! { <Body /> }.into_any(),
    questions: &[
        (
            "What is shallow fusion?",
            "The beam ranks a text by ln p of the sound + α · ln p of the words + β · the number of words. The two \
             models are trained apart and only their scores meet. α is how far the language model is trusted; \
             β makes up for its dislike of every further word.",
        ),
        (
            "When does a language model hurt?",
            "On what it does not know: names, codes, jargon, another subject. It replaces the right rare word by a \
             wrong common one, which is worse to read than a misspelling. Hotwords and a lower α help.",
        ),
        (
            "Why does a beam without a language model change so little?",
            "All its scores come from the same rows, where the best path usually is the best text. A language model \
             brings knowledge that the rows do not have, so other texts can win.",
        ),
    ],
};

const PLAN: [Trial; 3] = [
    Trial {
        name: "Greedy",
        set: |s| s.decoder.kind = DecoderKind::Greedy,
    },
    Trial {
        name: "Beam",
        set: |s| s.decoder.kind = DecoderKind::Beam,
    },
    Trial {
        name: "Beam + LM",
        set: |s| s.decoder.kind = DecoderKind::BeamLm,
    },
];

#[component]
fn Body() -> impl IntoView {
    let page = use_page();
    let trials = Trials::new(page, &PLAN);
    let loaded = Signal::derive(move || {
        page.language_model
            .with(|lm| matches!(lm, LanguageModelState::Ready(_)))
    });
    view! {
        <p>
            "The same rows of log-probs, decoded three ways. Only the last one knows English: it has seen which \
             words follow which, in counts of up to three words."
        </p>
        <Sound clip="sentence.flac" />
        <div class="lesson-widget">
            <div class="lesson-choices">
                <TrialsButton trials testid="lm-run" words="Decode it three ways" allowed=loaded />
                <p class="hint">{move || (!loaded.get()).then_some("The language model has not loaded yet.")}</p>
            </div>
            <div class="lesson-scroll" tabindex="0">
                <table class="lesson-table" data-testid="lm-outcomes" data-value=move || trials.outcomes.with(Vec::len).to_string()>
                    <thead>
                        <tr><th scope="col">"Decoder"</th><th scope="col" class="number">"WER"</th><th scope="col">"Text"</th></tr>
                    </thead>
                    <tbody>
                        {move || {
                            trials
                                .outcomes
                                .get()
                                .into_iter()
                                .map(|outcome| {
                                    view! {
                                        <tr>
                                            <th scope="row">{outcome.name}</th>
                                            <td class="number">{outcome.wer()}</td>
                                            <td>{outcome.text}</td>
                                        </tr>
                                    }
                                })
                                .collect_view()
                        }}
                    </tbody>
                </table>
            </div>
        </div>
        <h3>"Inside one choice: the n-best list"</h3>
        <NBest />
    }
}

/// The hypotheses of the decoder in force, with their scores taken apart.
#[component]
fn NBest() -> impl IntoView {
    let page = use_page();
    let list = RwSignal::new(Vec::<Hypothesis>::new());
    let kind = move || page.settings.with(|s| s.recognizer.decoder.kind);
    Effect::new(move |_| {
        let _ = page.settings_used.get();
        let _ = kind();
        if !is_over(page) {
            return list.set(Vec::new());
        }
        ask(page, Question::NBest, move |answer| {
            if let Ok(Answer::NBest(hypotheses)) = answer {
                list.set(hypotheses);
            }
        });
    });
    let choose = move |kind: DecoderKind| {
        view! {
            <button
                type="button"
                class="button"
                data-testid=format!("lm-choose-{}", kind.name())
                aria-pressed=move || (page.settings.with(|s| s.recognizer.decoder.kind) == kind).to_string()
                on:click=move |_| actions::set_decoder(page, |decoder| decoder.kind = kind)
            >
                {decoder_name(kind)}
            </button>
        }
    };
    let row = |h: Hypothesis| {
        let number = format::nats;
        view! {
            <tr>
                <td>{h.text()}</td>
                <td class="number">{number(h.acoustic)}</td>
                <td class="number">{number(h.lm)}</td>
                <td class="number">{number(h.bonus)}</td>
                <td class="number">{number(h.total)}</td>
            </tr>
        }
    };
    view! {
        <p>
            "Sound, language model and word bonus are added; the largest total wins. Switch the language model off \
             and on, and look at which text the sound alone would choose. Scores are natural logarithms, so \
             a difference of 1 is a factor of 2.7."
        </p>
        <div class="lesson-widget">
            <div class="lesson-choices" role="group" aria-label="Decoder">
                {DecoderKind::ALL.map(choose).collect_view()}
            </div>
            <div class="lesson-scroll" tabindex="0">
                <table class="lesson-table" data-testid="lm-nbest" data-value=move || list.with(Vec::len).to_string()>
                    <thead>
                        <tr>
                            <th scope="col">"Hypothesis"</th>
                            <th scope="col" class="number">{score::SOUND}</th>
                            <th scope="col" class="number">{score::LANGUAGE_MODEL}</th>
                            <th scope="col" class="number">{score::BONUS}</th>
                            <th scope="col" class="number">{score::TOTAL}</th>
                        </tr>
                    </thead>
                    <tbody>{move || list.get().into_iter().map(row).collect_view()}</tbody>
                </table>
            </div>
            <p class="hint">
                {move || match kind() {
                    DecoderKind::Greedy => "Greedy decoding follows one path and has no list. Choose a beam.".to_owned(),
                    _ if !is_over(page) => "The list comes when a take is over.".to_owned(),
                    _ => format!(
                        "Bonus is β a word less a penalty of {} for each word the language model does not know. Words that all \
                         hypotheses shared early are committed: not repeated here, but counted in the scores.",
                        page.settings.with(|s| s.recognizer.decoder.beam.unknown_word_penalty),
                    ),
                }}
            </p>
        </div>
    }
}
