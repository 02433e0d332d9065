//! Lessons: each under two minutes, on the page's own data with live numbers.
//!
//! ```text
//! view      the list, the lesson that is open, previous and next
//! lesson    what a lesson is; its questions, its bar of sound
//! trials    the take at one setting after another, what each gave, and back again
//! take      the take's log-probs and posteriors, asked for when it is over
//! one file a lesson, text and widget; `paths`, `stretch` and `whiteboard` are free of the browser
//! ```
//!
//! A lesson's name in the address is its slug ([`SLUGS`], in the list's order). An unknown
//! one opens the first.

pub mod paths;
pub mod stretch;
pub mod whiteboard;

#[cfg(target_arch = "wasm32")]
mod beam_width;
#[cfg(target_arch = "wasm32")]
mod collapse;
#[cfg(target_arch = "wasm32")]
mod cost;
#[cfg(target_arch = "wasm32")]
mod design;
#[cfg(target_arch = "wasm32")]
mod error_rates;
#[cfg(target_arch = "wasm32")]
mod flicker;
#[cfg(target_arch = "wasm32")]
mod language_model;
#[cfg(target_arch = "wasm32")]
mod lesson;
#[cfg(target_arch = "wasm32")]
mod mel;
#[cfg(target_arch = "wasm32")]
mod mel_picture;
#[cfg(target_arch = "wasm32")]
mod other_models;
#[cfg(target_arch = "wasm32")]
mod streaming;
#[cfg(target_arch = "wasm32")]
mod sum_over_paths;
#[cfg(target_arch = "wasm32")]
mod take;
#[cfg(target_arch = "wasm32")]
mod trials;
#[cfg(target_arch = "wasm32")]
mod view;
#[cfg(target_arch = "wasm32")]
mod whiteboard_view;

#[cfg(target_arch = "wasm32")]
pub use view::{LessonsView, is_lesson};
