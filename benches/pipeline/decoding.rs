//! Decoding alone, over log-probs that are kept: what each decoder takes for a second of
//! audio, in a Chromium worker and natively, by turns in one run.

use asr_playground::decode::DecoderKind;
use asr_playground::eval::latency::Clock;
use asr_playground::recognizer::{Recognizer, Settings};

use super::harness::{Options, Page, with_page, worker};
use super::loading;
use super::native::{recognizer, with};
use super::pipeline::{CLIP, TURNS, browser_figures, clip_audio};
use super::report::{Row, print, summary};

/// The decoders and widths measured.
fn cases() -> Vec<Settings> {
    let wide = |kind, width| {
        let mut settings = with(kind);
        settings.decoder.beam.width = width;
        settings
    };
    let mut cases = vec![with(DecoderKind::Greedy)];
    for width in [1, 8, 64, 128] {
        cases.push(wide(DecoderKind::Beam, width));
        cases.push(wide(DecoderKind::BeamLm, width));
    }
    cases
}

pub async fn run(as_json: bool) {
    let (bytes, audio, seconds) = clip_audio();
    let cases = cases();
    let mut native = recognizer();
    let mut times = vec![(Vec::new(), Vec::new()); cases.len()];
    let mut loaded = Vec::new();
    let options = Options {
        fragment: "?autorun=off".to_owned(),
        ..Options::default()
    };
    with_page("bench-decoding", options, async |page: &Page| {
        page.wait_for_state("ready").await;
        loaded = loading::rows(page).await;
        worker::start(page).await;
        loading::language_model(page).await;
        for turn in 0..=TURNS {
            for (index, settings) in cases.iter().enumerate() {
                let take = (turn * cases.len() + index + 1) as u32;
                let figures = browser_figures(page, take, CLIP, &bytes, settings).await;
                let in_browser = figures.stages.decode_ms;
                let natively =
                    native_ms(&mut native, &audio.samples, audio.sample_rate_hz, settings);
                // The first turn warms up.
                if turn > 0 {
                    times[index].0.push(in_browser / seconds);
                    times[index].1.push(natively / seconds);
                }
            }
            eprintln!("turn {turn} of {TURNS}");
        }
    })
    .await;
    let mut rows: Vec<Row> = cases
        .iter()
        .zip(times)
        .flat_map(|(settings, (browser, native))| {
            let case = match settings.decoder.kind {
                DecoderKind::Greedy => "decoding a second, greedy".to_owned(),
                kind => format!("decoding a second, {kind} {}", settings.decoder.beam.width),
            };
            [
                summary(&format!("{case}, Chromium worker"), settings, browser, 1.0),
                summary(&format!("{case}, native"), settings, native, 1.0),
            ]
        })
        .collect();
    rows.extend(loaded);
    eprintln!(
        "{CLIP}, {seconds:.1} s, milliseconds of decoding a second of audio; of loading the models"
    );
    print(&rows, as_json);
}

fn native_ms(recognizer: &mut Recognizer, samples: &[f32], rate: u32, settings: &Settings) -> f64 {
    let clock = std::time::Instant::now();
    let now = || clock.elapsed().as_secs_f64() * 1e3;
    recognizer.start(rate, settings, Clock::Simulated).unwrap();
    recognizer.accept(samples, 0.0, &now).unwrap();
    recognizer.finish(&now).unwrap();
    while recognizer.advance(&now).unwrap() {}
    recognizer.figures().stages.decode_ms
}
