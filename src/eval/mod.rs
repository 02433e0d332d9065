//! Judging hypotheses: text normaliser, WER and CER with their alignment, latency.

mod align;
pub mod latency;
pub mod normalise;
pub mod wer;
