//! End to end: the built site in a real browser.
//!
//! `cargo xtask test` builds the site and runs this; see [`harness`] for what a
//! test can do. One test: `cargo xtask test --browser NAME`.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod aside;
mod axe;
mod budget;
mod compare;
mod export;
mod failures;
mod firefox;
#[path = "../foreign/mod.rs"]
mod foreign;
mod harness;
mod inside;
mod inspector;
mod int8;
mod lessons;
mod looks;
mod microphone;
mod models;
mod native;
mod offline;
mod presets;
mod recognition;
mod settings;
mod share;
mod smoke;
mod splits;
mod start;
mod sweep;
mod takes;
