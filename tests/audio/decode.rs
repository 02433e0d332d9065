//! Decoded samples against those of sox, flac, mpg123 and libopus
//! (`tests/data/audio/make_fixtures.py`).

use asr_playground::audio::{DecodedAudio, decode_file};
use serde::Deserialize;

#[derive(Deserialize)]
struct Expected {
    file: String,
    codec: String,
    sample_rate_hz: u32,
    channels: u16,
    frames: usize,
    rms: f64,
    tolerance: f64,
    picks: Vec<(usize, f64)>,
}

pub fn fixture(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/data/audio/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn expectations() -> Vec<Expected> {
    serde_json::from_slice(&fixture("expected.json")).unwrap()
}

/// Every fixture, for tests that damage them.
pub fn all_fixtures() -> Vec<(String, Vec<u8>)> {
    expectations()
        .into_iter()
        .map(|e| (e.file.clone(), fixture(&e.file)))
        .collect()
}

fn rms(samples: &[f32]) -> f64 {
    let energy: f64 = samples.iter().map(|s| f64::from(*s).powi(2)).sum();
    (energy / samples.len() as f64).sqrt()
}

#[test]
fn every_format_decodes_as_other_tools_decode_it() {
    let expectations = expectations();
    assert!(expectations.len() >= 20);
    for e in expectations {
        let got = decode_file(&e.file, &fixture(&e.file));
        let got: DecodedAudio = got.unwrap_or_else(|error| panic!("{}: {error}", e.file));
        let name = &e.file;
        assert_eq!(got.codec, e.codec, "{name}");
        assert_eq!(got.sample_rate_hz, e.sample_rate_hz, "{name}");
        assert_eq!(got.channels, e.channels, "{name}");
        assert_eq!(got.samples.len(), e.frames, "{name}");
        let worst = e
            .picks
            .iter()
            .map(|(at, value)| (f64::from(got.samples[*at]) - value).abs())
            .fold(0.0, f64::max);
        println!(
            "{name}: worst {worst:e}, rms {} against {}",
            rms(&got.samples),
            e.rms
        );
        assert!(worst <= e.tolerance, "{name}: off by {worst}");
        assert!((rms(&got.samples) - e.rms).abs() <= e.tolerance, "{name}");
    }
}
