//! Takes kept in this browser, if the person switched that on.
//!
//! ```text
//! keeper: page's signals ─▶ record (what is kept of a take) ─▶ writing ─▶ database (IndexedDB)
//! panel:  the switch and the list ─▶ shelf: open, rename, delete, clear
//! ```
//!
//! Nothing is stored while the switch has never been on: no database, no key. `record` is
//! free of the browser.

pub mod record;

#[cfg(target_arch = "wasm32")]
pub mod database;
#[cfg(target_arch = "wasm32")]
pub mod keeper;
#[cfg(target_arch = "wasm32")]
pub mod panel;
#[cfg(target_arch = "wasm32")]
mod session;
#[cfg(target_arch = "wasm32")]
mod shelf;
#[cfg(target_arch = "wasm32")]
mod writing;
