//! A button that opens a small sheet of further buttons below it.
//!
//! A disclosure, not a `role=menu`: Tab walks through what is inside, Escape closes it and
//! gives the focus back, and so does a press anywhere else.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{FocusEvent, KeyboardEvent, Node};

/// A button with a sheet. `open` is the caller's, so that what is inside can close it.
#[component]
pub fn Menu(
    /// What the button says.
    label: &'static str,
    /// The button's `data-testid`; the sheet's is the same with `-sheet`.
    testid: &'static str,
    /// The path of the button's picture, on a grid of 20 by 20.
    icon: &'static str,
    /// Whether the sheet is shown.
    open: RwSignal<bool>,
    /// Whether there is nothing to open now.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// What is in the sheet.
    children: Children,
) -> impl IntoView {
    let whole = NodeRef::<html::Div>::new();
    let button = NodeRef::<html::Button>::new();
    let sheet = format!("{testid}-sheet");
    let inside = move |target: Option<web_sys::EventTarget>| {
        let node = target.and_then(|target| target.dyn_into::<Node>().ok());
        whole
            .get_untracked()
            .is_some_and(|whole| whole.contains(node.as_ref()) && node.is_some())
    };
    let press = window_event_listener(leptos::ev::pointerdown, move |event| {
        if open.get_untracked() && !inside(event.target()) {
            open.set(false);
        }
    });
    on_cleanup(move || press.remove());
    let left = move |event: FocusEvent| {
        let next = event.related_target();
        if next.is_some() && !inside(next) {
            open.set(false);
        }
    };
    let key = move |event: KeyboardEvent| {
        if event.key() == "Escape" && open.get_untracked() {
            event.stop_propagation();
            open.set(false);
            if let Some(button) = button.get_untracked() {
                let _ = button.focus();
            }
        }
    };
    view! {
        <div class="menu" node_ref=whole on:focusout=left on:keydown=key>
            <button
                type="button"
                class="button"
                node_ref=button
                data-testid=testid
                aria-expanded=move || open.get().to_string()
                aria-controls=sheet.clone()
                disabled=move || disabled.get()
                on:click=move |_| open.update(|open| *open = !*open)
            >
                <svg class="icon" viewBox="0 0 20 20" aria-hidden="true">
                    <path d=icon />
                </svg>
                <span class="menu-label">{label}</span>
            </button>
            <div
                id=sheet.clone()
                class="menu-sheet"
                data-testid=sheet
                role="group"
                aria-label=label
                class:hidden=move || !open.get()
            >
                {children()}
            </div>
        </div>
    }
}
