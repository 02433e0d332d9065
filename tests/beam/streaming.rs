//! Any portions give the same; what is no log-prob changes nothing; clones go on
//! alone.

use asr_playground::decode::{BeamConfig, DecodeError, Hotword, Hypothesis};
use proptest::prelude::*;

use super::support::{TinyLm, any_rows, beam, full_width, rows, said, shown};

/// Narrow, so that all pruning takes place.
fn narrow() -> BeamConfig {
    BeamConfig {
        width: 6,
        tokens_per_row: 3,
        token_min_ln: -3.0,
        beam_ln: 4.0,
        commit_rows: 15,
        hotwords: vec![Hotword {
            phrase: "ab a".to_owned(),
            boost: 2.0,
        }],
        ..BeamConfig::default()
    }
}

proptest! {
    #[test]
    fn any_portions_give_the_same(rows in any_rows(4, 0..80), sizes in prop::collection::vec(0_usize..9, 1..20)) {
        let tiny = TinyLm::new();
        let mut whole = beam(narrow(), Some(tiny.model.clone()));
        whole.push(&rows).unwrap();
        let mut parts = beam(narrow(), Some(tiny.model.clone()));
        let mut inspected = parts.clone();
        let (mut rest, mut sizes) = (rows.as_slice(), sizes.iter().cycle());
        let mut empty = 0;
        while !rest.is_empty() && empty < 50 {
            let size = (4 * *sizes.next().unwrap()).min(rest.len());
            empty += usize::from(size == 0);
            parts.push(&rest[..size]).unwrap();
            // A clone goes on as the decoder it was made of.
            parts = parts.clone();
            rest = &rest[size..];
        }
        parts.push(rest).unwrap();
        for row in rows.chunks_exact(4) {
            inspected.push_inspected(row).unwrap();
        }
        prop_assert_eq!(said(&whole), said(&parts));
        prop_assert_eq!(said(&whole), said(&inspected));
        for beam in [&mut whole, &mut parts, &mut inspected] {
            beam.finish();
        }
        prop_assert_eq!(said(&whole), said(&parts));
        prop_assert_eq!(said(&whole), said(&inspected));
    }

    #[test]
    fn words_lie_in_order_within_the_rows(rows in any_rows(4, 0..80), commit_rows in 1_u32..40) {
        let mut beam = beam(BeamConfig { commit_rows, ..narrow() }, None);
        for row in rows.chunks_exact(4) {
            beam.push(row).unwrap();
            let mut end = 0;
            for word in beam.transcript().words {
                prop_assert!(word.start_sample >= end && word.end_sample > word.start_sample);
                prop_assert!(word.confidence > 0.0 && word.confidence <= 1.0);
                prop_assert!(!word.text.is_empty() && !word.text.contains(' '));
                end = word.end_sample;
            }
            prop_assert!(end <= 10 * beam.rows());
        }
    }
}

#[test]
fn what_is_no_log_prob_is_refused_and_changes_nothing() {
    let mut decoder = beam(narrow(), None);
    decoder.push(&rows("a_", 0.5)).unwrap();
    let before = said(&decoder);
    for bad in [f32::NAN, f32::INFINITY] {
        let mut values = rows("b|a", 0.5);
        values[9] = bad;
        assert!(decoder.push_best_texts(&values).is_err());
        match decoder.push(&values).unwrap_err() {
            DecodeError::NotALogProb { row, token, value } => {
                assert_eq!((row, token, value.to_bits()), (4, 1, bad.to_bits()));
            }
            other => panic!("{other}"),
        }
    }
    let partial = DecodeError::PartialRow {
        values: 3,
        columns: 4,
    };
    assert_eq!(decoder.push(&[0.0; 3]), Err(partial.clone()));
    assert_eq!(decoder.push_inspected(&[0.0; 3]), Err(partial));
    let two_rows = DecodeError::PartialRow {
        values: 8,
        columns: 4,
    };
    assert_eq!(decoder.push_inspected(&[0.0; 8]), Err(two_rows));
    assert_eq!((said(&decoder), decoder.rows()), (before, 2));

    decoder.push(&[]).unwrap();
    decoder.push(&[f32::NEG_INFINITY; 4]).unwrap();
    decoder
        .push(&[f32::MIN, f32::MIN, f32::MAX, f32::NEG_INFINITY])
        .unwrap();
    decoder.finish();
    decoder.finish();
    assert_eq!(shown(&decoder.transcript()), "aa@0..40 /");
    assert!(decoder.transcript().finished);
    assert_eq!(decoder.push(&rows("b", 0.5)), Err(DecodeError::Finished));
    assert_eq!(
        decoder.push_inspected(&rows("b", 0.5)),
        Err(DecodeError::Finished)
    );
}

#[test]
fn nothing_but_empty_rows() {
    for count in [0, 1, 30] {
        let mut beam = beam(narrow(), Some(TinyLm::new().model));
        beam.push(&vec![f32::NEG_INFINITY; 4 * count]).unwrap();
        beam.finish();
        assert!(beam.transcript().words.is_empty());
        let n_best = beam.n_best();
        assert_eq!(n_best.len(), 1);
        assert_eq!((n_best[0].acoustic, n_best[0].text().as_str()), (0.0, ""));
    }
}

/// The classic: each row's best token is the blank, the best text is not empty.
#[test]
fn the_sum_over_paths_finds_what_greedy_misses() {
    // _: 0.4, a: 0.35, |: 0.15, b: 0.1, twice
    let row = [0.4_f32, 0.15, 0.35, 0.1].map(f32::ln);
    let mut beam = beam(full_width(), None);
    beam.push(&[row, row].concat()).unwrap();
    beam.finish();
    let best = &beam.n_best()[0];
    assert_eq!(best.text(), "a");
    // aa, a_, _a, a|, |a
    let expected = 0.35_f64 * 0.35 + 2.0 * 0.4 * 0.35 + 2.0 * 0.15 * 0.35;
    assert!((best.acoustic - expected.ln()).abs() < 1e-6);
}

/// Equal scores: the hypothesis that was better before stays so, then the lower
/// token index wins.
#[test]
fn ties_are_ranked_by_fixed_rules() {
    let mut beam = beam(full_width(), None);
    beam.push(&[0.0; 4]).unwrap();
    let texts: Vec<String> = beam.n_best().iter().map(Hypothesis::text).collect();
    // The empty text has two of the four paths, blank and space.
    assert_eq!(texts, ["", "a", "b"]);
}
