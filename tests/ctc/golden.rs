//! Real log-probs of the shipped model against torchaudio's `forced_align` and `merge_tokens`
//! and torch's `ctc_loss`.

use std::path::Path;

use asr_playground::decode::RowClock;
use asr_playground::decode::ctc::{Alignment, LogProbs, align, forward_score, occupancy};
use serde::Deserialize;

use super::{english, spell};

const CLOCK: RowClock = RowClock {
    samples_per_row: 320,
};

#[derive(Deserialize)]
struct Golden {
    made_by: Vec<String>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
pub struct Case {
    pub text: String,
    pub rows: usize,
    /// Token, first row, end row, mean ln P.
    tokens: Vec<(usize, i64, i64, f32)>,
    path_score: f32,
    forward_score: f32,
}

/// Each case with its log-probs.
pub fn cases(folder: &Path) -> Vec<(Case, Vec<f32>)> {
    let json = std::fs::read_to_string(folder.join("cases.json")).unwrap();
    let golden: Golden = serde_json::from_str(&json).unwrap();
    assert_eq!(golden.made_by, ["torch==2.11.0", "torchaudio==2.11.0"]);
    let bytes = std::fs::read(folder.join("log_probs.f32")).unwrap();
    let mut values = bytes
        .chunks_exact(4)
        .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
    golden
        .cases
        .into_iter()
        .map(|case| {
            let values = values.by_ref().take(case.rows * 29).collect();
            (case, values)
        })
        .collect()
}

/// Tokens whose rows differ, the largest difference of a token's score, of the path's and
/// of the forward score.
fn differences(case: &Case, values: &[f32]) -> (usize, f32, f32, f32) {
    let log_probs = LogProbs::new(values, 29).unwrap();
    let spelling = spell(&english(), &case.text);
    let found = align(log_probs, &spelling, CLOCK).unwrap();
    assert_eq!(found.tokens.len(), case.tokens.len(), "{}", case.text);
    let (mut different, mut token_score) = (0, 0.0_f32);
    for (found, expected) in found.tokens.iter().zip(&case.tokens) {
        assert_eq!(found.token, expected.0);
        different += usize::from((found.first_row, found.end_row) != (expected.1, expected.2));
        token_score = token_score.max((found.score - expected.3).abs());
    }
    let score = forward_score(log_probs, &spelling).unwrap();
    (
        different,
        token_score,
        (found.score - case.path_score).abs(),
        (score - case.forward_score).abs(),
    )
}

#[test]
fn rows_and_scores_are_those_of_torchaudio() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/ctc");
    let cases = cases(&folder);
    assert!(cases.len() > 10);
    for (case, values) in cases {
        let (different, token_score, path_score, forward_score) = differences(&case, &values);
        assert_eq!(different, 0, "{}", case.text);
        assert!(token_score < 2e-4, "{}: {token_score}", case.text);
        assert!(path_score < 1e-3, "{}: {path_score}", case.text);
        assert!(forward_score < 1e-3, "{}: {forward_score}", case.text);
    }
}

#[test]
fn the_best_path_runs_where_the_occupancy_is() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/ctc");
    for (case, values) in cases(&folder) {
        let log_probs = LogProbs::new(&values, 29).unwrap();
        let spelling = spell(&english(), &case.text);
        let found = occupancy(log_probs, &spelling).unwrap();
        assert!((found.score - case.forward_score).abs() < 1e-3);
        for row in found.iter() {
            assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        }
        // Each token is passed through: expected rows in it are at least one.
        for state in (1..found.states.len()).step_by(2) {
            let rows: f32 = found.iter().map(|row| row[state]).sum();
            assert!(rows > 0.999, "{}, state {state}: {rows}", case.text);
        }
        // Of all paths, weighted by their probability, most are where the best one is.
        let best = states(&align(log_probs, &spelling, CLOCK).unwrap(), found.rows());
        let share = |states: &[usize]| {
            let along = found.iter().zip(states).map(|(row, state)| row[*state]);
            along.sum::<f32>() / states.len() as f32
        };
        assert!(share(&best) > 0.5, "{}: {}", case.text, share(&best));
        // And fewer where it would be had it begun five rows before.
        let shifted: Vec<usize> = best.iter().skip(5).copied().collect();
        assert!(share(&shifted) < share(&best), "{}", case.text);
    }
}

/// The state of the best path at each row.
fn states(alignment: &Alignment, rows: usize) -> Vec<usize> {
    let mut states = vec![2 * alignment.tokens.len(); rows];
    let mut from = 0;
    for (index, token) in alignment.tokens.iter().enumerate() {
        let (first, end) = (token.first_row as usize, token.end_row as usize);
        states[from..first].fill(2 * index);
        states[first..end].fill(2 * index + 1);
        from = end;
    }
    states
}

/// `make.py --all DIR` and `ASR_CTC_DATA=DIR`: every clip agrees.
#[test]
#[ignore = "needs a folder of make.py --all"]
fn every_dev_clip() {
    let folder = std::env::var("ASR_CTC_DATA").unwrap();
    let (mut clips, mut equal, mut tokens, mut off) = (0, 0, 0, 0);
    let mut largest = [0.0_f32; 3];
    for (case, values) in cases(Path::new(&folder)) {
        if case.text.is_empty() {
            continue;
        }
        let (different, a, b, c) = differences(&case, &values);
        (clips, tokens, off) = (clips + 1, tokens + case.tokens.len(), off + different);
        equal += usize::from(different == 0);
        for (largest, now) in largest.iter_mut().zip([a, b, c]) {
            *largest = largest.max(now);
        }
        if different > 0 {
            println!(
                "{different} of {} tokens differ: {}",
                case.tokens.len(),
                case.text
            );
        }
    }
    println!("{equal} of {clips} clips equal, {off} of {tokens} tokens off");
    println!("largest differences, token, path and forward score: {largest:?}");
    assert!(
        clips > 100 && tokens > 1000,
        "{clips} clips, {tokens} tokens"
    );
    assert_eq!((equal, off), (clips, 0));
    let [token_score, path_score, forward_score] = largest;
    assert!(token_score < 2e-4 && path_score < 1e-3 && forward_score < 1e-3);
}
