//! What the inspector knows of the take, and the row it shows.

use std::sync::Arc;

use asr_playground::decode::{BeamConfig, RowInspection};
use asr_playground::recognizer::{Answer, MAX_QUESTION_ROWS, Question, Stretch};
use leptos::prelude::*;

use super::cache::{BestTexts, Blocks, block_rows};
use super::collapse::{BestToken, best_tokens, next_token};
use crate::ui::page::{LanguageModelState, ModelStatus, Page, Phase};
use crate::ui::playing;
use crate::ui::questions::ask;

/// 16 kHz samples a row advances, until the model says so.
const ROW_SAMPLES: i64 = 320;

/// Handles to all of it; copied freely.
#[derive(Clone, Copy)]
pub struct Inspector {
    pub page: Page,
    /// The row a person or the playhead has gone to.
    at: RwSignal<Option<usize>>,
    /// The cursor as this view has left it.
    own_cursor: StoredValue<Option<i64>>,
    blocks: StoredValue<Blocks>,
    /// Grows with every block.
    arrived: RwSignal<u32>,
    /// Which take and settings the answers are about; an older answer is dropped.
    epoch: StoredValue<u32>,
    /// The row in view, once it is here; the last one stays until then.
    pub seen: RwSignal<Option<Arc<RowInspection>>>,
    /// What the best hypothesis writes.
    pub texts: RwSignal<Arc<BestTexts>>,
    /// Each row's best token.
    pub best: RwSignal<Arc<Vec<BestToken>>>,
    /// The text of the candidate a person has chosen.
    pub chosen: RwSignal<Option<String>>,
    /// Hypotheses that are shown.
    pub shown: RwSignal<usize>,
    /// Why there is no answer.
    pub refused: RwSignal<Option<String>>,
}

impl Inspector {
    /// Follows the page's take.
    pub fn new(page: Page) -> Self {
        let inspector = Self {
            page,
            at: RwSignal::new(None),
            own_cursor: StoredValue::new(None),
            blocks: StoredValue::new(Blocks::new(1)),
            arrived: RwSignal::new(0),
            epoch: StoredValue::new(0),
            seen: RwSignal::new(None),
            texts: RwSignal::new(Arc::default()),
            best: RwSignal::new(Arc::default()),
            chosen: RwSignal::new(None),
            shown: RwSignal::new(8),
            refused: RwSignal::new(None),
        };
        inspector.follow_take();
        inspector.follow_cursor();
        inspector.follow_row();
        inspector
    }

    /// Whether there is a take to look at, and it is over.
    pub fn over(self) -> bool {
        self.page.phase.get() == Phase::Finished && self.page.rows.get() > 0
    }

    /// Rows of the take.
    pub fn rows(self) -> usize {
        usize::try_from(self.page.rows.get()).unwrap_or(0)
    }

    /// The row in view: where the playhead is, or else where something is said first.
    pub fn row(self) -> usize {
        let start = || self.best.with(|best| next_token(best, 0));
        let row = self.at.get().or_else(start).unwrap_or(0);
        row.min(self.rows().saturating_sub(1))
    }

    /// 16 kHz samples a row advances.
    pub fn row_samples(self) -> i64 {
        let samples = self.page.model.with(|model| match model {
            ModelStatus::Ready(info) => info.row_samples,
            _ => ROW_SAMPLES,
        });
        samples.max(1)
    }

    /// What each column of the log-probs stands for.
    pub fn tokens(self) -> Vec<String> {
        self.page.model.with(|model| match model {
            ModelStatus::Ready(info) => info.tokens.clone(),
            _ => Vec::new(),
        })
    }

    /// The search that the row in view is of; none until the worker has told of it.
    pub fn stretch(self) -> Option<Stretch> {
        let seen = self.seen.with(|seen| seen.as_ref().map(|seen| seen.row));
        let row = seen.unwrap_or_else(|| self.row() as i64);
        self.texts.with(|texts| texts.stretch(row).cloned())
    }

    /// The beam's settings in the row in view.
    pub fn beam(self) -> BeamConfig {
        let settings = self.page.settings;
        let now = || settings.with(|s| s.recognizer.decoder.beam.clone());
        self.stretch().map_or_else(now, |stretch| stretch.beam)
    }

    /// Shows a row, and puts the playhead there.
    pub fn go(self, row: usize) {
        let (rows, samples) = untrack(|| (self.rows(), self.row_samples()));
        let row = row.min(rows.saturating_sub(1));
        self.at.set(Some(row));
        playing::seek(self.page, row as i64 * samples + samples / 2);
        let cursor = self.page.playback.with_untracked(|p| p.cursor_sample);
        self.own_cursor.set_value(cursor);
    }

    /// Steps over rows; says whether there was one to go to.
    pub fn step(self, rows: isize) -> bool {
        let (now, all) = untrack(|| (self.row(), self.rows()));
        let next = now.saturating_add_signed(rows).min(all.saturating_sub(1));
        if next != now {
            self.go(next);
        }
        next != now
    }

    /// The candidate in focus: the one chosen while it is there, or else the best.
    pub fn focus(self, row: &RowInspection) -> Option<usize> {
        let best = |c: &asr_playground::decode::beam::InspectedCandidate| c.fate.rank() == Some(0);
        let chosen = self.chosen.with(|chosen| {
            let chosen = chosen.as_ref()?;
            let mut candidates = row.candidates.iter();
            candidates.position(|c| c.text == *chosen && c.total.is_some())
        });
        chosen.or_else(|| row.candidates.iter().position(best))
    }

    /// Another take, another revision of it, other settings: everything is asked anew.
    fn follow_take(self) {
        let page = self.page;
        let lm = Memo::new(move |_| {
            let model = page.language_model;
            model.with(|state| matches!(state, LanguageModelState::Ready(_)))
        });
        Effect::new(move |last: Option<u32>| {
            lm.track();
            let take = page.take.get();
            let over = page.phase.get() == Phase::Finished;
            self.forget();
            if last != Some(take) {
                self.at.set(None);
                self.chosen.set(None);
            }
            if over {
                self.load();
            }
            take
        });
    }

    fn forget(self) {
        let width = self.page.settings;
        let width = width.with_untracked(|s| s.recognizer.decoder.beam.width);
        self.epoch.update_value(|epoch| *epoch += 1);
        self.blocks.set_value(Blocks::new(block_rows(width)));
        self.seen.set(None);
        self.texts.set(Arc::default());
        self.best.set(Arc::default());
        self.refused.set(None);
    }

    fn load(self) {
        if !self.page.handles.with_value(|h| h.worker_has_take) {
            let words = "the worker has let go of this take; run it again to look inside";
            self.refused.set(Some(words.to_owned()));
            return;
        }
        self.ask(Question::BestTexts, move |answer| {
            if let Answer::BestTexts { texts, stretches } = answer {
                self.texts.set(Arc::new(BestTexts::new(texts, stretches)));
            }
        });
        self.load_best_tokens(0);
        self.arrived.update(|arrived| *arrived += 1);
    }

    /// The best tokens from a row on, a question at a time.
    fn load_best_tokens(self, first_row: usize) {
        let question = Question::LogProbs {
            first_row,
            rows: MAX_QUESTION_ROWS,
        };
        self.ask(question, move |answer| {
            if let Answer::LogProbs {
                columns, values, ..
            } = answer
            {
                let more = best_tokens(&values, columns);
                let whole = more.len() == MAX_QUESTION_ROWS;
                let mut best = self.best.with_untracked(|best| best.to_vec());
                best.extend(more);
                self.best.set(Arc::new(best));
                if whole {
                    self.load_best_tokens(first_row + MAX_QUESTION_ROWS);
                }
            }
        });
    }

    /// Asks about the take as it stands; a late answer is dropped, and so is one to a
    /// view that is closed.
    fn ask(self, question: Question, hear: impl FnOnce(Answer) + 'static) {
        let epoch = self.epoch.get_value();
        ask(self.page, question, move |answer| {
            if self.epoch.try_get_value() != Some(epoch) {
                return;
            }
            match answer {
                Ok(answer) => hear(answer),
                Err(words) => self.refused.set(Some(words)),
            }
        });
    }

    /// Wherever else the playhead is put, the row follows; also while the take sounds.
    fn follow_cursor(self) {
        let page = self.page;
        Effect::new(move |_| {
            let cursor = page.playback.get().cursor_sample;
            if let Some(sample) = cursor
                && self.own_cursor.get_value() != cursor
            {
                self.own_cursor.set_value(None);
                let row = sample / untrack(|| self.row_samples());
                self.at.set(usize::try_from(row).ok());
            }
        });
        let sounding = Memo::new(move |_| page.playback.get().playing);
        Effect::new(move |_| {
            if sounding.get() {
                follow_sound(self);
            }
        });
    }

    /// Has the row in view, and the block after it, asked for.
    fn follow_row(self) {
        let row = Memo::new(move |_| self.row());
        Effect::new(move |_| {
            let row = row.get();
            self.arrived.track();
            if self.page.phase.get() != Phase::Finished {
                return;
            }
            let blocks = self.blocks;
            if let Some(seen) = blocks.with_value(|blocks| blocks.row(row)) {
                self.seen.set(Some(seen));
            }
            let ahead = row + blocks.with_value(Blocks::rows_each) / 2;
            for wanted in [row, ahead] {
                if wanted < untrack(|| self.rows()) {
                    self.fetch(wanted);
                }
            }
        });
    }

    fn fetch(self, row: usize) {
        let first_row = self
            .blocks
            .try_update_value(|blocks| blocks.ask_for(row))
            .flatten();
        let Some(first_row) = first_row else {
            return;
        };
        let rows = self.blocks.with_value(Blocks::rows_each);
        self.ask(Question::Inspect { first_row, rows }, move |answer| {
            if let Answer::Inspect(rows) = answer {
                self.blocks.update_value(|b| b.put(first_row, rows));
                self.arrived.update(|arrived| *arrived += 1);
            }
        });
    }
}

/// Moves the playhead with the sound, frame by frame, for as long as the view is open.
fn follow_sound(inspector: Inspector) {
    let page = inspector.page;
    let open = inspector.epoch.try_get_value().is_some();
    if !open || !page.playback.with_untracked(|p| p.playing) {
        return;
    }
    let position = page.handles.with_value(|h| h.player.position());
    if let Some(sample) = position {
        page.playback.update(|p| p.cursor_sample = Some(sample));
    }
    request_animation_frame(move || follow_sound(inspector));
}
