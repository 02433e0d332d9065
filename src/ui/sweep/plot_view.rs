//! A Pareto plot on the page, and as a file.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{CanvasRenderingContext2d, Element, HtmlCanvasElement, HtmlElement, KeyboardEvent};

use super::picture::{self, Y_TITLE, diamond, x_title};
use super::plot::{Cost, Plot, PlotPoint, RING_PX};
use super::results::{Shown, load, row_words};
use super::state::use_sweep;
use crate::ui::browser::{error_words, member};
use crate::ui::download;
use crate::ui::page::use_page;

/// A plot's height on the page.
const HEIGHT: f64 = 330.0;
/// A plot's size in a file.
const FILE_SIZE: [f64; 2] = [720.0, 440.0];
/// Pixels of a PNG for each of the drawing's.
const PNG_SCALE: f64 = 2.0;

/// The plot.
#[component]
pub fn PlotView(cost: Cost, shown: Shown) -> impl IntoView {
    let frame = NodeRef::<leptos::html::Div>::new();
    let width = RwSignal::new(520.0);
    follow_width(frame, width);
    let plot = Memo::new(move |_| {
        shown
            .rows
            .with(|rows| Plot::of(cost, rows, None, width.get(), HEIGHT))
    });
    let missing = move || {
        let drawn = plot.with(|plot| plot.as_ref().map_or(0, |plot| plot.points.len()));
        shown.rows.with(Vec::len) - drawn
    };
    view! {
        <figure class="sweep-plot" data-testid=format!("sweep-plot-{}", cost.name())>
            <figcaption><h3>{cost.title()}</h3></figcaption>
            <div node_ref=frame>
                {move || plot.get().map(|plot| view! { <Drawing plot=plot shown=shown /> })}
            </div>
            {move || (missing() > 0).then(|| view! {
                <p class="hint">
                    {format!("{} without words to measure, and so without a point.", missing())}
                </p>
            })}
        </figure>
    }
}

/// Keeps `width` at the frame's.
fn follow_width(frame: NodeRef<leptos::html::Div>, width: RwSignal<f64>) {
    Effect::new(move |_| {
        let Some(element) = frame.get() else { return };
        let measured = element.clone();
        let measure = move || {
            let now = f64::from(measured.client_width());
            if now > 0.0 && (now - width.get_untracked()).abs() >= 1.0 {
                width.set(now.max(240.0));
            }
        };
        measure();
        let resized = Closure::<dyn FnMut()>::new(measure);
        if let Ok(observer) = web_sys::ResizeObserver::new(resized.as_ref().unchecked_ref()) {
            observer.observe(&element);
            let held = StoredValue::new_local((observer, resized));
            on_cleanup(move || {
                held.try_with_value(|(observer, _)| observer.disconnect());
            });
        }
    });
}

#[component]
fn Drawing(plot: Plot, shown: Shown) -> impl IntoView {
    let [left, top, right, bottom] = plot.area;
    let (middle_x, middle_y) = (f64::midpoint(left, right), f64::midpoint(top, bottom));
    let view_box = format!("0 0 {} {}", plot.width, plot.height);
    let title = x_title(&plot);
    let name = format!(
        "{}; {} settings. Arrow keys move between them.",
        plot.cost.title(),
        plot.points.len()
    );
    let first = plot.points.first().map(|point| point.row);
    let x_lines = plot.x_ticks.iter().map(|tick| {
        view! {
            <path class="plot-grid" d=format!("M{:.1} {top}V{bottom}", tick.at) />
            <text x=tick.at y=bottom + 16.0 text-anchor="middle">{tick.words.clone()}</text>
        }
    });
    let y_lines = plot.y_ticks.iter().map(|tick| {
        view! {
            <path class="plot-grid" d=format!("M{left} {:.1}H{right}", tick.at) />
            <text x=left - 6.0 y=tick.at + 4.0 text-anchor="end">{tick.words.clone()}</text>
        }
    });
    let labels = plot.points.iter().filter_map(|point| {
        let label = point.label?;
        let name = point.name.clone();
        Some(view! {
            <text class="plot-name" x=label.x y=label.y text-anchor=label.anchor>{name}</text>
        })
    });
    let (x_lines, y_lines) = (x_lines.collect_view(), y_lines.collect_view());
    let labels = labels.collect_view();
    let points = plot.points.into_iter();
    let points = points.map(|point| view! { <Point point=point first=first shown=shown /> });
    view! {
        <svg class="plot" viewBox=view_box role="group" aria-label=name on:keydown=move |event| move_focus(&event)>
            <g aria-hidden="true">
                {x_lines}
                {y_lines}
                <text x=middle_x y=bottom + 36.0 text-anchor="middle">{title}</text>
                <text x=12 y=middle_y text-anchor="middle" transform=format!("rotate(-90 12 {middle_y})")>
                    {Y_TITLE}
                </text>
                <polyline class="plot-front" points=plot.front />
                {labels}
            </g>
            {points.collect_view()}
        </svg>
    }
}

/// A point: a button that loads its setting.
#[component]
fn Point(point: PlotPoint, first: Option<usize>, shown: Shown) -> impl IntoView {
    let (page, sweep) = (use_page(), use_sweep());
    let row = point.row;
    // Not in the plot's own data: what is set changes with a click, and redrawing would
    // take the focus away.
    let current = Memo::new(move |_| shown.current.get() == Some(row));
    let words = shown
        .rows
        .with_untracked(|rows| rows.get(row).map(row_words));
    let mut words = words.unwrap_or_default();
    if point.on_front {
        words += " On the Pareto front.";
    }
    let words = move || {
        let now = if current.get() { " Set now." } else { "" };
        format!("{words}{now}")
    };
    // One stop of the Tab key for the whole plot.
    let stop = move || {
        let active = sweep.active.get();
        let here = active == Some(row) || (active.is_none() && first == Some(row));
        if here { "0" } else { "-1" }
    };
    let (x, y) = (point.x, point.y);
    let shape = if point.on_front {
        view! { <path class="plot-front-point" d=diamond(&point) /> }.into_any()
    } else {
        view! { <circle class="plot-point" cx=x cy=y r="4.5" /> }.into_any()
    };
    view! {
        <g
            class="plot-button"
            class:active=move || sweep.active.get() == Some(row)
            role="button"
            tabindex=stop
            aria-label=words
            data-testid="sweep-point"
            data-value=row.to_string()
            data-front=point.on_front.to_string()
            data-current=move || current.get().to_string()
            on:pointerenter=move |_| sweep.active.set(Some(row))
            on:focus=move |_| sweep.active.set(Some(row))
            on:click=move |_| load(page, sweep, row)
            on:keydown=move |event| {
                if matches!(event.key().as_str(), "Enter" | " ") {
                    event.prevent_default();
                    load(page, sweep, row);
                }
            }
        >
            <circle class="plot-target" cx=x cy=y r="13" />
            {move || current.get().then(|| view! { <circle class="plot-now" cx=x cy=y r=RING_PX /> })}
            {shape}
        </g>
    }
}

/// More points than a plot has.
const FAR: i32 = 10_000;

/// Arrow keys go from point to point, by rising cost.
fn move_focus(event: &KeyboardEvent) {
    let step: i32 = match event.key().as_str() {
        "ArrowRight" | "ArrowDown" => 1,
        "ArrowLeft" | "ArrowUp" => -1,
        "Home" => -FAR,
        "End" => FAR,
        _ => return,
    };
    let target = event.target().and_then(|t| t.dyn_into::<Element>().ok());
    let Some(next) = target.and_then(|target| neighbour(&target, step)) else {
        return;
    };
    event.prevent_default();
    // SVG elements take the focus as HTML elements do; web_sys has the method only there.
    let _ = next.unchecked_ref::<HtmlElement>().focus();
}

/// The point so many points after this one, or the last one on the way there.
fn neighbour(point: &Element, step: i32) -> Option<Element> {
    let mut found = None;
    let mut here = point.clone();
    for _ in 0..step.unsigned_abs() {
        let next = if step > 0 {
            here.next_element_sibling()
        } else {
            here.previous_element_sibling()
        };
        let Some(next) = next.filter(|next| next.has_attribute("data-front")) else {
            break;
        };
        found = Some(next.clone());
        here = next;
    }
    found
}

/// Saves a plot as a file.
pub fn save_picture(
    cost: Cost,
    shown: Shown,
    note: &str,
    png: bool,
    failed: RwSignal<Option<String>>,
) {
    let [width, height] = FILE_SIZE;
    let current = shown.current.get_untracked();
    let plot = shown
        .rows
        .with_untracked(|rows| Plot::of(cost, rows, current, width, height));
    let Some(plot) = plot else { return };
    let svg = picture::svg(&plot, note);
    failed.set(None);
    if png {
        let name = format!("sweep-{}.png", cost.name());
        spawn_local(async move {
            if let Err(error) = save_png(&svg, name, failed).await {
                failed.set(Some(error_words(&error)));
            }
        });
    } else {
        let name = format!("sweep-{}.svg", cost.name());
        if let Err(words) = download::save_text(&name, download::media::SVG, &svg) {
            failed.set(Some(words));
        }
    }
}

/// Has the browser draw the SVG file on a canvas.
async fn save_png(
    svg: &str,
    name: String,
    failed: RwSignal<Option<String>>,
) -> Result<(), JsValue> {
    let image = document().create_element("img")?;
    let encoded = js_sys::encode_uri_component(svg);
    image.set_attribute("src", &format!("data:image/svg+xml,{encoded}"))?;
    let decode: js_sys::Function = member(&image, "decode").dyn_into()?;
    let decoded: js_sys::Promise = decode.call0(&image)?.dyn_into()?;
    JsFuture::from(decoded).await?;
    let size = |side: &str| member(&image, side).as_f64().unwrap_or(0.0) * PNG_SCALE;
    let canvas: HtmlCanvasElement = document().create_element("canvas")?.dyn_into()?;
    canvas.set_width(size("width") as u32);
    canvas.set_height(size("height") as u32);
    let context = canvas.get_context("2d")?.ok_or("there is no canvas")?;
    let context: CanvasRenderingContext2d = context.dyn_into()?;
    context.scale(PNG_SCALE, PNG_SCALE)?;
    let draw: js_sys::Function = member(&context, "drawImage").dyn_into()?;
    draw.call3(&context, &image, &0.into(), &0.into())?;
    download::save_canvas(&canvas, &name, move |words| failed.set(Some(words)));
    Ok(())
}
