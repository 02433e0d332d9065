//! A panel of what is secondary: in a narrow window it is folded to its title and a line that
//! says how it stands, until a person opens it. In a wide one it is a panel like any other.

use leptos::prelude::*;

/// The panel. `key` begins its ids, `summary` is the line that is shown while it is folded.
#[component]
pub fn FoldPanel(
    key: &'static str,
    title: &'static str,
    #[prop(into)] hint: ViewFnOnce,
    summary: impl Fn() -> String + Send + Sync + 'static,
    children: Children,
) -> impl IntoView {
    let open = RwSignal::new(false);
    let (title_id, body_id) = (format!("{key}-title"), format!("{key}-body"));
    view! {
        <section class="panel fold" class:open=move || open.get() aria-labelledby=title_id.clone()>
            <div class="panel-head">
                <h2 id=title_id.clone()>{title}</h2>
                <p class="hint fold-hint">{hint.run()}</p>
                <p class="hint fold-summary">{summary}</p>
                <button
                    type="button"
                    class="fold-toggle"
                    data-testid=format!("fold-{key}")
                    aria-label=title
                    aria-expanded=move || open.get().to_string()
                    aria-controls=body_id.clone()
                    on:click=move |_| open.update(|open| *open = !*open)
                >
                    <svg class="icon chevron" viewBox="0 0 20 20" aria-hidden="true">
                        <path d="m6 8 4 4 4-4" />
                    </svg>
                </button>
            </div>
            <div id=body_id class="fold-body">{children()}</div>
        </section>
    }
}
