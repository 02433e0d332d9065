//! The log-mel front end against librosa and torchaudio, and against itself.
//!
//! The golden vectors and the script that made them are in `tests/golden/features/`.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

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

/// Configurations that exercise every path of the streaming extractor.
fn streamable() -> Vec<LogMelConfig> {
    let model = LogMelConfig::model();
    let centred = LogMelConfig {
        framing: Framing::CentreZeros,
        ..model.clone()
    };
    vec![
        LogMelConfig {
            scaling: Scaling::Db {
                reference: DbReference::Fixed(1.0),
                floor: 1e-10,
                top_db: None,
            },
            ..LogMelConfig::kaldi_fbank()
        },
        LogMelConfig {
            window_samples: 25,
            hop_samples: 1000,
            n_fft: 64,
            n_mels: 5,
            ..centred.clone()
        },
        LogMelConfig {
            window_samples: 301,
            hop_samples: 301,
            ..centred.clone()
        },
        LogMelConfig {
            window_samples: 100,
            hop_samples: 170,
            ..model.clone()
        },
        centred,
        model,
    ]
}

fn streamed(stream: &mut LogMel, pushes: &[&[f32]]) -> Vec<f32> {
    let mut values = Vec::new();
    for push in pushes {
        stream.accept_waveform(push).unwrap();
        let ready = stream.frames_ready();
        assert_eq!(stream.take_frames(&mut values), ready);
        assert_eq!(stream.frames_ready(), 0);
    }
    stream.input_finished();
    stream.take_frames(&mut values);
    values
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_split_gives_the_batch_frames(
        which in 0..6usize,
        len in 0..5000usize,
        // Weighted towards the awkward: nothing, and one sample.
        pushes in prop::collection::vec(prop_oneof![Just(0), Just(1), 2..40usize, 40..2000usize], 0..60),
    ) {
        let config = streamable()[which].clone();
        let speech = &audio("speech")[3000..3000 + len];
        let mut rest = speech;
        let mut split = Vec::new();
        for push in pushes {
            let (now, later) = rest.split_at(push.min(rest.len()));
            split.push(now);
            rest = later;
        }
        split.push(rest);
        let batch = log_mel(&config, speech).unwrap();
        let mut stream = LogMel::new(config).unwrap();
        prop_assert_eq!(bits(&streamed(&mut stream, &split)), bits(&batch.values));
        stream.reset();
        prop_assert_eq!(bits(&streamed(&mut stream, &[speech])), bits(&batch.values));
    }

    #[test]
    fn no_valid_configuration_panics_or_gives_what_is_not_a_number(
        (window_samples, padding, hop_samples, n_mels) in (2..70usize, 0..70usize, 1..90usize, 1..50usize),
        (low, width) in (0.0..4000.0f64, 0.0..4000.0f64),
        framing in prop_oneof![Just(Framing::Valid), Just(Framing::CentreZeros), Just(Framing::CentreReflect)],
        samples in prop::collection::vec(prop_oneof![-1.0..1.0f32, Just(f32::MAX), Just(-f32::MAX), Just(f32::MIN_POSITIVE)], 0..200),
    ) {
        let config = LogMelConfig {
            window_samples,
            n_fft: (window_samples + padding).next_multiple_of(2),
            hop_samples,
            n_mels,
            f_min_hz: low,
            f_max_hz: low + width,
            framing,
            ..LogMelConfig::librosa_power_to_db()
        };
        if let Ok(frames) = log_mel(&config, &samples) {
            prop_assert!(frames.values.iter().all(|value| value.is_finite()));
        }
    }
}

#[test]
fn one_sample_at_a_time() {
    for config in streamable() {
        let samples = &audio("mix")[..2500];
        let pushes: Vec<&[f32]> = samples.chunks(1).collect();
        let batch = log_mel(&config, samples).unwrap();
        assert!(!batch.is_empty());
        let mut stream = LogMel::new(config).unwrap();
        assert_eq!(bits(&streamed(&mut stream, &pushes)), bits(&batch.values));
    }
}

#[test]
fn a_sample_that_is_not_finite_is_refused_by_its_index() {
    let mut samples = audio("mix");
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        samples[1234] = value;
        let error = log_mel(&LogMelConfig::model(), &samples).unwrap_err();
        assert!(
            error.to_string().starts_with("Sample 1234 of the take is "),
            "{error}"
        );
        let mut stream = LogMel::new(LogMelConfig::model()).unwrap();
        stream.accept_waveform(&samples[..1000]).unwrap();
        let error = stream.accept_waveform(&samples[1000..]).unwrap_err();
        assert!(matches!(
            error,
            FeatureError::NotFinite {
                sample_index: 1234,
                ..
            }
        ));
        // Nothing of that push was taken: the take goes on as if it had not been.
        samples[1234] = 0.0;
        let batch = log_mel(&LogMelConfig::model(), &samples).unwrap();
        let streamed = streamed(&mut stream, &[&samples[1000..]]);
        assert_eq!(bits(&streamed), bits(&batch.values));
    }
}

#[test]
fn a_finished_take_accepts_no_more() {
    let mut stream = LogMel::new(LogMelConfig::model()).unwrap();
    stream.input_finished();
    stream.input_finished();
    assert_eq!(stream.accept_waveform(&[0.0]), Err(FeatureError::Finished));
    assert_eq!(stream.frames_ready(), 0);
    stream.reset();
    stream.accept_waveform(&[0.0; 400]).unwrap();
    assert_eq!(stream.frames_ready(), 1);
}

#[test]
fn streaming_refuses_what_needs_the_whole_signal() {
    let model = LogMelConfig::model();
    let reflected = LogMelConfig {
        framing: Framing::CentreReflect,
        ..model.clone()
    };
    let top_db = LogMelConfig {
        scaling: Scaling::Db {
            reference: DbReference::Fixed(1.0),
            floor: 1e-10,
            top_db: Some(80.0),
        },
        ..model
    };
    for config in [LogMelConfig::librosa_power_to_db(), reflected, top_db] {
        assert!(log_mel(&config, &audio("mix")).is_ok());
        let error = LogMel::new(config).err().unwrap();
        assert!(
            matches!(error, FeatureError::NeedsWholeSignal { .. }),
            "{error}"
        );
    }
}

#[test]
fn every_bad_field_is_named() {
    type Break = fn(&mut LogMelConfig);
    let cases: [(&str, Break); 19] = [
        ("sample_rate_hz", |c| c.sample_rate_hz = 0),
        ("window_samples", |c| c.window_samples = 1),
        ("window_samples", |c| c.window_samples = usize::MAX),
        ("hop_samples", |c| c.hop_samples = 0),
        ("n_fft", |c| c.n_fft = 398),
        ("n_fft", |c| c.n_fft = 511),
        ("n_fft", |c| c.n_fft = 1 << 30),
        ("n_mels", |c| c.n_mels = 0),
        ("f_min_hz", |c| c.f_min_hz = -1.0),
        ("f_min_hz", |c| c.f_min_hz = f64::NAN),
        ("f_max_hz", |c| c.f_max_hz = 20.0),
        ("f_max_hz", |c| c.f_max_hz = 8000.5),
        ("pre_emphasis", |c| c.pre_emphasis = 1.5),
        ("pre_emphasis", |c| c.pre_emphasis = f64::NAN),
        ("gain", |c| c.gain = 0.0),
        ("gain", |c| c.gain = f64::INFINITY),
        ("scaling.floor", |c| c.scaling = Scaling::Ln { floor: 0.0 }),
        ("scaling.reference", |c| {
            c.scaling = Scaling::Db {
                reference: DbReference::Fixed(-1.0),
                floor: 1e-10,
                top_db: None,
            };
        }),
        ("scaling.top_db", |c| {
            c.scaling = Scaling::Db {
                reference: DbReference::Max,
                floor: 1e-10,
                top_db: Some(f64::NAN),
            };
        }),
    ];
    for (field, break_it) in cases {
        let mut config = LogMelConfig::model();
        break_it(&mut config);
        let error = config.validate().unwrap_err();
        assert!(
            matches!(error, FeatureError::Config { field: f, .. } if f == field),
            "{error}"
        );
        assert!(error.to_string().ends_with('.'), "{error}");
        assert_eq!(log_mel(&config, &[0.0; 1000]).unwrap_err(), error);
        assert_eq!(LogMel::new(config.clone()).err(), Some(error.clone()));
        assert_eq!(filterbank(&config).unwrap_err(), error);
        assert_eq!(resolution(&config).unwrap_err(), error);
    }
}

/// The front end as `models/manifest.toml` writes it.
const MANIFEST: &str = r#"
sample_rate_hz = 16000
window_samples = 400
window_shape = "hann"
hop_samples = 160
n_fft = 512
n_mels = 80
f_min_hz = 20.0
f_max_hz = 7600.0
mel_scale = "htk"
mel_norm = "none"
spectrum = "power"
scaling = { kind = "ln", floor = 1e-6 }
pre_emphasis = 0.0
framing = "valid"
"#;

#[test]
fn the_manifest_spells_the_model_preset() {
    let parsed: LogMelConfig = toml::from_str(MANIFEST).unwrap();
    assert_eq!(parsed, LogMelConfig::model());
    let only_sizes: String = MANIFEST
        .lines()
        .filter(|line| line.contains("_samples") || line.contains("n_") || line.contains("_hz"))
        .filter(|line| !line.contains('"'))
        .fold(String::new(), |text, line| text + line + "\n");
    assert_eq!(only_sizes.lines().count(), 7);
    assert_eq!(toml::from_str::<LogMelConfig>(&only_sizes).unwrap(), parsed);
}

#[test]
fn the_manifest_is_read_strictly() {
    let ln = "scaling = { kind = \"ln\", floor = 1e-6 }";
    for (from, to, complaint) in [
        (
            "n_mels = 80",
            "n_mels = 80\ndither = 1.0",
            "unknown field `dither`",
        ),
        ("n_mels = 80", "", "missing field `n_mels`"),
        ("n_mels = 80", "n_mels = -80", "invalid value"),
        ("\"hann\"", "\"hahn\"", "unknown variant `hahn`"),
        (
            ln,
            "scaling = { kind = \"ln\", floor = 1e-6, ceiling = 1 }",
            "unknown field `ceiling`",
        ),
        (
            ln,
            "scaling = { kind = \"ln\", floor = 1e-6, top_db = 80 }",
            "no top_db",
        ),
    ] {
        assert!(MANIFEST.contains(from));
        let error = toml::from_str::<LogMelConfig>(&MANIFEST.replace(from, to)).unwrap_err();
        assert!(error.to_string().contains(complaint), "{error}");
    }
    let db = "scaling = { kind = \"db\", floor = 1e-10, reference = \"max\", top_db = 80 }";
    let parsed: LogMelConfig = toml::from_str(&MANIFEST.replace(ln, db)).unwrap();
    assert_eq!(parsed.scaling, LogMelConfig::librosa_power_to_db().scaling);
}

#[test]
fn a_configuration_survives_the_message_to_the_page() {
    for name in ["model", "librosa_power_to_db", "kaldi_fbank"] {
        let config = preset(name);
        let bytes = postcard::to_allocvec(&config).unwrap();
        assert_eq!(
            postcard::from_bytes::<LogMelConfig>(&bytes).unwrap(),
            config
        );
    }
}
