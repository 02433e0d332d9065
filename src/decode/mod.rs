//! From log-probs to words. Knows nothing of audio, models or time: positions
//! are row indices of the log-prob matrix, turned into samples by the caller's
//! [`RowClock`].

pub mod beam;
pub mod ctc;
mod decoder;
mod endpoint;
pub mod fillers;
mod gate;
mod greedy;
pub mod lm;
mod log_add;
mod open_word;
mod piece;
mod rows;

use std::ops::Range;

use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use beam::{
    BeamConfig, BeamConfigError, BestText, Hotword, Hypothesis, PrefixBeam, RowInspection,
};
pub use decoder::{Decoder, DecoderKind, DecoderParts, DecoderSettings};
pub use endpoint::{Endpoint, EndpointConfig, EndpointError, EndpointRule, Endpointer, Segment};
pub use gate::{GateConfig, mark_non_speech};
pub use greedy::Greedy;
pub use lm::{LanguageModel, LmError};

/// Rows after which no decoder leaves a word open that nothing was added to, and after which
/// the beam search decides between hypotheses unless it is told otherwise
/// ([`BeamConfig::commit_rows`]): 5 s at 20 ms a row.
pub const COMMIT_ROWS: u32 = 250;

/// One recognised word.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Word {
    /// The word as the model spells it (lower case).
    pub text: String,
    /// First 16 kHz sample: of its first token's row, as decoders tell it; of the sound, as a
    /// take does (`recognizer::heard`).
    pub start_sample: i64,
    /// One past its last 16 kHz sample: of its last token's row, or of the sound.
    pub end_sample: i64,
    /// The rows of its tokens, from the first to one past the last.
    #[serde(default)]
    pub rows: Range<i64>,
    /// Mean over its tokens of the token's largest row probability, in [0, 1]; 0 only where
    /// that is below what an f32 holds (ln p under about −104).
    pub confidence: f32,
}

/// The text of a take as it stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Transcript {
    /// Words in order.
    pub words: Vec<Word>,
    /// The first `committed` words never change again within a revision; the
    /// rest are tentative.
    pub committed: usize,
    /// Grows when the take is recognised anew (another lookahead or decoder).
    pub revision: u32,
    /// No more words will come.
    pub finished: bool,
}

impl Transcript {
    /// The words joined by single spaces.
    #[must_use]
    pub fn text(&self) -> String {
        let words: Vec<&str> = self.words.iter().map(|w| w.text.as_str()).collect();
        words.join(" ")
    }
}

/// Where log-prob rows lie in the audio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowClock {
    /// 16 kHz samples a row advances.
    pub samples_per_row: i64,
}

impl RowClock {
    /// First 16 kHz sample of a row.
    #[must_use]
    pub fn start_sample(self, row: i64) -> i64 {
        row.saturating_mul(self.samples_per_row)
    }

    /// One past the last 16 kHz sample of a row.
    #[must_use]
    pub fn end_sample(self, row: i64) -> i64 {
        self.start_sample(row.saturating_add(1))
    }
}

/// Why log-probs could not be decoded.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum DecodeError {
    /// The values do not make whole rows.
    #[error(
        "{values} log-probs are not whole rows of {columns}: the model and its tokens do not belong together"
    )]
    PartialRow {
        /// Values pushed.
        values: usize,
        /// Values a row must have, one a token.
        columns: usize,
    },
    /// NaN or +∞ where a logarithm of a probability should be.
    #[error(
        "the model answered {value} for token {token} in row {row}, which is not a log-prob: its file may be damaged"
    )]
    NotALogProb {
        /// The row, counted from the take's first.
        row: i64,
        /// The column.
        token: usize,
        /// NaN or +∞.
        value: f32,
    },
    /// The take is over.
    #[error("no more log-probs can be decoded: the take is finished")]
    Finished,
}
