//! The whole pipeline over one clip, at every lookahead and in both arithmetics, greedy; and with the
//! language model, as the page decodes at first.

use std::time::Instant;

use asr_playground::audio::{DecodedAudio, decode_file};
use asr_playground::decode::DecoderKind;
use asr_playground::eval::latency::{Clock, Figures};
use asr_playground::model::{Arithmetic, Lookahead};
use asr_playground::protocol::{FromWorker, Pace, ToWorker, decode, encode};
use asr_playground::recognizer::{Recognizer, Settings};
use serde_json::{Value, json};

use super::harness::{Options, Page, with_page, worker};
use super::loading;
use super::native::{at, clip, recognizer, with};
use super::report::{Row, summary};

pub const CLIP: &str = "story.opus";
pub const TURNS: usize = 5;

/// The clip's file, its audio and its length in seconds.
pub fn clip_audio() -> (Vec<u8>, DecodedAudio, f64) {
    let bytes = std::fs::read(clip(CLIP)).unwrap();
    let audio = decode_file(CLIP, &bytes).unwrap();
    let seconds = audio.samples.len() as f64 / f64::from(audio.sample_rate_hz);
    (bytes, audio, seconds)
}

pub async fn rows() -> Vec<Row> {
    let (bytes, audio, seconds) = clip_audio();
    let mut native = recognizer();
    let lookaheads = native.spec().lookaheads().into_iter();
    let mut cases: Vec<Settings> = lookaheads
        .flat_map(|lookahead| Arithmetic::ALL.map(|arithmetic| computed(lookahead, arithmetic)))
        .collect();
    cases.push(with(DecoderKind::BeamLm));
    let mut times = vec![(Vec::new(), Vec::new()); cases.len()];
    let options = Options {
        fragment: "?autorun=off".to_owned(),
        ..Options::default()
    };
    with_page("bench", options, async |page| {
        page.wait_for_state("ready").await;
        worker::start(page).await;
        loading::language_model(page).await;
        let mut take = 0;
        // The first turn warms up: plans are built in it.
        for turn in 0..=TURNS {
            for (index, settings) in cases.iter().enumerate() {
                take += 1;
                let figures = browser_figures(page, take, CLIP, &bytes, settings).await;
                let in_browser = figures.stages.total_ms();
                let native = native_ms(&mut native, &audio.samples, audio.sample_rate_hz, settings);
                if turn > 0 {
                    times[index].0.push(in_browser);
                    times[index].1.push(native);
                }
            }
            eprintln!("turn {turn} of {TURNS}");
        }
    })
    .await;
    let case = |settings: &Settings, place: &str| {
        let decoder = settings.decoder.kind;
        format!("pipeline, {seconds:.1} s, {decoder}, {place}")
    };
    cases
        .iter()
        .zip(times)
        .flat_map(|(settings, (browser, native))| {
            [
                summary(
                    &case(settings, "Chromium worker"),
                    settings,
                    browser,
                    seconds,
                ),
                summary(&case(settings, "native"), settings, native, seconds),
            ]
        })
        .collect()
}

/// Settings with this lookahead, in this arithmetic.
pub fn computed(lookahead: Lookahead, arithmetic: Arithmetic) -> Settings {
    Settings {
        arithmetic,
        ..at(lookahead)
    }
}

/// The figures of a whole file in the page's own worker.
pub async fn browser_figures(
    page: &Page,
    take: u32,
    name: &str,
    bytes: &[u8],
    settings: &Settings,
) -> Figures {
    let run = ToWorker::RunFile {
        take,
        name: name.to_owned(),
        bytes: bytes.to_vec(),
        settings: settings.clone(),
        pace: Pace::Fast,
    };
    let message: Value = page
        .script_async(
            "talk.send(arguments[0]); return await talk.until(talk.kinds.finished, talk.kinds.figures)",
            vec![json!(encode(&run).unwrap())],
        )
        .await;
    let message: Vec<u8> = serde_json::from_value(message).unwrap();
    match decode(&message).unwrap() {
        FromWorker::Figures { figures, .. } => figures,
        other => panic!("figures were asked for, not {other:?}"),
    }
}

fn native_ms(recognizer: &mut Recognizer, samples: &[f32], rate: u32, settings: &Settings) -> f64 {
    let clock = Instant::now();
    let now = || clock.elapsed().as_secs_f64() * 1e3;
    recognizer.start(rate, settings, Clock::Simulated).unwrap();
    for batch in samples.chunks(512) {
        recognizer.accept(batch, 0.0, &now).unwrap();
        while recognizer.advance(&now).unwrap() {}
    }
    recognizer.finish(&now).unwrap();
    while recognizer.advance(&now).unwrap() {}
    recognizer.figures().stages.total_ms()
}
