//! Our log-mel front end natively, for `peers.py`, which runs it and others by turns; see
//! `docs/BENCHMARKS.md`.
//!
//! `features FOLDER` leaves what it worked on in FOLDER, `audio.f32` (16 kHz) and `log-mel.f32`, and
//! prints one line of JSON: `{"batch": …, "streaming": …}`, milliseconds for each second of audio.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a harness"
)]

use std::path::Path;
use std::time::Instant;

use asr_playground::audio::{Resampler, decode_file};
use asr_playground::features::{LogMel, LogMelConfig, log_mel};

/// What the page's worklet sends at a time, at 16 kHz.
const BATCH: usize = 512;

fn main() {
    // cargo adds options of its own.
    let folder = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with('-'));
    let folder = folder.expect("features FOLDER");
    let config = LogMelConfig::model();
    let audio = audio();
    let seconds = audio.len() as f64 / f64::from(config.sample_rate_hz);

    let frames: Vec<f32> = log_mel(&config, &audio)
        .unwrap()
        .iter()
        .flatten()
        .copied()
        .collect();
    let started = Instant::now();
    std::hint::black_box(log_mel(&config, &audio).unwrap());
    let batch = started.elapsed().as_secs_f64() * 1e3 / seconds;

    let mut front_end = LogMel::new(config).unwrap();
    let mut streamed = Vec::with_capacity(frames.len());
    let started = Instant::now();
    for batch in audio.chunks(BATCH) {
        front_end.accept_waveform(batch).unwrap();
        front_end.take_frames(&mut streamed);
    }
    let streaming = started.elapsed().as_secs_f64() * 1e3 / seconds;
    assert_eq!(streamed, frames, "streaming gives the same frames");

    write(&folder, "audio.f32", &audio);
    write(&folder, "log-mel.f32", &frames);
    println!(
        "{}",
        serde_json::json!({"batch": batch, "streaming": streaming})
    );
}

fn audio() -> Vec<f32> {
    let file = "public/clips/story.opus";
    let bytes = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
    let decoded = decode_file(file, &bytes).unwrap();
    let mut resampler = Resampler::new(decoded.sample_rate_hz).unwrap();
    let mut audio = Vec::new();
    resampler.push(&decoded.samples, &mut audio).unwrap();
    resampler.finish(&mut audio).unwrap();
    audio
}

fn write(folder: &str, name: &str, values: &[f32]) {
    let bytes: Vec<u8> = values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    std::fs::write(Path::new(folder).join(name), bytes).unwrap();
}
