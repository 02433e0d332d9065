//! Waveform, log-mel, posteriors and tokens on one zoomable time axis.

use leptos::prelude::*;

/// The view.
#[component]
pub fn InsideView() -> impl IntoView {
    view! {
        <section class="panel" aria-labelledby="inside-title">
            <div class="panel-head">
                <h2 id="inside-title">"Waveform, log-mel, posteriors and tokens on one zoomable time axis."</h2>
            </div>
        </section>
    }
}
