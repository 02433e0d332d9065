//! Lesson: the mel-spectrogram and its parameters, on the take's own audio.

use asr_playground::features::{Filterbank, LogMelConfig, Resolution, filterbank, resolution};
use leptos::html::Canvas;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::lesson::{Fact, Lesson, Slider, Sound};
use super::mel_picture::{canvas_of, compute, draw};
use crate::ui::page::use_page;

/// The lesson.
pub const LESSON: Lesson = Lesson {
    slug: "mel-spectrogram",
    title: "The mel-spectrogram",
    lead: "The model does not see samples. It sees how much energy there is in some bands, some hundred times a second.",
    body: || view! { <Body /> }.into_any(),
    questions: &[
        (
            "Describe the front end, with numbers.",
            "16 kHz audio; windows of 400 samples (25 ms) under a Hann taper, 160 samples (10 ms) apart; a Fourier \
             transform of 512 points; power; 80 triangular bands evenly spaced in mel; the logarithm, with a floor. \
             100 frames of 80 numbers a second instead of 16,000 samples.",
        ),
        (
            "Why these parameters?",
            "25 ms holds two or three pitch periods of a voice and is short enough for the mouth to stand still in it. \
             10 ms catches bursts such as “t”. 80 bands resolve formants and blur the single harmonics, which carry \
             pitch rather than words.",
        ),
        (
            "What does a longer window buy, and cost?",
            "Finer frequency, coarser time: their product is bounded. Zero-padding to a larger transform draws more bins \
             between, but tells nothing more apart.",
        ),
        (
            "Why mel, and why the logarithm?",
            "The ear resolves low frequencies more finely than high ones, and so do speech sounds differ. The logarithm \
             makes a louder voice an added constant and lets quiet consonants count beside loud vowels.",
        ),
    ],
};

const N_MELS: [usize; 7] = [8, 16, 24, 40, 64, 80, 128];
const HOP_SAMPLES: [usize; 5] = [40, 80, 160, 320, 640];
const WINDOW_SAMPLES: [usize; 7] = [80, 160, 256, 400, 640, 1024, 2048];
const N_FFT: [usize; 5] = [256, 512, 1024, 2048, 4096];
/// What of the take is drawn.
const MOST_SAMPLES: usize = 5 * 16_000;

#[component]
fn Body() -> impl IntoView {
    let page = use_page();
    let (n_mels, hop) = (RwSignal::new(5), RwSignal::new(2));
    let (window, n_fft) = (RwSignal::new(3), RwSignal::new(1));
    let of = |list: &[usize], at: usize| list.get(at).copied().unwrap_or(1);
    let config = Memo::new(move |_| {
        let window_samples = of(&WINDOW_SAMPLES, window.get());
        LogMelConfig {
            n_mels: of(&N_MELS, n_mels.get()),
            hop_samples: of(&HOP_SAMPLES, hop.get()),
            window_samples,
            // The transform holds the window.
            n_fft: of(&N_FFT, n_fft.get()).max(window_samples.next_power_of_two()),
            ..LogMelConfig::model()
        }
    });
    let ours = move || config.get() == LogMelConfig::model();
    let reset = move |_| {
        n_mels.set(5);
        hop.set(2);
        window.set(3);
        n_fft.set(1);
    };
    let canvas = NodeRef::<Canvas>::new();
    let drawn = RwSignal::new(String::new());
    let drawn_s = RwSignal::new(0.0);
    picture(canvas, config, drawn, drawn_s);
    let ms = |samples: usize| samples as f64 / 16.0;
    view! {
        <p>
            "Below is the sound of the take as the front end would hand it to the model. Move a slider, and it is \
             computed anew, on this sound."
        </p>
        <Sound clip="sentence.flac" />
        <div class="lesson-widget">
            <div class="mel-figure">
            <div class="mel-hertz" aria-hidden="true">{move || filterbank(&config.get()).ok().map(|bank| hertz(&bank))}</div>
            <canvas
                class="mel-picture"
                node_ref=canvas
                role="img"
                aria-label="Log-mel spectrogram of the take"
                data-testid="mel-picture"
                data-value=move || drawn.get()
            ></canvas>
            <div class="mel-times" aria-hidden="true">{move || times(drawn_s.get())}</div>
            </div>
            <p class="hint">
                {move || if page.frames.get() == 0 { "Waiting for sound." } else { "Up to the first 5 s; bright is loud. Left: where the bands of that height have their middle." }}
            </p>
            <div class="lesson-sliders">
                <Slider name="Bands (n_mels)" testid="mel-n-mels" count=N_MELS.len() position=n_mels words=move || config.with(|c| c.n_mels.to_string()) />
                <Slider name="Hop" testid="mel-hop" count=HOP_SAMPLES.len() position=hop words=move || config.with(|c| format!("{} ms", ms(c.hop_samples))) />
                <Slider name="Window" testid="mel-window" count=WINDOW_SAMPLES.len() position=window words=move || config.with(|c| format!("{} ms", ms(c.window_samples))) />
                <Slider name="Transform (n_fft)" testid="mel-n-fft" count=N_FFT.len() position=n_fft words=move || config.with(|c| c.n_fft.to_string()) />
            </div>
            <button type="button" class="button lesson-reset" disabled=ours on:click=reset>"As our model has it"</button>
            <Numbers config />
            <h3>"The bands"</h3>
            {move || filterbank(&config.get()).ok().map(|bank| bands(&bank))}
        </div>
    }
}

/// Keeps the picture in step with sound and sliders.
fn picture(
    canvas: NodeRef<Canvas>,
    config: Memo<LogMelConfig>,
    drawn: RwSignal<String>,
    drawn_s: RwSignal<f64>,
) {
    let page = use_page();
    let run = StoredValue::new(0_u32);
    // While a take grows, its picture is drawn again each second.
    let heard = Memo::new(move |_| {
        let whole = page.phase.get() == crate::ui::page::Phase::Finished;
        (page.take.get(), (page.frames.get() / 100).min(5), whole)
    });
    Effect::new(move |_| {
        let config = config.get();
        let _ = heard.get();
        let _ = canvas.get();
        let run_now = run
            .try_update_value(|n| {
                *n += 1;
                *n
            })
            .unwrap_or(0);
        let samples: Vec<f32> = page.handles.with_value(|h| {
            let some = h.audio.iter().take(MOST_SAMPLES);
            some.map(|s| f32::from(*s) / 32_768.0).collect()
        });
        let hop_s = config.hop_samples as f64 / 16_000.0;
        spawn_local(async move {
            let wanted = move || run.try_get_value() == Some(run_now);
            if let Ok(Some(picture)) = compute(config, &samples, wanted).await
                && wanted()
                && let Some(canvas) = canvas_of(canvas)
                && draw(&canvas, &picture).is_some()
            {
                let frames = picture.values.len() / picture.n_mels.max(1);
                drawn.set(format!("{frames} x {}", picture.n_mels));
                drawn_s.set(frames as f64 * hop_s);
            }
        });
    });
}

/// Beside the picture, from top to bottom: where five bands have their largest weight.
fn hertz(bank: &Filterbank) -> impl IntoView + use<> {
    let last = bank.bands.len().saturating_sub(1);
    let middle = |band: usize| {
        let points = bank.points(band).into_iter();
        let largest = points.max_by(|a, b| a.1.total_cmp(&b.1));
        largest.map_or(0.0, |(hz, _)| hz)
    };
    [4, 3, 2, 1, 0]
        .map(|quarter| view! { <span>{format!("{:.0} Hz", middle(last * quarter / 4))}</span> })
        .collect_view()
}

/// Below the picture, from left to right.
fn times(seconds: f64) -> impl IntoView {
    (seconds > 0.0).then(|| {
        [0.0, seconds / 2.0, seconds]
            .map(|s| view! { <span>{format!("{s:.1} s")}</span> })
            .collect_view()
    })
}

#[component]
fn Numbers(config: Memo<LogMelConfig>) -> impl IntoView {
    let seen = Memo::new(move |_| config.with(|c| resolution(c).ok()));
    let number = move |value: fn(&Resolution) -> String| {
        move || seen.with(|s| s.as_ref().map(value).unwrap_or_default())
    };
    let values = move || {
        config.with(|c| {
            let frames = 16_000.0 / c.hop_samples as f64;
            format!(
                "{:.0} × {} = {:.0}",
                frames,
                c.n_mels,
                frames * c.n_mels as f64
            )
        })
    };
    view! {
        <dl class="lesson-facts">
            <Fact name="Time: a window" testid="mel-window-ms" value=number(|r| format!("{:.1} ms", r.window_ms)) />
            <Fact name="Frequency told apart" testid="mel-bandwidth" value=number(|r| format!("{:.0} Hz", r.noise_bandwidth_hz)) />
            <Fact name="Bins of the transform" value=number(|r| format!("every {:.1} Hz", r.bin_hz)) />
            <Fact name="Bands without a bin" testid="mel-empty" value=number(|r| r.empty_bands.to_string()) />
            <Fact name="Values a second" value=values />
        </dl>
    }
}

/// The filterbank over frequency.
fn bands(bank: &Filterbank) -> impl IntoView + use<> {
    const WIDTH: f64 = 600.0;
    const HEIGHT: f64 = 90.0;
    let x = |hz: f64| WIDTH * hz / 8000.0;
    let lines = (0..bank.bands.len())
        .map(|band| {
            let points: Vec<String> = bank
                .points(band)
                .iter()
                .map(|(hz, weight)| format!("{:.1},{:.1}", x(*hz), HEIGHT - 80.0 * weight))
                .collect();
            let class = if band % 2 == 0 { "band" } else { "band odd" };
            view! { <polyline class=class points=points.join(" ") /> }
        })
        .collect_view();
    let ticks = [0, 1000, 2000, 4000, 6000, 8000]
        .map(|hz| {
            let anchor = match hz {
                0 => "lesson-plot-tick first",
                8000 => "lesson-plot-tick last",
                _ => "lesson-plot-tick",
            };
            view! { <text class=anchor x=format!("{:.1}", x(f64::from(hz))) y="106">{format!("{hz} Hz")}</text> }
        })
        .into_iter()
        .collect_view();
    view! {
        <div class="lesson-scroll" tabindex="0">
        <svg class="lesson-plot" data-testid="mel-bands" data-value=bank.bands.len().to_string() viewBox="0 0 600 110" role="img" aria-label="Triangular mel bands over frequency: narrow and close at low frequencies, wide at high ones">
            <line class="lesson-plot-axis" x1="0" y1="90" x2="600" y2="90" />
            {lines}
            {ticks}
        </svg>
        </div>
    }
}
