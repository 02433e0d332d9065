//! Forced alignment of long takes: exact over block borders, and half an hour within
//! its stated memory.
//!
//! Alone in its file because the counting allocator is the whole process's.
#![cfg(not(target_arch = "wasm32"))]
// Counting bytes takes a global allocator, and implementing one is unsafe; both calls
// go to the system's unchanged.
#![allow(unsafe_code)]
#![allow(clippy::unwrap_used)]

use asr_playground::decode::RowClock;
use asr_playground::decode::ctc::{Aligning, LogProbs, Spelling, align, forward_score};
use asr_playground::model::Tokens;

mod counting;
mod random;

use random::Random;

const CLOCK: RowClock = RowClock {
    samples_per_row: 320,
};

fn english() -> Tokens {
    Tokens::parse(include_str!("../models/tokens.txt")).unwrap()
}

/// Words of two to eight letters, doubled ones too.
fn text(random: &mut Random, characters: usize) -> String {
    let mut text = String::new();
    while text.len() < characters {
        for _ in 0..2 + random.below(7) {
            text.push(char::from(b'a' + random.below(26) as u8));
        }
        text.push(' ');
    }
    text.trim_end().to_owned()
}

/// The most probable path by the textbook: scores and steps of every cell kept.
fn plain_viterbi(values: &[f32], spelling: &Spelling) -> Vec<usize> {
    let states: Vec<usize> = spelling.states().collect();
    let mut scores = vec![f64::NEG_INFINITY; states.len()];
    let mut steps = Vec::new();
    for (row, values) in values.chunks_exact(29).enumerate() {
        let values: Vec<f64> = values.iter().map(|v| f64::from(*v)).collect();
        let norm = values.iter().map(|v| v.exp()).sum::<f64>().ln();
        let mut taken = vec![0; states.len()];
        let before = scores.clone();
        for state in 0..states.len() {
            let mut best = if row == 0 && state < 2 {
                0.0
            } else {
                before[state]
            };
            if state > 0 && before[state - 1] > best {
                (best, taken[state]) = (before[state - 1], 1);
            }
            let skips = state > 1 && states[state] != 0 && states[state] != states[state - 2];
            if skips && before[state - 2] > best {
                (best, taken[state]) = (before[state - 2], 2);
            }
            scores[state] = best + values[states[state]] - norm;
        }
        steps.push(taken);
    }
    let last = states.len() - 1;
    let mut state = if scores[last] > scores[last - 1] {
        last
    } else {
        last - 1
    };
    let mut path = Vec::new();
    for taken in steps.iter().rev() {
        path.push(state);
        state -= taken[state];
    }
    path.reverse();
    path
}

#[test]
fn blocks_give_the_path_that_all_back_pointers_give() {
    let mut random = Random(4);
    // rows: within a block, at its border, over two borders
    for (rows, characters) in [
        (900, 300),
        (1024, 200),
        (1025, 500),
        (3000, 350),
        (2100, 1500),
    ] {
        let spelling = Spelling::new(&english(), &text(&mut random, characters)).unwrap();
        let values: Vec<f32> = (0..rows * 29)
            .map(|_| random.below(4000) as f32 / 500.0)
            .collect();
        let found = align(LogProbs::new(&values, 29).unwrap(), &spelling, CLOCK).unwrap();
        let path = plain_viterbi(&values, &spelling);
        for (index, token) in found.tokens.iter().enumerate() {
            let first = path
                .iter()
                .position(|state| *state == 2 * index + 1)
                .unwrap();
            let end = 1 + path
                .iter()
                .rposition(|state| *state == 2 * index + 1)
                .unwrap();
            assert_eq!(
                (token.first_row, token.end_row),
                (first as i64, end as i64),
                "{rows}"
            );
        }
    }
}

#[test]
fn half_an_hour_within_64_mib() {
    const ROWS: usize = 90_000;
    let mut random = Random(30);
    let typed = text(&mut random, 27_000);
    let spelling = Spelling::new(&english(), &typed).unwrap();
    // The path the rows favour: each token one or two rows, then a blank or two, the rest
    // of the take blank.
    let mut path = Vec::with_capacity(ROWS);
    let mut spans = Vec::new();
    for token in spelling.tokens() {
        let first = path.len();
        path.extend(vec![*token; 1 + random.below(2)]);
        spans.push((first as i64, path.len() as i64));
        path.extend(vec![0; 1 + random.below(2)]);
    }
    assert!(path.len() < ROWS);
    path.resize(ROWS, 0);
    let mut values = vec![(0.1_f32 / 28.0).ln(); ROWS * 29];
    for (row, token) in path.iter().enumerate() {
        values[row * 29 + token] = 0.9_f32.ln();
    }
    let log_probs = LogProbs::new(&values, 29).unwrap();

    let started = std::time::Instant::now();
    let (found, peak) = counting::peak_of(|| align(log_probs, &spelling, CLOCK).unwrap());
    let peak = peak as f64 / f64::from(1 << 20);
    println!("{:.1} s, {peak:.1} MiB", started.elapsed().as_secs_f64());
    assert!(peak < 64.0, "{peak} MiB");

    let mut aligning = Aligning::new(log_probs, spelling.clone(), CLOCK).unwrap();
    let (mut slices, mut longest) = (0, 0.0_f64);
    let anew = loop {
        let started = std::time::Instant::now();
        let answer = aligning.step().unwrap();
        longest = longest.max(started.elapsed().as_secs_f64());
        slices += 1;
        if let Some(answer) = answer {
            break answer;
        }
    };
    println!("{slices} slices, the longest {:.1} ms", 1000.0 * longest);
    assert!(slices > 1000, "{slices} slices");
    assert_eq!(anew, found);

    let rows: Vec<(i64, i64)> = found
        .tokens
        .iter()
        .map(|t| (t.first_row, t.end_row))
        .collect();
    assert_eq!(rows, spans);
    assert!((found.score - ROWS as f32 * 0.9_f32.ln()).abs() < 0.5);
    assert_eq!(found.words.len(), typed.split(' ').count());
    for (word, spelled) in found.words.iter().zip(spelling.words()) {
        assert_eq!(word.start_sample, spans[spelled.tokens.start].0 * 320);
        assert_eq!(word.end_sample, spans[spelled.tokens.end - 1].1 * 320);
        assert!((word.score - 0.9_f32.ln()).abs() < 1e-5);
    }
}

/// With T uniform rows every path is as likely, and C(T + L, 2L) of the Vᵀ read as a text of
/// L tokens without repeats.
#[test]
fn forward_score_of_half_an_hour_in_closed_form() {
    const ROWS: u32 = 90_000;
    const LETTERS: u32 = 700;
    let tokens = Tokens::parse("<blank>\na\nb").unwrap();
    let spelling = Spelling::new(&tokens, &"ab".repeat(LETTERS as usize / 2)).unwrap();
    let values = vec![-2.5; ROWS as usize * 3];
    let log_probs = LogProbs::new(&values, 3).unwrap();

    let started = std::time::Instant::now();
    let (score, peak) = counting::peak_of(|| forward_score(log_probs, &spelling).unwrap());
    let score = f64::from(score);
    println!("{:.1} s, {peak} bytes", started.elapsed().as_secs_f64());
    assert!(peak < 100_000);

    let choose = 2 * LETTERS;
    let ln_paths: f64 = (0..choose)
        .map(|i| (f64::from(ROWS + LETTERS - i) / f64::from(choose - i)).ln())
        .sum();
    let expected = ln_paths - f64::from(ROWS) * 3_f64.ln();
    assert!(
        (score - expected).abs() < 1e-6 * expected.abs(),
        "{score} {expected}"
    );
}
