//! What B has over A, in words, and which of it is noise.

use leptos::prelude::*;

use super::super::format;
use super::super::measure::ABOUT_THE_SAME;
use super::super::noise::Work;
use super::super::page::{Page, use_page};
use super::{Shown, rows};

/// B minus A of a figure.
struct Difference {
    key: &'static str,
    name: String,
    /// In the figure's unit.
    value: f64,
    /// Up to here it says nothing; 0 for what is counted, not timed.
    floor: f64,
}

impl Difference {
    fn is_noise(&self, alike: bool) -> bool {
        let timed = self.floor > 0.0;
        timed && (alike || self.value.abs() <= self.floor)
    }

    /// What it is, or that it is noise and how large that is here. `alike`: both sides have
    /// the same settings, so that whatever is between their times is noise.
    fn words(&self, alike: bool) -> String {
        let size = self.value.abs();
        if self.is_noise(alike) {
            let (apart, floor) = (self.time(size), self.time(self.floor));
            return if alike {
                format!(
                    "{ABOUT_THE_SAME}: A and B are set alike, and the {apart} between them are this machine's noise"
                )
            } else {
                format!("{ABOUT_THE_SAME}: {apart} apart, and up to {floor} is noise here")
            };
        }
        let (shown, least, less, more) = match self.key {
            "wer" => (
                format!("{:.1} points", size * 100.0),
                0.0005,
                "lower with B",
                "higher with B",
            ),
            "p95" => (self.time(size), 0.05, "sooner with B", "later with B"),
            "compute" => (self.time(size), 0.05, "less with B", "more with B"),
            _ => (
                format::fixed(size, 1),
                0.05,
                "fewer a minute with B",
                "more a minute with B",
            ),
        };
        if size < least {
            return "the same".to_owned();
        }
        let which = if self.value < 0.0 { less } else { more };
        format!("{shown} {which}")
    }

    fn time(&self, size: f64) -> String {
        match self.key {
            "compute" => format::compute(Some(size)),
            _ => format::short_milliseconds(size),
        }
    }
}

/// The panel.
#[component]
pub fn Differences(a: Memo<Shown>, b: Memo<Shown>) -> impl IntoView {
    let page = use_page();
    let alike = Memo::new(move |_| page.settings.with(|s| s.recognizer == s.other));
    view! {
        <section class="panel" aria-labelledby="difference-title">
            <div class="panel-head">
                <h2 id="difference-title">"What the difference buys"</h2>
                <p class="hint">
                    "Both hear the same sound on one thread and take turns, so a machine that is only just fast enough for one falls behind with two. "
                    "A difference between times counts when it is larger than 2% and than three standard errors, by the scatter of the chunks' computing times."
                </p>
            </div>
            <ul class="differences" data-testid="differences">
                {move || {
                    let found = differences(page, &a.get(), &b.get());
                    if found.is_empty() {
                        return view! { <li class="hint">"The differences are listed when both have finished a take."</li> }.into_any();
                    }
                    let alike = alike.get();
                    found.into_iter().map(|difference| line(&difference, alike)).collect_view().into_any()
                }}
            </ul>
        </section>
    }
}

fn line(difference: &Difference, alike: bool) -> impl IntoView + use<> {
    view! {
        <li
            data-testid=format!("difference-{}", difference.key)
            data-value=difference.value.to_string()
            data-floor=difference.floor.to_string()
            data-noise=difference.is_noise(alike).to_string()
        >
            <span class="field-name">{difference.name.clone()}</span>
            ": "
            {difference.words(alike)}
        </li>
    }
}

fn differences(page: Page, a: &Shown, b: &Shown) -> Vec<Difference> {
    let (Some(of_a), Some(of_b)) = (work(a), work(b)) else {
        return Vec::new();
    };
    let of_simulated = a.figures.simulated && b.figures.simulated;
    let pairs = rows(page, a).into_iter().zip(rows(page, b));
    let told = pairs.filter(|(a, _)| matches!(a.key, "wer" | "p95" | "compute" | "flicker"));
    told.filter_map(|(a, b)| {
        let (of, with) = (a.value?, b.value?);
        let floor = match a.key {
            // Heard live, either may have had to wait for a chunk of the other's.
            "p95" if !of_simulated => {
                let turn = of_a.chunk_ms().max(of_b.chunk_ms());
                of_a.wait_floor(&of_b, of, with).max(turn)
            }
            "p95" => of_a.wait_floor(&of_b, of, with),
            "compute" => of_a.compute_floor(&of_b),
            _ => 0.0,
        };
        Some(Difference {
            key: a.key,
            name: a.name,
            value: with - of,
            floor,
        })
    })
    .collect()
}

/// What a side computed; nothing while it still does.
fn work(shown: &Shown) -> Option<Work> {
    let latency = shown.latency.as_ref()?;
    Some(Work::of(&latency.chunks, shown.figures.audio_ms))
}
