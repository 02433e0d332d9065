//! The address of the page as it is set now, to copy; and which parts a class need not see.

use std::collections::BTreeSet;

use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen_futures::JsFuture;

use super::browser::member;
use super::menu::Menu;
use super::page::{Page, use_page};
use super::state::{PARTS, PageSettings};

/// The menu.
#[component]
pub fn ShareMenu() -> impl IntoView {
    let page = use_page();
    let open = RwSignal::new(false);
    let hide = RwSignal::new(page.query.with_value(|q| q.hide.clone()));
    let copied = RwSignal::new("");
    let field = NodeRef::<html::Input>::new();
    let link = Memo::new(move |_| address(page, &hide.get()));
    let copy = move |_| {
        if let Some(field) = field.get_untracked() {
            let text = link.get_untracked();
            spawn_local(async move { copied.set(copy(&text, &field).await) });
        }
    };
    Effect::new(move |_| {
        link.track();
        open.track();
        copied.set("");
    });
    view! {
        <Menu label="Share" testid="share" icon="M7.5 12.5 12.5 7.5M8.5 6l2-2a3.5 3.5 0 0 1 5 5l-2 2M11.5 14l-2 2a3.5 3.5 0 0 1-5-5l2-2" open=open>
            <div class="share-sheet">
                <p class="hint">"The link has every setting, hotwords too, the view and the clip; never audio or what was said."</p>
                <input
                    class="share-link"
                    node_ref=field
                    data-testid="share-link"
                    aria-label="Link to this page as it is set now"
                    readonly
                    prop:value=move || link.get()
                    on:focus=move |_| {
                        if let Some(field) = field.get_untracked() {
                            field.select();
                        }
                    }
                />
                <button type="button" class="button primary" data-testid="share-copy" on:click=copy>
                    "Copy link"
                </button>
                <p class="hint" role="status" data-testid="share-copied">{move || copied.get()}</p>
                <details>
                    <summary data-testid="share-parts">"Leave out parts, for a class"</summary>
                    <div class="share-parts" role="group" aria-label="Parts to leave out">
                        {PARTS.map(|(name, title)| view! { <Part name=name title=title hide=hide /> }).collect_view()}
                    </div>
                </details>
            </div>
        </Menu>
    }
}

#[component]
fn Part(
    name: &'static str,
    title: &'static str,
    hide: RwSignal<BTreeSet<String>>,
) -> impl IntoView {
    view! {
        <label>
            <input
                type="checkbox"
                data-testid=format!("hide-{name}")
                prop:checked=move || hide.with(|hide| hide.contains(name))
                on:change=move |event| {
                    let out = event_target_checked(&event);
                    hide.update(|hide| {
                        if out {
                            hide.insert(name.to_owned());
                        } else {
                            hide.remove(name);
                        }
                    });
                }
            />
            {title}
        </label>
    }
}

/// The page's address with these parts left out and the settings as they are.
fn address(page: Page, hide: &BTreeSet<String>) -> String {
    let hash = page.settings.with(PageSettings::to_hash);
    let origin = location().origin().unwrap_or_default();
    let path = location().pathname().unwrap_or_default();
    let names: Vec<&str> = hide.iter().map(String::as_str).collect();
    let query = if names.is_empty() {
        String::new()
    } else {
        format!("?hide={}", names.join(","))
    };
    let fragment = if hash.is_empty() {
        String::new()
    } else {
        format!("#{hash}")
    };
    format!("{origin}{path}{query}{fragment}")
}

/// Copies a text. Where the browser does not let the page, the text is selected, for the
/// person to do it.
async fn copy(text: &str, field: &web_sys::HtmlInputElement) -> &'static str {
    // Absent on insecure origins.
    let clipboard = member(&window().navigator(), "clipboard");
    if clipboard.is_object() {
        let written = window().navigator().clipboard().write_text(text);
        if JsFuture::from(written).await.is_ok() {
            return "Copied.";
        }
    }
    let _ = field.focus();
    field.select();
    "This browser does not let the page copy. The link is selected: copy it with Ctrl+C or the menu."
}
