//! Judging hypotheses: text normaliser, error rates with their alignment and their
//! confidence, latency, stability, and the pure parts of a sweep over settings.

mod align;
pub mod bootstrap;
pub mod latency;
pub mod matrix;
pub mod normalise;
pub mod oracle;
pub mod percentile;
pub mod stability;
pub mod sweep;
pub mod wer;
pub mod word_table;
