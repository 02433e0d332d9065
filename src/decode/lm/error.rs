//! Why a language model was refused, in sentences for a person.

use thiserror::Error;

use super::{LEAST_LN, MAX_ORDER, MOST_LN_BACKOFF, WordId};

/// Why a language model was refused.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum LmError {
    /// There are fewer bytes than there should be.
    #[error("The language model is cut off or empty: fetch it again.")]
    CutOff,
    /// The bytes are of something else.
    #[error("This is not a language model of this program's format.")]
    Foreign,
    /// A file of something else.
    #[error("This is no language model: neither a file of this program's format nor an ARPA file.")]
    Neither,
    /// A format of another version.
    #[error("The language model is in version {version} of the format, and only 1 can be read.")]
    Version {
        /// Its version.
        version: u8,
    },
    /// The bytes are not those that were written.
    #[error("The language model is damaged (its checksum differs): fetch it again.")]
    Checksum,
    /// The checksum is right, and the content makes no sense.
    #[error("The language model is damaged ({0}): build it again.")]
    Damaged(&'static str),
    /// The text is not ARPA. Lines are counted from 1.
    #[error("Line {line} of the ARPA file cannot be read: {reason}")]
    Arpa {
        /// The line's number.
        line: usize,
        /// What is wrong with it, ending in a full stop.
        reason: String,
    },
    /// A word that no format of ours can hold.
    #[error("The language model has a word that begins with '{word}' and has more than 255 bytes.")]
    LongWord {
        /// Its beginning.
        word: String,
    },
    /// There are no unigrams.
    #[error("The language model has no unigrams.")]
    NoUnigrams,
    /// An n-gram longer than [`MAX_ORDER`].
    #[error("The language model has n-grams of {order} words; {MAX_ORDER} is the most.")]
    Order {
        /// Its order.
        order: usize,
    },
    /// A word without a unigram.
    #[error("The language model has no unigram of the word '{word}'.")]
    MissingUnigram {
        /// The word.
        word: String,
    },
    /// An n-gram names a word that the vocabulary does not have.
    #[error("The language model has no word number {}.", .0.0)]
    UnknownId(WordId),
    /// A word or n-gram is there twice.
    #[error("The language model has '{words}' twice.")]
    Repeated {
        /// The words, separated by spaces.
        words: String,
    },
    /// An n-gram whose first words are no n-gram.
    #[error("The language model has '{words}', but not '{context}'.")]
    MissingContext {
        /// The words, separated by spaces.
        words: String,
        /// All but the last of them.
        context: String,
    },
    /// A value that is no logarithm of a probability or of a back-off weight.
    #[error(
        "The language model gives '{words}' the values {ln_prob} and {ln_backoff}, \
         but a ln p is from {LEAST_LN:.0} to 0, the ln of a back-off weight from {LEAST_LN:.0} to {MOST_LN_BACKOFF:.0}."
    )]
    Value {
        /// The words, separated by spaces.
        words: String,
        /// ln p.
        ln_prob: f32,
        /// ln of the back-off weight.
        ln_backoff: f32,
    },
    /// The acoustic model writes none of its words.
    #[error(
        "The tokens of the acoustic model can write no word of the language model, not even '{word}': the two are of different alphabets."
    )]
    Unspellable {
        /// The most probable one.
        word: String,
    },
    /// More words or n-grams than there are numbers for.
    #[error("The language model has more words or n-grams than can be numbered.")]
    TooLarge,
}
