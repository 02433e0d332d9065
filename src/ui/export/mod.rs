//! A take as files: its words, its audio, its figures.
//!
//! `captions` and `tables` write the formats and are free of the browser; `menu` offers them.

pub mod captions;
pub mod tables;

#[cfg(target_arch = "wasm32")]
pub mod menu;
