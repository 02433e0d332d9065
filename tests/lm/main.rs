//! The language model against other people's tools.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used)]

mod arpa;
mod builder;
mod format;
mod kenlm;
