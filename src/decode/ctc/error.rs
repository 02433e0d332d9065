//! Why a text could not be scored or aligned.

use thiserror::Error;

use crate::decode::DecodeError;

/// Why a text could not be spelled, scored, aligned or looked for.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum CtcError {
    /// The values are no log-probs.
    #[error(transparent)]
    LogProbs(#[from] DecodeError),
    /// The text has no word.
    #[error("the text is empty: type at least one word")]
    EmptyText,
    /// The model's tokens do not write this character here.
    #[error("{word:?} cannot be spelled: the model does not write {character:?}")]
    Unspellable {
        /// The first character that no sequence of tokens reaches; a space where
        /// the tokens cannot part two words.
        character: char,
        /// The word it is in.
        word: String,
    },
    /// The text was spelled with other tokens than the log-probs have.
    #[error("the text is spelled with {spelled} tokens, but a row has {columns} log-probs")]
    OtherTokens {
        /// Tokens the text was spelled with.
        spelled: usize,
        /// Columns of the log-probs.
        columns: usize,
    },
    /// There is nothing to look at.
    #[error("there are no log-probs yet")]
    NoRows,
    /// No path through so few rows reads as the text.
    #[error(
        "the text needs at least {needed} rows of log-probs, there are {rows}: the take is too short for it"
    )]
    TooFewRows {
        /// Tokens, and one for each that equals the one before it.
        needed: usize,
        /// Rows given.
        rows: usize,
    },
    /// Every path that reads as the text has probability zero.
    #[error("the text is impossible here: every way through the log-probs has probability zero")]
    NoPath,
    /// The trellis is beyond the function's cap.
    #[error(
        "{rows} rows by {states} states are more than the {limit} cells allowed: take a shorter stretch or text"
    )]
    TooLarge {
        /// Rows given.
        rows: usize,
        /// States of the text's trellis.
        states: usize,
        /// Cells the function takes at most.
        limit: u64,
    },
    /// A setting is out of its range.
    #[error("{name} must be {range}, not {value}")]
    Setting {
        /// The field.
        name: &'static str,
        /// What it may be.
        range: &'static str,
        /// What it is.
        value: f64,
    },
}
