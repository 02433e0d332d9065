//! What can be asked about a take, and what is answered: all that the page's views
//! show beyond words and figures. Plain data; [`super::Recognizer::answer`] computes it.
//!
//! Answers are about the take as it stands: its log-probs so far, its settings now.

use serde::{Deserialize, Serialize};

use crate::decode::ctc::{Alignment, Detection, Occupancy};
use crate::decode::{BestText, Hypothesis, RowInspection, Segment};
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
    /// What the prefix beam search does in some rows, with the take's beam settings
    /// (greedy decoding has no hypotheses; the beam's settings are used all the same).
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
    /// What the best hypothesis of the prefix beam search writes, over the whole take;
    /// with the settings of [`Question::Inspect`].
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
    /// One for each row after which the best text is another, or words were committed.
    BestTexts(Vec<BestText>),
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
