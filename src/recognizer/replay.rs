//! The take's beam searches again, row by row: what the inspector shows.
//!
//! A search begins where a decoder of the take began and is set as that one was, so its
//! hypotheses are those that the transcript is from. Only what was committed from log-probs
//! that are gone cannot be had again ([`StretchBegins::Gone`]).

use std::ops::Range;
use std::sync::Arc;

use super::question::{Answer, Stretch, StretchBegins};
use super::utterances::Start;
use super::{Recognizer, RecognizerError};
use crate::decode::{BestText, DecoderKind, PrefixBeam, RowInspection, Word};
use crate::model::Tokens;

/// Rows of a slice: some milliseconds with the widest beam.
const SLICE_ROWS: usize = 100;

/// The searches of a take gone through again, a slice of rows at a time. Has all that it needs
/// of the take for its own.
pub(super) struct Replay {
    tokens: Tokens,
    row_samples: i64,
    /// Words that the take's decoders have committed.
    committed: Vec<Word>,
    /// All its audio is decoded.
    done: bool,
    /// Of the rows from `first_row` on that the searches go through.
    log_probs: Vec<f32>,
    first_row: usize,
    /// The searches that cover the take, each with its rows as far as there are any.
    searches: Vec<(Start, Range<usize>)>,
    /// The search that is gone through, and its next row.
    at: usize,
    row: usize,
    beam: Option<PrefixBeam>,
    told: Told,
}

/// What is looked for.
enum Told {
    /// What the searches do in these rows.
    Inspected(Range<usize>, Vec<RowInspection>),
    /// What the best hypotheses write, and what is committed of it: of the searches gone
    /// through, and of the one at hand.
    BestTexts(Vec<BestText>, Vec<BestText>),
}

impl Recognizer {
    /// What the searches of the rows asked for do.
    pub(super) fn inspecting(&self, rows: Range<usize>) -> Result<Replay, RecognizerError> {
        let mut searches = self.searches()?;
        let seen = |stretch: &Range<usize>| stretch.start < rows.end && rows.start < stretch.end;
        searches.retain(|(_, stretch)| seen(stretch));
        let first = searches
            .first()
            .map_or(rows.end, |(_, stretch)| stretch.start);
        let inspected = Told::Inspected(rows.clone(), Vec::new());
        self.replay(searches, first..rows.end, inspected)
    }

    /// What the best hypotheses write, and what is committed of it.
    pub(super) fn best_texts(&self) -> Result<Replay, RecognizerError> {
        let all = 0..self.log_probs().len() / self.tokens().len();
        self.replay(
            self.searches()?,
            all,
            Told::BestTexts(Vec::new(), Vec::new()),
        )
    }

    fn searches(&self) -> Result<Vec<(Start, Range<usize>)>, RecognizerError> {
        let take = self.take.as_ref().ok_or(RecognizerError::NoTake)?;
        let all = self.log_probs().len() / self.tokens().len();
        Ok(searches(take.decoded().0, all))
    }

    /// The searches gone through, of whose rows only `rows` are needed.
    fn replay(
        &self,
        searches: Vec<(Start, Range<usize>)>,
        rows: Range<usize>,
        told: Told,
    ) -> Result<Replay, RecognizerError> {
        let take = self.take.as_ref().ok_or(RecognizerError::NoTake)?;
        let committed = take.decoded().1;
        Ok(Replay {
            tokens: self.tokens().clone(),
            row_samples: self.spec().row_samples(),
            committed: committed.to_vec(),
            done: self.is_done(),
            first_row: rows.start,
            log_probs: self.rows(rows).to_vec(),
            searches,
            at: 0,
            row: 0,
            beam: None,
            told,
        })
    }
}

/// The searches that cover a take of so many rows.
fn searches(starts: &[Start], all: usize) -> Vec<(Start, Range<usize>)> {
    let mut starts = starts.to_vec();
    if let Some(first) = starts.first().filter(|first| first.row > 0) {
        let gone = Start {
            row: 0,
            words: 0,
            begins: StretchBegins::Gone,
            ..first.clone()
        };
        starts.insert(0, gone);
    }
    let row = |start: &Start| usize::try_from(start.row).map_or(all, |row| row.min(all));
    let ends = starts.iter().skip(1).map(row).chain([all]);
    let rows = starts.iter().map(row).zip(ends);
    let rows: Vec<Range<usize>> = rows.map(|(first, end)| first..end).collect();
    starts.into_iter().zip(rows).collect()
}

impl Replay {
    /// The next slice; gives the answer, once, when there is none.
    pub fn step(&mut self) -> Result<Option<Answer>, RecognizerError> {
        let Some((start, rows)) = self.searches.get(self.at) else {
            return Ok(Some(self.answer()));
        };
        let beam = match &mut self.beam {
            Some(beam) => beam,
            none => {
                self.row = rows.start;
                let beam = beam(start, &self.tokens, self.row_samples, &self.committed)?;
                none.insert(beam)
            }
        };
        let (columns, first) = (self.tokens.len(), self.row);
        let mut end = rows.end.min(first + SLICE_ROWS);
        let offset = self.first_row;
        let slice =
            |end: usize| &self.log_probs[(first - offset) * columns..(end - offset) * columns];
        let last = match &mut self.told {
            Told::Inspected(asked, _) if first < asked.start => {
                end = end.min(asked.start);
                beam.push(slice(end))?;
                false
            }
            Told::Inspected(asked, told) => {
                end = end.min(asked.end);
                for row in slice(end).chunks_exact(columns) {
                    told.push(beam.push_inspected(row)?);
                }
                end == asked.end
            }
            Told::BestTexts(_, told) => {
                told.extend(beam.push_best_texts(slice(end))?);
                false
            }
        };
        self.row = end;
        if last || end == rows.end {
            self.end_search();
        }
        Ok(None)
    }

    /// Goes on to the next search.
    fn end_search(&mut self) {
        self.beam = None;
        let (start, rows) = &self.searches[self.at];
        self.at += 1;
        let Told::BestTexts(texts, told) = &mut self.told else {
            return;
        };
        let mut told = std::mem::take(told);
        if !is_what_was_heard(start) {
            told = nothing_committed(told);
        }
        let next = self.searches.get(self.at).map(|(next, _)| next.words);
        let ended = next.or(self.done.then_some(self.committed.len()));
        if let (Some(words), Some(last)) = (ended, rows.clone().last()) {
            let ending = told.iter().map(|told| told.committed.len()).sum::<usize>();
            let ending = self.committed.get(start.words + ending..words);
            end(&mut told, last as i64, ending.unwrap_or_default());
        }
        texts.extend(told);
    }

    fn answer(&mut self) -> Answer {
        match &mut self.told {
            Told::Inspected(_, told) => Answer::Inspect(std::mem::take(told)),
            Told::BestTexts(texts, _) => Answer::BestTexts {
                texts: std::mem::take(texts),
                stretches: self
                    .searches
                    .iter()
                    .map(|(start, _)| stretch(start))
                    .collect(),
            },
        }
    }
}

/// The search at its first row.
fn beam(
    start: &Start,
    tokens: &Tokens,
    row_samples: i64,
    committed: &[Word],
) -> Result<PrefixBeam, RecognizerError> {
    let lm = match start.settings.kind {
        DecoderKind::BeamLm => start.language_model.as_ref().map(Arc::clone),
        DecoderKind::Greedy | DecoderKind::Beam => None,
    };
    Ok(PrefixBeam::resume(
        tokens,
        row_samples,
        start.settings.beam.clone(),
        lm,
        committed[..start.words.min(committed.len())].to_vec(),
        start.row,
    )?)
}

/// Whether the search commits the words that the take has. A beam beside the greedy decoder
/// does not, nor one over other log-probs.
fn is_what_was_heard(start: &Start) -> bool {
    start.begins != StretchBegins::Gone && start.settings.kind != DecoderKind::Greedy
}

/// The same texts, what the search itself committed standing before them.
fn nothing_committed(mut told: Vec<BestText>) -> Vec<BestText> {
    let mut before = String::new();
    for told in &mut told {
        for word in told.committed.drain(..) {
            before.push_str(&word);
            before.push(' ');
        }
        told.text.insert_str(0, &before);
    }
    told
}

/// After the stretch's last row nothing is open any more.
fn end(told: &mut Vec<BestText>, row: i64, committed: &[Word]) {
    let open = told.last().is_some_and(|told| !told.text.is_empty());
    if told.last().is_none_or(|told| told.row != row) && (open || !committed.is_empty()) {
        told.push(BestText {
            row,
            ..BestText::default()
        });
    }
    if let Some(last) = told.last_mut().filter(|last| last.row == row) {
        last.text.clear();
        let words = committed.iter().map(|word| word.text.clone());
        last.committed.extend(words);
    }
}

fn stretch(start: &Start) -> Stretch {
    Stretch {
        first_row: start.row,
        begins: start.begins,
        kind: start.settings.kind,
        beam: start.settings.beam.clone(),
    }
}
