//! Where each millisecond goes, and what a listener waits for.

use leptos::prelude::*;

/// The view.
#[component]
pub fn LatencyView() -> impl IntoView {
    view! {
        <section class="panel" aria-labelledby="latency-title">
            <div class="panel-head">
                <h2 id="latency-title">"Where each millisecond goes, and what a listener waits for."</h2>
            </div>
        </section>
    }
}
