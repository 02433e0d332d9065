//! Our decoders over real log-probs, natively: milliseconds for each second of audio.
//! `peers.py` runs this and two other decoders by turns; see `docs/BENCHMARKS.md`.
//!
//! Prints one line of JSON: `{"greedy": …, "beam 8": …, "beam+lm 8": …, …}`, the time of
//! one pass over the clips of `tests/golden/beam`, after one to warm up. The searches prune as on
//! the page; those named `beam 8, pruned as pyctcdecode` prune as that peer is set.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a harness"
)]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use asr_playground::decode::{DecoderKind, DecoderParts, DecoderSettings, LanguageModel};
use asr_playground::model::Tokens;

/// 20 ms.
const SAMPLES_PER_ROW: i64 = 320;
const WIDTHS: [usize; 3] = [8, 64, 128];
/// As `tests/golden/beam/make.py` sets the peers: least ln p of a token, and of a hypothesis
/// below the best. flashlight leaves no token out.
const PEERS: [(&str, f32, f32); 2] = [("pyctcdecode", -8.0, 20.0), ("flashlight", -1000.0, 20.0)];

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |file: &str| std::fs::read(root.join(file)).expect("a file of the repository");
    let tokens = String::from_utf8(read("models/tokens.txt")).unwrap();
    let parts = DecoderParts {
        tokens: Tokens::parse(&tokens).unwrap(),
        samples_per_row: SAMPLES_PER_ROW,
        language_model: Some(Arc::new(
            LanguageModel::from_bytes(&read("models/english.lm")).unwrap(),
        )),
    };
    let rows = read("tests/golden/beam/clips.u8");
    let rows: Vec<f32> = rows.iter().map(|b| f32::from(*b) / -20.0).collect();
    let clips = clips(
        &rows,
        &read("tests/golden/beam/peers.json"),
        parts.tokens.len(),
    );
    let seconds = rows.len() as f64 / parts.tokens.len() as f64 * 0.02;

    let mut times = BTreeMap::new();
    for kind in DecoderKind::ALL {
        let widths = if kind == DecoderKind::Greedy {
            &WIDTHS[..1]
        } else {
            &WIDTHS[..]
        };
        for width in widths {
            let mut settings = DecoderSettings {
                kind,
                ..DecoderSettings::default()
            };
            settings.beam.width = *width;
            let ms = |settings: &DecoderSettings| time(&parts, settings, &clips) * 1e3 / seconds;
            if kind == DecoderKind::Greedy {
                times.insert(kind.to_string(), ms(&settings));
                continue;
            }
            times.insert(format!("{kind} {width}"), ms(&settings));
            for (peer, token_min_ln, beam_ln) in PEERS {
                settings.beam.token_min_ln = token_min_ln;
                settings.beam.beam_ln = beam_ln;
                let name = format!("{kind} {width}, pruned as {peer}");
                times.insert(name, ms(&settings));
            }
        }
    }
    println!("{}", serde_json::to_string(&times).unwrap());
}

/// The log-probs of each clip.
fn clips<'a>(rows: &'a [f32], answers: &[u8], columns: usize) -> Vec<&'a [f32]> {
    let answers: serde_json::Value = serde_json::from_slice(answers).unwrap();
    let mut rest = rows;
    let lengths = answers["clips"].as_array().unwrap().iter();
    lengths
        .map(|clip| {
            let length = clip["rows"].as_u64().unwrap() as usize * columns;
            let (clip, after) = rest.split_at(length);
            rest = after;
            clip
        })
        .collect()
}

/// Seconds of one pass, after one to warm up.
fn time(parts: &DecoderParts, settings: &DecoderSettings, clips: &[&[f32]]) -> f64 {
    pass(parts, settings, clips);
    let started = Instant::now();
    pass(parts, settings, clips);
    started.elapsed().as_secs_f64()
}

fn pass(parts: &DecoderParts, settings: &DecoderSettings, clips: &[&[f32]]) {
    for clip in clips {
        let mut decoder = parts.resume(settings, Vec::new(), 0).unwrap();
        decoder.push(clip).unwrap();
        decoder.finish();
        std::hint::black_box(decoder.transcript());
    }
}
