//! Lessons: each under two minutes, on the page's own views and live numbers.

use leptos::prelude::*;

/// The view.
#[component]
pub fn LessonsView() -> impl IntoView {
    view! {
        <section class="panel" aria-labelledby="lessons-title">
            <div class="panel-head">
                <h2 id="lessons-title">"Lessons: each under two minutes, on the page's own views and live numbers."</h2>
            </div>
        </section>
    }
}
