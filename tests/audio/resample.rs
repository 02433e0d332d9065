//! The resampler against soxr (`tests/data/audio/make_resampled.py`), against formulas,
//! and against itself under any split.

use std::f64::consts::TAU;

use asr_playground::audio::{AudioError, MAX_RATE_HZ, MIN_RATE_HZ, MODEL_RATE_HZ, Resampler};
use proptest::prelude::*;
use serde::Deserialize;

use crate::decode::fixture;

const SECONDS: f64 = 0.75;
const MODEL_HZ: f64 = MODEL_RATE_HZ as f64;

#[derive(Deserialize)]
struct Expected {
    rate_hz: u32,
    output_len_rounded: usize,
    picks: Vec<(usize, f64)>,
}

/// The signal of `make_resampled.py`.
fn signal(rate_hz: u32) -> Vec<f32> {
    let rate = f64::from(rate_hz);
    let (low, high) = (100.0, 0.9 * rate.min(MODEL_HZ) / 2.0);
    (0..(SECONDS * rate) as usize)
        .map(|n| {
            let t = n as f64 / rate;
            let sweep = (TAU * (low * t + (high - low) * t * t / (2.0 * SECONDS))).sin();
            let voice = |k: u32| {
                let k = f64::from(k);
                0.3 / k * (TAU * 150.0 * k * t + k * k).sin()
            };
            (0.4 * sweep + (1..=10).map(voice).sum::<f64>()) as f32
        })
        .collect()
}

fn tone(rate_hz: u32, hz: f64, samples: usize) -> Vec<f32> {
    let step = TAU * hz / f64::from(rate_hz);
    (0..samples)
        .map(|n| (0.5 * (step * n as f64).sin()) as f32)
        .collect()
}

fn resample(rate_hz: u32, pushes: &[&[f32]]) -> Vec<f32> {
    let mut resampler = Resampler::new(rate_hz).unwrap();
    let mut out = Vec::new();
    for push in pushes {
        resampler.push(push, &mut out).unwrap();
    }
    resampler.finish(&mut out).unwrap();
    out
}

fn decibels(power_ratio: f64) -> f64 {
    10.0 * power_ratio.log10()
}

fn power(samples: &[f32]) -> f64 {
    samples.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / samples.len() as f64
}

#[test]
fn the_pass_band_is_that_of_soxr() {
    let expectations: Vec<Expected> = serde_json::from_slice(&fixture("resampled.json")).unwrap();
    assert_eq!(expectations.len(), 9);
    for e in expectations {
        let got = resample(e.rate_hz, &[&signal(e.rate_hz)]);
        assert!(got.len().abs_diff(e.output_len_rounded) <= 1);
        let (mut wanted, mut error) = (0.0, 0.0);
        for (at, value) in e.picks {
            wanted += value * value;
            error += (f64::from(got[at]) - value).powi(2);
        }
        let snr_db = decibels(wanted / error);
        println!("{} Hz: {snr_db:.1} dB against soxr", e.rate_hz);
        assert!(snr_db > 75.0, "{} Hz: {snr_db:.1} dB", e.rate_hz);
    }
}

#[test]
fn tones_come_out_in_place_and_at_their_level() {
    // Phase included: a delay of 1/256 sample costs 40 dB at the upper end.
    for rate_hz in [
        8_000, 11_025, 12_000, 22_050, 24_000, 32_000, 37_800, 44_100, 44_101, 48_000, 88_200,
        96_000, 176_400, 192_000,
    ] {
        let nyquist = f64::from(rate_hz).min(MODEL_HZ) / 2.0;
        for share in [0.02, 0.125, 0.5, 0.8, 0.9] {
            let hz = nyquist * share;
            let got = resample(rate_hz, &[&tone(rate_hz, hz, rate_hz as usize / 2)]);
            let wanted = tone(MODEL_RATE_HZ, hz, 8_000);
            let error: Vec<f32> = (500..7_500).map(|n| got[n] - wanted[n]).collect();
            let snr_db = decibels(power(&wanted) / power(&error));
            assert!(snr_db > 75.0, "{rate_hz} Hz, tone {hz} Hz: {snr_db:.1} dB");
        }
    }
}

#[test]
fn what_lies_above_the_model_does_not_fold_back() {
    for (rate_hz, hz) in [
        (48_000, 12_000.0),
        (48_000, 9_000.0),
        (44_100, 15_000.0),
        (22_050, 9_000.0),
        (44_101, 12_000.0),
        (96_000, 30_000.0),
        (192_000, 12_000.0),
    ] {
        let input = tone(rate_hz, hz, rate_hz as usize / 2);
        let got = resample(rate_hz, &[&input]);
        let left_db = decibels(power(&got[500..7_500]) / power(&input));
        assert!(
            left_db < -75.0,
            "{rate_hz} Hz, tone {hz} Hz: {left_db:.1} dB"
        );
    }
}

#[test]
fn sixteen_kilohertz_pass_untouched() {
    let input = signal(MODEL_RATE_HZ);
    assert_eq!(resample(MODEL_RATE_HZ, &[&input]), input);
}

#[test]
fn lookahead_is_what_it_says() {
    // A sample is out once `lookahead_ms` more have come in, and at common rates soon.
    for rate_hz in [8_000, 22_050, 44_100, 44_101, 48_000, 96_000] {
        let mut resampler = Resampler::new(rate_hz).unwrap();
        let lookahead_ms = resampler.lookahead_ms();
        assert!(lookahead_ms <= 15.1, "{rate_hz} Hz: {lookahead_ms} ms");
        let mut out = Vec::new();
        for n in 0..rate_hz / 4 {
            resampler.push(&[0.1], &mut out).unwrap();
            let heard_ms = 1000.0 * f64::from(n + 1) / f64::from(rate_hz);
            let given_ms = 1000.0 * out.len() as f64 / MODEL_HZ;
            assert!(
                heard_ms - given_ms <= lookahead_ms + 0.1,
                "{rate_hz} Hz, after {heard_ms} ms: {given_ms} ms"
            );
        }
    }
}

#[test]
fn nothing_in_nothing_out() {
    for rate_hz in [8_000, 16_000, 44_100, 44_101] {
        assert!(resample(rate_hz, &[]).is_empty());
        assert!(resample(rate_hz, &[&[], &[]]).is_empty());
        assert_eq!(
            resample(rate_hz, &[&[0.5]]).len(),
            16_000_usize.div_ceil(rate_hz as usize)
        );
    }
}

#[test]
fn what_is_no_sound_is_refused_and_leaves_the_stream_whole() {
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e30] {
        for rate_hz in [16_000, 48_000] {
            let mut resampler = Resampler::new(rate_hz).unwrap();
            let mut out = Vec::new();
            let input = signal(rate_hz);
            resampler.push(&input, &mut out).unwrap();
            assert!(matches!(
                resampler.push(&[0.0, bad], &mut out),
                Err(AudioError::NotFinite { .. })
            ));
            resampler.finish(&mut out).unwrap();
            assert_eq!(out, resample(rate_hz, &[&input]));
            resampler.finish(&mut out).unwrap();
            assert_eq!(out.len(), (SECONDS * MODEL_HZ) as usize);
            assert_eq!(resampler.push(&[0.0], &mut out), Err(AudioError::Finished));
        }
    }
    for hz in [0, 1, MIN_RATE_HZ - 1, MAX_RATE_HZ + 1, u32::MAX] {
        assert_eq!(
            Resampler::new(hz).map(|_| ()),
            Err(AudioError::SampleRate { hz })
        );
    }
}

fn rates() -> impl Strategy<Value = u32> {
    prop_oneof![
        prop::sample::select(vec![8_000, 22_050, 44_100, 44_101, 48_000, 96_000]),
        MIN_RATE_HZ..=MAX_RATE_HZ,
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_split_changes_a_bit(
        rate_hz in rates(),
        samples in prop::collection::vec(-1.0_f32..1.0, 0..6_000),
        cuts in prop::collection::vec(0.0_f64..1.0, 0..40),
    ) {
        let whole = resample(rate_hz, &[&samples]);
        let mut cuts: Vec<usize> = cuts.iter().map(|c| (c * samples.len() as f64) as usize).collect();
        cuts.push(0);
        cuts.push(samples.len());
        cuts.sort_unstable();
        let pushes: Vec<&[f32]> = cuts.windows(2).map(|w| &samples[w[0]..w[1]]).collect();
        let split = resample(rate_hz, &pushes);
        prop_assert_eq!(whole.len(), (samples.len() * 16_000).div_ceil(rate_hz as usize));
        prop_assert!(whole.iter().zip(&split).all(|(a, b)| a.to_bits() == b.to_bits()));
        prop_assert_eq!(whole.len(), split.len());
    }
}
