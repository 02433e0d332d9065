//! Many settings over many clips: what each buys and costs.

use leptos::prelude::*;

/// The view.
#[component]
pub fn SweepView() -> impl IntoView {
    view! {
        <section class="panel" aria-labelledby="sweep-title">
            <div class="panel-head">
                <h2 id="sweep-title">"Many settings over many clips: what each buys and costs."</h2>
            </div>
        </section>
    }
}
