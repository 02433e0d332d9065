//! Looks for a typed phrase in the take's log-probs and shows its score over time.

use asr_playground::decode::ctc::{Detection, KeywordConfig};
use asr_playground::eval::normalise::normalise;
use asr_playground::recognizer::{Answer, Question};
use leptos::prelude::*;
use wasm_bindgen::JsValue;

use super::lanes::Lane;
use super::scene::{Inside, LOST_TAKE, Overlay};
use crate::ui::format::{nats, seconds_of};
use crate::ui::page::Phase;
use crate::ui::playing;
use crate::ui::plot::{GUTTER, Inks, Plot, font};
use crate::ui::questions::ask;
use crate::ui::timeline::View;

/// Scores below this are drawn at the bottom, in nats a token.
const LEAST_SCORE: f64 = -4.0;
/// Longest phrase, in characters.
const LONGEST_PHRASE: &str = "60";

/// Where a phrase was found, and how it scored.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The phrase as it was looked for.
    pub phrase: String,
    /// Nats a token, one a row.
    pub scores: Vec<Option<f32>>,
    /// Where the score passed the threshold.
    pub detections: Vec<Detection>,
}

impl Found {
    /// The best row and its score.
    fn best(&self) -> Option<(usize, f32)> {
        let scores = self.scores.iter().enumerate();
        let there = scores.filter_map(|(row, score)| score.map(|score| (row, score)));
        there.max_by(|a, b| a.1.total_cmp(&b.1))
    }
}

/// The panel below the picture.
#[component]
pub fn KeywordSection(inside: Inside) -> impl IntoView {
    let page = inside.page;
    let typed = RwSignal::new(String::new());
    let wanted = RwSignal::new(String::new());
    Effect::new(move |_| {
        let phrase = wanted.get();
        let finished = page.phase.get() == Phase::Finished;
        // Another take, or the same with other log-probs.
        page.take.track();
        page.settings_used.track();
        look_for(inside, wanted, phrase, finished);
    });
    view! {
        <form
            class="inside-section"
            on:submit=move |event| {
                event.prevent_default();
                wanted.set(normalise(&typed.get_untracked()));
            }
        >
            <label class="field-name" for="keyword-phrase">"Find a phrase"</label>
            <p class="hint">
                "A keyword spotter over the same probabilities: how little the phrase costs against what the rows would rather say. "
                "0 is a perfect match."
            </p>
            <div class="inside-row">
                <input
                    id="keyword-phrase"
                    class="inside-input"
                    data-testid="keyword-phrase"
                    type="text"
                    maxlength=LONGEST_PHRASE
                    autocomplete="off"
                    spellcheck="false"
                    placeholder="a word or two"
                    prop:value=move || typed.get()
                    on:input=move |event| typed.set(event_target_value(&event))
                />
                <button type="submit" class="button" data-testid="keyword-find">"Find"</button>
                <button
                    type="button"
                    class="button quiet"
                    class:invisible=move || wanted.with(String::is_empty)
                    on:click=move |_| {
                        typed.set(String::new());
                        wanted.set(String::new());
                    }
                >
                    "Clear"
                </button>
            </div>
            <div role="status" data-testid="keyword-result" data-value=move || inside.keyword.with(Overlay::name)>
                {move || inside.keyword.with(|state| result(inside, state))}
            </div>
        </form>
    }
}

fn look_for(inside: Inside, wanted: RwSignal<String>, phrase: String, finished: bool) {
    if phrase.is_empty() {
        inside.keyword.set(Overlay::Off);
        return;
    }
    inside.keyword.set(Overlay::Waiting);
    if !finished {
        return;
    }
    if !inside.page.handles.with_value(|h| h.worker_has_take) {
        inside.keyword.set(Overlay::Failed(LOST_TAKE.to_owned()));
        return;
    }
    let question = Question::Keyword {
        phrase: phrase.clone(),
    };
    ask(inside.page, question, move |answer| {
        // Another phrase is looked for by now, or the view is gone.
        if wanted.try_get_untracked().as_ref() != Some(&phrase) {
            return;
        }
        let state = match answer {
            Ok(Answer::Keyword { scores, detections }) => Overlay::Ready(Found {
                phrase,
                scores,
                detections,
            }),
            Ok(_) => Overlay::Failed("The worker answered something else.".to_owned()),
            Err(why) => Overlay::Failed(format!("“{phrase}” cannot be looked for: {why}.")),
        };
        inside.keyword.set(state);
    });
}

fn result(inside: Inside, state: &Overlay<Found>) -> AnyView {
    match state {
        Overlay::Off => ().into_any(),
        Overlay::Waiting => {
            view! { <p class="hint">"Looked for as soon as the take is over…"</p> }.into_any()
        }
        Overlay::Failed(why) => view! { <p>{why.clone()}</p> }.into_any(),
        Overlay::Ready(found) if found.detections.is_empty() => {
            let threshold = KeywordConfig::default().threshold;
            let best = found.best().map_or_else(
                || "No row can end it.".to_owned(),
                |(row, score)| {
                    let at = seconds_of(row as i64 * inside.row_samples());
                    format!(
                        "Its best score is {} at {at:.2} s; it counts as found from {}.",
                        nats(f64::from(score)),
                        nats(f64::from(threshold))
                    )
                },
            );
            view! { <p>{format!("“{}” is not found. {best}", found.phrase)}</p> }.into_any()
        }
        Overlay::Ready(found) => {
            let page = inside.page;
            let places = found.detections.iter().map(|at| {
                let at = *at;
                let (start, end) = (seconds_of(at.start_sample), seconds_of(at.end_sample));
                view! {
                    <li>
                        <button
                            type="button"
                            class="button inside-place"
                            data-testid="keyword-detection"
                            data-value=format!("{},{}", at.start_sample, at.end_sample)
                            on:click=move |_| {
                                inside.move_axis(|axis, extent| axis.reveal(extent, at.start_sample));
                                playing::seek(page, at.start_sample);
                            }
                        >
                            {format!("{start:.2}–{end:.2} s, score {}", nats(f64::from(at.score)))}
                        </button>
                    </li>
                }
            });
            let times = if found.detections.len() == 1 {
                "once"
            } else {
                "at these places"
            };
            view! {
                <p>{format!("“{}” is found {times}:", found.phrase)}</p>
                <ul class="inside-places">{places.collect_view()}</ul>
            }
            .into_any()
        }
    }
}

/// Draws the score over time.
///
/// # Errors
/// The browser's.
pub fn draw(
    plot: &Plot,
    view: &View,
    inks: &Inks,
    lane: Lane,
    row_samples: i64,
    found: &Found,
) -> Result<(), JsValue> {
    let (top, height) = (lane.top + 4.0, lane.height - 8.0);
    let y = |score: f64| top + height * (score / LEAST_SCORE).clamp(0.0, 1.0);
    let threshold = y(f64::from(KeywordConfig::default().threshold));
    plot.context.set_font(&font(9.0, false));
    plot.clipped([GUTTER, lane.top, view.width, lane.height], |context| {
        for at in &found.detections {
            let left = GUTTER + view.x_of(at.start_sample as f64);
            let right = GUTTER + view.x_of(at.end_sample as f64);
            context.set_global_alpha(0.22);
            context.set_fill_style_str(&inks.accent);
            context.fill_rect(left, top, (right - left).max(2.0), height);
            context.set_global_alpha(1.0);
        }
        context.set_fill_style_str(&inks.line);
        context.fill_rect(GUTTER, threshold.round(), view.width, 1.0);
        context.fill_rect(GUTTER, top + height, view.width, 1.0);
        context.set_stroke_style_str(&inks.accent);
        context.set_line_width(1.5);
        context.begin_path();
        let per_pixel = view.samples_per_pixel / row_samples.max(1) as f64;
        let step = per_pixel.ceil().max(1.0) as usize;
        let first = (view.left_sample / row_samples.max(1) as f64).max(0.0) as usize / step * step;
        let mut pen_down = false;
        for (index, rows) in found
            .scores
            .get(first..)
            .unwrap_or_default()
            .chunks(step)
            .enumerate()
        {
            let row = first + index * step;
            let x = GUTTER + view.x_of((row as f64 + 0.5) * row_samples as f64);
            let best = rows.iter().copied().flatten().max_by(f32::total_cmp);
            match best.map(|score| y(f64::from(score))) {
                Some(height) if pen_down => context.line_to(x, height),
                Some(height) => context.move_to(x, height),
                None => {}
            }
            pen_down = best.is_some();
            if x > GUTTER + view.width {
                break;
            }
        }
        context.stroke();
        Ok(())
    })
}
