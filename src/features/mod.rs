//! The log-mel front end: audio at the model's rate in, log-mel frames out.
//!
//! ```text
//! samples ─ frame ─ [DC removal, pre-emphasis] ─ window ─ FFT ─ |X| or |X|² ─ mel bands ─ ln or dB
//! ```
//!
//! [`LogMelConfig`] holds every parameter, with presets for our model, librosa and
//! Kaldi. [`log_mel`] transforms a whole signal; [`LogMel`] does the same while the
//! signal is still arriving. [`filterbank`] and [`resolution`] show what a
//! configuration amounts to.
//!
//! Invariants, each held by the test named:
//! - however the audio is split into pushes, [`LogMel`] gives the frames of
//!   [`log_mel`] bit for bit (`any_split_gives_the_batch_frames` in
//!   `tests/features`);
//! - [`LogMel`] keeps less than a window of audio, and after its first frames
//!   allocates nothing (`tests/features_allocation.rs`);
//! - the values are those of librosa and torchaudio to 1e-4 of the mel energy
//!   (`golden_vectors_of_the_reference_tools` in `tests/features`);
//! - no input panics: a sample that is not a number is refused by its index
//!   (`a_sample_that_is_not_finite_is_refused_by_its_index`).
//!
//! Samples come and features go as `f32`. In between the arithmetic is `f64`: the
//! rounding noise of a single-precision FFT, about 1e-7 of the loudest bin, shows
//! in the quiet bands of a frame once the logarithm is taken, and differs between
//! machines. Rounded from double precision, ten seconds of noise gave the same bits
//! natively (AVX) and in WebAssembly. A frame of the model's front end takes 6 µs
//! natively and 12 µs in WebAssembly (node) on the 2-core Xeon this was written on,
//! for 10 ms of audio: there is nothing to be won by narrower numbers.

mod batch;
mod config;
mod error;
mod frame;
mod mel;
mod scale;
mod stream;
mod window;

pub use batch::{Frames, log_mel};
pub use config::{Framing, LogMelConfig, MelNorm, MelScale, MelShape, Spectrum, WindowShape};
pub use error::FeatureError;
pub use mel::{Filterbank, MelBand, filterbank};
pub use scale::{DbReference, Scaling};
pub use stream::LogMel;
pub use window::{Resolution, resolution};
