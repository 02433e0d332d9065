//! How the waits are spread, with their percentiles drawn in.

use asr_playground::eval::percentile::Percentiles;
use leptos::prelude::*;

use super::super::format;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 132.0;
/// Room for the axis below and the names of the percentiles above.
const TOP: f64 = 26.0;
const BOTTOM: f64 = 24.0;
/// Widths of bars to choose from, in milliseconds.
const STEPS_MS: [f64; 8] = [10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0];
/// About so many bars.
const BARS: f64 = 24.0;

/// A histogram of milliseconds.
#[component]
pub fn Histogram(values: Memo<Vec<f64>>) -> impl IntoView {
    let words = move || {
        Percentiles::of(values.get()).map_or_else(
            || "No word has been shown yet.".to_owned(),
            |p| {
                format!(
                    "User-perceived latency of {} words: median {}, 95th percentile {}, 99th percentile {}",
                    p.count,
                    format::milliseconds(p.p50),
                    format::milliseconds(p.p95),
                    format::milliseconds(p.p99)
                )
            },
        )
    };
    view! {
        <figure class="histogram">
            <svg viewBox=format!("0 0 {WIDTH} {HEIGHT}") role="img" aria-label=words data-testid="latency-histogram" data-count=move || values.with(Vec::len)>
                {move || values.with(|values| picture(values))}
            </svg>
            <figcaption class="hint">{words}</figcaption>
        </figure>
    }
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

fn picture(values: &[f64]) -> Option<AnyView> {
    let (begin, step, counts) = bars(values)?;
    let percentiles = Percentiles::of(values.iter().copied())?;
    let end = begin + step * counts.len() as f64;
    let x = move |ms: f64| (ms - begin) / (end - begin) * (WIDTH - 20.0) + 10.0;
    let highest = counts.iter().copied().max().unwrap_or(1).max(1) as f64;
    let bottom = HEIGHT - BOTTOM;
    let bars = counts.into_iter().enumerate().map(|(index, count)| {
        let height = count as f64 / highest * (bottom - TOP);
        let left = x(begin + step * index as f64);
        let width = (x(begin + step) - x(begin) - 1.0).max(1.0);
        view! { <rect class="histogram-bar" x=left y=bottom - height width=width height=height /> }
    });
    let ticks = [begin, f64::midpoint(begin, end), end].map(|ms| {
        let anchor = if ms <= begin { "start" } else if ms >= end { "end" } else { "middle" };
        view! { <text class="histogram-tick" x=x(ms) y=HEIGHT - 6.0 text-anchor=anchor>{format::milliseconds(ms)}</text> }
    });
    let mut last_x = f64::NEG_INFINITY;
    let marks = [
        ("p50", percentiles.p50),
        ("p95", percentiles.p95),
        ("p99", percentiles.p99),
    ]
    .map(|(name, ms)| {
        let at = x(ms);
        // Names that would lie on each other go a line lower.
        let lower = at - last_x < 34.0;
        if !lower {
            last_x = at;
        }
        let y = if lower { 22.0 } else { 11.0 };
        let anchor = if at > WIDTH - 30.0 { "end" } else { "middle" };
        view! {
            <line class=format!("histogram-mark {name}") x1=at x2=at y1=y + 3.0 y2=bottom />
            <text class="histogram-name" x=at y=y text-anchor=anchor>{name}</text>
        }
    });
    Some(
        view! {
            {bars.collect_view()}
            <line class="histogram-axis" x1="10" x2=WIDTH - 10.0 y1=bottom y2=bottom />
            {ticks.collect_view()}
            {marks.collect_view()}
        }
        .into_any(),
    )
}
