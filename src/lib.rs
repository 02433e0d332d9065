//! Speech recognition whose every stage can be seen and turned.
//!
//! ```text
//! microphone ─ AudioWorklet ─┐
//!                            ├─ PCM, native rate ─▶ worker
//! file / bundled clip ───────┘                        │
//!                                                     ▼
//!   audio::Resampler ▶ features::LogMel ▶ model::Session ▶ decode::Decoder ▶ transcript
//!     any rate→16 kHz    10 ms frames     chunk + lookahead  greedy | beam [+ LM]  committed | tentative
//! ```
//!
//! There is one data path, [`recognizer::Recognizer`], and one direction. Live
//! microphone, dropped file, bundled clip and native evaluation all go through
//! `Recognizer::accept`; only the clock differs, and the clock is passed in.
//!
//! Everything in this crate but `ui`, `main.rs` and `bin/worker.rs` is free of
//! the browser and builds and tests natively. Audio positions are sample counts
//! at 16 kHz (`i64`) or frame indices, and are named so; durations carry their
//! unit in the name.

pub mod audio;
pub mod decode;
pub mod eval;
pub mod features;
pub mod model;
pub mod protocol;
pub mod recognizer;
pub mod sweep;
