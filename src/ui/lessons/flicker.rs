//! Lesson: flicker, and committed text.

use std::collections::VecDeque;

use asr_playground::decode::{DecoderKind, Transcript};
use asr_playground::eval::stability::StabilityCounts;
use asr_playground::model::Lookahead;
use leptos::prelude::*;

use super::lesson::{Lesson, Sound};
use super::trials::{Outcome, Trial, Trials, TrialsButton};
use crate::ui::format;
use crate::ui::glossary::FLICKER;
use crate::ui::page::use_page;

/// The lesson.
pub const LESSON: Lesson = Lesson {
    slug: "flicker",
    title: "Flicker and committed text",
    lead: "Words shown early may still change. Readers dislike it, machines act on it: so say which words are final.",
    body: || view! { <Body /> }.into_any(),
    questions: &[
        (
            "How do you measure flicker?",
            "Compare each transcript shown with the next, word by word. The unstable partial word ratio is words revised ÷ words \
             of the final text; flicker events are transcripts that revised something, a minute. Implementations differ \
             in what they divide by, so print the definition.",
        ),
        (
            "How can a streaming system be free of flicker?",
            "Show a word only when it cannot change: when all hypotheses agree on it, or after a fixed delay. Both add latency. \
             This page shows tentative words at once and marks them; committed ones never change.",
        ),
        (
            "What else depends on the commit rule?",
            "Memory and meaning: hypotheses that disagree with what is committed are dropped, which bounds the search; and a \
             screen reader, a translator or a command can act on committed words without taking anything back.",
        ),
    ],
};

/// Most transcripts kept in the log.
const MOST_LINES: usize = 60;
/// Words of a transcript that the log shows: the last ones.
const SHOWN_WORDS: usize = 9;

const PLAN: [Trial; 4] = [
    Trial {
        name: "Greedy, 0 ms",
        set: |s| {
            s.decoder.kind = DecoderKind::Greedy;
            s.lookahead = Lookahead::Ms(0);
        },
    },
    Trial {
        name: "Greedy, 640 ms",
        set: |s| {
            s.decoder.kind = DecoderKind::Greedy;
            s.lookahead = Lookahead::Ms(640);
        },
    },
    Trial {
        name: "Beam + LM, 0 ms",
        set: |s| {
            s.decoder.kind = DecoderKind::BeamLm;
            s.lookahead = Lookahead::Ms(0);
        },
    },
    Trial {
        name: "Beam + LM, 640 ms",
        set: |s| {
            s.decoder.kind = DecoderKind::BeamLm;
            s.lookahead = Lookahead::Ms(640);
        },
    },
];

/// A transcript that was shown.
#[derive(Clone, Debug, PartialEq)]
struct Shown {
    number: usize,
    before: bool,
    committed: String,
    tentative: String,
    revised: usize,
}

#[component]
fn Body() -> impl IntoView {
    let page = use_page();
    let trials = Trials::new(page, &PLAN);
    let log = RwSignal::new(VecDeque::<Shown>::new());
    keep_log(log, trials);
    view! {
        <p>
            "Run a clip, or speak, and watch the text grow. Committed words stand upright; tentative ones lean and \
             may change. A line that took back a word is marked."
        </p>
        <Sound clip="story.opus" />
        <div class="lesson-widget">
            <ol class="lesson-log" tabindex="0" data-testid="flicker-log" data-value=move || log.with(VecDeque::len).to_string() aria-label="Transcripts shown, newest first">
                <For each=move || log.get() key=|shown| shown.number children=|shown| log_line(&shown) />
            </ol>
            <p class="hint">
                {move || log.with(VecDeque::is_empty).then_some("It fills while a take runs: choose the bundled clip, or use your voice.")}
            </p>
        </div>
        <h3>"The figures, over the whole take"</h3>
        <p>
            "A beam holds several spellings, so the best one changes more often than greedy's, which only ever extends \
             its last word. More lookahead means fewer, better founded decisions."
        </p>
        <div class="lesson-widget">
            <div class="lesson-choices">
                <TrialsButton trials testid="flicker-run" words="Measure four settings" />
            </div>
            <div class="lesson-scroll" tabindex="0">
                <table class="lesson-table" data-testid="flicker-outcomes" data-value=move || trials.outcomes.with(Vec::len).to_string()>
                    <thead>
                        <tr>
                            <th scope="col">"Setting"</th>
                            <th scope="col" class="number">"Words revised"</th>
                            <th scope="col" class="number">"÷ final words"</th>
                            <th scope="col" class="number">{FLICKER}</th>
                            <th scope="col" class="number">"Committed after (median)"</th>
                        </tr>
                    </thead>
                    <tbody>{move || trials.outcomes.get().iter().map(line).collect_view()}</tbody>
                </table>
            </div>
        </div>
    }
}

/// Takes down each transcript shown, until the next take; what the trials below do to the
/// text is not part of it.
fn keep_log(log: RwSignal<VecDeque<Shown>>, trials: Trials) {
    let page = use_page();
    Effect::new(move |last: Option<(u32, usize, Transcript)>| {
        let take = page.take.get();
        let now = page.transcript.get();
        let (before, number) = match last {
            Some((same, number, before)) if same == take => (before, number),
            _ => {
                log.set(VecDeque::new());
                (Transcript::default(), 0)
            }
        };
        let changed = now.words.len() != before.words.len()
            || now.committed != before.committed
            || now
                .words
                .iter()
                .zip(&before.words)
                .any(|(a, b)| a.text != b.text);
        let by_hand = now.revision != before.revision || trials.running.get_untracked();
        if !changed || now.words.is_empty() || by_hand {
            return (take, number, now);
        }
        log.update(|log| {
            log.push_front(shown(&before, &now, number));
            log.truncate(MOST_LINES);
        });
        (take, number + 1, now)
    });
}

fn shown(before: &Transcript, now: &Transcript, number: usize) -> Shown {
    let revised = StabilityCounts::of(&[before.clone(), now.clone()], 0.0).unstable_words;
    let first = now.words.len().saturating_sub(SHOWN_WORDS);
    let split = now.committed.clamp(first, now.words.len());
    let text = |words: &[asr_playground::decode::Word]| {
        words
            .iter()
            .map(|w| w.text.as_str())
            .collect::<Vec<_>>()
            .join(" ")
    };
    Shown {
        number,
        before: first > 0,
        committed: text(now.words.get(first..split).unwrap_or_default()),
        tentative: text(now.words.get(split..).unwrap_or_default()),
        revised,
    }
}

fn log_line(shown: &Shown) -> impl IntoView + use<> {
    let mark = match shown.revised {
        0 => String::new(),
        1 => "1 revised".to_owned(),
        n => format!("{n} revised"),
    };
    view! {
        <li class="lesson-log-line" class:revised=shown.revised != 0>
            <span class="lesson-log-text">
                {shown.before.then_some("… ")}
                <span class="sample-committed">{shown.committed.clone()}</span>
                " "
                <span class="sample-tentative">{shown.tentative.clone()}</span>
            </span>
            <span class="lesson-log-mark">{mark}</span>
        </li>
    }
}

fn line(outcome: &Outcome) -> impl IntoView + use<> {
    let none = || format::NONE_YET.to_owned();
    let stability = outcome.latency.as_ref().map(|l| l.stability);
    let committed = outcome
        .latency
        .as_ref()
        .and_then(|l| l.perceived.as_ref())
        .and_then(|p| {
            let times = p.words.iter().filter_map(|w| w.committed_ms);
            asr_playground::eval::percentile::Percentiles::of(times)
        });
    let ratio = stability.and_then(|s| s.unstable_partial_word_ratio());
    let flickers = stability.and_then(|s| s.flickers_per_minute());
    view! {
        <tr>
            <th scope="row">{outcome.name}</th>
            <td class="number">{stability.map_or_else(none, |s| s.unstable_words.to_string())}</td>
            <td class="number">{format::fixed_or_none(ratio, 2)}</td>
            <td class="number">{format::fixed_or_none(flickers, 1)}</td>
            <td class="number">{format::milliseconds_or_none(committed.map(|p| p.p50))}</td>
        </tr>
    }
}
