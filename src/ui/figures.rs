//! How fast it is, how long the words take, and where the time went.

use asr_playground::eval::latency::{Figures, StageTimes};
use asr_playground::eval::percentile::Percentiles;
use leptos::prelude::*;

use super::fold::FoldPanel;
use super::format;
use super::glossary::{FINISHING, FIRST_WORD, REAL_TIME_FACTOR};
use super::page::{Page, Phase, use_page};
use super::state::View;

/// Audio waiting longer than this is worth a warning…
const SLOW_MS: f64 = 1500.0;
/// …which stays until it is down to this.
const CAUGHT_UP_MS: f64 = 500.0;
/// So is text that is shown later than this…
const LATE_MS: f64 = 700.0;
/// …again and again.
const LAST_SHOWN: usize = 5;

/// The panels of speed and of stages.
#[component]
pub fn FiguresPanel() -> impl IntoView {
    let page = use_page();
    let summary = move || {
        let figures = page.figures.get();
        format!(
            "{REAL_TIME_FACTOR} {}, {} {}",
            format::factor(figures.real_time_factor),
            FIRST_WORD.to_lowercase(),
            format::milliseconds_or_none(figures.first_word_latency_ms)
        )
    };
    view! {
        <FoldPanel
            key="figures"
            title="Speed"
            hint=|| "How fast this machine is, and how long you wait for words."
            summary=summary
        >
            <Speed />
            <Stages />
        </FoldPanel>
    }
}

#[component]
fn Speed() -> impl IntoView {
    let page = use_page();
    let figures = move || page.figures.get();
    let factor = move || format::factor(figures().real_time_factor);
    let raw = |value: Option<f64>| value.map(|v| v.to_string());
    let simulated = move || figures().simulated;
    view! {
        <dl class="figures">
            <div class="figure">
                <dt>{REAL_TIME_FACTOR}</dt>
                <dd class="figure-value" data-testid="rtf" data-value=move || raw(figures().real_time_factor)>
                    {factor}
                </dd>
                <dd class="figure-note">"processing ÷ audio; below 1 keeps up"</dd>
            </div>
            <div class="figure">
                <dt>{FIRST_WORD}</dt>
                <dd
                    class="figure-value"
                    data-testid="first-word-latency"
                    data-value=move || raw(figures().first_word_latency_ms)
                >
                    {move || format::milliseconds_or_none(figures().first_word_latency_ms)}
                </dd>
                <dd class="figure-note">"after it was spoken"</dd>
            </div>
            <div class="figure">
                <dt>{FINISHING}</dt>
                <dd class="figure-value" data-testid="final-latency" data-value=move || raw(figures().final_latency_ms)>
                    {move || format::milliseconds_or_none(figures().final_latency_ms)}
                </dd>
                <dd class="figure-note">"from the last sound of the take to its final text"</dd>
            </div>
            <div class="figure">
                <dt>"Longest wait for sound"</dt>
                <dd
                    class="figure-value"
                    data-testid="algorithmic-latency"
                    data-value=move || raw(figures().algorithmic_latency_ms)
                >
                    {move || format::milliseconds_or_none(figures().algorithmic_latency_ms)}
                </dd>
                <dd class="figure-note">"of a sound for those after it: lookahead and window"</dd>
            </div>
        </dl>
        <p class="simulated" data-testid="simulated" data-simulated=move || simulated().to_string()>
            {move || {
                if simulated() {
                    "Simulated listener: this was fed faster than speech. The waits are those of someone \
                     hearing it live, with the computing times measured here."
                } else {
                    "Measured on this machine while the sound came in."
                }
            }}
        </p>
    }
}

/// How late words come to be shown: the middle of the last few, so that one hiccup does not count.
fn shown_late_ms(page: Page) -> Option<f64> {
    page.display_ms.with(|times| {
        let last = times.get(times.len().checked_sub(LAST_SHOWN)?..)?;
        Percentiles::of(last.iter().copied()).map(|p| p.p50)
    })
}

/// Says so when the machine cannot keep up, with recognising or with drawing.
#[component]
pub fn Slow() -> impl IntoView {
    let page = use_page();
    let late = Memo::new(move |_| {
        let recording = page.phase.get() == Phase::Recording;
        shown_late_ms(page).filter(|ms| recording && *ms > LATE_MS)
    });
    let slow = Memo::new(move |was: Option<&bool>| {
        let queued_ms = page.figures.with(|f| f.queued_ms);
        let running = matches!(page.phase.get(), Phase::Recording | Phase::Running);
        let limit = if was.copied().unwrap_or(false) {
            CAUGHT_UP_MS
        } else {
            SLOW_MS
        };
        // Catching up with another lookahead is nobody's slowness.
        running && page.rerun.with(Option::is_none) && queued_ms > limit
    });
    let drawing = move || {
        late.get().filter(|_| !slow.get()).map(|ms| {
            view! {
                <div class="slow" role="status" data-testid="slow-drawing">
                    <p>
                        <strong>"This page is slow to draw: words are shown " {format::milliseconds(ms)} " late."</strong>
                        " Nothing is lost, and recognising goes on. The Lessons or Sweep view, or a smaller window, draws less."
                    </p>
                </div>
            }
        })
    };
    let recognising = move || {
        slow.get().then(|| {
            let behind = move || format::milliseconds(page.figures.with(|f| f.queued_ms));
            view! {
                <div class="slow" role="status" data-testid="slow">
                    <p>
                        <strong>"This machine is falling behind: " {behind} " wait to be recognised."</strong>
                        " Nothing is lost, the words only come later. "
                        {move || remedy(page)}
                    </p>
                </div>
            }
        })
    };
    view! {
        {recognising}
        {drawing}
    }
}

#[component]
fn Stages() -> impl IntoView {
    let page = use_page();
    let rows = move || stages(&page.figures.with(|f: &Figures| f.stages));
    let total = move || page.figures.with(|f| f.stages.total_ms());
    let words = move || {
        rows()
            .iter()
            .map(|(_, name, ms)| format!("{name} {}", format::short_milliseconds(*ms)))
            .collect::<Vec<_>>()
            .join(", ")
    };
    view! {
        <div class="stages" data-testid="stages" data-total=move || format!("{:.3}", total())>
            <h3>"Where the time went"</h3>
            <div class="stage-bar" role="img" aria-label=words>
                {move || {
                    let total = total();
                    rows()
                        .into_iter()
                        .map(|(key, _, ms)| {
                            let share = if total > 0.0 { ms / total * 100.0 } else { 0.0 };
                            view! { <span class=format!("stage-part {key}") style:width=format!("{share:.2}%")></span> }
                        })
                        .collect_view()
                }}
            </div>
            <dl class="stage-rows">
                {move || {
                    rows()
                        .into_iter()
                        .map(|(key, name, ms)| {
                            view! {
                                <div class="stage-row">
                                    <dt>
                                        <span class=format!("swatch {key}") aria-hidden="true"></span>
                                        {name}
                                    </dt>
                                    <dd>{format::short_milliseconds(ms)}</dd>
                                </div>
                            }
                        })
                        .collect_view()
                }}
            </dl>
        </div>
    }
}

/// What would help, by where the time goes.
fn remedy(page: Page) -> &'static str {
    let stages = page.figures.with(|f| f.stages);
    if page.settings.with(|s| s.view) == View::Compare {
        "Two recognitions run at once here: another view runs one."
    } else if stages.decode_ms > stages.model_ms {
        "Most of the work is decoding: a narrower beam, or greedy, needs less."
    } else {
        "A larger lookahead needs less work for the same sound."
    }
}

fn stages(times: &StageTimes) -> [(&'static str, &'static str, f64); 4] {
    [
        ("stage-resample", "Resampling", times.resample_ms),
        ("stage-features", "Log-mel features", times.features_ms),
        ("stage-model", "Model", times.model_ms),
        ("stage-decode", "Decoding", times.decode_ms),
    ]
}
