//! From log-probs to words. Knows nothing of audio, models or time: positions
//! are row indices of the log-prob matrix, turned into samples by the caller's
//! [`RowClock`].

use serde::{Deserialize, Serialize};

/// One recognised word.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Word {
    /// The word as the model spells it (lower case).
    pub text: String,
    /// First 16 kHz sample of its first token's row.
    pub start_sample: i64,
    /// One past the last 16 kHz sample of its last token's row.
    pub end_sample: i64,
    /// Mean over its tokens of the token's largest row probability, in (0, 1].
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
