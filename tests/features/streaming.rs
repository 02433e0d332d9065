//! The streaming extractor gives, bit for bit, what the batch gives.

use super::*;

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
