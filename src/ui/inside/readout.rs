//! What is at the place that is looked at: time, likeliest tokens, level, word, and what
//! the model had heard when it answered there.

use asr_playground::model::Lookahead;
use asr_playground::protocol::{MEL_LEVEL_FLOOR_LN, MEL_LEVEL_RANGE_LN};
use leptos::prelude::*;

use super::peaks::level_db;
use super::rows::{likeliest, probability, probability_words};
use super::scene::{Because, Inside, Place};
use crate::ui::format::{NONE_YET, fixed, seconds_of};
use crate::ui::glossary::token_name;
use crate::ui::timeline::HOP_SAMPLES;

/// Tokens told of.
const TOKENS: usize = 4;

/// What the read-out says.
#[derive(Clone, Debug, Default, PartialEq)]
struct Reading {
    sample: i64,
    row: i64,
    because: &'static str,
    /// Name, probability, probability in words.
    tokens: Vec<(String, f32, String)>,
    level: String,
    word: String,
}

/// The panel under the picture.
#[component]
pub fn Readout(inside: Inside) -> impl IntoView {
    let reading = Memo::new(move |_| read(inside));
    let of = move |part: fn(&Reading) -> String| {
        reading.with(|r| r.as_ref().map_or_else(|| NONE_YET.to_owned(), part))
    };
    view! {
        <div
            class="inside-readout"
            data-testid="inside-readout"
            data-sample=move || reading.with(|r| r.as_ref().map(|r| r.sample))
        >
            <div class="inside-fact">
                <p class="rate-name">{move || of(|r| r.because.to_owned())}</p>
                <p class="inside-value" data-testid="inside-time">
                    {move || of(|r| format!("{:.2} s", seconds_of(r.sample)))}
                </p>
                <p class="hint">{move || of(|r| format!("row {}", r.row))}</p>
            </div>
            <ol class="inside-tokens" data-testid="inside-tokens" aria-label="Likeliest tokens here">
                {move || {
                    let mut tokens = reading.with(|r| r.as_ref().map(|r| r.tokens.clone()).unwrap_or_default());
                    tokens.resize(TOKENS, (String::new(), 0.0, String::new()));
                    tokens
                        .into_iter()
                        .map(|(name, share, words)| {
                            view! {
                                <li>
                                    <span class="inside-token">{name}</span>
                                    <span class="inside-bar" aria-hidden="true">
                                        <span style:width=format!("{:.1}%", share * 100.0)></span>
                                    </span>
                                    <span class="number">{words}</span>
                                </li>
                            }
                        })
                        .collect_view()
                }}
            </ol>
            <dl class="inside-facts">
                <div><dt>"Level"</dt><dd data-testid="inside-level">{move || of(|r| r.level.clone())}</dd></div>
                <div><dt>"Word"</dt><dd data-testid="inside-word">{move || of(|r| r.word.clone())}</dd></div>
            </dl>
            <LookaheadLine inside />
        </div>
    }
}

/// What the model had heard when it answered here.
#[component]
fn LookaheadLine(inside: Inside) -> impl IntoView {
    let chunk = Memo::new(move |_| inside.chunk());
    let words = move || {
        let (Some(chunk), Some(place)) = (chunk.get(), inside.place()) else {
            return "The lookahead is drawn once there is something to see.".to_owned();
        };
        let (start, end) = (seconds_of(chunk.start), seconds_of(chunk.end));
        match inside.lookahead() {
            Lookahead::WholeTake => format!(
                "Whole take: the model waited for the end, and heard {start:.2}–{end:.2} s at once before it answered anything here."
            ),
            Lookahead::Ms(ms) => {
                let ahead_ms = (chunk.end - place.sample) as f64 / 16.0;
                format!(
                    "Lookahead {ms} ms: it heard the chunk {start:.2}–{end:.2} s before it answered here, {ahead_ms:.0} ms of it after this moment (the brighter part)."
                )
            }
        }
    };
    view! {
        <p
            class="inside-lookahead"
            data-testid="inside-lookahead"
            data-start=move || chunk.with(|c| c.as_ref().map(|c| c.start))
            data-end=move || chunk.with(|c| c.as_ref().map(|c| c.end))
        >
            {words}
        </p>
    }
}

/// In words, for those who do not see the picture.
pub fn spoken(inside: Inside) -> String {
    let Some(reading) = read(inside) else {
        return "Nothing heard yet".to_owned();
    };
    let tokens: Vec<String> = reading
        .tokens
        .iter()
        .take(2)
        .map(|(name, _, words)| format!("{name} {words}"))
        .collect();
    format!(
        "{:.2} seconds, {}, level {}, word {}",
        seconds_of(reading.sample),
        tokens.join(", "),
        reading.level,
        reading.word
    )
}

fn read(inside: Inside) -> Option<Reading> {
    let place = inside.place()?;
    let (page, row_samples) = (inside.page, inside.row_samples());
    let row = place.sample / row_samples;
    // What is at the place may still come.
    page.rows.track();
    let tokens = page.handles.with_value(|h| {
        let levels = h.posteriors.rows(row..row + 1).next().unwrap_or_default();
        let mut tokens = likeliest(levels, TOKENS);
        // The one that is pointed at is told of too.
        let pointed = place
            .y
            .and_then(|y| inside.lanes().token_at(levels.len(), y))
            .filter(|pointed| tokens.iter().all(|(token, _)| token != pointed));
        if let Some((token, level)) = pointed.and_then(|p| Some((p, *levels.get(p)?))) {
            tokens.truncate(TOKENS - 1);
            tokens.push((token, level));
        }
        tokens
    });
    let named = |(token, level): (usize, u8)| {
        let name = inside.of_model(|info| {
            let text = info.tokens.get(token).map_or("", String::as_str);
            token_name(text).to_owned()
        });
        (
            name.unwrap_or_default(),
            probability(level),
            probability_words(level),
        )
    };
    Some(Reading {
        sample: place.sample,
        row,
        because: match place.because {
            Because::Pointer => "Under the pointer",
            Because::Playhead => "At the playhead",
            Because::Latest => "Latest",
            Because::FirstWord => "At the first word",
        },
        tokens: tokens.into_iter().map(named).collect(),
        level: level(inside, place),
        word: word(inside, place.sample),
    })
}

/// The loudness of the row, and of the mel band under the pointer.
fn level(inside: Inside, place: Place) -> String {
    let row = inside.row_samples();
    let start = place.sample / row * row;
    inside.page.handles.with_value(|h| {
        let loud = level_db(&h.audio, start..start + row).map_or_else(
            || "silent".to_owned(),
            |db| format!("{} dBFS", fixed(db, 0)),
        );
        let lane = inside.lanes().mel;
        let band = place.y.filter(|y| lane.contains(*y)).and_then(|y| {
            let frame = place.sample / HOP_SAMPLES;
            let levels = h.log_mel.rows(frame..frame + 1).next()?;
            let share = (lane.end() - y) / lane.height;
            let band = ((share * levels.len() as f64) as usize).min(levels.len().checked_sub(1)?);
            let nats = f32::from(*levels.get(band)?) / 255.0 * MEL_LEVEL_RANGE_LN;
            let db = (nats + MEL_LEVEL_FLOOR_LN) * 10.0 / std::f32::consts::LN_10;
            Some(format!(", mel band {band}: {} dB", fixed(db.into(), 0)))
        });
        loud + &band.unwrap_or_default()
    })
}

fn word(inside: Inside, sample: i64) -> String {
    inside.page.transcript.with(|t| {
        let next = t.words.partition_point(|word| word.end_sample <= sample);
        let word = t.words.get(next).filter(|word| word.start_sample <= sample);
        word.map_or_else(
            || "none here".to_owned(),
            |word| format!("“{}”, {:.0}% sure", word.text, word.confidence * 100.0),
        )
    })
}
