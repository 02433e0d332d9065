//! Two settings side by side on the same audio.

use leptos::prelude::*;

/// The view.
#[component]
pub fn CompareView() -> impl IntoView {
    view! {
        <section class="panel" aria-labelledby="compare-title">
            <div class="panel-head">
                <h2 id="compare-title">"Two settings side by side on the same audio."</h2>
            </div>
        </section>
    }
}
