//! Judging hypotheses: expected values by jiwer, sclite, num2words, numpy and scipy
//! (`tests/golden/eval/make_*.py`), in closed form, or by brute force.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod confidence;
mod errors;
mod latency;
mod normaliser;
mod sclite;
mod stability;
mod sweep;
mod views;
