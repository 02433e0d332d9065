//! Audio in: decoding against other tools' samples, resampling against soxr, hostile bytes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod decode;
mod hostile;
mod resample;
