//! What can go wrong with a model, in sentences for a person: what happened, and
//! what to do next.

use super::Lookahead;

/// Why a model could not be described, loaded or run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// The manifest is not TOML, a field is missing, unknown or of another type.
    #[error(
        "The model manifest cannot be read (line {line}): {reason}. \
         Correct it there, or fetch manifest.toml again."
    )]
    Syntax {
        /// Line, counted from 1.
        line: usize,
        /// What the parser says.
        reason: String,
    },
    /// A field of the manifest is out of range or contradicts another.
    #[error("In the model manifest, {field} of {model} cannot be used: {reason}")]
    Field {
        /// The model's name, or "the manifest".
        model: String,
        /// The field, by its name in the manifest.
        field: String,
        /// What is wrong with it and what would do, ending in a full stop.
        reason: String,
    },
    /// A model that the manifest does not have.
    #[error("There is no model {name:?} in the manifest: choose one of {known}.")]
    UnknownModel {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: String,
    },
    /// The file has no bytes.
    #[error("The model file {file} is empty: fetch it again.")]
    Empty {
        /// Its name.
        file: String,
    },
    /// The file is shorter or longer than the manifest says.
    #[error(
        "The model file {file} has {found} bytes, and its manifest says {expected}: \
         it was cut off or is another file. Fetch it again, together with manifest.toml."
    )]
    Length {
        /// Its name.
        file: String,
        /// Bytes by the manifest.
        expected: u64,
        /// Bytes at hand.
        found: u64,
    },
    /// The file has the right length and the wrong content.
    #[error(
        "The model file {file} is not the one its manifest describes \
         (SHA-256 {found}, expected {expected}): it is damaged or of another version. \
         Fetch it again, together with manifest.toml."
    )]
    Hash {
        /// Its name.
        file: String,
        /// SHA-256 by the manifest, in lower-case hexadecimal.
        expected: String,
        /// SHA-256 of the bytes at hand.
        found: String,
    },
    /// The file is the right one, but not an ONNX graph that can be run here.
    #[error(
        "The model file {file} cannot be run here: {reason}. \
         Export it again as an ONNX file of the contract in src/model/mod.rs."
    )]
    Graph {
        /// Its name.
        file: String,
        /// What the inference engine says.
        reason: String,
    },
    /// The graph's inputs or outputs are not those the manifest describes.
    #[error(
        "The model file {file} does not fit its manifest: {reason} \
         Export it again, or describe it as it is."
    )]
    Contract {
        /// Its name.
        file: String,
        /// The difference, ending in a full stop.
        reason: String,
    },
    /// A lookahead the model was not made for.
    #[error("This model has no lookahead of {lookahead}: choose one of {offered}.")]
    Lookahead {
        /// The lookahead asked for.
        lookahead: Lookahead,
        /// Those it has.
        offered: String,
    },
    /// A chunk of no frames, or of more than the model can take.
    #[error("A chunk of {frames} encoder frames cannot be run: it must be 1 to {most}.")]
    ChunkLength {
        /// Its length.
        frames: usize,
        /// The longest there can be.
        most: usize,
    },
    /// Features that are not a whole number of encoder frames.
    #[error(
        "A chunk of {found} feature values cannot be run: \
         it must be a multiple of {multiple} (one encoder frame), at least one."
    )]
    FeatureCount {
        /// Values given.
        found: usize,
        /// Feature values of one encoder frame.
        multiple: usize,
    },
    /// A feature is NaN or infinite. The encoder's state is as it was.
    #[error(
        "Feature value {index} of the chunk is not a finite number: \
         the audio is damaged. Start a new take."
    )]
    FeatureNotFinite {
        /// Its place in the chunk.
        index: usize,
    },
    /// A log-prob is NaN or infinite. The encoder's state is as it was.
    #[error(
        "The model answered with a number that is not finite (row {row} of the chunk): \
         its weights or the audio are damaged. Start a new take; if it happens again, \
         fetch the model again."
    )]
    OutputNotFinite {
        /// The row.
        row: usize,
    },
    /// An [`super::EncoderState`] of another model.
    #[error("The encoder's state belongs to another model: start a new take.")]
    ForeignState,
    /// The inference engine failed. The encoder's state is as it was.
    #[error("The model failed on a chunk of {frames} encoder frames: {reason}. Load it again.")]
    Run {
        /// The chunk's length.
        frames: usize,
        /// What the inference engine says.
        reason: String,
    },
}
