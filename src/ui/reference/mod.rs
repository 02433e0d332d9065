//! What was really said, and how far the transcript is from it; on demand, the matrix
//! of costs behind that count (`matrix`).

pub mod cells;
#[cfg(target_arch = "wasm32")]
mod matrix;
#[cfg(target_arch = "wasm32")]
mod panel;

#[cfg(target_arch = "wasm32")]
pub use panel::{ReferencePanel, Verdict, Verdicts, judge, prepared};
