//! The page: Leptos views over one [`page::Page`] of signals.
//!
//! ```text
//! person ─▶ actions, recording, playing ─▶ link ══ToWorker══▶ worker
//!              │                                                │
//!              ▼                                                │
//!            Page (signals) ◀═══════════════════FromWorker══════┘
//!              │
//!              ▼
//!   always: header, source, microphone, trouble, nav; beside a view: lookahead, decoder, figures
//!   views: listen (spectrogram, transcript, reference), inside, inspector, latency, compare, sweep, lessons
//! ```
//!
//! Modules without `cfg(target_arch = "wasm32")` are free of the browser, or have parts that are, and
//! are tested natively. The page never touches audio on its way to the worker; it only opens the microphone
//! and hands the port over.

pub mod clips;
pub mod colour;
pub mod corrections;
pub mod export;
pub mod format;
pub mod glossary;
pub mod inside;
pub mod inspector;
pub mod kinds;
pub mod lessons;
pub mod level_store;
pub mod measure;
pub mod noise;
pub mod preset_list;
pub mod reference;
pub mod state;
pub mod sweep;
pub mod tail;
pub mod takes;
pub mod timeline;
pub mod wav;

#[cfg(target_arch = "wasm32")]
pub mod actions;
#[cfg(target_arch = "wasm32")]
pub mod app;
#[cfg(target_arch = "wasm32")]
pub mod aside;
#[cfg(target_arch = "wasm32")]
pub mod browser;
#[cfg(target_arch = "wasm32")]
pub mod capture;
#[cfg(target_arch = "wasm32")]
pub mod compare;
#[cfg(target_arch = "wasm32")]
pub mod decoder;
#[cfg(target_arch = "wasm32")]
pub mod download;
#[cfg(target_arch = "wasm32")]
pub mod drawing;
#[cfg(target_arch = "wasm32")]
pub mod effects;
#[cfg(target_arch = "wasm32")]
pub mod figures;
#[cfg(target_arch = "wasm32")]
pub mod fold;
#[cfg(target_arch = "wasm32")]
pub mod header;
#[cfg(target_arch = "wasm32")]
pub mod hypotheses;
#[cfg(target_arch = "wasm32")]
pub mod inbox;
#[cfg(target_arch = "wasm32")]
pub mod knobs;
#[cfg(target_arch = "wasm32")]
pub mod latency;
#[cfg(target_arch = "wasm32")]
pub mod link;
#[cfg(target_arch = "wasm32")]
pub mod lookahead;
#[cfg(target_arch = "wasm32")]
pub mod menu;
#[cfg(target_arch = "wasm32")]
pub mod microphone;
#[cfg(target_arch = "wasm32")]
pub mod model_choice;
#[cfg(target_arch = "wasm32")]
pub mod nav;
#[cfg(target_arch = "wasm32")]
pub mod offline;
#[cfg(target_arch = "wasm32")]
pub mod options;
#[cfg(target_arch = "wasm32")]
pub mod page;
#[cfg(target_arch = "wasm32")]
pub mod playback;
#[cfg(target_arch = "wasm32")]
pub mod playing;
#[cfg(target_arch = "wasm32")]
pub mod plot;
#[cfg(target_arch = "wasm32")]
pub mod presets;
#[cfg(target_arch = "wasm32")]
pub mod privacy;
#[cfg(target_arch = "wasm32")]
pub mod questions;
#[cfg(target_arch = "wasm32")]
pub mod recording;
#[cfg(target_arch = "wasm32")]
pub mod share;
#[cfg(target_arch = "wasm32")]
pub mod side;
#[cfg(target_arch = "wasm32")]
pub mod source;
#[cfg(target_arch = "wasm32")]
pub mod spectrogram;
#[cfg(target_arch = "wasm32")]
pub mod spectrogram_canvas;
#[cfg(target_arch = "wasm32")]
pub mod transcript;
#[cfg(target_arch = "wasm32")]
pub mod trouble;
#[cfg(target_arch = "wasm32")]
pub mod worker_client;
