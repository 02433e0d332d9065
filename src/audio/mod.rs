//! Audio in: files to mono samples, and any sample rate to the model's.
//!
//! [`decode_file`] reads WAV, AIFF, FLAC, MP3, Ogg Vorbis and Ogg Opus and mixes the
//! channels to their mean. [`Resampler`] turns a stream at 8–192 kHz into one at
//! [`MODEL_RATE_HZ`]. Invariants:
//!
//! * A file is decoded whole or refused with the reason: one that is cut short,
//!   damaged in the middle or longer than [`MAX_TAKE_SECONDS`] never yields samples
//!   that pass for the recording.
//! * Every sample that leaves this module is finite and no larger than
//!   [`MAX_MAGNITUDE`]; positions are kept (damage never shifts what follows it).
//! * The resampler's output is bit-identical however its input was split.
//!
//! Neither knows the browser, the clock or the model beyond its rate.

mod container;
mod decode;
mod error;
mod level;
mod library;
mod mono;
mod ogg_scan;
mod opus;
mod resample;
mod vorbis_setup;
mod wav;

pub use decode::{DecodedAudio, decode_blocks, decode_file};
pub use error::AudioError;
pub use level::level_dbfs;
pub use mono::{AudioFormat, OnBlock};
pub use resample::{Resampler, resampled_len};

/// The rate the model hears.
pub const MODEL_RATE_HZ: u32 = 16_000;
/// The longest take. Features, log-probs and audio of a take are kept in memory.
pub const MAX_TAKE_SECONDS: u32 = 30 * 60;
/// The lowest input rate: below it there is too little of speech to recognise.
pub const MIN_RATE_HZ: u32 = 8_000;
/// The highest input rate in use anywhere.
pub const MAX_RATE_HZ: u32 = 192_000;
/// The most channels that are mixed to one.
pub const MAX_CHANNELS: u16 = 8;
/// The largest sample magnitude let in; 1.0 is full scale. Float files may exceed
/// full scale, some hold 16-bit numbers unscaled (up to 32768); beyond that the
/// bytes are no audio, and their squares would overflow further down the path.
pub const MAX_MAGNITUDE: f32 = 65_536.0;
