//! The beam search, row by row.

use leptos::prelude::*;

/// The view.
#[component]
pub fn InspectorView() -> impl IntoView {
    view! {
        <section class="panel" aria-labelledby="inspector-title">
            <div class="panel-head">
                <h2 id="inspector-title">"The beam search, row by row."</h2>
            </div>
        </section>
    }
}
