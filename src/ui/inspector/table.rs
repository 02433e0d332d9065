//! The row as a table: all of the tree in numbers.

use leptos::prelude::*;

use super::super::format::nats;
use super::super::glossary::score;
use super::state::Inspector;
use super::tree::shown;
use super::words::{self, nats_or_never};

/// The table, folded.
#[component]
pub fn RowTable(inspector: Inspector) -> impl IntoView {
    let open = RwSignal::new(false);
    let body = move || {
        let row = inspector.seen.get().filter(|_| open.get())?;
        let beam = inspector.beam();
        let most = inspector.shown.get();
        let lines: Vec<_> = shown(&row, most, most.div_ceil(2))
            .into_iter()
            .filter_map(|index| {
                let c = row.candidates.get(index)?;
                let (blank, non_blank) = words::sums(c);
                let numbers = [
                    nats_or_never(blank),
                    nats_or_never(non_blank),
                    nats_or_never(c.acoustic),
                    nats(c.lm),
                    nats(c.look_ahead),
                    nats(c.bonus),
                    nats(c.hotword),
                    nats_or_never(c.total),
                ];
                Some(view! {
                    <tr>
                        <th scope="row" class="mono">{words::text_mark(&words::tail(&c.text, 24))}</th>
                        {numbers.map(|n| view! { <td>{n}</td> }).collect_view()}
                        <td class="row-fate">{words::fate(c.fate, &beam)}</td>
                    </tr>
                })
            })
            .collect();
        Some(lines)
    };
    view! {
        <details
            class="row-table"
            data-testid="row-table"
            on:toggle=move |event| open.set(event_target::<web_sys::HtmlElement>(&event).has_attribute("open"))
        >
            <summary>"This row as a table"</summary>
            <div class="row-table-scroll" tabindex="0" role="region" aria-label="The row's candidates">
                <table>
                    <thead>
                        <tr>
                            <th scope="col">"Text"</th>
                            <th scope="col">"Blank"</th>
                            <th scope="col">"Token"</th>
                            <th scope="col">{score::SOUND}</th>
                            <th scope="col">{score::LANGUAGE_MODEL}</th>
                            <th scope="col">{score::LM_LOOK_AHEAD}</th>
                            <th scope="col">{score::BONUS}</th>
                            <th scope="col">{score::HOTWORDS}</th>
                            <th scope="col">{score::TOTAL}</th>
                            <th scope="col">"What became of it"</th>
                        </tr>
                    </thead>
                    <tbody>{body}</tbody>
                </table>
            </div>
        </details>
    }
}
