//! The beam search, row by row: what the worker tells of each row, drawn as a tree of
//! hypotheses with every sum written out.
//!
//! The row in view and the playhead are one and the same place of the take
//! ([`state::Inspector`] links them). `cache`, `collapse`, `tree` and `words` are free
//! of the browser and are tested natively.

pub mod cache;
pub mod collapse;
pub mod tree;
pub mod words;

#[cfg(target_arch = "wasm32")]
mod account;
#[cfg(target_arch = "wasm32")]
mod state;
#[cfg(target_arch = "wasm32")]
mod strip;
#[cfg(target_arch = "wasm32")]
mod table;
#[cfg(target_arch = "wasm32")]
mod transport;
#[cfg(target_arch = "wasm32")]
mod tree_view;
#[cfg(target_arch = "wasm32")]
mod view;

#[cfg(target_arch = "wasm32")]
pub use view::InspectorView;
