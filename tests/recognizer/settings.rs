//! Settings that change in the middle of a take, after it, or beside it.

use super::*;
use asr_playground::decode::Word;

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

#[test]
fn another_arithmetic_runs_the_model_anew() {
    let (samples, rate) = speech("sentence.flac");
    let mut recognizer = recognizer();
    let lookahead = Lookahead::Ms(320);
    run(&mut recognizer, &samples, rate, lookahead, &mut || 512);
    let (int8, text) = (recognizer.log_probs().to_vec(), recognizer.transcript());
    let float = Settings {
        arithmetic: Arithmetic::Float,
        ..at(lookahead)
    };
    assert!(recognizer.set_settings(&float).unwrap());
    while recognizer.advance(&NOW).unwrap() {}
    assert_eq!(recognizer.revision(), 1);
    assert_eq!(recognizer.transcript().text(), text.text());
    let float = recognizer.log_probs().to_vec();
    let apart = int8.iter().zip(&float).map(|(a, b)| (a - b).abs());
    let worst = apart.fold(0.0, f32::max);
    // Rounded otherwise, and no more than that: see `tests/model`.
    assert!(worst > 1e-4 && worst < 0.02, "{worst}");
    assert!(recognizer.set_settings(&at(lookahead)).unwrap());
    while recognizer.advance(&NOW).unwrap() {}
    assert_eq!(recognizer.log_probs(), int8, "and back");
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
    let mut random = Random(3);
    let mut dice = |below: usize| random.below(below);
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

/// The committed words are from other log-probs than what follows them, whose spikes may lie a
/// row or two elsewhere: at nearly every seam what follows is all the same what a take of the
/// new lookahead has there (docs/DECODING.md, "Seams").
#[test]
fn after_a_change_of_lookahead_the_next_words_are_whole() {
    let (mut seams, mut whole) = (0, 0);
    let mut recognizer = recognizer();
    for file in [
        "sentence.flac",
        "digits.flac",
        "commands.opus",
        "quiet.flac",
    ] {
        let (samples, rate) = speech(file);
        for (old, new) in [(0, 640), (640, 0), (160, 1280), (1280, 160)] {
            let (old, new) = (at(Lookahead::Ms(old)), at(Lookahead::Ms(new)));
            let fresh = words_by(&mut recognizer, &samples, rate, &new);
            let mut words_before = 0;
            for end in (1..).map(|half| half * rate as usize / 2) {
                if end >= samples.len() {
                    break;
                }
                recognizer.start(rate, &old, Clock::Simulated).unwrap();
                recognizer.accept(&samples[..end], 0.0, &NOW).unwrap();
                while recognizer.advance(&NOW).unwrap() {}
                let committed = recognizer.transcript().committed;
                if committed == words_before {
                    continue;
                }
                words_before = committed;
                recognizer.set_settings(&new).unwrap();
                recognizer.accept(&samples[end..], 0.0, &NOW).unwrap();
                recognizer.finish(&NOW).unwrap();
                while recognizer.advance(&NOW).unwrap() {}
                let words = recognizer.transcript().words;
                let last = words[committed - 1].end_sample + recognizer.spec().row_samples();
                let after =
                    |word: &&Word| i64::midpoint(word.start_sample, word.end_sample) >= last;
                let expected = fresh.iter().filter(after).map(|word| &word.text);
                seams += 1;
                let rest = words[committed..].iter().map(|word| &word.text);
                whole += usize::from(rest.eq(expected));
            }
        }
    }
    assert!(seams > 40, "{seams}");
    assert!(whole * 10 >= seams * 8, "{whole} of {seams}");
}

fn words_by(
    recognizer: &mut Recognizer,
    samples: &[f32],
    rate: u32,
    settings: &Settings,
) -> Vec<Word> {
    recognizer.start(rate, settings, Clock::Simulated).unwrap();
    recognizer.accept(samples, 0.0, &NOW).unwrap();
    recognizer.finish(&NOW).unwrap();
    while recognizer.advance(&NOW).unwrap() {}
    recognizer.transcript().words
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
        let done = recognizer.other_progress().is_some_and(|(_, done)| done);
        assert!(done && recognizer.is_done());
        assert_eq!(recognizer.transcript().words, expected.0);
        assert_eq!(other.transcript.words, expected.1);
        let latency = other.latency.unwrap();
        assert_eq!(
            latency.perceived.unwrap().words.len(),
            other.transcript.words.len()
        );
    }
}

/// Whoever goes second finds the caches warm and has waited for the first: neither always does.
#[test]
fn two_recognitions_take_turns_in_going_first() {
    let (samples, rate) = speech("sentence.flac");
    assert_eq!(rate, 16_000);
    let mut recognizer = recognizer();
    let settings = at(Lookahead::Ms(320));
    recognizer.set_other(Some(&settings)).unwrap();
    recognizer.start(rate, &settings, Clock::Real).unwrap();
    let mut firsts = String::new();
    // As it comes live: a chunk of 320 ms is complete with the end of its last window of 25 ms.
    let window_rest = 240;
    let mut heard = 0;
    for end in (1..=6).map(|chunk| chunk * 5120 + window_rest) {
        recognizer.accept(&samples[heard..end], 0.0, &NOW).unwrap();
        heard = end;
        let before = recognizer.progress_frames().0;
        assert!(recognizer.advance(&NOW).unwrap());
        let first_went = recognizer.progress_frames().0 > before;
        firsts.push(if first_went { 'A' } else { 'B' });
        assert!(recognizer.advance(&NOW).unwrap(), "the other has it, too");
        assert!(!recognizer.advance(&NOW).unwrap(), "there is no more");
        let (of_first, of_other) = (recognizer.progress_frames().0, recognizer.other_progress());
        assert_eq!(of_other.map(|(frames, _)| frames), Some(of_first));
    }
    assert_eq!(firsts, "ABABAB");
}
