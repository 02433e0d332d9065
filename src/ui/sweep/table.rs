//! The sweep's rows as a table that can be sorted.

use asr_playground::eval::sweep::SweepRow;
use leptos::prelude::*;

use super::order::{Column, sorted};
use super::results::{Shown, load};
use super::state::use_sweep;
use crate::ui::format;
use crate::ui::page::use_page;

/// The table.
#[component]
pub fn Table(shown: Shown) -> impl IntoView {
    let sweep = use_sweep();
    let order = Memo::new(move |_| {
        let (column, falling) = sweep.order.get();
        shown.rows.with(|rows| sorted(rows, column, falling))
    });
    let rows = move || {
        let order = order.get();
        shown.rows.with(|rows| {
            order
                .iter()
                .filter_map(|index| Some((*index, rows.get(*index)?.clone())))
                .map(|(index, row)| view! { <Row index=index row=row shown=shown /> })
                .collect_view()
        })
    };
    view! {
        <div class="sweep-table-box" role="region" aria-label="Figures of every setting" tabindex="0">
            <table class="sweep-table" data-testid="sweep-table">
                <thead>
                    <tr>{Column::ALL.into_iter().map(|column| view! { <Head column=column /> }).collect_view()}</tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

/// A column's head: a button that sorts by it.
#[component]
fn Head(column: Column) -> impl IntoView {
    let sweep = use_sweep();
    let (head, what) = column.head();
    let sort = move || {
        let (by, falling) = sweep.order.get();
        match (by == column, falling) {
            (false, _) => "none",
            (true, false) => "ascending",
            (true, true) => "descending",
        }
    };
    let arrow = move || match sort() {
        "ascending" => " ↑",
        "descending" => " ↓",
        _ => "",
    };
    view! {
        <th scope="col" aria-sort=sort class:number=column != Column::Setting>
            <button
                type="button"
                title=what
                data-testid=format!("sweep-sort-{}", column.name())
                on:click=move |_| sweep.order.update(|(by, falling)| {
                    *falling = *by == column && !*falling;
                    *by = column;
                })
            >
                {head}
                <span aria-hidden="true">{arrow}</span>
            </button>
        </th>
    }
}

#[component]
fn Row(index: usize, row: SweepRow, shown: Shown) -> impl IntoView {
    let (page, sweep) = (use_page(), use_sweep());
    let current = move || shown.current.get() == Some(index);
    let cells = Column::ALL
        .into_iter()
        .filter(|column| *column != Column::Setting);
    let cells = cells.map(|column| cell(column, &row)).collect_view();
    let name = row.setting.to_string();
    let mark = move |latency: bool| {
        shown.fronts.with(|fronts| {
            let front = if latency {
                &fronts.latency
            } else {
                &fronts.compute
            };
            front.contains(&index)
        })
    };
    view! {
        <tr
            data-testid="sweep-row"
            data-value=index.to_string()
            class:active=move || sweep.active.get() == Some(index)
            class:current=current
            on:pointerenter=move |_| sweep.active.set(Some(index))
        >
            <th scope="row">
                <button
                    type="button"
                    class="sweep-load"
                    title="Load this setting into the page"
                    data-testid="sweep-load"
                    on:click=move |_| load(page, sweep, index)
                    on:focus=move |_| sweep.active.set(Some(index))
                >
                    {name}
                </button>
                <span class="sweep-marks">
                    {move || mark(true).then(|| view! { <span class="sweep-mark" title="On the Pareto front of WER and latency">"◆ latency"</span> })}
                    {move || mark(false).then(|| view! { <span class="sweep-mark" title="On the Pareto front of WER and compute">"◆ compute"</span> })}
                    {move || current().then(|| view! { <span class="sweep-mark now">"set now"</span> })}
                </span>
            </th>
            {cells}
        </tr>
    }
}

fn cell(column: Column, row: &SweepRow) -> impl IntoView + use<> {
    let value = column.of(row);
    let words = value.map_or(format::NONE_YET.to_owned(), |value| match column {
        Column::Wer | Column::Cer | Column::Oracle => format::percent(value),
        Column::P50 | Column::P95 => format::fixed(value, 0),
        Column::Compute | Column::Flicker | Column::Setting => format::fixed(value, 1),
    });
    let interval = row.wer_interval.filter(|_| column == Column::Wer);
    let interval = interval.map(|i| {
        let words = format!("{:.1}–{:.1}", i.low * 100.0, i.high * 100.0);
        view! { <span class="sweep-interval">{words}</span> }
    });
    view! {
        <td class="number" data-column=column.name() data-value=value.map(|value| value.to_string()).unwrap_or_default()>
            {words}
            {interval}
        </td>
    }
}
