//! The log-mel front end against librosa and torchaudio, and against itself.
//!
//! The golden vectors and the script that made them are in `tests/golden/features/`;
//! `streaming` is about audio that comes in pieces, `config` about what is refused.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod config;
mod streaming;

use std::collections::BTreeMap;
use std::path::Path;

use asr_playground::features::{
    DbReference, FeatureError, Framing, LogMel, LogMelConfig, Scaling, WindowShape, filterbank,
    log_mel, resolution,
};
use proptest::prelude::*;
use serde::Deserialize;

/// Largest difference from a reference tool, relative to the mel energy (or, of a
/// magnitude spectrum, to the mel magnitude): as a difference of natural logarithms
/// it is this number itself, of decibels 10 or 20 times its common logarithm.
const TOLERANCE: f64 = 1e-4;

#[derive(Deserialize)]
struct Golden {
    cases: Vec<Case>,
    filterbanks: BTreeMap<String, GoldenBank>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    audio: String,
    config: CaseConfig,
    shape: [usize; 2],
    /// Wider than [`TOLERANCE`], for the reason in `make.py`.
    #[serde(default)]
    tolerance: Option<f64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum CaseConfig {
    Preset(String),
    Spelled(LogMelConfig),
}

#[derive(Deserialize)]
struct GoldenBank {
    bands: BTreeMap<usize, GoldenBand>,
    centres_hz: Vec<f64>,
}

#[derive(Deserialize)]
struct GoldenBand {
    first_bin: usize,
    weights: Vec<f64>,
}

fn preset(name: &str) -> LogMelConfig {
    match name {
        "model" => LogMelConfig::model(),
        "librosa_power_to_db" => LogMelConfig::librosa_power_to_db(),
        "kaldi_fbank" => LogMelConfig::kaldi_fbank(),
        _ => panic!("no preset {name}"),
    }
}

fn read(file: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/features");
    std::fs::read(folder.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn golden() -> Golden {
    serde_json::from_slice(&read("cases.json")).unwrap()
}

fn audio(name: &str) -> Vec<f32> {
    let bytes = read(&format!("{name}.s16"));
    let (samples, rest) = bytes.as_chunks::<2>();
    assert!(rest.is_empty());
    let sample = |&bytes| f32::from(i16::from_le_bytes(bytes)) / 32768.0;
    samples.iter().map(sample).collect()
}

fn features(name: &str) -> Vec<f32> {
    let bytes = read(&format!("{name}.f32"));
    let (values, rest) = bytes.as_chunks::<4>();
    assert!(rest.is_empty());
    values
        .iter()
        .map(|&bytes| f32::from_le_bytes(bytes))
        .collect()
}

#[test]
fn golden_vectors_of_the_reference_tools() {
    let cases = golden().cases;
    assert!(cases.len() >= 20);
    for case in cases {
        let config = match case.config {
            CaseConfig::Preset(name) => preset(&name),
            CaseConfig::Spelled(config) => config,
        };
        let ours = log_mel(&config, &audio(&case.audio)).unwrap();
        let theirs = features(&case.name);
        assert_eq!([ours.len(), ours.n_mels], case.shape, "{}", case.name);
        let worst = ours
            .values
            .iter()
            .zip(&theirs)
            .map(|(a, b)| f64::from((a - b).abs()))
            .fold(0.0, f64::max);
        let nepers = match config.scaling {
            Scaling::Ln { .. } => worst,
            Scaling::Db { .. } => worst / 10.0 * std::f64::consts::LN_10,
        };
        println!("{}: {nepers:.1e}", case.name);
        let tolerance = case.tolerance.unwrap_or(TOLERANCE);
        assert!(nepers <= tolerance, "{}: off by {nepers:.1e}", case.name);
    }
}

#[test]
fn filterbanks_of_the_reference_tools() {
    for (name, golden) in golden().filterbanks {
        let bank = filterbank(&preset(&name)).unwrap();
        assert_eq!(bank.bands.len(), golden.centres_hz.len());
        for (ours, theirs) in bank.centres_hz().zip(&golden.centres_hz) {
            assert!(
                (ours / theirs - 1.0).abs() < 1e-5,
                "{name}: {ours} {theirs}"
            );
        }
        for (band, theirs) in golden.bands {
            let points = bank.points(band);
            let ours = &bank.bands[band];
            assert_eq!(ours.first_bin, theirs.first_bin, "{name} band {band}");
            assert_eq!(
                ours.weights.len(),
                theirs.weights.len(),
                "{name} band {band}"
            );
            let peak = theirs.weights.iter().copied().fold(0.0, f64::max);
            for (i, (a, b)) in ours.weights.iter().zip(&theirs.weights).enumerate() {
                assert!((a - b).abs() < 1e-5 * peak, "{name} band {band}: {a} {b}");
                assert_eq!(points[i + 1].1.to_bits(), a.to_bits());
            }
            assert_eq!(points.len(), theirs.weights.len() + 2);
            assert!(points.is_sorted_by(|a, b| a.0 < b.0));
        }
        assert!(bank.points(80).is_empty());
    }
}

/// Noise bandwidths in bins from table 1 of Harris (1978).
#[test]
fn noise_bandwidth_is_that_of_harris() {
    for (window_shape, bins) in [
        (WindowShape::Hann, 1.50),
        (WindowShape::Hamming, 1.36),
        (WindowShape::Rectangular, 1.00),
    ] {
        let config = LogMelConfig {
            window_shape,
            ..LogMelConfig::model()
        };
        let seen = resolution(&config).unwrap();
        assert!(
            (seen.noise_bandwidth_hz / 40.0 - bins).abs() < 0.005,
            "{seen:?}"
        );
        assert_eq!(
            (seen.window_ms, seen.hop_ms, seen.bin_hz),
            (25.0, 10.0, 31.25)
        );
        assert_eq!(seen.empty_bands, 0);
    }
    let crowded = LogMelConfig {
        n_mels: 300,
        ..LogMelConfig::model()
    };
    assert!(resolution(&crowded).unwrap().empty_bands > 0);
    assert!(
        log_mel(&crowded, &audio("mix"))
            .unwrap()
            .values
            .iter()
            .all(|v| v.is_finite())
    );
}

#[test]
fn number_of_frames() {
    let count = |framing, n_samples| {
        let config = LogMelConfig {
            framing,
            ..LogMelConfig::model()
        };
        log_mel(&config, &vec![0.1; n_samples]).unwrap().len()
    };
    for (samples, frames) in [
        (0, 0),
        (1, 0),
        (399, 0),
        (400, 1),
        (559, 1),
        (560, 2),
        (16_000, 98),
    ] {
        assert_eq!(count(Framing::Valid, samples), frames, "{samples} samples");
    }
    for framing in [Framing::CentreZeros, Framing::CentreReflect] {
        for (samples, frames) in [(0, 0), (1, 1), (159, 1), (160, 2), (16_000, 101)] {
            assert_eq!(count(framing, samples), frames, "{samples} samples");
        }
    }
}
