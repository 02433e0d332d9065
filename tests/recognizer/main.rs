//! The whole path with the bundled model: how audio is cut, when settings change
//! and what is committed never depends on luck.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod models;
#[path = "../browser/native.rs"]
#[allow(dead_code, reason = "the browser tests need more of it")]
mod native;
mod questions;
#[path = "../random/mod.rs"]
mod random;
mod settings;

use asr_playground::audio::decode_file;
use asr_playground::decode::{DecoderKind, EndpointConfig, GateConfig, Transcript};
use asr_playground::eval::latency::Clock;
use asr_playground::eval::percentile::Percentiles;
use asr_playground::model::{Arithmetic, Lookahead};
use asr_playground::recognizer::{Answer, Asked, Question, Recognizer, RecognizerError, Settings};
use native::{at, clip, recognizer, text_of, with};
use random::Random;

const NOW: fn() -> f64 = || 0.0;

fn speech(file: &str) -> (Vec<f32>, u32) {
    let audio = decode_file(file, &std::fs::read(clip(file)).unwrap()).unwrap();
    (audio.samples, audio.sample_rate_hz)
}

/// Runs a take cut into batches; gives every transcript on the way.
fn run(
    recognizer: &mut Recognizer,
    samples: &[f32],
    rate: u32,
    lookahead: Lookahead,
    sizes: &mut dyn FnMut() -> usize,
) -> Vec<Transcript> {
    recognizer
        .start(rate, &at(lookahead), Clock::Simulated)
        .unwrap();
    let mut transcripts = Vec::new();
    let mut rest = samples;
    while !rest.is_empty() {
        let (batch, later) = rest.split_at(sizes().min(rest.len()));
        recognizer.accept(batch, 0.0, &NOW).unwrap();
        while recognizer.advance(&NOW).unwrap() {
            transcripts.push(recognizer.transcript());
        }
        rest = later;
    }
    recognizer.finish(&NOW).unwrap();
    while recognizer.advance(&NOW).unwrap() {
        transcripts.push(recognizer.transcript());
    }
    assert!(recognizer.is_done());
    transcripts
}

/// Bit patterns, which tell −0 from 0 and compare NaN.
fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

/// A whole take at once.
fn play(recognizer: &mut Recognizer, samples: &[f32], rate: u32, settings: &Settings) {
    recognizer.start(rate, settings, Clock::Simulated).unwrap();
    recognizer.accept(samples, 0.0, &NOW).unwrap();
    recognizer.finish(&NOW).unwrap();
    while recognizer.advance(&NOW).unwrap() {}
}

#[test]
fn how_the_audio_is_cut_changes_nothing() {
    // 48 kHz: the resampler is in the path as well.
    let (samples, rate) = speech("two-voices.flac");
    let mut recognizer = recognizer();
    for lookahead in [Lookahead::Ms(0), Lookahead::Ms(320), Lookahead::WholeTake] {
        run(&mut recognizer, &samples, rate, lookahead, &mut || {
            usize::MAX
        });
        let features = bits(recognizer.features());
        let log_probs = recognizer.log_probs().to_vec();
        let text = recognizer.transcript();
        assert!(!text.words.is_empty());
        let mut random = Random(7);
        let mut odd = || 1 + random.below(7000);
        let ways: [&mut dyn FnMut() -> usize; 3] = [&mut || 128, &mut || 4801, &mut odd];
        for sizes in ways {
            run(&mut recognizer, &samples, rate, lookahead, sizes);
            assert!(
                bits(recognizer.features()) == features,
                "{lookahead:?}: features"
            );
            let ours = recognizer.log_probs();
            assert_eq!(ours.len(), log_probs.len());
            let worst = ours
                .iter()
                .zip(&log_probs)
                .fold(0.0_f32, |worst, (a, b)| worst.max((a - b).abs()));
            assert!(worst <= 1e-4, "{lookahead:?}: log-probs differ by {worst}");
            assert_eq!(recognizer.transcript(), text, "{lookahead:?}");
        }
    }
}

#[test]
fn committed_words_are_only_appended() {
    let (samples, rate) = speech("commands.opus");
    let mut recognizer = recognizer();
    for lookahead in [Lookahead::Ms(0), Lookahead::Ms(160), Lookahead::Ms(1280)] {
        let transcripts = run(&mut recognizer, &samples, rate, lookahead, &mut || 512);
        for pair in transcripts.windows(2) {
            let before = &pair[0].words[..pair[0].committed];
            assert!(pair[1].committed >= before.len());
            assert_eq!(&pair[1].words[..before.len()], before, "{lookahead:?}");
        }
        let last = transcripts.last().unwrap();
        assert!(last.finished);
        assert_eq!(last.committed, last.words.len());
        // Times are in order and inside the take, flush included.
        for word in &last.words {
            assert!(word.start_sample < word.end_sample);
        }
        assert!(last.words.is_sorted_by_key(|word| word.start_sample));
    }
}

#[test]
fn last_words_are_not_cut_off() {
    // The clip ends with its last word: cut the silence after it away.
    let (samples, rate) = speech("digits.flac");
    let loud = samples.iter().rposition(|s| s.abs() > 0.02).unwrap();
    for lookahead in [
        Lookahead::Ms(0),
        Lookahead::Ms(320),
        Lookahead::Ms(1280),
        Lookahead::WholeTake,
    ] {
        let padded = text_of(
            &[&samples[..], &vec![0.0; 2 * rate as usize]].concat(),
            rate,
            &at(lookahead),
        );
        let cut = text_of(&samples[..=loud], rate, &at(lookahead));
        let words = |text: &str| text.split(' ').count();
        assert_eq!(
            words(&cut),
            words(&padded),
            "{lookahead:?}: {cut:?} of {padded:?}"
        );
    }
}

#[test]
fn bad_calls_are_refused_and_the_take_is_kept() {
    let (samples, rate) = speech("digits.flac");
    let mut recognizer = recognizer();
    assert!(matches!(
        recognizer.accept(&samples, 0.0, &NOW),
        Err(RecognizerError::NoTake)
    ));
    assert!(
        recognizer
            .start(4000, &at(Lookahead::Ms(320)), Clock::Real)
            .is_err()
    );
    assert!(
        recognizer
            .start(rate, &at(Lookahead::Ms(77)), Clock::Real)
            .is_err()
    );

    recognizer
        .start(rate, &at(Lookahead::Ms(320)), Clock::Real)
        .unwrap();
    recognizer.accept(&samples, 0.0, &NOW).unwrap();
    assert!(recognizer.accept(&[0.0, f32::NAN], 0.0, &NOW).is_err());
    recognizer.finish(&NOW).unwrap();
    while recognizer.advance(&NOW).unwrap() {}
    let fresh = text_of(&samples, rate, &at(Lookahead::Ms(320)));
    assert_eq!(recognizer.transcript().text(), fresh);
    assert!(matches!(
        recognizer.accept(&samples, 0.0, &NOW),
        Err(RecognizerError::TakeEnded)
    ));
}

#[test]
fn an_empty_take_ends_with_no_words() {
    let mut recognizer = recognizer();
    for lookahead in [Lookahead::Ms(320), Lookahead::WholeTake] {
        let transcripts = run(&mut recognizer, &[], 16_000, lookahead, &mut || 1);
        assert!(transcripts.last().is_none_or(|last| last.words.is_empty()));
    }
}

#[test]
fn an_utterance_ends_where_the_speaker_pauses() {
    // Of a clip of which the model is less sure, so that there is more than one hypothesis.
    let (samples, rate) = speech("telephone.flac");
    let pause = vec![0.0; 3 * rate as usize];
    let twice = [&samples[..], &pause, &samples[..]].concat();
    let one = text_of(&samples, rate, &with(DecoderKind::BeamLm));
    for kind in DecoderKind::ALL {
        let settings = Settings {
            endpoint: Some(EndpointConfig::default()),
            ..with(kind)
        };
        let mut recognizer = recognizer();
        recognizer.start(rate, &settings, Clock::Simulated).unwrap();
        let (first, rest) = twice.split_at(samples.len() + pause.len());
        recognizer.accept(first, 0.0, &NOW).unwrap();
        while recognizer.advance(&NOW).unwrap() {}
        // Nothing is tentative any more though the take goes on.
        let transcript = recognizer.transcript();
        assert!(!transcript.finished && !transcript.words.is_empty());
        assert_eq!(transcript.committed, transcript.words.len(), "{kind:?}");
        // The hypotheses to look at are still those of the utterance.
        if kind != DecoderKind::Greedy {
            let n_best = recognizer.n_best();
            assert!(
                n_best.len() > 1 && !n_best[0].words.is_empty(),
                "{n_best:?}"
            );
            assert!(transcript.text().ends_with(&n_best[0].text()), "{n_best:?}");
        }
        recognizer.accept(rest, 0.0, &NOW).unwrap();
        recognizer.finish(&NOW).unwrap();
        while recognizer.advance(&NOW).unwrap() {}
        assert_eq!(recognizer.segments().len(), 2, "{kind:?}");
        let parted = recognizer.segments()[1].start_sample - recognizer.segments()[0].end_sample;
        assert!(
            (32_000..64_000).contains(&parted),
            "{parted} samples between"
        );
        let words = recognizer.transcript().words.len();
        assert!(words >= 2 * one.split(' ').count() - 2, "{kind:?}: {words}");
        // Decoding the same log-probs again finds the same utterances.
        let segments = recognizer.segments().to_vec();
        let text = recognizer.transcript().text();
        recognizer.set_settings(&with(kind)).unwrap();
        while recognizer.advance(&NOW).unwrap() {}
        assert!(recognizer.segments().is_empty());
        recognizer.set_settings(&settings).unwrap();
        while recognizer.advance(&NOW).unwrap() {}
        assert_eq!(recognizer.segments(), segments);
        assert_eq!(recognizer.transcript().text(), text);
    }
}
