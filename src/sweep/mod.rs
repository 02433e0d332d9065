//! Running a sweep: every clip at every point of a grid, through the recogniser itself.
//!
//! ```text
//! Grid ─ Plan::new ─▶ runs ──┐
//! audio ─────────── ClipRun::step ─▶ Outcome ─ Sweep::add ─▶ SweepRow
//! ```
//!
//! Features of a clip are computed once, log-probs once for each lookahead, and a
//! transcript once for each decoder setting; the points that differ only in how the text
//! is judged share it. Latencies are those of the simulated clock: what a live listener
//! would have had, with the compute times measured here.
//!
//! One step is one chunk's work, so that a caller can show progress and stop between
//! two steps; nothing is lost by stopping but the clip in hand.
//!
//! The plan knows nothing of the model and is there for the page as well; the rest needs
//! the feature `recognizer`.

#[cfg(feature = "recognizer")]
mod clip;
mod plan;
#[cfg(feature = "recognizer")]
mod tally;

#[cfg(feature = "recognizer")]
pub use clip::{ClipRun, Outcome, Step};
pub use plan::{Plan, PlanError, Run, settings_at};
#[cfg(feature = "recognizer")]
pub use tally::{Sweep, change, interval};
