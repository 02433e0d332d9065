//! The path from audio to words: owns one resampler, one front end, one model
//! session and one decoder.
//!
//! A take goes through three calls. [`Recognizer::accept`] takes audio at the
//! source's rate and turns it into log-mel frames at once, which is cheap.
//! [`Recognizer::advance`] runs the model over one chunk, if one is complete, and
//! decodes it; the caller repeats it, and can do other things in between.
//! [`Recognizer::finish`] says that no more audio comes: the tail is flushed with
//! silence as the model's own chunk and lookahead demand, so that last words are
//! never cut off.
//!
//! Invariants:
//! - How the audio was split into calls never changes features, log-probs or text.
//! - Features, log-probs and audio of the take are kept (at most
//!   [`crate::audio::MAX_TAKE_SECONDS`]), so another decoder decodes the log-probs
//!   again and a new lookahead runs the model again over what was already said; see
//!   [`Recognizer::set_settings`]; so does another model ([`Recognizer::set_model`]).
//! - While a take goes on, no change of settings touches a committed word.
//! - There is no clock here: time is passed in, as a [`Stopwatch`].
//! - Only this and [`crate::model::Session`] need the feature `recognizer`; the page
//!   is built without it and knows no more than [`Settings`], [`Question`], [`Answer`] and
//!   [`spell_hotword`].

#[cfg(feature = "recognizer")]
mod answer;
#[cfg(feature = "recognizer")]
mod error;
#[cfg(feature = "recognizer")]
mod front_end_times;
#[cfg(feature = "recognizer")]
mod heard;
mod hotword;
#[cfg(feature = "recognizer")]
mod other;
#[cfg(feature = "recognizer")]
mod path;
#[cfg(feature = "recognizer")]
mod pending;
mod question;
#[cfg(feature = "recognizer")]
mod recognition;
#[cfg(feature = "recognizer")]
mod replay;
mod settings;
#[cfg(feature = "recognizer")]
mod settled;
#[cfg(feature = "recognizer")]
mod take;
#[cfg(feature = "recognizer")]
mod utterances;

#[cfg(feature = "recognizer")]
pub use answer::Asked;
#[cfg(feature = "recognizer")]
pub use error::RecognizerError;
pub use hotword::{LeftOut, spell_hotword};
#[cfg(feature = "recognizer")]
pub use other::OtherState;
#[cfg(feature = "recognizer")]
pub use path::*;
#[cfg(feature = "recognizer")]
pub use pending::Pending;
pub use question::{Answer, MAX_QUESTION_ROWS, Question, Stretch, StretchBegins, TakeLatency};
pub use settings::Settings;
