//! Why a take could not go on.

use crate::audio::{AudioError, MAX_TAKE_SECONDS};
use crate::decode::ctc::CtcError;
use crate::decode::{BeamConfigError, DecodeError, EndpointError};
use crate::eval::latency::EndsMismatch;
use crate::features::FeatureError;
use crate::model::ModelError;

/// Why a take could not go on. What was recognised before is kept.
#[derive(Debug, thiserror::Error)]
pub enum RecognizerError {
    /// The audio could not be resampled.
    #[error(transparent)]
    Audio(#[from] AudioError),
    /// The front end refused the audio.
    #[error(transparent)]
    Features(#[from] FeatureError),
    /// The model failed.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The decoder refused the model's output.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// A setting of the beam search is out of its range.
    #[error(transparent)]
    Beam(#[from] BeamConfigError),
    /// A setting of the endpoints is out of its range.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// The text could not be aligned with the log-probs.
    #[error(transparent)]
    Alignment(#[from] CtcError),
    /// The aligned words are not those that were shown.
    #[error(transparent)]
    Ends(#[from] EndsMismatch),
    /// A model of another front end came while a take goes on, whose features do not fit it.
    #[error(
        "this model wants other features than those of the take that goes on: end the take first"
    )]
    OtherFrontEnd,
    /// A call came that needs a take.
    #[error("no take has been started")]
    NoTake,
    /// A call came that only a running take can serve.
    #[error("the take has already ended")]
    TakeEnded,
    /// The take is as long as takes can be.
    #[error("a take can be {} minutes long at the most; this one was ended there", MAX_TAKE_SECONDS / 60)]
    TakeFull,
}
