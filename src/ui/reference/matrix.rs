//! The matrix of costs with its backtrace, on demand.
//!
//! Up to [`MAX_DRAWN_CELLS`] table cells are made a few rows a frame, so that no frame
//! is late. They have no handlers of their own: the table hears for them, and the cell
//! in focus is named by `aria-activedescendant`.

use std::sync::Arc;

use asr_playground::eval::matrix::{Cell, CostMatrix};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, KeyboardEvent};

use super::cells::{explained, step_to, too_large};
use crate::ui::drawing::growing;

/// Cells that are made in one frame, about.
const CELLS_A_FRAME: usize = 200;

type Texts = Option<(String, String)>;

/// The folded matrix.
#[component]
pub fn Matrix(#[prop(into)] texts: Signal<Texts>, so_far: Signal<bool>) -> impl IntoView {
    let open = RwSignal::new(false);
    let body = move || {
        if !open.get() {
            return ().into_any();
        }
        if so_far.get() {
            return hint("The matrix is drawn when the take is over.".to_owned());
        }
        let Some((reference, hypothesis)) = texts.get() else {
            return hint("The matrix waits for a reference and a transcript.".to_owned());
        };
        if let Some(words) = too_large(&reference, &hypothesis) {
            return hint(words);
        }
        match CostMatrix::of_words(&reference, &hypothesis) {
            Ok(matrix) => {
                view! { <Grid matrix=Arc::new(matrix) reference hypothesis /> }.into_any()
            }
            Err(error) => hint(error.to_string()),
        }
    };
    view! {
        <details
            class="matrix"
            data-testid="matrix"
            on:toggle=move |event| open.set(event_target::<HtmlElement>(&event).has_attribute("open"))
        >
            <summary>"How the errors are counted: the matrix of costs and the way back through it"</summary>
            {body}
        </details>
    }
}

fn hint(words: String) -> AnyView {
    view! { <p class="hint" data-testid="matrix-hint">{words}</p> }.into_any()
}

#[component]
fn Grid(matrix: Arc<CostMatrix>, reference: String, hypothesis: String) -> impl IntoView {
    let end = Cell {
        row: matrix.rows() - 1,
        column: matrix.columns() - 1,
    };
    let focus = RwSignal::new(end);
    let (rows, columns) = (matrix.rows(), matrix.columns());
    let a_frame = (CELLS_A_FRAME / columns).max(1);
    let drawn = growing(a_frame, a_frame, Signal::stored(rows));
    mark_focus(focus, drawn);
    let said: Arc<Vec<String>> =
        Arc::new(reference.split_whitespace().map(str::to_owned).collect());
    let heard: Vec<String> = hypothesis.split_whitespace().map(str::to_owned).collect();
    let explanation = {
        let matrix = Arc::clone(&matrix);
        move || explained(&matrix, focus.get()).unwrap_or_default()
    };
    let go = move |event: &web_sys::Event| {
        if let Some(cell) = cell_of(event) {
            focus.set(cell);
        }
    };
    let body = {
        let matrix = Arc::clone(&matrix);
        move |row: usize| row_view(&matrix, row, said.get(row.wrapping_sub(1)).cloned())
    };
    view! {
        <p class="hint">
            "Down: the words said. Across: the words heard. A cell is the fewest errors that turn one beginning "
            "into the other; the last cell is S + D + I. Point at a cell, or move with the arrow keys."
        </p>
        <div class="matrix-box">
            <table
                class="matrix-cells"
                role="grid"
                tabindex="0"
                data-testid="matrix-cells"
                style=("--columns", columns.to_string())
                data-rows=rows
                data-columns=columns
                aria-label="Matrix of costs: words said down, words heard across"
                aria-rowcount=rows
                aria-colcount=columns
                aria-activedescendant=move || cell_id(focus.get())
                on:keydown=move |event| on_key(&event, focus, end)
                on:click=move |event| go(&event)
                on:mouseover=move |event| go(&event)
            >
                <thead role="rowgroup">
                    <tr role="row">
                        <td role="presentation"></td>
                        <th scope="col" role="columnheader"><span class="matrix-nothing">"(nothing)"</span></th>
                        {heard.into_iter().map(|word| view! { <th scope="col" role="columnheader"><span>{word}</span></th> }).collect_view()}
                    </tr>
                </thead>
                <tbody role="rowgroup">
                    <For each=move || 0..drawn.get() key=|row| *row children=body />
                </tbody>
            </table>
        </div>
        <p class="matrix-words" role="status" data-testid="matrix-words">{explanation}</p>
        <p class="legend" aria-hidden="true">
            <span><b class="mark hit">"H"</b>" hit, no cost"</span>
            <span><b class="mark substitution">"S"</b>" other word, + 1"</span>
            <span><b class="mark deletion">"D"</b>" missed word, + 1"</span>
            <span><b class="mark insertion">"I"</b>" extra word, + 1"</span>
        </p>
    }
}

fn row_view(matrix: &CostMatrix, row: usize, said: Option<String>) -> impl IntoView + use<> {
    let name = said.map_or_else(
        || view! { <span class="matrix-nothing">"(nothing)"</span> }.into_any(),
        |word| view! { <span>{word}</span> }.into_any(),
    );
    let cells: Vec<_> = (0..matrix.columns())
        .filter_map(|column| {
            let cell = Cell { row, column };
            let cost = matrix.cost(cell)?;
            let id = cell_id(cell);
            Some(match step_to(matrix, cell) {
                None => view! { <td id=id role="gridcell">{cost}</td> }.into_any(),
                Some((letter, class)) => view! {
                    <td id=id role="gridcell" class=format!("path {class}") data-edit=letter>
                        {cost}
                        <b class=format!("mark {class}")>{letter}</b>
                    </td>
                }
                .into_any(),
            })
        })
        .collect();
    view! { <tr role="row"><th scope="row" role="rowheader">{name}</th>{cells}</tr> }
}

fn cell_id(cell: Cell) -> String {
    format!("cost-{}-{}", cell.row, cell.column)
}

/// Reads [`cell_id`] of the cell that an event is about.
fn cell_of(event: &web_sys::Event) -> Option<Cell> {
    let element: web_sys::Element = event.target()?.dyn_into().ok()?;
    let id = element.closest("td[id]").ok()??.id();
    let (row, column) = id.strip_prefix("cost-")?.split_once('-')?;
    Some(Cell {
        row: row.parse().ok()?,
        column: column.parse().ok()?,
    })
}

/// Marks the cell in focus.
fn mark_focus(focus: RwSignal<Cell>, drawn: Signal<usize>) {
    Effect::new(move |last: Option<Cell>| {
        drawn.track();
        let cell = focus.get();
        let element = |cell: Cell| document().get_element_by_id(&cell_id(cell));
        if let Some(element) = last.filter(|last| *last != cell).and_then(element) {
            let _ = element.remove_attribute("aria-selected");
        }
        if let Some(element) = element(cell) {
            let _ = element.set_attribute("aria-selected", "true");
        }
        cell
    });
}

fn on_key(event: &KeyboardEvent, focus: RwSignal<Cell>, end: Cell) {
    let Cell { row, column } = focus.get_untracked();
    let cell = match event.key().as_str() {
        "ArrowRight" => (row, column + 1),
        "ArrowLeft" => (row, column.saturating_sub(1)),
        "ArrowDown" => (row + 1, column),
        "ArrowUp" => (row.saturating_sub(1), column),
        "Home" => (0, 0),
        "End" => (end.row, end.column),
        _ => return,
    };
    event.prevent_default();
    let cell = Cell {
        row: cell.0.min(end.row),
        column: cell.1.min(end.column),
    };
    focus.set(cell);
    if let Some(element) = document().get_element_by_id(&cell_id(cell)) {
        bring_into_view(&element);
    }
}

/// Scrolls the matrix's own box, past the words that stay at its edges.
fn bring_into_view(element: &web_sys::Element) {
    let Ok(Some(frame)) = element.closest(".matrix-box") else {
        return;
    };
    let name = element
        .parent_element()
        .and_then(|row| row.first_element_child());
    let side = name.map_or(0.0, |name| name.get_bounding_client_rect().width());
    let head = frame.query_selector("thead").ok().flatten();
    let top = head.map_or(0.0, |head| head.get_bounding_client_rect().height());
    let (cell, shown) = (
        element.get_bounding_client_rect(),
        frame.get_bounding_client_rect(),
    );
    let over =
        |from: f64, to: f64, least: f64, most: f64| (least - from).max(0.0) - (to - most).max(0.0);
    let down = over(cell.top(), cell.bottom(), shown.top() + top, shown.bottom());
    let right = over(
        cell.left(),
        cell.right(),
        shown.left() + side,
        shown.right(),
    );
    frame.set_scroll_top(frame.scroll_top() - down as i32);
    frame.set_scroll_left(frame.scroll_left() - right as i32);
}
