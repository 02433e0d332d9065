use asr_playground::decode::ctc::{
    CtcError, Detection, Keyword, KeywordConfig, KeywordPaths, LogProbs, forward_score,
};
use asr_playground::model::Tokens;
use proptest::prelude::*;

use super::{row, spell, tokens};

fn letters() -> Tokens {
    tokens(&["<blank>", "<space>", "a", "b", "c"])
}

/// Rows whose best token is spelled out (`_` blank, `|` space), with probability 0.6.
fn rows(best: &str) -> Vec<f32> {
    let token = |c| "_|abc".find(c).unwrap();
    best.chars().flat_map(|c| row(5, token(c), 0.6)).collect()
}

fn search(phrase: &str, config: KeywordConfig) -> Keyword {
    Keyword::new(&spell(&letters(), phrase), 10, config).unwrap()
}

/// All scores and detections.
fn found(phrase: &str, config: KeywordConfig, values: &[f32]) -> (Vec<f32>, Vec<Detection>) {
    let mut keyword = search(phrase, config);
    let mut answer = keyword.push(values).unwrap();
    answer.detections.extend(keyword.finish());
    assert_eq!(keyword.finish(), None);
    (answer.scores, answer.detections)
}

/// K(τ, t) − G(τ, t) for all τ by enumeration of the paths through those rows.
fn enumerated(values: &[f32], phrase: &[usize], window: usize, paths: KeywordPaths) -> Vec<f64> {
    let rows: Vec<&[f32]> = values.chunks_exact(5).collect();
    let of_window = |rows: &[&[f32]]| {
        let mut total = f64::NEG_INFINITY;
        for number in 0..5_usize.pow(rows.len() as u32) {
            let path: Vec<usize> = (0..rows.len())
                .map(|r| number / 5_usize.pow(r as u32) % 5)
                .collect();
            let mut text = path.clone();
            text.dedup();
            text.retain(|token| *token != 0);
            if text != phrase || path[0] == 0 || path[rows.len() - 1] == 0 {
                continue;
            }
            let ratio: f64 = path
                .iter()
                .zip(rows)
                .map(|(token, row)| {
                    let best = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                    match row[*token] {
                        // Nothing but −∞ is a blank.
                        f32::NEG_INFINITY if *token == 0 && best == f32::NEG_INFINITY => 0.0,
                        f32::NEG_INFINITY => f64::NEG_INFINITY,
                        value => f64::from(value - best),
                    }
                })
                .sum();
            total = match paths {
                KeywordPaths::Best => total.max(ratio),
                KeywordPaths::Summed => (total.exp() + ratio.exp()).ln(),
            };
        }
        total
    };
    let score = |t: usize| {
        let starts = (t + 1).saturating_sub(window)..=t;
        let best = starts
            .map(|tau| of_window(&rows[tau..=t]))
            .fold(f64::NEG_INFINITY, f64::max);
        best / phrase.len() as f64
    };
    (0..rows.len()).map(score).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn scores_equal_enumeration(
        values in prop::collection::vec(prop_oneof![9 => -4.0_f32..1.0, 1 => Just(f32::NEG_INFINITY)], 5 * 6),
        window_rows in 3_usize..6,
        phrase in prop_oneof![Just("ab"), Just("bb"), Just("a c"), Just("c")],
    ) {
        let indices = spell(&letters(), phrase).tokens().to_vec();
        for paths in [KeywordPaths::Best, KeywordPaths::Summed] {
            let config = KeywordConfig { window_rows, paths, ..KeywordConfig::default() };
            let (scores, _) = found(phrase, config, &values);
            for (score, expected) in scores.iter().zip(enumerated(&values, &indices, window_rows, paths)) {
                let score = f64::from(*score);
                prop_assert!(score == expected || (score - expected).abs() < 1e-4, "{score} {expected}");
            }
        }
    }

    #[test]
    fn any_portions_give_the_same(
        values in prop::collection::vec(-4.0_f32..0.0, 5 * 60),
        sizes in prop::collection::vec(1_usize..9, 1..20),
    ) {
        let config = KeywordConfig { threshold: -1.0, window_rows: 20, settle_rows: 3, ..KeywordConfig::default() };
        let (scores, detections) = found("ab", config, &values);
        let mut keyword = search("ab", config);
        let (mut parts, mut rest) = ((Vec::new(), Vec::new()), values.as_slice());
        for size in sizes.iter().cycle() {
            let (now, later) = rest.split_at((size * 5).min(rest.len()));
            let answer = keyword.push(now).unwrap();
            parts.0.extend(answer.scores);
            parts.1.extend(answer.detections);
            rest = later;
            if rest.is_empty() {
                break;
            }
        }
        parts.1.extend(keyword.finish());
        prop_assert_eq!((&scores, &detections), (&parts.0, &parts.1));
        for pair in detections.windows(2) {
            prop_assert!(pair[1].start_sample >= pair[0].end_sample);
        }
    }
}

#[test]
fn the_phrase_of_the_greedy_path_scores_nothing_lost() {
    let values = rows("__aab_b__|c");
    let (scores, detections) = found("ab", KeywordConfig::default(), &values);
    // Ends at row 4 (aab); nothing before. Row 6 (aab_b reads abb) costs one token.
    assert_eq!(scores[4], 0.0);
    assert!(scores[3] < -0.5 && scores[6] < -0.5);
    assert_eq!(
        detections,
        [Detection {
            start_sample: 20,
            end_sample: 50,
            score: 0.0
        }]
    );
    // abb over the same rows
    let (scores, detections) = found("abb", KeywordConfig::default(), &values);
    assert_eq!(scores[6], 0.0);
    assert_eq!(
        (detections[0].start_sample, detections[0].end_sample),
        (20, 70)
    );
}

#[test]
fn a_missing_token_costs_its_ratio() {
    // b at row 1 has 0.1 where the best has 0.6: ln(0.1/0.6) over two tokens.
    let (scores, _) = found("ab", KeywordConfig::default(), &rows("a_"));
    assert!((scores[1] - (0.1_f32 / 0.6).ln() / 2.0).abs() < 1e-6);
    assert_eq!(scores[0], f32::NEG_INFINITY);
}

#[test]
fn summed_with_the_whole_as_window_is_the_forward_score() {
    // One token a row: with as many rows as tokens there is one path, start and end given.
    let values = rows("abc");
    let config = KeywordConfig {
        paths: KeywordPaths::Summed,
        ..KeywordConfig::default()
    };
    let (scores, _) = found("abc", config, &values);
    let forward = forward_score(
        LogProbs::new(&values, 5).unwrap(),
        &spell(&letters(), "abc"),
    )
    .unwrap();
    assert!((scores[2] - (forward - 3.0 * 0.6_f32.ln()) / 3.0).abs() < 1e-5);
}

#[test]
fn detections_settle_and_do_not_overlap() {
    let config = KeywordConfig {
        settle_rows: 2,
        ..KeywordConfig::default()
    };
    let mut keyword = search("aba", config);
    // ababa holds aba twice, overlapping: once. Then once more.
    let mut settled = Vec::new();
    for (row, best) in "ababa___aba".chars().enumerate() {
        let answer = keyword.push(&rows(&best.to_string())).unwrap();
        settled.extend(
            answer
                .detections
                .into_iter()
                .map(|d| (row, d.start_sample, d.end_sample)),
        );
    }
    // Row 4 is as good as row 2 and takes its place (its longest window is the last aba).
    assert_eq!(settled, [(6, 20, 50)]);
    let last = keyword.finish().unwrap();
    assert_eq!((last.start_sample, last.end_sample), (80, 110));
    assert_eq!(
        keyword.push(&[]),
        Err(asr_playground::decode::DecodeError::Finished.into())
    );
}

#[test]
fn the_window_bounds_the_phrase() {
    let values = rows("a____b");
    let config = |window_rows| KeywordConfig {
        window_rows,
        ..KeywordConfig::default()
    };
    assert_eq!(found("ab", config(6), &values).0[5], 0.0);
    assert!(found("ab", config(5), &values).0[5] < -0.5);
}

#[test]
fn settings_and_rows_out_of_range() {
    let with = |config| Keyword::new(&spell(&letters(), "abba"), 10, config).map(drop);
    let default = KeywordConfig::default();
    let name = |config| match with(config) {
        Err(CtcError::Setting { name, .. }) => name,
        other => panic!("{other:?}"),
    };
    for threshold in [f32::NAN, 0.1, -101.0, f32::NEG_INFINITY] {
        assert_eq!(
            name(KeywordConfig {
                threshold,
                ..default
            }),
            "threshold"
        );
    }
    assert_eq!(
        name(KeywordConfig {
            window_rows: 0,
            ..default
        }),
        "window_rows"
    );
    assert_eq!(
        name(KeywordConfig {
            window_rows: 1001,
            ..default
        }),
        "window_rows"
    );
    assert_eq!(
        name(KeywordConfig {
            settle_rows: 1001,
            ..default
        }),
        "settle_rows"
    );
    assert_eq!(
        with(KeywordConfig {
            window_rows: 4,
            ..default
        }),
        Err(CtcError::TooFewRows { needed: 5, rows: 4 })
    );
    let long = spell(&letters(), &"ab".repeat(40));
    let config = KeywordConfig {
        window_rows: 1000,
        ..default
    };
    assert!(matches!(
        Keyword::new(&long, 10, config),
        Err(CtcError::TooLarge { .. })
    ));

    let mut keyword = search("ab", default);
    keyword.push(&rows("a")).unwrap();
    let mut bad = rows("ab");
    bad[6] = f32::NAN;
    assert!(matches!(
        keyword.push(&bad),
        Err(CtcError::LogProbs(
            asr_playground::decode::DecodeError::NotALogProb {
                row: 2,
                token: 1,
                ..
            }
        ))
    ));
    assert!(keyword.push(&bad[..3]).is_err());
    assert_eq!(keyword.rows(), 1);
    assert_eq!(keyword.push(&rows("b")).unwrap().scores, [0.0]);
    // Nothing but −∞ is a blank: no phrase ends there, and one can go on over it.
    assert_eq!(
        keyword.push(&[f32::NEG_INFINITY; 5]).unwrap().scores,
        [f32::NEG_INFINITY]
    );
    let nothing = [f32::NEG_INFINITY; 5];
    let over = |between: &[f32]| {
        let values = [&rows("a"), between, &rows("b")].concat();
        found("ab", KeywordConfig::default(), &values).0[2]
    };
    assert_eq!([over(&nothing), over(&rows("_"))], [0.0, 0.0]);
}

#[test]
fn settings_read_from_json_with_defaults() {
    let config: KeywordConfig =
        serde_json::from_str(r#"{"threshold":-1.5,"paths":"summed"}"#).unwrap();
    assert_eq!(
        config,
        KeywordConfig {
            threshold: -1.5,
            paths: KeywordPaths::Summed,
            ..KeywordConfig::default()
        }
    );
    assert!(serde_json::from_str::<KeywordConfig>(r#"{"treshold":-1.5}"#).is_err());
}
