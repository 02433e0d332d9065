//! Audio in: files as other tools decode them, files that are refused, any bytes at all,
//! and the resampler.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod clips;
mod decode;
mod hostile;
mod ogg;
mod refusals;
mod resample;
