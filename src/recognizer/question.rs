//! What can be asked about a take, and what is answered: all that the page's views
//! show beyond words and figures. Plain data; [`super::Recognizer::answer`] computes it.
//!
//! Answers are about the take as it stands: its log-probs so far, its settings now.

use serde::{Deserialize, Serialize};

use crate::decode::ctc::{Alignment, Detection, Occupancy};
use crate::decode::{BeamConfig, BestText, DecoderKind, Hypothesis, RowInspection, Segment};
use crate::eval::latency::{ChunkTimes, PerceivedLatencies};
use crate::eval::stability::StabilityCounts;

/// Most rows that one question can be about.
pub const MAX_QUESTION_ROWS: usize = 3000;

/// A question about the current take.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Question {
    /// The decoder's best hypotheses.
    NBest,
    /// Log-probs as the model gave them.
    LogProbs {
        /// The first row.
        first_row: usize,
        /// How many, at most [`MAX_QUESTION_ROWS`].
        rows: usize,
    },
    /// What the prefix beam search does in some rows, as the take was decoded: it begins
    /// anew where an utterance ended or settings changed, see [`Stretch`] (greedy decoding
    /// has no hypotheses; the beam's settings of then are used all the same).
    Inspect {
        /// The first row.
        first_row: usize,
        /// How many, at most [`MAX_QUESTION_ROWS`].
        rows: usize,
    },
    /// Where the words and tokens of a text lie.
    Align {
        /// The text, as the model would spell it.
        text: String,
    },
    /// The summed probability of all paths that spell a text.
    Sum {
        /// The text, as the model would spell it.
        text: String,
        /// The first row.
        first_row: usize,
        /// How many; the answer is about these rows alone.
        rows: usize,
    },
    /// How likely a phrase ends at each row.
    Keyword {
        /// The phrase.
        phrase: String,
    },
    /// What a listener waited for, and how steady the text was.
    Latency,
    /// What the best hypothesis of the prefix beam search writes, over the whole take, and
    /// with which settings; both as in [`Question::Inspect`].
    BestTexts,
}

/// The answer to the question of the same name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Answer {
    /// Best first; empty for greedy decoding.
    NBest(Vec<Hypothesis>),
    /// Row-major `[rows, columns]`, natural log; fewer rows where the take has no more.
    LogProbs {
        /// The first row.
        first_row: usize,
        /// Tokens a row.
        columns: usize,
        /// The values.
        values: Vec<f32>,
    },
    /// One a row.
    Inspect(Vec<RowInspection>),
    /// Words and tokens with their rows.
    Align(Alignment),
    /// Sum, best path, and how the paths spread.
    Sum {
        /// ln of the summed probability of the paths that spell the text.
        score: f32,
        /// ln of the probability of the best one.
        best_path: f32,
        /// The probability, given the text, of being in each state in each row.
        occupancy: Occupancy,
        /// The best path's tokens, with their rows counted from the first asked for.
        alignment: Alignment,
    },
    /// Score of each row, and where the phrase was found.
    Keyword {
        /// Nats a token; `None` where the phrase cannot end.
        scores: Vec<Option<f32>>,
        /// Where the score passed the threshold.
        detections: Vec<Detection>,
    },
    /// Latency and stability.
    Latency(TakeLatency),
    /// What the best hypothesis writes.
    BestTexts {
        /// One for each row after which the best text is another, or words were committed.
        /// After a stretch's last row everything is committed that the take has of it.
        texts: Vec<BestText>,
        /// In the order of their rows; one at least.
        stretches: Vec<Stretch>,
    },
}

/// Rows that one search goes through: up to the next stretch's first, or the take's end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stretch {
    /// Its first row, counted from the take's first.
    pub first_row: i64,
    /// Why a search begins there.
    pub begins: StretchBegins,
    /// The decoder of these rows.
    pub kind: DecoderKind,
    /// How the beam search is set.
    pub beam: BeamConfig,
}

/// Why a search begins with a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StretchBegins {
    /// The take begins.
    Take,
    /// An utterance has ended.
    Endpoint,
    /// Settings were changed while the take went on; what was committed stayed.
    Settings,
    /// The take begins, but its first words were committed from log-probs that are gone:
    /// lookahead, arithmetic or model were changed while it went on. What the settings of
    /// now make of the log-probs of now is not what these words are from.
    Gone,
}

/// What a listener waited for, and how steady the text was.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TakeLatency {
    /// Word by word; `None` where the words could not be aligned.
    pub perceived: Option<PerceivedLatencies>,
    /// Chunk by chunk.
    pub chunks: Vec<ChunkTimes>,
    /// Changes of what was shown.
    pub stability: StabilityCounts,
    /// Stretches of speech; none unless endpoints are looked for.
    pub segments: Vec<Segment>,
}
