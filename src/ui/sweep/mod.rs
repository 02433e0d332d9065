//! Many settings over many clips: what each buys and costs.
//!
//! ```text
//! clips, axes ─▶ runner ══RunSweep══▶ a worker of its own
//!                   │                       │
//!                   ▼                       ▼
//!              SweepState ◀══SweepProgress, SweepRows, SweepEnded
//!                   │
//!                   ▼  plot, picture, order: free of the browser
//!              plots, table, files
//! ```
//!
//! The state outlives the view, so that results are there when a person comes back.

pub mod axes;
pub mod estimate;
pub mod labels;
pub mod order;
pub mod picture;
pub mod plot;
pub mod scale;
pub mod transcripts;

#[cfg(target_arch = "wasm32")]
mod axis_rows;
#[cfg(target_arch = "wasm32")]
mod clip_list;
#[cfg(target_arch = "wasm32")]
mod files;
#[cfg(target_arch = "wasm32")]
mod plot_view;
#[cfg(target_arch = "wasm32")]
mod results;
#[cfg(target_arch = "wasm32")]
mod runner;
#[cfg(target_arch = "wasm32")]
mod start;
#[cfg(target_arch = "wasm32")]
mod state;
#[cfg(target_arch = "wasm32")]
mod table;

#[cfg(target_arch = "wasm32")]
pub use files::add_files;
#[cfg(target_arch = "wasm32")]
pub use state::SweepState;

#[cfg(target_arch = "wasm32")]
use leptos::prelude::*;

/// The view.
#[cfg(target_arch = "wasm32")]
#[component]
pub fn SweepView() -> impl IntoView {
    view! {
        <section class="panel sweep" aria-labelledby="sweep-title">
            <div class="panel-head">
                <h2 id="sweep-title">"Sweep"</h2>
                <p class="hint">
                    "Recognises every clip at every setting and shows what each setting buys in errors and costs in waiting and compute. "
                    "It runs in a worker of its own; the take in view and the microphone go on."
                </p>
            </div>
            <clip_list::ClipList />
            <axis_rows::AxisRows />
            <start::StartBar />
        </section>
        <results::Results />
    }
}
