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
use crate::decode::{BestText, DecoderKind, PrefixBeam, Word};

impl Recognizer {
    /// What the searches of the rows asked for do.
    pub(super) fn inspect(&self, first_row: usize, rows: usize) -> Result<Answer, RecognizerError> {
        let asked = self.range(first_row, rows);
        let mut told = Vec::new();
        for (start, stretch) in self.searches()? {
            let first = asked.start.max(stretch.start);
            let seen = first..asked.end.min(stretch.end);
            if seen.is_empty() {
                continue;
            }
            let mut beam = self.beam(&start)?;
            beam.push(self.rows(stretch.start..first))?;
            for row in self.rows(seen).chunks_exact(self.tokens().len()) {
                told.push(beam.push_inspected(row)?);
            }
        }
        Ok(Answer::Inspect(told))
    }

    /// What the best hypotheses write, and what is committed of it.
    pub(super) fn best_texts(&self) -> Result<Answer, RecognizerError> {
        let searches = self.searches()?;
        let (_, committed) = self.decoded()?;
        let mut texts = Vec::new();
        for (index, (start, rows)) in searches.iter().enumerate() {
            let mut told = self.beam(start)?.push_best_texts(self.rows(rows.clone()))?;
            if !is_what_was_heard(start) {
                told = nothing_committed(told);
            }
            let next = searches.get(index + 1).map(|(next, _)| next.words);
            let ended = next.or(self.is_done().then_some(committed.len()));
            if let (Some(words), Some(last)) = (ended, rows.clone().last()) {
                let ending = told.iter().map(|told| told.committed.len()).sum::<usize>();
                let ending = committed.get(start.words + ending..words);
                end(&mut told, last as i64, ending.unwrap_or_default());
            }
            texts.extend(told);
        }
        let stretches = searches.iter().map(|(start, _)| stretch(start)).collect();
        Ok(Answer::BestTexts { texts, stretches })
    }

    fn decoded(&self) -> Result<(&[Start], &[Word]), RecognizerError> {
        let take = self.take.as_ref().ok_or(RecognizerError::NoTake)?;
        Ok(take.decoded())
    }

    /// The searches that cover the take, each with its rows as far as there are any.
    fn searches(&self) -> Result<Vec<(Start, Range<usize>)>, RecognizerError> {
        let mut starts = self.decoded()?.0.to_vec();
        if let Some(first) = starts.first().filter(|first| first.row > 0) {
            let gone = Start {
                row: 0,
                words: 0,
                begins: StretchBegins::Gone,
                ..first.clone()
            };
            starts.insert(0, gone);
        }
        let all = self.log_probs().len() / self.tokens().len();
        let row = |start: &Start| usize::try_from(start.row).map_or(all, |row| row.min(all));
        let ends: Vec<usize> = starts.iter().skip(1).map(row).chain([all]).collect();
        let rows = starts
            .iter()
            .map(row)
            .zip(ends)
            .map(|(first, end)| first..end);
        let rows: Vec<Range<usize>> = rows.collect();
        Ok(starts.into_iter().zip(rows).collect())
    }

    /// The search at its first row.
    fn beam(&self, start: &Start) -> Result<PrefixBeam, RecognizerError> {
        let committed = self.decoded()?.1;
        let lm = match start.settings.kind {
            DecoderKind::BeamLm => start.language_model.as_ref().map(Arc::clone),
            DecoderKind::Greedy | DecoderKind::Beam => None,
        };
        Ok(PrefixBeam::resume(
            self.tokens(),
            self.spec().row_samples(),
            start.settings.beam.clone(),
            lm,
            committed[..start.words.min(committed.len())].to_vec(),
            start.row,
        )?)
    }
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
