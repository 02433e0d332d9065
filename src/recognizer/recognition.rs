//! What a take is recognised as with one set of settings: the encoder's state, the
//! log-probs of its chunks, and the decoder over them.
//!
//! Encoding and decoding are two steps over the same chunks, so that another decoder
//! goes over kept log-probs in the portions in which a listener would have had them,
//! and the work is done a chunk at a time either way.

use super::RecognizerError;
use super::utterances::Utterances;
use crate::decode::Segment;
use crate::model::{Arithmetic, EncoderState, Session};

pub(super) struct Recognition {
    state: EncoderState,
    utterances: Utterances,
    log_probs: Vec<f32>,
    /// Log-probs a row.
    columns: usize,
    chunks: Vec<Chunk>,
    /// How many of them have been decoded.
    decoded_chunks: usize,
    revision: u32,
    done: bool,
}

/// A chunk that has gone through the model.
#[derive(Clone, Copy)]
pub(super) struct Chunk {
    /// One past its last feature frame; silence that filled it up is not counted.
    pub end_frame: usize,
    /// One past its last row of log-probs.
    end_row: usize,
    /// What the model took for it.
    pub model_ms: f64,
}

impl Recognition {
    /// The beginning of a take, or of its `revision`-th recognition.
    pub fn new(
        session: &Session,
        arithmetic: Arithmetic,
        utterances: Utterances,
        revision: u32,
    ) -> Self {
        Self {
            state: session.start(arithmetic),
            utterances,
            log_probs: Vec::new(),
            columns: session.tokens(),
            chunks: Vec::new(),
            decoded_chunks: 0,
            revision,
            done: false,
        }
    }

    /// The same log-probs again, decoded otherwise.
    pub fn decode_anew(&mut self, utterances: Utterances) {
        self.utterances = utterances;
        self.decoded_chunks = 0;
        self.revision += 1;
        self.done = false;
    }

    /// Runs the model over a chunk's frames; [`Self::chunk_encoded`] must follow.
    pub fn encode(&mut self, session: &mut Session, frames: &[f32]) -> Result<(), RecognizerError> {
        session.run(&mut self.state, frames, &mut self.log_probs)?;
        Ok(())
    }

    /// The chunk that ends with feature frame `end_frame` is in the log-probs.
    pub fn chunk_encoded(&mut self, end_frame: usize, model_ms: f64) {
        self.chunks.push(Chunk {
            end_frame,
            end_row: self.log_probs.len() / self.columns,
            model_ms,
        });
    }

    /// Whether there are log-probs that have not been decoded.
    pub fn has_undecoded(&self) -> bool {
        self.decoded_chunks < self.chunks.len()
    }

    /// Decodes the next chunk's log-probs, if there are any. `levels_dbfs` are those of
    /// the take's rows.
    pub fn decode_chunk(&mut self, levels_dbfs: &[f32]) -> Result<Option<Chunk>, RecognizerError> {
        let Some(chunk) = self.chunks.get(self.decoded_chunks).copied() else {
            return Ok(None);
        };
        let before = self.decoded_chunks.checked_sub(1);
        let first_row = before.map_or(0, |before| self.chunks[before].end_row);
        let rows = &self.log_probs[first_row * self.columns..chunk.end_row * self.columns];
        self.utterances.push(first_row as i64, rows, levels_dbfs)?;
        self.decoded_chunks += 1;
        Ok(Some(chunk))
    }

    /// No more log-probs come.
    pub fn finish(&mut self) {
        self.utterances.finish();
        self.done = true;
    }

    /// Feature frames that the model has seen.
    pub fn encoded_frames(&self) -> usize {
        self.chunks.last().map_or(0, |chunk| chunk.end_frame)
    }

    /// Feature frames whose log-probs have been decoded.
    pub fn decoded_frames(&self) -> usize {
        let last = self.decoded_chunks.checked_sub(1);
        last.map_or(0, |last| self.chunks[last].end_frame)
    }

    /// The decoder, and where utterances ended.
    pub fn utterances(&self) -> &Utterances {
        &self.utterances
    }

    /// Row-major `[rows, vocabulary]`.
    pub fn log_probs(&self) -> &[f32] {
        &self.log_probs
    }

    /// Stretches of speech, if endpoints are looked for.
    pub fn segments(&self) -> &[Segment] {
        self.utterances.segments()
    }

    pub fn revision(&self) -> u32 {
        self.revision
    }

    pub fn is_done(&self) -> bool {
        self.done
    }
}
