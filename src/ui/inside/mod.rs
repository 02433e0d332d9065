//! Waveform, log-mel, posteriors, tokens and words on one zoomable time axis.
//!
//! ```text
//! Handles (audio, log_mel, posteriors) ─ peaks, pyramid ─┐
//! axis ─ timeline::View ────────────────────────────────┼▶ painter ─▶ canvas
//! transcript, overlay (alignment, keyword), place ──────┘
//! ```
//!
//! `axis`, `pyramid`, `peaks`, `rows` and `lanes` are free of the browser and are tested
//! natively.

pub mod axis;
pub mod comparison;
pub mod lanes;
pub mod peaks;
pub mod pyramid;
pub mod rows;

#[cfg(target_arch = "wasm32")]
mod alignment;
#[cfg(target_arch = "wasm32")]
mod heat;
#[cfg(target_arch = "wasm32")]
mod keyword;
#[cfg(target_arch = "wasm32")]
mod painter;
#[cfg(target_arch = "wasm32")]
mod picture;
#[cfg(target_arch = "wasm32")]
mod pointer;
#[cfg(target_arch = "wasm32")]
mod readout;
#[cfg(target_arch = "wasm32")]
mod scene;
#[cfg(target_arch = "wasm32")]
mod text;
#[cfg(target_arch = "wasm32")]
mod view;

#[cfg(target_arch = "wasm32")]
pub use view::InsideView;
