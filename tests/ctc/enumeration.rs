//! All paths of at most six rows and four tokens, one by one, against the trellis.

use std::collections::BTreeMap;

use asr_playground::decode::RowClock;
use asr_playground::decode::ctc::{CtcError, LogProbs, Spelling, align, forward_score, occupancy};
use asr_playground::model::Tokens;
use proptest::prelude::*;

use super::{spell, tokens};

/// What enumeration says of one text.
#[derive(Default)]
struct Enumerated {
    probability: f64,
    best: f64,
    /// [rows, states] sums of path probabilities.
    occupancy: Vec<f64>,
}

/// Probabilities of the rows, f64, each row summing to 1; a row of nothing but −∞ is a blank.
fn probabilities(values: &[f32], columns: usize) -> Vec<Vec<f64>> {
    let row = |row: &[f32]| {
        let largest = row.iter().copied().fold(f32::MIN, f32::max);
        let mut row: Vec<f64> = row.iter().map(|v| f64::from(v - largest).exp()).collect();
        let sum: f64 = row.iter().sum();
        if sum > 0.0 {
            for p in &mut row {
                *p /= sum;
            }
        } else {
            row[0] = 1.0;
        }
        row
    };
    values.chunks_exact(columns).map(row).collect()
}

/// The text of a path, and the state it is in at each row.
fn read(path: &[usize], tokens: &Tokens) -> (String, Vec<usize>) {
    let (mut text, mut states, mut last, mut count) = (String::new(), Vec::new(), 0, 0);
    for &token in path {
        if token != 0 && token != last {
            text.push_str(tokens.text(token));
            count += 1;
        }
        states.push(if token == 0 { 2 * count } else { 2 * count - 1 });
        last = token;
    }
    (text, states)
}

fn enumerate(rows: &[Vec<f64>], tokens: &Tokens) -> BTreeMap<String, Enumerated> {
    let columns = tokens.len();
    let mut texts: BTreeMap<String, Enumerated> = BTreeMap::new();
    for number in 0..columns.pow(rows.len() as u32) {
        let path: Vec<usize> = (0..rows.len())
            .map(|row| number / columns.pow(row as u32) % columns)
            .collect();
        let probability: f64 = path
            .iter()
            .zip(rows)
            .map(|(token, row)| row[*token])
            .product();
        let (text, states) = read(&path, tokens);
        let count = 2 * text.chars().count() + 1;
        let of = texts.entry(text).or_default();
        of.occupancy.resize(rows.len() * count, 0.0);
        of.probability += probability;
        of.best = of.best.max(probability);
        for (row, state) in states.into_iter().enumerate() {
            of.occupancy[row * count + state] += probability;
        }
    }
    texts
}

fn close(found: f32, expected: f64) -> bool {
    f64::from(found) == expected || (f64::from(found) - expected).abs() < 1e-5
}

fn compare(values: &[f32], tokens: &Tokens) {
    let columns = tokens.len();
    let log_probs = LogProbs::new(values, columns).unwrap();
    let rows = probabilities(values, columns);
    let texts = enumerate(&rows, tokens);
    for (text, expected) in &texts {
        // The empty text is no text, and space at an end is not typed.
        if text.trim() != text || text.is_empty() || text.contains("  ") {
            continue;
        }
        let spelling = spell(tokens, text);
        let score = forward_score(log_probs, &spelling).unwrap();
        assert!(
            close(score, expected.probability.ln()),
            "{text}: {score}, {}",
            expected.probability.ln()
        );
        if expected.probability == 0.0 {
            let clock = RowClock { samples_per_row: 1 };
            assert_eq!(align(log_probs, &spelling, clock), Err(CtcError::NoPath));
            assert_eq!(occupancy(log_probs, &spelling), Err(CtcError::NoPath));
            continue;
        }
        compare_occupancy(log_probs, &spelling, expected);
        compare_alignment(log_probs, &rows, &spelling, expected, tokens);
    }
}

fn compare_occupancy(log_probs: LogProbs<'_>, spelling: &Spelling, expected: &Enumerated) {
    let found = occupancy(log_probs, spelling).unwrap();
    assert_eq!(found.rows(), log_probs.rows());
    assert!(close(found.score, expected.probability.ln()));
    assert_eq!(found.states, spelling.states().collect::<Vec<_>>());
    for (value, sum) in found.values.iter().zip(&expected.occupancy) {
        assert!(close(*value, sum / expected.probability), "{value}");
    }
    for row in found.iter() {
        assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-5);
    }
}

/// The score is the best path's, and the tokens lie where a path of that score has them.
fn compare_alignment(
    log_probs: LogProbs<'_>,
    rows: &[Vec<f64>],
    spelling: &Spelling,
    expected: &Enumerated,
    tokens: &Tokens,
) {
    let clock = RowClock {
        samples_per_row: 10,
    };
    let found = align(log_probs, spelling, clock).unwrap();
    assert!(close(found.score, expected.best.ln()), "{}", found.score);
    let mut path = vec![0; rows.len()];
    for token in &found.tokens {
        let of = token.first_row as usize..token.end_row as usize;
        let mean = rows[of.clone()]
            .iter()
            .map(|row| row[token.token].ln())
            .sum::<f64>()
            / of.len() as f64;
        assert!(close(token.score, mean));
        path[of].fill(token.token);
    }
    let typed: Vec<&str> = spelling
        .words()
        .iter()
        .map(|word| word.text.as_str())
        .collect();
    assert_eq!(read(&path, tokens).0, typed.join(" "));
    let score: f64 = path
        .iter()
        .zip(rows)
        .map(|(token, row)| row[*token].ln())
        .sum();
    assert!(close(score as f32, expected.best.ln()));
    for (word, spelled) in found.words.iter().zip(spelling.words()) {
        let of = &found.tokens[spelled.tokens.clone()];
        assert_eq!(word.start_sample, of[0].first_row * 10);
        assert_eq!(word.end_sample, of[of.len() - 1].end_row * 10);
        let (mut total, mut count) = (0.0, 0.0);
        for token in of {
            let rows = (token.end_row - token.first_row) as f64;
            total += f64::from(token.score) * rows;
            count += rows;
        }
        assert!(close(word.score, total / count));
    }
}

/// Logits: coarse ones, so that ties are frequent, fine ones, and −∞.
fn value() -> impl Strategy<Value = f32> {
    prop_oneof![
        4 => (-3_i8..=3).prop_map(f32::from),
        4 => -8.0_f32..8.0,
        1 => Just(f32::NEG_INFINITY),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn sums_occupancies_and_best_paths(
        mut values in (1_usize..=6).prop_flat_map(|rows| prop::collection::vec(value(), rows * 4)),
        impossible in prop::option::of(0_usize..6),
        kind in 0_usize..3,
    ) {
        if let Some(row) = impossible.and_then(|row| values.chunks_exact_mut(4).nth(row)) {
            row.fill(f32::NEG_INFINITY);
        }
        match kind {
            0 => compare(&values, &tokens(&["<blank>", "a", "b", "c"])),
            1 => compare(&values, &tokens(&["<blank>", "a", "<space>", "b"])),
            // Two tokens, so twice as many rows; at most six of them.
            _ => {
                let rows = (values.len() / 2).min(6);
                compare(&values[..2 * rows], &tokens(&["<blank>", "a"]));
            }
        }
    }

    #[test]
    fn a_constant_a_row_changes_no_answer(
        values in prop::collection::vec(-8.0_f32..0.0, 4 * 30),
        constants in prop::collection::vec(-30.0_f32..30.0, 30),
    ) {
        let tokens = tokens(&["<blank>", "a", "b", "c"]);
        let shifted: Vec<f32> = values.iter().enumerate().map(|(i, v)| v + constants[i / 4]).collect();
        let spelling = spell(&tokens, "abbac");
        let answer = |values: &[f32]| {
            let log_probs = LogProbs::new(values, 4).unwrap();
            let clock = RowClock { samples_per_row: 1 };
            (
                forward_score(log_probs, &spelling).unwrap(),
                align(log_probs, &spelling, clock).unwrap().score,
                occupancy(log_probs, &spelling).unwrap().values,
            )
        };
        let (a, b) = (answer(&values), answer(&shifted));
        prop_assert!((a.0 - b.0).abs() < 1e-3 && (a.1 - b.1).abs() < 1e-3);
        prop_assert!(a.2.iter().zip(&b.2).all(|(a, b)| (a - b).abs() < 1e-3));
    }
}

#[test]
fn among_equal_paths_the_one_that_stays() {
    let tokens = tokens(&["<blank>", "a", "b"]);
    let rows = |text: &str, rows: usize| {
        let values = vec![0.0; 3 * rows];
        let log_probs = LogProbs::new(&values, 3).unwrap();
        let clock = RowClock { samples_per_row: 1 };
        let found = align(log_probs, &spell(&tokens, text), clock).unwrap();
        let of =
            |token: &asr_playground::decode::ctc::AlignedToken| (token.first_row, token.end_row);
        found.tokens.iter().map(of).collect::<Vec<_>>()
    };
    assert_eq!(rows("a", 3), [(0, 3)]);
    assert_eq!(rows("ab", 4), [(0, 1), (1, 4)]);
    assert_eq!(rows("aa", 4), [(0, 1), (2, 4)]);
}

/// Every text's probability, summed over all texts with the empty one, is 1.
#[test]
fn texts_share_the_whole_probability() {
    let tokens = tokens(&["<blank>", "a", "b"]);
    let values: Vec<f32> = (0..15).map(|i| ((i * 7) % 11) as f32 * 0.3).collect();
    let rows = probabilities(&values, 3);
    let log_probs = LogProbs::new(&values, 3).unwrap();
    let mut total: f64 = rows.iter().map(|row| row[0]).product();
    for length in 1..=5 {
        for number in 0..1 << length {
            let letter = |bit: i32| if number >> bit & 1 == 1 { 'a' } else { 'b' };
            let text: String = (0..length).map(letter).collect();
            match forward_score(log_probs, &spell(&tokens, &text)) {
                Ok(score) => total += f64::from(score).exp(),
                Err(error) => assert!(matches!(error, CtcError::TooFewRows { rows: 5, .. })),
            }
        }
    }
    assert!((total - 1.0).abs() < 1e-6, "{total}");
}
