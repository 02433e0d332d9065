//! How the waits are spread: how many words waited so long, with the percentiles drawn in that
//! so many words can carry.

use asr_playground::eval::percentile::Percentiles;
use leptos::html;
use leptos::prelude::*;

use super::super::drawing::watch_width;
use super::super::format;
use super::super::tail::{caveat, largest};

const HEIGHT: f64 = 168.0;
/// Room for the axis below and the names of the percentiles above.
const TOP: f64 = 34.0;
const BOTTOM: f64 = 24.0;
/// Room for the counts.
const LEFT: f64 = 34.0;
const RIGHT: f64 = 12.0;
/// Narrower it is not drawn.
const LEAST_WIDTH: f64 = 160.0;
/// Times on the axis are so far apart.
const TICK_PIXELS: f64 = 84.0;
/// Names of percentiles are.
const NAME_PIXELS: f64 = 58.0;
/// Widths of bars to choose from, in milliseconds.
const STEPS_MS: [f64; 8] = [10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0];
/// About so many bars.
const BARS: f64 = 24.0;
/// At most so many lines of counts, and their steps.
const COUNT_LINES: usize = 4;
const COUNT_STEPS: [usize; 12] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000];

/// A histogram of milliseconds.
#[component]
pub fn Histogram(values: Memo<Vec<f64>>) -> impl IntoView {
    let width = RwSignal::new(0.0);
    let figure = NodeRef::<html::Figure>::new();
    Effect::new(move |_| {
        if let Some(element) = figure.get() {
            watch_width(&element, width);
        }
    });
    let words = move || values.with(|values| in_words(values));
    view! {
        <figure class="histogram" node_ref=figure>
            <svg
                width=move || width.get().to_string()
                height=HEIGHT
                role="img"
                aria-label=words
                data-testid="latency-histogram"
                data-count=move || values.with(Vec::len)
            >
                {move || values.with(|values| picture(values, width.get()))}
            </svg>
            <figcaption class="hint">
                {words}
                {move || values.with(|values| caveat(values.len())).map(|words| view! { " " <span data-testid="percentile-caveat">{words}</span> })}
            </figcaption>
        </figure>
    }
}

/// The marks: the percentiles that the values carry, and where that is not all, the largest.
fn marks(values: &[f64]) -> Vec<(&'static str, f64)> {
    let Some(percentiles) = Percentiles::of(values.iter().copied()) else {
        return Vec::new();
    };
    let shares = [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)];
    let mut marks: Vec<_> = shares
        .into_iter()
        .filter_map(|(name, share)| Some((name, percentiles.carried(share)?)))
        .collect();
    if marks.len() < shares.len() {
        marks.extend(largest(values).map(|ms| ("largest", ms)));
    }
    marks
}

fn in_words(values: &[f64]) -> String {
    if values.is_empty() {
        return "No word has been shown yet.".to_owned();
    }
    let told = marks(values).into_iter().map(|(name, ms)| {
        let name = if name == "p50" { "median" } else { name };
        format!("{name} {}", format::milliseconds(ms))
    });
    let told: Vec<String> = told.collect();
    format!(
        "Words by their user-perceived latency, {} in all: {}.",
        values.len(),
        told.join(", ")
    )
}

/// Bars of equal width over the values: the first bar's beginning, the width, the counts.
fn bars(values: &[f64]) -> Option<(f64, f64, Vec<usize>)> {
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if !least.is_finite() || !most.is_finite() {
        return None;
    }
    let span = (most - least).max(1.0);
    let step = STEPS_MS
        .into_iter()
        .find(|step| span / step <= BARS)
        .unwrap_or(span / BARS);
    let begin = (least / step).floor() * step;
    let mut counts = vec![0; ((most - begin) / step).floor() as usize + 1];
    for value in values {
        if let Some(count) = counts.get_mut(((value - begin) / step).floor().max(0.0) as usize) {
            *count += 1;
        }
    }
    Some((begin, step, counts))
}

/// Where things lie.
#[derive(Clone, Copy)]
struct Scales {
    begin_ms: f64,
    end_ms: f64,
    width: f64,
    /// The count at the top.
    most: f64,
}

impl Scales {
    fn x(&self, ms: f64) -> f64 {
        let share = (ms - self.begin_ms) / (self.end_ms - self.begin_ms);
        LEFT + share * (self.width - LEFT - RIGHT)
    }

    fn y(&self, count: f64) -> f64 {
        HEIGHT - BOTTOM - count / self.most * (HEIGHT - BOTTOM - TOP)
    }
}

fn picture(values: &[f64], width: f64) -> Option<AnyView> {
    let (begin_ms, step, counts) = bars(values)?;
    if width < LEAST_WIDTH {
        return None;
    }
    let highest = counts.iter().copied().max().unwrap_or(1).max(1);
    let count_step = COUNT_STEPS
        .into_iter()
        .find(|step| highest.div_ceil(*step) <= COUNT_LINES)
        .unwrap_or(highest);
    let scales = Scales {
        begin_ms,
        end_ms: begin_ms + step * counts.len() as f64,
        width,
        most: (highest.div_ceil(count_step) * count_step) as f64,
    };
    let bars = counts.into_iter().enumerate().map(|(index, count)| {
        let (left, top) = (
            scales.x(begin_ms + step * index as f64),
            scales.y(count as f64),
        );
        let bar = (scales.x(begin_ms + step) - scales.x(begin_ms) - 1.0).max(1.0);
        view! { <rect class="histogram-bar" x=left y=top width=bar height=HEIGHT - BOTTOM - top /> }
    });
    Some(
        view! {
            {counts_axis(scales, count_step)}
            {bars.collect_view()}
            {times_axis(scales, step)}
            {marks_view(scales, &marks(values))}
        }
        .into_any(),
    )
}

/// Lines at round counts, and what is counted.
fn counts_axis(scales: Scales, step: usize) -> impl IntoView {
    let lines = (0..=scales.most as usize).step_by(step).map(|count| {
        let y = scales.y(count as f64).round() + 0.5;
        view! {
            <line class="histogram-grid" x1=LEFT x2=scales.width - RIGHT y1=y y2=y />
            <text class="histogram-tick" data-testid="histogram-count" x=LEFT - 7.0 y=y + 4.0 text-anchor="end">{count.to_string()}</text>
        }
    });
    view! {
        {lines.collect_view()}
        <text class="histogram-tick" x="0" y="12">"words"</text>
    }
}

/// Round times where bars begin.
fn times_axis(scales: Scales, step: f64) -> impl IntoView {
    let pixels = scales.x(scales.begin_ms + step) - LEFT;
    // 1, 2, 4, 5, 10… bars.
    let every = [1.0, 2.0, 4.0, 5.0, 10.0, 20.0, 50.0]
        .into_iter()
        .find(|every| every * pixels >= TICK_PIXELS)
        .unwrap_or(100.0)
        * step;
    let first = (scales.begin_ms / every).ceil();
    let ticks = (0..)
        .map(|index| (first + f64::from(index)) * every)
        .take_while(|ms| *ms <= scales.end_ms + 1e-6)
        .map(|ms| {
            let x = scales.x(ms);
            let anchor = if x > scales.width - 32.0 { "end" } else { "middle" };
            let at = if anchor == "end" { scales.width - 2.0 } else { x };
            view! {
                <line class="histogram-axis" x1=x x2=x y1=HEIGHT - BOTTOM y2=HEIGHT - BOTTOM + 4.0 />
                <text class="histogram-tick" x=at y=HEIGHT - 6.0 text-anchor=anchor>{format::milliseconds(ms)}</text>
            }
        });
    let bottom = HEIGHT - BOTTOM;
    view! {
        <line class="histogram-axis" x1=LEFT x2=scales.width - RIGHT y1=bottom y2=bottom />
        {ticks.collect_view()}
    }
}

fn marks_view(scales: Scales, marks: &[(&'static str, f64)]) -> impl IntoView + use<> {
    let mut last_x = f64::NEG_INFINITY;
    let places = marks.iter().map(|(name, ms)| {
        let at = scales.x(*ms);
        // A name that would lie on the one before goes a line lower.
        let lower = at - last_x < NAME_PIXELS;
        if !lower {
            last_x = at;
        }
        (*name, at, if lower { 26.0 } else { 12.0 })
    });
    let places: Vec<_> = places.collect();
    let lines = places.iter().map(|(name, at, y)| {
        view! { <line class=format!("histogram-mark {name}") x1=*at x2=*at y1=y + 4.0 y2=HEIGHT - BOTTOM /> }
    });
    let names = places.iter().map(|(name, at, y)| {
        let anchor = if *at > scales.width - 30.0 {
            "end"
        } else {
            "middle"
        };
        let x = if anchor == "end" {
            (at + 6.0).min(scales.width)
        } else {
            *at
        };
        view! { <text class="histogram-name" x=x y=*y text-anchor=anchor>{*name}</text> }
    });
    view! {
        {lines.collect_view()}
        {names.collect_view()}
    }
}
