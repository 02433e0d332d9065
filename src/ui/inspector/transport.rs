//! Stepping, scrubbing and playing through the rows.

use std::fmt::Write as _;
use std::time::Duration;

use leptos::prelude::*;

use super::collapse::next_token;
use super::state::Inspector;
use super::words;
use crate::ui::browser::media_matches;
use crate::ui::format;
use crate::ui::page::Phase;

/// Rows a second to choose from; fifty is as fast as speech.
const SPEEDS: [u32; 5] = [1, 2, 5, 12, 50];

/// The row of buttons, the slider and what is under it.
#[component]
pub fn Transport(inspector: Inspector) -> impl IntoView {
    let calm = media_matches("(prefers-reduced-motion: reduce)");
    let speed = RwSignal::new(if calm { 1 } else { 5 });
    let playing = RwSignal::new(false);
    animate(inspector, playing, speed);
    let next_change = move || {
        let row = inspector.row() as i64;
        inspector.texts.with(|texts| texts.next_change(row))
    };
    let next_letter = move || {
        let row = inspector.row();
        inspector.best.with(|best| next_token(best, row))
    };
    let to_change = move |_| {
        if let Some(row) = untrack(next_change).and_then(|row| usize::try_from(row).ok()) {
            inspector.go(row);
        }
    };
    let to_letter = move |_| {
        if let Some(row) = untrack(next_letter) {
            inspector.go(row);
        }
    };
    let last = move || inspector.rows().saturating_sub(1);
    view! {
        <div class="inspector-transport">
            <div class="inspector-buttons" role="group" aria-label="Rows">
                <button type="button" class="button icon-button" data-testid="row-previous" aria-label="Previous row"
                    prop:disabled=move || inspector.row() == 0
                    on:click=move |_| { inspector.step(-1); }>
                    <span aria-hidden="true">"‹"</span>
                </button>
                <button type="button" class="button" data-testid="row-play"
                    aria-pressed=move || playing.get().to_string()
                    on:click=move |_| play_or_pause(inspector, playing)>
                    {move || if playing.get() { "Pause" } else { "Step on" }}
                </button>
                <button type="button" class="button icon-button" data-testid="row-next" aria-label="Next row"
                    prop:disabled=move || inspector.row() == last()
                    on:click=move |_| { inspector.step(1); }>
                    <span aria-hidden="true">"›"</span>
                </button>
                <span class="select inspector-speed">
                    <select data-testid="row-speed" aria-label="Rows a second"
                        on:change=move |event| speed.set(event_target_value(&event).parse().unwrap_or(5))>
                        {SPEEDS
                            .map(|rows| view! {
                                <option value=rows prop:selected=move || speed.get_untracked() == rows>
                                    {speed_words(rows)}
                                </option>
                            })
                            .collect_view()}
                    </select>
                </span>
            </div>
            <div class="inspector-buttons" role="group" aria-label="Jumps">
                <button type="button" class="button" data-testid="next-letter"
                    title="The next row in which a token that is no blank begins"
                    prop:disabled=move || next_letter().is_none() on:click=to_letter>
                    "Next token"
                </button>
                <button type="button" class="button" data-testid="next-change"
                    title="The next row after which the best hypothesis is another"
                    prop:disabled=move || next_change().is_none() on:click=to_change>
                    "Next change of the best"
                </button>
            </div>
            <p class="inspector-where" data-testid="inspector-where">{move || where_words(inspector)}</p>
        </div>
        <Scrubber inspector />
    }
}

/// The slider over all rows, with marks where something happens.
#[component]
fn Scrubber(inspector: Inspector) -> impl IntoView {
    let rows = Memo::new(move |_| inspector.rows().max(1));
    let letters = move || {
        let mut path = String::new();
        let mut at = 0;
        inspector.best.with(|best| {
            while let Some(row) = next_token(best, at) {
                // A string takes whatever is written to it.
                let _ = write!(path, "M{row}.5 0V5");
                at = row;
            }
        });
        path
    };
    let changes = move || {
        let mut path = String::new();
        inspector.texts.with(|texts| {
            for row in texts.rows() {
                let _ = write!(path, "M{row}.5 7V12");
            }
        });
        path
    };
    let to = move |event: web_sys::Event| {
        if let Ok(row) = event_target_value(&event).parse() {
            inspector.go(row);
        }
    };
    view! {
        <div class="scrubber">
            <input
                type="range"
                min="0"
                max=move || rows.get() - 1
                step="1"
                data-testid="inspector-row"
                data-value=move || inspector.row().to_string()
                aria-label="Row"
                prop:value=move || inspector.row().to_string()
                aria-valuetext=move || spoken(inspector)
                on:input=to
            />
            <svg class="scrubber-marks" aria-hidden="true" preserveAspectRatio="none"
                viewBox=move || format!("0 0 {} 12", rows.get())>
                <path class="scrubber-letters" d=letters />
                <path class="scrubber-changes" d=changes />
            </svg>
            <p class="scrubber-legend" aria-hidden="true">
                <span><i class="tick letters"></i>"a token begins"</span>
                <span><i class="tick changes"></i>"the best hypothesis changes"</span>
            </p>
        </div>
    }
}

fn speed_words(rows: u32) -> String {
    match rows {
        1 => "1 row a second".to_owned(),
        50 => "50, as spoken".to_owned(),
        _ => format!("{rows} a second"),
    }
}

fn seconds(inspector: Inspector) -> f64 {
    format::seconds_of(inspector.row() as i64 * inspector.row_samples())
}

fn where_words(inspector: Inspector) -> String {
    format!(
        "Row {} of {} · {:.2} s",
        inspector.row() + 1,
        inspector.rows(),
        seconds(inspector)
    )
}

/// What a screen reader says of the slider.
fn spoken(inspector: Inspector) -> String {
    let row = inspector.row() as i64;
    let text = inspector.texts.with(|texts| {
        let (committed, open) = texts.after(row);
        words::tail(&format!("{} {open}", committed.join(" ")), 40)
    });
    format!("{}, best: {}", where_words(inspector), text.trim())
}

fn play_or_pause(inspector: Inspector, playing: RwSignal<bool>) {
    let start = !playing.get_untracked();
    let at_end = untrack(|| inspector.row() + 1 >= inspector.rows());
    if start && at_end {
        inspector.go(0);
    }
    playing.set(start);
}

/// Steps on by itself while `playing`, until the take's end.
fn animate(inspector: Inspector, playing: RwSignal<bool>, speed: RwSignal<u32>) {
    let timer = StoredValue::new(None::<IntervalHandle>);
    let stop = move || {
        if let Some(Some(timer)) = timer.try_update_value(Option::take) {
            timer.clear();
        }
    };
    Effect::new(move |_| {
        stop();
        let over = inspector.page.phase.get() == Phase::Finished;
        let sounding = inspector.page.playback.with(|p| p.playing);
        if !playing.get() {
            return;
        }
        if !over || sounding {
            playing.set(false);
            return;
        }
        let every = Duration::from_millis(u64::from(1000 / speed.get().max(1)));
        let tick = move || {
            if !inspector.step(1) {
                playing.set(false);
            }
        };
        timer.set_value(set_interval_with_handle(tick, every).ok());
    });
    on_cleanup(stop);
}
