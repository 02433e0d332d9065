//! Another model takes over, after a take and in the middle of one.

use super::native::{model_of, text_by, three_models};
use super::*;

/// A recogniser that has run the whole clip.
fn after(file: &str, lookahead: Lookahead) -> Recognizer {
    let (samples, rate) = speech(file);
    let mut recognizer = recognizer();
    run(&mut recognizer, &samples, rate, lookahead, &mut || 512);
    recognizer
}

fn finish(recognizer: &mut Recognizer) -> String {
    assert!(!recognizer.is_done());
    while recognizer.advance(&NOW).unwrap() {}
    assert!(recognizer.is_done());
    recognizer.transcript().text()
}

#[test]
fn a_model_of_the_same_front_end_hears_the_kept_features() {
    let mut recognizer = after("two-voices.flac", Lookahead::Ms(320));
    let (features, log_probs) = (bits(recognizer.features()), bits(recognizer.log_probs()));
    let text = recognizer.transcript().text();
    let (session, tokens) = model_of(&three_models(), Some("twin"));
    recognizer.set_model(session, tokens, &NOW).unwrap();
    assert_eq!(recognizer.spec().name, "twin");
    assert!(
        recognizer.log_probs().is_empty(),
        "they were the other model's"
    );
    assert_eq!(finish(&mut recognizer), text);
    assert_eq!(recognizer.revision(), 1);
    assert_eq!(bits(recognizer.features()), features);
    assert_eq!(bits(recognizer.log_probs()), log_probs);
    assert!(recognizer.language_model().is_some(), "it is kept");
}

#[test]
fn a_model_of_another_front_end_hears_the_kept_audio() {
    let mut recognizer = after("sentence.flac", Lookahead::Ms(320));
    let before = recognizer.transcript().text();
    let kept: Vec<f32> = recognizer
        .audio()
        .iter()
        .map(|s| f32::from(*s) / 32_768.0)
        .collect();
    let deaf = || model_of(&three_models(), Some("deaf"));
    let (session, tokens) = deaf();
    recognizer.set_model(session, tokens, &NOW).unwrap();
    let text = finish(&mut recognizer);
    assert_ne!(text, before, "the case shows a difference");
    let (session, tokens) = deaf();
    let settings = at(Lookahead::Ms(320));
    let fresh = text_by(
        &mut Recognizer::new(session, tokens),
        &kept,
        16_000,
        &settings,
    );
    assert_eq!(text, fresh);
}

#[test]
fn a_take_that_goes_on_keeps_its_committed_words() {
    let (samples, rate) = speech("two-voices.flac");
    let mut recognizer = recognizer();
    recognizer
        .start(rate, &at(Lookahead::Ms(320)), Clock::Simulated)
        .unwrap();
    let (first, rest) = samples.split_at(samples.len() / 2);
    recognizer.accept(first, 0.0, &NOW).unwrap();
    while recognizer.advance(&NOW).unwrap() {}
    let transcript = recognizer.transcript();
    let committed = transcript.words[..transcript.committed].to_vec();
    assert!(!committed.is_empty(), "the case shows something");

    let manifest = three_models();
    let (session, tokens) = model_of(&manifest, Some("deaf"));
    let refused = recognizer.set_model(session, tokens, &NOW);
    assert!(matches!(refused, Err(RecognizerError::OtherFrontEnd)));
    assert_eq!(recognizer.spec().name, "base", "all is as it was");

    let (session, tokens) = model_of(&manifest, Some("twin"));
    recognizer.set_model(session, tokens, &NOW).unwrap();
    recognizer.accept(rest, 0.0, &NOW).unwrap();
    recognizer.finish(&NOW).unwrap();
    finish(&mut recognizer);
    let words = recognizer.transcript().words;
    assert_eq!(words[..committed.len()], committed[..]);
    assert!(words.len() > committed.len(), "and goes on");
}

#[test]
fn a_lookahead_that_the_model_lacks_becomes_the_nearest() {
    let mut recognizer = after("digits.flac", Lookahead::Ms(640));
    let manifest = three_models();
    let fewer = manifest.replace("[0, 160, 320, 640, 1280]", "[0, 160, 320]");
    assert_ne!(fewer, manifest);
    let (session, tokens) = model_of(&fewer, Some("twin"));
    recognizer.set_model(session, tokens, &NOW).unwrap();
    finish(&mut recognizer);
    assert_eq!(recognizer.settings().unwrap().lookahead, Lookahead::Ms(320));
    let (samples, rate) = speech("digits.flac");
    let expected = text_of(&samples, rate, &at(Lookahead::Ms(320)));
    assert_eq!(recognizer.transcript().text(), expected);
}

#[test]
fn idle_moments_prepare_every_lookahead_once() {
    let (samples, rate) = speech("sentence.flac");
    let mut recognizer = recognizer();
    let offered = recognizer.spec().lookaheads();
    let fixed = offered
        .iter()
        .filter(|lookahead| **lookahead != Lookahead::WholeTake)
        .count();
    assert!(fixed > 1, "the case shows something");
    let mut built = 0;
    recognizer
        .prepare(Lookahead::Ms(320), Arithmetic::Int8)
        .unwrap();
    while recognizer.prepare_ahead().unwrap() {
        built += 1;
        assert!(built < fixed, "it comes to an end");
    }
    assert_eq!(built, fixed - 1, "one was there");
    for lookahead in offered {
        run(&mut recognizer, &samples, rate, lookahead, &mut || 512);
        // Whole takes have plans of their own, which leave room.
        assert!(!recognizer.prepare_ahead().unwrap(), "{lookahead:?}");
    }
}
