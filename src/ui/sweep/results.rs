//! What a sweep gave: the plots, the read-out under them, the table, the files.

use std::fmt::Write as _;

use asr_playground::eval::percentile::fewest_for;
use asr_playground::eval::sweep::{Fronts, SweepRow, to_csv, to_json};
use leptos::prelude::*;

use super::axes;
use super::plot::Cost;
use super::plot_view::{PlotView, save_picture};
use super::state::{SweepResults, SweepState, use_sweep};
use super::table::Table;
use crate::ui::page::{Page, use_page};
use crate::ui::{actions, download, format};

/// The rows, kept apart from the rest so that what is set now does not redraw them.
#[derive(Clone, Copy)]
pub struct Shown {
    /// The rows.
    pub rows: Memo<Vec<SweepRow>>,
    /// Their fronts.
    pub fronts: Memo<Fronts>,
    /// The row of what is set now.
    pub current: Memo<Option<usize>>,
}

/// The panel.
#[component]
pub fn Results() -> impl IntoView {
    let (page, sweep) = (use_page(), use_sweep());
    let rows = Memo::new(move |_| {
        sweep
            .results
            .with(|results| results.as_ref().map(|r| r.rows.clone()))
            .unwrap_or_default()
    });
    let shown = Shown {
        rows,
        fronts: Memo::new(move |_| rows.with(|rows| Fronts::of(rows))),
        current: Memo::new(move |_| current(page, &rows.get())),
    };
    let any = Memo::new(move |_| rows.with(|rows| !rows.is_empty()));
    view! {
        <section class="panel sweep" aria-labelledby="sweep-results-title" data-testid="sweep-results">
            <div class="panel-head sweep-results-head">
                <div>
                    <h2 id="sweep-results-title">"Results"</h2>
                    <p class="hint" data-testid="sweep-summary">{move || summary(sweep)}</p>
                </div>
                <Show when=move || any.get()>
                    <Files shown=shown />
                </Show>
            </div>
            <Show when=move || any.get()>
                <div class="sweep-plots">
                    <PlotView cost=Cost::Latency shown=shown />
                    <PlotView cost=Cost::Compute shown=shown />
                </div>
                <Legend shown=shown />
                <ReadOut shown=shown />
                <Table shown=shown />
            </Show>
        </section>
    }
}

/// The row of what is set now.
fn current(page: Page, rows: &[SweepRow]) -> Option<usize> {
    page.settings.with(|settings| {
        rows.iter()
            .position(|row| axes::is_set(&row.setting, &settings.recognizer, settings.normaliser))
    })
}

/// Sets what a row was made with.
pub fn load(page: Page, sweep: SweepState, row: usize) {
    let found = sweep.results.with_untracked(|results| {
        let results = results.as_ref()?;
        let setting = results.rows.get(row)?.setting.clone();
        Some((setting, results.base.clone()))
    });
    if let Some((setting, base)) = found {
        actions::change(page, |settings| {
            settings.recognizer = axes::loaded(&setting, &base, &settings.recognizer);
            settings.normaliser = setting.normaliser;
        });
    }
}

fn summary(sweep: SweepState) -> String {
    sweep.results.with(|results| match results {
        Some(results) if !results.rows.is_empty() => measured(results),
        Some(_) if sweep.run.with(super::state::RunState::busy) => {
            "The first clip is on its way.".to_owned()
        }
        _ => "Nothing has been run yet. Choose clips and settings above, then Run: plots and a table appear here, and stay while you look at other views.".to_owned(),
    })
}

/// "6 settings over 12 clips, 151 words."
pub fn measured(results: &SweepResults) -> String {
    let (clips, words) = results
        .rows
        .first()
        .map_or((0, 0), |row| (row.clips, row.words));
    let settings = results.rows.len();
    let mut text = format!(
        "{settings} {} over {clips} {}, {words} words.",
        if settings == 1 { "setting" } else { "settings" },
        if clips == 1 { "clip" } else { "clips" }
    );
    if !results.complete && clips < results.clips {
        let _ = write!(text, " So far: {clips} of {} clips.", results.clips);
    }
    if clips == 1 {
        text += " One clip says little, and has no confidence interval.";
    }
    let timed = |row: &SweepRow| row.latencies.perceived.map_or(0, |p| p.count);
    let fewest = results.rows.iter().map(timed).min().unwrap_or(0);
    if fewest > 0 && fewest < fewest_for(0.95) {
        let _ = write!(
            text,
            " Of {fewest} timed words p95 is next to the largest wait: it takes 20 to carry it."
        );
    }
    text
}

#[component]
fn Legend(shown: Shown) -> impl IntoView {
    let now = move || match shown.current.get() {
        Some(_) => "what is set now",
        None => "what is set now (not among these)",
    };
    view! {
        <p class="sweep-legend">
            <span>
                <svg viewBox="0 0 16 16" aria-hidden="true"><path class="plot-front-point" d="M8 1.5 14.5 8 8 14.5 1.5 8z" /></svg>
                "on the Pareto front: no other setting is as good in both"
            </span>
            <span>
                <svg viewBox="0 0 16 16" aria-hidden="true"><circle class="plot-point" cx="8" cy="8" r="4.5" /></svg>
                "others"
            </span>
            <span>
                <svg viewBox="0 0 16 16" aria-hidden="true"><circle class="plot-now" cx="8" cy="8" r="7" /></svg>
                {now}
            </span>
        </p>
    }
}

/// The figures of the row under the pointer or the focus.
#[component]
fn ReadOut(shown: Shown) -> impl IntoView {
    let sweep = use_sweep();
    let words = move || {
        let row = sweep
            .active
            .get()
            .and_then(|active| shown.rows.with(|rows| rows.get(active).map(row_words)));
        row.unwrap_or_else(|| {
            "Point at a setting, or move with the arrow keys, for its figures; a click loads it into the page.".to_owned()
        })
    };
    view! { <p class="sweep-readout" data-testid="sweep-readout">{words}</p> }
}

/// A row in a line.
pub fn row_words(row: &SweepRow) -> String {
    let percent = |rate: Option<f64>| rate.map_or(format::NONE_YET.to_owned(), format::percent);
    let interval = row.wer_interval.map_or(String::new(), |i| {
        format!(
            " ({} to {})",
            format::percent(i.low),
            format::percent(i.high)
        )
    });
    let p = row.latencies.perceived;
    let timed = p.map_or(0, |p| p.count);
    let all = timed + row.latencies.unaligned_words;
    format!(
        "{}: WER {}{interval}, CER {}; latency p50 {}, p95 {} ({timed} of {all} words); compute {} ms for a second of audio.",
        row.setting,
        percent(row.wer),
        percent(row.cer),
        format::milliseconds_or_none(p.map(|p| p.p50)),
        format::milliseconds_or_none(p.map(|p| p.p95)),
        row.compute_ms_per_s
            .map_or(format::NONE_YET.to_owned(), |ms| format!("{ms:.1}")),
    )
}

/// The buttons that save.
#[component]
fn Files(shown: Shown) -> impl IntoView {
    let sweep = use_sweep();
    let failed = RwSignal::new(None::<String>);
    let text = move |name: &'static str,
                     media: &'static str,
                     make: fn(&[SweepRow]) -> Result<String, String>| {
        let saved = shown
            .rows
            .with_untracked(|rows| make(rows))
            .and_then(|text| download::save_text(name, media, &text));
        failed.set(saved.err());
    };
    let picture = move |cost: Cost, png: bool| {
        let results = sweep.results.get_untracked();
        let note = results.as_ref().map(measured).unwrap_or_default();
        save_picture(cost, shown, &note, png, failed);
    };
    view! {
        <div class="sweep-files" role="group" aria-label="Save">
            <button
                type="button"
                class="button"
                data-testid="sweep-csv"
                on:click=move |_| text("sweep.csv", download::media::CSV, |rows| Ok(to_csv(rows)))
            >
                "CSV"
            </button>
            <button
                type="button"
                class="button"
                data-testid="sweep-json"
                on:click=move |_| text("sweep.json", download::media::JSON, |rows| to_json(rows).map_err(|e| e.to_string()))
            >
                "JSON"
            </button>
            <button
                type="button"
                class="button"
                data-testid="sweep-png"
                title="Both plots as pictures"
                on:click=move |_| Cost::ALL.into_iter().for_each(|cost| picture(cost, true))
            >
                "Plots, PNG"
            </button>
            <button
                type="button"
                class="button"
                data-testid="sweep-svg"
                title="Both plots as drawings"
                on:click=move |_| Cost::ALL.into_iter().for_each(|cost| picture(cost, false))
            >
                "Plots, SVG"
            </button>
            {move || failed.get().map(|words| view! {
                <p class="sweep-warning" role="alert">{format!("The file could not be made: {words}.")}</p>
            })}
        </div>
    }
}
