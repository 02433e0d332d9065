//! Products of quantised rows and int8 weights.
//!
//! ```text
//! x f32 ─ Rows: 16-bit integers, a scale a row ──┐
//! weights int8, a scale an output ─ packed ──────┴▶ sums i32, exact ─▶ · scales + bias ─▶ f32
//! ```

mod activations;
mod kernel;
#[expect(unsafe_code, reason = "vector instructions")]
mod lanes;
#[cfg(test)]
mod tests;
mod weights;

pub use activations::Rows;
pub use kernel::multiply;
pub use lanes::WIDTH;
#[cfg(target_arch = "x86_64")]
pub use lanes::avx2::{Avx2, Work};
pub use weights::PackedWeights;
