//! The whiteboard's functions answer as the library does.

#![allow(clippy::unwrap_used)]

use asr_playground::decode::{BeamConfig, Greedy, PrefixBeam};
use asr_playground::eval::wer::{wer, word_errors};
use asr_playground::features::{LogMelConfig, log_mel};
use asr_playground::model::Tokens;
use proptest::prelude::*;

use super::compute_wer::compute_wer;
use super::extract_mel_spectrogram::extract_mel_spectrogram;
use super::greedy_ctc_decode::greedy_ctc_decode;
use super::prefix_beam_search::prefix_beam_search;
use crate::ui::lessons::paths::{BLANK, enumerate};

fn tokens(file: &str) -> (Tokens, Vec<String>) {
    let tokens = Tokens::parse(file).unwrap();
    let texts = (0..tokens.len()).map(|t| tokens.text(t).to_owned());
    let texts = texts.collect();
    (tokens, texts)
}

proptest! {
    #[test]
    fn compute_wer_is_the_librarys(
        said in "([abc] ){1,12}",
        heard in "([abcd] ){0,12}",
    ) {
        let (rate, errors) = compute_wer(&said, &heard);
        prop_assert!((rate - wer(&said, &heard).unwrap()).abs() < 1e-12);
        // Equally cheap ways can differ in S, D and I, never in their difference D − I.
        let counts = word_errors(&said, &heard);
        prop_assert_eq!(errors.total(), counts.errors());
        prop_assert_eq!(
            errors.deletions + counts.insertions,
            counts.deletions + errors.insertions
        );
    }

    #[test]
    fn greedy_ctc_decode_is_the_librarys(values in prop::collection::vec(-9.0_f32..0.0, 0..60)) {
        let (tokens, texts) = tokens("<blank>\n<space>\na\nb\n");
        let rows = &values[..values.len() / 4 * 4];
        let mut greedy = Greedy::new(&tokens, 320);
        greedy.push(rows).unwrap();
        greedy.finish();
        let mine = greedy_ctc_decode(rows, &texts);
        let mine: Vec<&str> = mine.split_whitespace().collect();
        prop_assert_eq!(mine.join(" "), greedy.transcript().text());
    }

    #[test]
    fn prefix_beam_search_finds_the_best_text(values in prop::collection::vec(-5.0_f32..0.0, 3..=18)) {
        let (tokens, texts) = tokens("<blank>\na\nb\n");
        let values = &values[..values.len() / 3 * 3];
        let rows: Vec<f32> = values
            .chunks_exact(3)
            .flat_map(|row| {
                let sum: f32 = row.iter().map(|v| v.exp()).sum();
                row.iter().map(move |v| v - sum.ln())
            })
            .collect();
        let wide = prefix_beam_search(&rows, &texts, 1000);

        // By writing out every path…
        let table: Vec<Vec<f64>> = rows
            .chunks_exact(3)
            .map(|row| row.iter().map(|v| f64::from(*v).exp()).collect())
            .collect();
        let all = enumerate(&[BLANK, 'a', 'b'], &table);
        let found = all.iter().find(|s| s.text == wide).unwrap();
        prop_assert!(found.probability > all[0].probability * (1.0 - 1e-6));

        // …and by the library, its pruning opened as wide.
        let config = BeamConfig { width: 1000, token_min_ln: -1000.0, beam_ln: 1000.0, ..BeamConfig::default() };
        let mut beam = PrefixBeam::new(&tokens, 320, config, None).unwrap();
        beam.push(&rows).unwrap();
        beam.finish();
        let theirs = beam.transcript().text();
        let theirs = all.iter().find(|s| s.text == theirs).unwrap();
        prop_assert!((theirs.probability - found.probability).abs() < 1e-6);
    }
}

#[test]
fn extract_mel_spectrogram_is_the_librarys() {
    let samples: Vec<f32> = (0..16_000)
        .map(|n| {
            let t = n as f32 / 16_000.0;
            0.3 * (t * 900.0 * (1.0 + t)).sin() + 0.01 * ((n * 7919 % 1000) as f32 / 500.0 - 1.0)
        })
        .collect();
    let mine = extract_mel_spectrogram(&samples).unwrap();
    let theirs = log_mel(&LogMelConfig::model(), &samples).unwrap();
    assert_eq!((mine.len(), mine[0].len()), (theirs.len(), theirs.n_mels));
    for (mine, theirs) in mine.iter().flatten().zip(&theirs.values) {
        assert!((mine - theirs).abs() < 1e-4, "{mine} against {theirs}");
    }
}

#[test]
fn a_hand_computed_case() {
    // said: the cat sat on the mat; heard: the cat sat at mat now (S on→at, D the, I now)
    let (rate, errors) = compute_wer("the cat sat on the mat", "the cat sat at mat now");
    assert!((rate - 0.5).abs() < 1e-12);
    assert_eq!(errors.total(), 3);
}
