//! The greedy decoder against other tools (`golden/decode/make.py`), against the
//! invariants of streaming, and on the cases where it decides something itself.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use asr_playground::decode::{DecodeError, Greedy, Transcript, Word};
use asr_playground::model::Tokens;
use proptest::prelude::*;
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    tokens: Vec<String>,
    samples_per_row: i64,
    /// `None` is −∞.
    rows: Vec<Vec<Option<f32>>>,
    words: Vec<GoldenWord>,
}

#[derive(Deserialize)]
struct GoldenWord {
    text: String,
    first_row: i64,
    end_row: i64,
    confidence: f32,
}

#[test]
fn golden_words_rows_and_confidences() {
    let golden: Golden = serde_json::from_str(include_str!("golden/decode/greedy.json")).unwrap();
    assert!(golden.cases.len() >= 20);
    for case in golden.cases {
        let rows: Vec<f32> = case
            .rows
            .iter()
            .flatten()
            .map(|value| value.unwrap_or(f32::NEG_INFINITY))
            .collect();
        let mut greedy = Greedy::new(&tokens(&case.tokens), case.samples_per_row);
        greedy.push(&rows).unwrap();
        greedy.finish();
        let transcript = greedy.transcript();
        let name = case.name;
        assert_eq!(transcript.words.len(), case.words.len(), "{name}");
        for (word, expected) in transcript.words.iter().zip(case.words) {
            assert_eq!(word.text, expected.text, "{name}");
            assert_eq!(
                word.start_sample,
                expected.first_row * case.samples_per_row,
                "{name}, {word:?}"
            );
            assert_eq!(
                word.end_sample,
                expected.end_row * case.samples_per_row,
                "{name}, {word:?}"
            );
            assert!(
                (word.confidence - expected.confidence).abs() < 1e-6,
                "{name}, {word:?}, {}",
                expected.confidence
            );
        }
    }
}

fn tokens(list: &[impl AsRef<str>]) -> Tokens {
    let lines: Vec<&str> = list.iter().map(AsRef::as_ref).collect();
    Tokens::parse(&lines.join("\n")).unwrap()
}

/// A decoder of `_` (blank), `|` (space), `a`, `b`, `c`, 10 samples a row.
fn letters() -> Greedy {
    Greedy::new(&tokens(&["<blank>", "<space>", "a", "b", "c"]), 10)
}

/// Rows whose best token is spelled out, each with probability 0.5.
fn rows(best: &str) -> Vec<f32> {
    let row = |token: char| {
        let best = "_|abc".find(token).unwrap();
        (0..5).map(move |index| if index == best { 0.5_f32 } else { 0.125 }.ln())
    };
    best.chars().flat_map(row).collect()
}

/// Words as `text@start..end`, a `/` after the committed ones.
fn shown(transcript: &Transcript) -> String {
    let word = |w: &Word| format!("{}@{}..{}", w.text, w.start_sample, w.end_sample);
    let mut words: Vec<String> = transcript.words.iter().map(word).collect();
    words.insert(transcript.committed, "/".to_owned());
    words.join(" ")
}

#[test]
fn a_word_is_committed_by_the_space_after_it_or_the_end() {
    let cases = [
        ("", "/"),
        ("____", "/"),
        ("_a", "/ a@10..20"),
        ("_aab", "/ ab@10..40"),
        ("_aab__", "/ ab@10..40"),
        ("_aab__|", "ab@10..40 /"),
        ("_aab__||__c", "ab@10..40 / c@100..110"),
        // a repeat needs a blank between
        ("aa_a", "/ aa@0..40"),
        // spaces before the first word, several, and with blanks between
        ("|_||a|_|_|b", "a@40..50 / b@100..110"),
        ("a|", "a@0..10 /"),
    ];
    for (best, expected) in cases {
        let mut greedy = letters();
        greedy.push(&rows(best)).unwrap();
        let transcript = greedy.transcript();
        assert_eq!(shown(&transcript), expected, "{best:?}");
        assert!(!transcript.finished);
        greedy.finish();
        greedy.finish();
        let finished = greedy.transcript();
        assert_eq!(finished.words, transcript.words, "{best:?}");
        assert_eq!(finished.committed, finished.words.len());
        assert!(finished.finished);
    }
}

/// A pause without a space: after 5 s the word is taken for ended, as in the beam search.
#[test]
fn no_word_stays_tentative_through_a_long_pause() {
    let mut greedy = letters();
    greedy.push(&rows("ab")).unwrap();
    greedy.push(&rows(&"_".repeat(249))).unwrap();
    assert_eq!(shown(&greedy.transcript()), "/ ab@0..20");
    greedy.push(&rows("_")).unwrap();
    assert_eq!(shown(&greedy.transcript()), "ab@0..20 /");
    assert_eq!(greedy.commit_point().1, 251);
    // What follows is another word, with or without a space before it.
    greedy.push(&rows("_b|c")).unwrap();
    assert_eq!(
        shown(&greedy.transcript()),
        "ab@0..20 b@2530..2540 / c@2550..2560"
    );
}

#[test]
fn confidence_is_the_mean_of_each_tokens_largest_probability() {
    let row = |token: usize, probability: f32| {
        let others = ((1.0 - probability) / 4.0).ln();
        (0..5).map(move |index| {
            if index == token {
                probability.ln()
            } else {
                others
            }
        })
    };
    // a: 0.4, 0.8, 0.6 (largest 0.8); b: 0.5
    let rows: Vec<f32> = [(2, 0.4), (2, 0.8), (2, 0.6), (3, 0.5)]
        .into_iter()
        .flat_map(|(token, p)| row(token, p))
        .collect();
    let mut greedy = letters();
    greedy.push(&rows[..15]).unwrap();
    assert!((greedy.transcript().words[0].confidence - 0.8).abs() < 1e-6);
    greedy.push(&rows[15..]).unwrap();
    assert!((greedy.transcript().words[0].confidence - 0.65).abs() < 1e-6);
}

#[test]
fn word_pieces() {
    let tokens = tokens(&["<blank>", "▁the", "▁", "n", "▁s", "o"]);
    let mut greedy = Greedy::new(&tokens, 1);
    // the / s o o n / n: a lone ▁ only ends a word
    for best in [1, 4, 5, 0, 5, 5, 3, 2, 3, 3] {
        let mut row = [-5.0; 6];
        row[best] = -0.1;
        greedy.push(&row).unwrap();
    }
    assert_eq!(shown(&greedy.transcript()), "the@0..1 soon@1..7 / n@8..10");
    // ▁s twice with a blank between is two words
    for best in [4, 4, 0, 4] {
        let mut row = [-5.0; 6];
        row[best] = -0.1;
        greedy.push(&row).unwrap();
    }
    assert_eq!(
        shown(&greedy.transcript()),
        "the@0..1 soon@1..7 n@8..10 s@10..12 / s@13..14"
    );
}

#[test]
fn what_is_no_log_prob_is_refused_and_changes_nothing() {
    let mut greedy = letters();
    greedy.push(&rows("a_")).unwrap();
    let before = greedy.transcript();

    for bad in [f32::NAN, f32::INFINITY] {
        let mut values = rows("b|c");
        values[13] = bad;
        match greedy.push(&values).unwrap_err() {
            // two rows before, the third of this push
            DecodeError::NotALogProb { row, token, value } => {
                assert_eq!((row, token, value.to_bits()), (4, 3, bad.to_bits()));
            }
            other => panic!("{other}"),
        }
    }
    assert_eq!(
        greedy.push(&rows("b")[..4]),
        Err(DecodeError::PartialRow {
            values: 4,
            columns: 5
        })
    );
    assert_eq!((greedy.transcript(), greedy.rows()), (before, 2));

    greedy.push(&[]).unwrap();
    greedy.push(&[f32::NEG_INFINITY; 5]).unwrap();
    greedy
        .push(&[f32::MIN, f32::MIN, f32::MAX, f32::NEG_INFINITY, 0.0])
        .unwrap();
    greedy.finish();
    assert_eq!(shown(&greedy.transcript()), "aa@0..40 /");
    assert!((greedy.transcript().words[0].confidence - 0.75).abs() < 1e-6);
    assert_eq!(greedy.push(&rows("b")), Err(DecodeError::Finished));
}

#[test]
fn positions_at_the_far_end_do_not_overflow() {
    let mut greedy = Greedy::new(&tokens(&["<blank>", "a"]), i64::MAX);
    greedy.push(&[0.0, -1.0, -1.0, 0.0]).unwrap();
    let word = &greedy.transcript().words[0];
    assert_eq!((word.start_sample, word.end_sample), (i64::MAX, i64::MAX));
}

/// Coarse values, so that ties and repeats are frequent; −∞ among them.
fn any_rows() -> impl Strategy<Value = Vec<[f32; 5]>> {
    let value = prop_oneof![9 => (-4_i8..=0).prop_map(f32::from), 1 => Just(f32::NEG_INFINITY)];
    prop::collection::vec(prop::array::uniform5(value), 0..80)
}

proptest! {
    #[test]
    fn any_portions_give_the_same_transcript(rows in any_rows(), sizes in prop::collection::vec(0_usize..9, 1..20)) {
        let mut whole = letters();
        whole.push(rows.as_flattened()).unwrap();
        let mut parts = letters();
        let (mut rest, mut sizes) = (rows.as_slice(), sizes.iter().cycle());
        let mut empty = 0;
        while !rest.is_empty() && empty < 50 {
            let size = (*sizes.next().unwrap()).min(rest.len());
            empty += usize::from(size == 0);
            parts.push(rest[..size].as_flattened()).unwrap();
            rest = &rest[size..];
        }
        parts.push(rest.as_flattened()).unwrap();
        prop_assert_eq!(bits(&whole.transcript()), bits(&parts.transcript()));
        whole.finish();
        parts.finish();
        prop_assert_eq!(bits(&whole.transcript()), bits(&parts.transcript()));
    }

    #[test]
    fn committed_words_are_only_ever_appended(rows in any_rows()) {
        let mut greedy = letters();
        let mut before = greedy.transcript();
        for row in &rows {
            greedy.push(row).unwrap();
            let now = greedy.transcript();
            prop_assert!(now.committed >= before.committed);
            prop_assert!(now.words.len() - now.committed <= 1);
            prop_assert_eq!(&now.words[..before.committed], &before.words[..before.committed]);
            before = now;
        }
        greedy.finish();
        prop_assert_eq!(greedy.transcript().words, before.words);
    }

    #[test]
    fn words_lie_in_order_within_the_rows(rows in any_rows()) {
        let mut greedy = letters();
        greedy.push(rows.as_flattened()).unwrap();
        let mut end = 0;
        for word in greedy.transcript().words {
            prop_assert!(word.start_sample >= end && word.end_sample > word.start_sample);
            prop_assert!(word.confidence > 0.0 && word.confidence <= 1.0);
            prop_assert!(!word.text.is_empty() && !word.text.contains(' '));
            end = word.end_sample;
        }
        prop_assert!(end <= 10 * rows.len() as i64);
    }
}

/// A transcript with confidences to the bit.
fn bits(transcript: &Transcript) -> (String, Vec<u32>, bool) {
    let bits = transcript
        .words
        .iter()
        .map(|word| word.confidence.to_bits());
    (shown(transcript), bits.collect(), transcript.finished)
}
