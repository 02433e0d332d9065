//! The prefix beam search against the enumeration of all paths, against other tools,
//! and against the invariants of streaming.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod commit;
mod config;
mod endurance;
mod equal;
mod exhaustive;
mod golden;
mod inspect;
#[path = "../random/mod.rs"]
mod random;
mod streaming;
mod support;
