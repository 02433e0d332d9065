//! Judging hypotheses: text normaliser, WER and CER with their alignment, latency.

pub mod latency;
