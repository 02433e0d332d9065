//! What is stored and what is sent, in a dialogue reached from the foot of the page.

use leptos::html;
use leptos::prelude::*;

use super::offline::Offline;

/// The button and its dialogue.
#[component]
pub fn Privacy() -> impl IntoView {
    let dialogue = NodeRef::<html::Dialog>::new();
    let offline = expect_context::<Offline>();
    let open = move |_| {
        if let Some(dialogue) = dialogue.get_untracked() {
            // Refused only where it is open.
            let _ = dialogue.show_modal();
        }
    };
    view! {
        <button type="button" class="link-button" data-testid="privacy" on:click=open>
            "What is stored, and what is sent"
        </button>
        <dialog class="dialogue" node_ref=dialogue aria-labelledby="privacy-title" data-testid="privacy-dialogue">
            <div class="dialogue-head">
                <h2 id="privacy-title">"What is stored, and what is sent"</h2>
                <button
                    type="button"
                    class="button"
                    data-testid="privacy-close"
                    on:click=move |_| {
                        if let Some(dialogue) = dialogue.get_untracked() {
                            dialogue.close();
                        }
                    }
                >
                    "Close"
                </button>
            </div>
            <h3>"Sent"</h3>
            <p>
                "Nothing. Your voice, your files and the words are handled inside this page and go \
                 nowhere. The page asks its own host for its own files, as every page does, and \
                 nobody else for anything; a rule in the page has your browser enforce that. There are no \
                 cookies, no statistics and no accounts."
            </p>
            <h3>"Stored"</h3>
            <ul>
                <li>
                    "Takes: none, unless you switch on “Keep my takes in this browser”. Then your recordings \
                     and the files you open are kept in this browser, with their words and the words' times, the reference you \
                     typed, the settings, the time, the file's name, your title, a checksum of the sound and which opening of the page \
                     made them. You can delete one or all; switching \
                     off keeps no further ones. A recording that another take pushes out of view is set aside, in memory alone, until this page closes. That the switch is on is remembered as well, and is forgotten with \
                     the last take once it is off; and each tab remembers until it is closed which kept take it has in view, to show it again when it is loaded anew."
                </li>
                <li>
                    "Settings: in the address of the page, and with each take you keep. A link has them, and never any audio or text \
                     of yours, except for hotwords, which are settings."
                </li>
                <li>
                    "The page itself: a copy of its files, so that it works without a network. "
                    {move || {
                        if offline.ready.get() {
                            "It is complete. "
                        } else {
                            "It is not there, or not complete yet. "
                        }
                    }}
                    "Your browser removes it with this site's data."
                </li>
            </ul>
            <h3>"The microphone"</h3>
            <p>
                "It is opened when you press Record, after your browser has asked you, and let go when the take ends."
            </p>
        </dialog>
    }
}
