//! The whole path with the bundled model: how audio is cut, when settings change
//! and what is committed never depends on luck.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "browser/native.rs"]
#[allow(dead_code, reason = "the browser tests need more of it")]
mod native;

use asr_playground::audio::decode_file;
use asr_playground::decode::{DecoderKind, EndpointConfig, GateConfig, Transcript};
use asr_playground::eval::latency::Clock;
use asr_playground::eval::percentile::Percentiles;
use asr_playground::model::Lookahead;
use asr_playground::recognizer::{Answer, Question, Recognizer, RecognizerError, Settings};
use native::{at, clip, recognizer, text_of, with};

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
        let mut state = 7_usize;
        let mut odd = || {
            state = state.wrapping_mul(1_103_515_245).wrapping_add(12_345) % (1 << 31);
            1 + state % 7000
        };
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
fn a_new_lookahead_gives_what_a_new_take_would() {
    let (samples, rate) = speech("sentence.flac");
    let mut recognizer = recognizer();
    run(
        &mut recognizer,
        &samples,
        rate,
        Lookahead::Ms(0),
        &mut || 512,
    );
    assert_eq!(recognizer.revision(), 0);
    for (revision, lookahead) in [Lookahead::Ms(640), Lookahead::WholeTake, Lookahead::Ms(160)]
        .into_iter()
        .enumerate()
    {
        assert!(recognizer.set_settings(&at(lookahead)).unwrap());
        assert!(!recognizer.is_done());
        while recognizer.advance(&NOW).unwrap() {}
        assert!(recognizer.is_done());
        assert_eq!(recognizer.revision() as usize, revision + 1);
        let fresh = text_of(&samples, rate, &at(lookahead));
        assert_eq!(recognizer.transcript().text(), fresh, "{lookahead:?}");
        // The same settings again: nothing to do.
        assert!(!recognizer.set_settings(&at(lookahead)).unwrap());
    }
}

/// Every decoder at its own lookahead, with a width that prunes and one that does not.
fn any_settings() -> Vec<Settings> {
    let lookaheads = [Lookahead::Ms(0), Lookahead::Ms(320), Lookahead::Ms(1280)];
    let mut all = Vec::new();
    for kind in DecoderKind::ALL {
        for (lookahead, width) in lookaheads.into_iter().zip([1, 8, 32]) {
            let mut settings = Settings {
                lookahead,
                ..with(kind)
            };
            settings.decoder.beam.width = width;
            settings.endpoint = (width == 8).then(EndpointConfig::default);
            let confidence = [0.0, 0.55, 0.8][all.len() % 3];
            settings.gate = (all.len() % 4 != 0).then(|| GateConfig {
                confidence,
                ..GateConfig::default()
            });
            all.push(settings);
        }
    }
    all
}

#[test]
fn another_decoder_gives_what_a_new_take_would_without_running_the_model() {
    let (samples, rate) = speech("sentence.flac");
    let mut recognizer = recognizer();
    run(
        &mut recognizer,
        &samples,
        rate,
        Lookahead::Ms(320),
        &mut || 512,
    );
    let log_probs = recognizer.log_probs().to_vec();
    for kind in [DecoderKind::BeamLm, DecoderKind::Beam, DecoderKind::Greedy] {
        assert!(recognizer.set_settings(&with(kind)).unwrap());
        assert!(!recognizer.is_done());
        // The model's output is there before a step is done, and stays the same.
        assert_eq!(bits(recognizer.log_probs()), bits(&log_probs));
        while recognizer.advance(&NOW).unwrap() {}
        assert!(recognizer.is_done());
        assert_eq!(bits(recognizer.log_probs()), bits(&log_probs));
        let fresh = text_of(&samples, rate, &with(kind));
        assert_eq!(recognizer.transcript().text(), fresh, "{kind:?}");
        let n_best = recognizer.n_best();
        assert_eq!(n_best.is_empty(), kind == DecoderKind::Greedy);
    }
}

#[test]
fn whatever_changes_in_the_middle_of_a_take_committed_words_stay() {
    let (samples, rate) = speech("commands.opus");
    let all = any_settings();
    let mut recognizer = recognizer();
    let mut seed = 3_usize;
    let mut dice = move |below: usize| {
        seed = seed.wrapping_mul(1_103_515_245).wrapping_add(12_345) % (1 << 31);
        (seed >> 8) % below
    };
    let mut most_committed_before_a_change = 0;
    for _ in 0..6 {
        recognizer.start(rate, &all[dice(9)], Clock::Real).unwrap();
        let mut committed = Vec::new();
        for batch in samples.chunks(8_000) {
            recognizer.accept(batch, 0.0, &NOW).unwrap();
            while recognizer.advance(&NOW).unwrap() {
                let transcript = recognizer.transcript();
                assert!(transcript.committed >= committed.len());
                assert_eq!(&transcript.words[..committed.len()], committed);
                committed = transcript.words[..transcript.committed].to_vec();
            }
            if dice(3) == 0 {
                most_committed_before_a_change =
                    most_committed_before_a_change.max(committed.len());
                recognizer.set_settings(&all[dice(9)]).unwrap();
                let transcript = recognizer.transcript();
                // Another gate may let a doubtful word in, at the end.
                assert!(transcript.committed >= committed.len());
                assert_eq!(transcript.words[..committed.len()], committed);
            }
        }
        recognizer.finish(&NOW).unwrap();
        while recognizer.advance(&NOW).unwrap() {}
        assert_eq!(
            recognizer.transcript().words[..committed.len()],
            committed,
            "at the end"
        );
        // The take is over: now all of it is recognised anew, as if from the start.
        let last = Settings {
            lookahead: Lookahead::Ms(640),
            ..with(DecoderKind::BeamLm)
        };
        recognizer.set_settings(&last).unwrap();
        while recognizer.advance(&NOW).unwrap() {}
        assert_eq!(
            recognizer.transcript().text(),
            text_of(&samples, rate, &last)
        );
    }
    assert!(
        most_committed_before_a_change > 3,
        "it must have been put to the test"
    );
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
    let (samples, rate) = speech("digits.flac");
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

#[test]
fn aligned_words_and_latencies_are_those_of_the_transcript() {
    let (samples, rate) = speech("sentence.flac");
    let mut recognizer = recognizer();
    let mut medians = Vec::new();
    for lookahead in [Lookahead::Ms(160), Lookahead::Ms(1280)] {
        let settings = Settings {
            lookahead,
            ..with(DecoderKind::BeamLm)
        };
        recognizer.start(rate, &settings, Clock::Simulated).unwrap();
        recognizer.accept(&samples, 0.0, &NOW).unwrap();
        recognizer.finish(&NOW).unwrap();
        while recognizer.advance(&NOW).unwrap() {}
        let transcript = recognizer.transcript();
        let aligned = recognizer.aligned_words().unwrap();
        let texts: Vec<&str> = aligned.iter().map(|word| word.text.as_str()).collect();
        assert_eq!(texts.join(" "), transcript.text());
        let latencies = recognizer.perceived_latencies().unwrap();
        assert_eq!(latencies.words.len(), transcript.words.len());
        for word in &latencies.words {
            let committed_ms = word.committed_ms.expect("the take is over");
            assert!(word.first_shown_ms <= word.stable_ms && word.stable_ms <= committed_ms);
        }
        let stable = latencies.words.iter().map(|word| word.stable_ms);
        medians.push(Percentiles::of(stable).unwrap().p50);
        assert_eq!(recognizer.stability().final_words, transcript.words.len());
        assert!(!recognizer.chunk_times().is_empty());
    }
    // With no compute time a word waits for its chunk: half of it on average.
    assert!(medians[1] > medians[0] + 300.0, "{medians:?}");
}

#[test]
fn a_second_recognition_is_what_it_would_be_alone() {
    let (samples, rate) = speech("sentence.flac");
    let mut recognizer = recognizer();
    let alone = |recognizer: &mut Recognizer, settings: &Settings| {
        recognizer.set_other(None).unwrap();
        recognizer.start(rate, settings, Clock::Simulated).unwrap();
        recognizer.accept(&samples, 0.0, &NOW).unwrap();
        recognizer.finish(&NOW).unwrap();
        while recognizer.advance(&NOW).unwrap() {}
        recognizer.transcript().words
    };
    let first = at(Lookahead::default());
    let second = Settings {
        lookahead: Lookahead::Ms(160),
        ..with(DecoderKind::Beam)
    };
    let expected = (
        alone(&mut recognizer, &first),
        alone(&mut recognizer, &second),
    );
    assert_ne!(expected.0, expected.1, "the case shows a difference");

    // From the take's beginning, in batches; and from its middle.
    for begin in [0, samples.len() / 2] {
        recognizer.set_other(None).unwrap();
        recognizer.start(rate, &first, Clock::Simulated).unwrap();
        for (at, batch) in samples.chunks(1600).enumerate() {
            if at * 1600 >= begin && recognizer.other().is_none() {
                recognizer.set_other(Some(&second)).unwrap();
            }
            recognizer.accept(batch, 0.0, &NOW).unwrap();
            while recognizer.advance(&NOW).unwrap() {}
        }
        recognizer.finish(&NOW).unwrap();
        while recognizer.advance(&NOW).unwrap() {}
        let other = recognizer.other().unwrap();
        assert!(other.done && recognizer.is_done());
        assert_eq!(recognizer.transcript().words, expected.0);
        assert_eq!(other.transcript.words, expected.1);
        let latency = recognizer.other_latency().unwrap();
        assert_eq!(
            latency.perceived.unwrap().words.len(),
            other.transcript.words.len()
        );
    }
}

#[test]
fn questions_are_answered_from_the_take() {
    let (samples, rate) = speech("digits.flac");
    let mut recognizer = recognizer();
    assert!(matches!(
        recognizer.answer(&Question::NBest),
        Err(RecognizerError::NoTake)
    ));
    recognizer
        .start(rate, &with(DecoderKind::Beam), Clock::Simulated)
        .unwrap();
    recognizer.accept(&samples, 0.0, &NOW).unwrap();
    recognizer.finish(&NOW).unwrap();
    while recognizer.advance(&NOW).unwrap() {}
    let text = recognizer.transcript().text();
    let columns = recognizer.tokens().len();
    let rows = recognizer.log_probs().len() / columns;

    // Rows that are not there are left out.
    let question = Question::LogProbs {
        first_row: rows - 2,
        rows: 100,
    };
    let Answer::LogProbs { values, .. } = recognizer.answer(&question).unwrap() else {
        panic!("another answer");
    };
    assert_eq!(
        bits(&values),
        bits(&recognizer.log_probs()[(rows - 2) * columns..])
    );

    // A text's paths are together at least as likely as the best of them, and another
    // text's less likely.
    let sum = |text: &str| {
        let question = Question::Sum {
            text: text.to_owned(),
            first_row: 0,
            rows,
        };
        match recognizer.answer(&question).unwrap() {
            Answer::Sum {
                score, best_path, ..
            } => (score, best_path),
            _ => panic!("another answer"),
        }
    };
    let (score, best_path) = sum(&text);
    assert!(score >= best_path && sum("something else").0 < score);

    let aligned = recognizer.aligned_words().unwrap();
    let Answer::Align(alignment) = recognizer.answer(&Question::Align { text }).unwrap() else {
        panic!("another answer");
    };
    assert_eq!(alignment.words, aligned);

    // What cannot be spelled is refused.
    for text in ["", "7"] {
        let question = Question::Align {
            text: text.to_owned(),
        };
        assert!(recognizer.answer(&question).is_err(), "{text:?}");
    }
}
