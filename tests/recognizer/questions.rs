//! What is told of a take beyond its words.

use super::*;

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
