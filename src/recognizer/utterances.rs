//! The decoder of a take, started anew after each utterance where endpoints are looked for.
//!
//! Invariant: an endpoint only appends: the words up to it are committed, and the next
//! decoder goes on after them.

use std::sync::Arc;

use super::RecognizerError;
use super::question::StretchBegins;
use crate::decode::{
    Decoder, DecoderParts, DecoderSettings, Endpointer, Hypothesis, LanguageModel, Segment, Word,
};

/// Where a decoder of the take began, and how it was set: enough to have it go over the
/// same rows again.
#[derive(Clone)]
pub(super) struct Start {
    /// Its first row.
    pub row: i64,
    /// Words of the take committed before it.
    pub words: usize,
    pub begins: StretchBegins,
    pub settings: Arc<DecoderSettings>,
    pub language_model: Option<Arc<LanguageModel>>,
}

pub(super) struct Utterances {
    parts: DecoderParts,
    decoder: Decoder,
    /// The decoders so far, in the order of their rows; the last one is `decoder`.
    starts: Vec<Start>,
    /// `None` where the take is one utterance.
    endpointer: Option<Endpointer>,
    segments: Vec<Segment>,
    /// The best hypotheses of the last utterance that had words.
    last_n_best: Vec<Hypothesis>,
}

impl Utterances {
    /// Begins after `committed` words, with the log-probs of `row`.
    pub fn resume(
        parts: &DecoderParts,
        settings: &super::Settings,
        committed: Vec<Word>,
        row: i64,
    ) -> Result<Self, RecognizerError> {
        let endpointer = settings
            .endpoint
            .map(|config| Endpointer::new(&parts.tokens, parts.samples_per_row, config));
        Ok(Self {
            starts: vec![Start {
                row,
                words: committed.len(),
                begins: if row == 0 {
                    StretchBegins::Take
                } else {
                    StretchBegins::Settings
                },
                settings: Arc::new(settings.decoder.clone()),
                language_model: parts.language_model.clone(),
            }],
            parts: parts.clone(),
            decoder: parts.resume(&settings.decoder, committed, row)?,
            endpointer: endpointer.transpose()?,
            segments: Vec::new(),
            last_n_best: Vec::new(),
        })
    }

    /// Remembers the decoders that `before` had for rows before this one's first.
    pub fn after(mut self, before: &Self) -> Self {
        let first = self.starts.first().map_or(0, |start| start.row);
        let kept = before.starts.iter().filter(|start| start.row < first);
        self.starts.splice(..0, kept.cloned());
        self
    }

    /// Takes the take's rows from `first_row` on, all of them in order. Those before the
    /// row that the decoder began at are in its committed words already; endpoints are
    /// looked for in them all the same. Rows beyond `levels_dbfs` are digital silence.
    pub fn push(
        &mut self,
        first_row: i64,
        rows: &[f32],
        levels_dbfs: &[f32],
    ) -> Result<(), RecognizerError> {
        let columns = self.parts.tokens.len();
        let mut endpoints = Vec::new();
        if let Some(endpointer) = &mut self.endpointer {
            let levels = (0..rows.len() / columns).map(|row| {
                let level = levels_dbfs.get(first_row as usize + row);
                level.copied().unwrap_or(f32::NEG_INFINITY)
            });
            endpoints = endpointer.push(rows, &levels.collect::<Vec<_>>())?;
        }
        let push_up_to = |end_row: i64, decoder: &mut Decoder| {
            let range = |row: i64| (row - first_row).max(0) as usize * columns;
            let (from, to) = (range(decoder.rows()), range(end_row));
            if from < to {
                decoder.push(&rows[from..to])
            } else {
                Ok(())
            }
        };
        for endpoint in endpoints {
            let row = endpoint.sample / self.parts.samples_per_row;
            self.segments.extend(endpoint.segment);
            if row > self.decoder.rows() {
                push_up_to(row, &mut self.decoder)?;
                self.begin_utterance(row)?;
            }
        }
        let end_row = first_row + (rows.len() / columns) as i64;
        push_up_to(end_row, &mut self.decoder)?;
        Ok(())
    }

    /// Commits what is open, and goes on after it with another decoder.
    fn begin_utterance(&mut self, row: i64) -> Result<(), RecognizerError> {
        self.decoder.finish();
        self.last_n_best = self.n_best();
        let words = self.decoder.transcript().words;
        let Some(last) = self.starts.last() else {
            return Ok(());
        };
        let start = Start {
            row,
            words: words.len(),
            begins: StretchBegins::Endpoint,
            ..last.clone()
        };
        self.decoder = self.parts.resume(&start.settings, words, row)?;
        self.starts.push(start);
        Ok(())
    }

    /// The best hypotheses of the utterance that goes on; until it has words, of the one
    /// before it.
    pub fn n_best(&self) -> Vec<Hypothesis> {
        let n_best = self.decoder.n_best();
        let begun = n_best.iter().any(|hypothesis| !hypothesis.words.is_empty());
        if begun || self.last_n_best.is_empty() {
            n_best
        } else {
            self.last_n_best.clone()
        }
    }

    /// No more rows come.
    pub fn finish(&mut self) {
        self.decoder.finish();
        let last = self.endpointer.as_mut().and_then(Endpointer::finish);
        self.segments.extend(last.and_then(|last| last.segment));
    }

    pub fn decoder(&self) -> &Decoder {
        &self.decoder
    }

    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The decoders that the take has had since its log-probs are these.
    pub fn starts(&self) -> &[Start] {
        &self.starts
    }
}
