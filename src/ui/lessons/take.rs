//! The take's log-probs, asked of the worker when the take is over, and the most probable
//! token of each row, which the page has by itself.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use asr_playground::decode::DecodeError;
use asr_playground::model::Tokens;
use asr_playground::recognizer::{Answer, Question};
use leptos::prelude::*;

use crate::ui::browser::sleep_ms;
use crate::ui::glossary::BLANK_MARK;
use crate::ui::inside::rows;
use crate::ui::page::{ModelStatus, Page, Phase};
use crate::ui::questions::ask;

/// Most rows that a lesson takes: half a minute.
const MOST_ROWS: usize = 1500;
/// How long one piece of work may hold the page's thread.
const PIECE_MS: f64 = 12.0;
/// How long an answer is waited for.
const PATIENCE_MS: f64 = 20_000.0;

/// Log-probs of a finished take.
#[derive(Clone, Debug, PartialEq)]
pub struct TakeRows {
    /// Row-major `[rows, columns]`.
    pub values: Arc<Vec<f32>>,
    /// Tokens a row.
    pub columns: usize,
}

/// The take's log-probs as soon as, and whenever, a take is over.
pub fn take_rows(page: Page) -> RwSignal<Option<TakeRows>> {
    let rows = RwSignal::new(None);
    // Another take's or another lookahead's rows are other ones; another decoder's are not.
    let of = Memo::new(move |_| {
        let lookahead = page.settings_used.with(|s| s.as_ref().map(|s| s.lookahead));
        is_over(page).then(|| (page.viewed.get(), lookahead))
    });
    Effect::new(move |last: Option<Option<_>>| {
        let now = of.get();
        let same = last.flatten() == now;
        if now.is_some() && !same {
            let question = Question::LogProbs {
                first_row: 0,
                rows: MOST_ROWS,
            };
            ask(page, question, move |answer| {
                if let Ok(Answer::LogProbs {
                    columns, values, ..
                }) = answer
                {
                    rows.set(Some(TakeRows {
                        values: Arc::new(values),
                        columns,
                    }));
                }
            });
        }
        // While a decoder's change runs, the rows stay what they were.
        now.or(last.flatten())
    });
    rows
}

/// Whether there is a take, and it is over.
pub fn is_over(page: Page) -> bool {
    page.phase.get() == Phase::Finished && page.rows.get() > 0
}

/// What each column of the log-probs writes; the blank is empty. `None` without a model.
pub fn token_texts(page: Page) -> Option<Vec<String>> {
    page.model.with(|model| match model {
        ModelStatus::Ready(info) => Some(info.tokens.clone()),
        _ => None,
    })
}

/// 16 kHz samples a row advances; 320 without a model.
pub fn row_samples(page: Page) -> i64 {
    page.model.with_untracked(|model| match model {
        ModelStatus::Ready(info) => info.row_samples.max(1),
        _ => 320,
    })
}

/// The model's tokens as the library wants them.
pub fn tokens(texts: &[String]) -> Option<Tokens> {
    Tokens::of_texts(texts).ok()
}

/// Asks, and waits for the answer.
pub async fn answer_to(page: Page, question: Question) -> Result<Answer, String> {
    let heard = Rc::new(RefCell::new(None));
    let hear = Rc::clone(&heard);
    ask(page, question, move |answer| {
        hear.replace(Some(answer));
    });
    let asked_ms = now_ms();
    while now_ms() - asked_ms < PATIENCE_MS {
        if let Some(answer) = heard.take() {
            return answer;
        }
        sleep_ms(15).await;
    }
    Err("No answer came.".to_owned())
}

/// Pushes rows into a decoder in pieces that leave the page free to draw. Answers how long
/// the decoder itself took, in milliseconds (the browser's clock is coarse, so whole pieces
/// are timed); stops early where `wanted` says no.
pub async fn push_in_pieces(
    rows: &TakeRows,
    mut push: impl FnMut(&[f32]) -> Result<(), DecodeError>,
    wanted: impl Fn() -> bool,
) -> Option<f64> {
    let mut busy_ms = 0.0;
    let mut piece_began_ms = now_ms();
    for some in rows.values.chunks(4 * rows.columns.max(1)) {
        push(some).ok()?;
        let piece_ms = now_ms() - piece_began_ms;
        if piece_ms > PIECE_MS {
            busy_ms += piece_ms;
            sleep_ms(0).await;
            if !wanted() {
                return None;
            }
            piece_began_ms = now_ms();
        }
    }
    busy_ms += now_ms() - piece_began_ms;
    Some(busy_ms)
}

/// The browser's clock.
pub fn now_ms() -> f64 {
    window().performance().map_or(0.0, |clock| clock.now())
}

/// The most probable token of each row, by its text; the blank is `_`.
pub fn best_path(page: Page, most_rows: i64) -> String {
    let Some(texts) = token_texts(page) else {
        return String::new();
    };
    let best = |levels: &[u8]| {
        // A space stays one: the path can be typed.
        let text = texts
            .get(rows::best(levels))
            .filter(|text| !text.is_empty());
        text.map_or(BLANK_MARK, String::as_str).to_owned()
    };
    page.handles
        .with_value(|h| h.posteriors.rows(0..most_rows).map(best).collect())
}

/// Whether the most probable token of a row is the blank; not where there is no such row.
pub fn is_blank(page: Page, row: i64) -> bool {
    page.handles.with_value(|h| {
        let mut levels = h.posteriors.rows(row..row + 1);
        row >= 0 && levels.next().map(rows::best) == Some(rows::BLANK)
    })
}
