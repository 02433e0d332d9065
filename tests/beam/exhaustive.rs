//! A beam that prunes nothing against the enumeration of all paths: every text, its
//! scores and its words' times.

use std::collections::HashMap;

use asr_playground::decode::lm::LanguageModel;
use asr_playground::decode::{BeamConfig, Hotword, Hypothesis, PrefixBeam};
use asr_playground::model::Tokens;
use proptest::prelude::*;
use std::sync::Arc;

use super::support::{TinyLm, any_rows, full_width, letters, tokens};

const SAMPLES_PER_ROW: i64 = 10;

/// All paths that write one text.
struct Text {
    /// ln of their summed probability.
    acoustic: f64,
    /// By whether they end in a space: the same, and the most probable path of them.
    by_ending: [Ending; 2],
}

#[derive(Clone)]
struct Ending {
    acoustic: f64,
    best: f64,
    path: Vec<usize>,
    /// The second best path's ln p.
    second: f64,
}

/// ln p of every token of every row, by softmax; a row of −∞ is a blank.
fn normalised(rows: &[f32], columns: usize) -> Vec<Vec<f64>> {
    let normalise = |row: &[f32]| {
        let row: Vec<f64> = row.iter().map(|v| f64::from(*v)).collect();
        let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if largest == f64::NEG_INFINITY {
            let mut blank = vec![f64::NEG_INFINITY; columns];
            blank[0] = 0.0;
            return blank;
        }
        let sum: f64 = row.iter().map(|v| (v - largest).exp()).sum();
        row.iter().map(|v| v - largest - sum.ln()).collect()
    };
    rows.chunks_exact(columns).map(normalise).collect()
}

/// What a path writes: the text, and whether a space comes last.
fn written(path: &[usize], tokens: &Tokens) -> (String, bool) {
    let mut text = String::new();
    let mut last = 0;
    for &token in path {
        if token != 0 && token != last {
            text += &tokens.text(token).replace('▁', " ");
        }
        last = token;
    }
    let ends_in_space = text.ends_with(' ') || text.is_empty();
    let words: Vec<&str> = text.split_whitespace().collect();
    (words.join(" "), ends_in_space)
}

/// Every text that has a path.
fn enumerate(rows: &[Vec<f64>], tokens: &Tokens) -> HashMap<String, Text> {
    let none = Ending {
        acoustic: 0.0,
        best: f64::NEG_INFINITY,
        path: Vec::new(),
        second: f64::NEG_INFINITY,
    };
    let mut texts: HashMap<String, Text> = HashMap::new();
    for index in 0..tokens.len().pow(rows.len() as u32) {
        let digit = |row: usize| index / tokens.len().pow(row as u32) % tokens.len();
        let path: Vec<usize> = (0..rows.len()).map(digit).collect();
        let ln: f64 = path.iter().zip(rows).map(|(token, row)| row[*token]).sum();
        if ln == f64::NEG_INFINITY {
            continue;
        }
        let (text, ends_in_space) = written(&path, tokens);
        let text = texts.entry(text).or_insert_with(|| Text {
            acoustic: 0.0,
            by_ending: [none.clone(), none.clone()],
        });
        text.acoustic += ln.exp();
        let ending = &mut text.by_ending[usize::from(ends_in_space)];
        ending.acoustic += ln.exp();
        if ln > ending.best {
            ending.second = ending.best;
            ending.best = ln;
            ending.path = path;
        } else {
            ending.second = ending.second.max(ln);
        }
    }
    for text in texts.values_mut() {
        text.acoustic = text.acoustic.ln();
    }
    texts
}

/// Words of a path as (text, first row, row after the last, confidence).
fn words_of(path: &[usize], rows: &[Vec<f64>], tokens: &Tokens) -> Vec<(String, i64, i64, f64)> {
    let mut runs: Vec<(usize, usize, usize)> = Vec::new();
    let mut last = 0;
    for (row, &token) in path.iter().enumerate() {
        match runs.last_mut() {
            Some(run) if token == last && token != 0 => run.2 = row + 1,
            _ if token != 0 => runs.push((token, row, row + 1)),
            _ => {}
        }
        last = token;
    }
    let mut words = Vec::new();
    for word in runs.split(|run| tokens.space() == Some(run.0)) {
        let [first, ..] = word else { continue };
        let text = word.iter().map(|run| tokens.text(run.0)).collect();
        let peak = |run: &(usize, usize, usize)| {
            let rows = rows[run.1..run.2].iter();
            rows.map(|row| row[run.0])
                .fold(f64::NEG_INFINITY, f64::max)
                .exp()
        };
        let mean = word.iter().map(peak).sum::<f64>() / word.len() as f64;
        words.push((text, first.1 as i64, word.last().unwrap().2 as i64, mean));
    }
    words
}

fn decode(
    rows: &[f32],
    tokens: &Tokens,
    config: BeamConfig,
    lm: Option<Arc<LanguageModel>>,
) -> Vec<Hypothesis> {
    let mut beam = PrefixBeam::new(tokens, SAMPLES_PER_ROW, config, lm).unwrap();
    beam.push(rows).unwrap();
    // Words committed on the way are no longer in a hypothesis' words; here they are
    // put back.
    let before = beam.transcript();
    let committed = &before.words[..before.committed];
    beam.finish();
    let mut n_best = beam.n_best();
    assert_eq!(beam.transcript().words[committed.len()..], n_best[0].words);
    for hypothesis in &mut n_best {
        assert_eq!(hypothesis.first_word, committed.len());
        hypothesis.words.splice(0..0, committed.iter().cloned());
    }
    n_best
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-9
}

/// Checks every hypothesis against every text; `worth` is a text's (lm, bonus,
/// hotword).
fn check(
    rows: &[f32],
    tokens: &Tokens,
    n_best: &[Hypothesis],
    worth: impl Fn(&str) -> (f64, f64, f64),
) -> Result<(), TestCaseError> {
    let rows = normalised(rows, tokens.len());
    let texts = enumerate(&rows, tokens);
    prop_assert_eq!(n_best.len(), texts.len());
    let mut best = f64::NEG_INFINITY;
    for hypothesis in n_best {
        let text = hypothesis.text();
        let Some(expected) = texts.get(&text) else {
            return Err(TestCaseError::fail(format!("{text:?} has no path")));
        };
        let (lm, bonus, hotword) = worth(&text);
        prop_assert!(close(hypothesis.acoustic, expected.acoustic), "{text:?}");
        // The model's numbers are f32.
        prop_assert!(
            (hypothesis.lm - lm).abs() < 1e-5,
            "{text:?} {lm} {hypothesis:?}"
        );
        prop_assert!(
            close(hypothesis.bonus, bonus),
            "{text:?} {bonus} {hypothesis:?}"
        );
        prop_assert!(
            (hypothesis.hotword - hotword).abs() < 1e-5,
            "{text:?} {hypothesis:?}"
        );
        let total = expected.acoustic + lm + bonus + hotword;
        prop_assert!((hypothesis.total - total).abs() < 1e-5);
        best = best.max(total);
    }
    prop_assert!((n_best[0].total - best).abs() < 1e-5);
    let sorted = |pair: &[Hypothesis]| pair[0].total >= pair[1].total;
    prop_assert!(n_best.windows(2).all(sorted));
    Ok(())
}

/// Checks the words' times and confidences, where one path is the best.
fn check_times(rows: &[f32], tokens: &Tokens, n_best: &[Hypothesis]) -> Result<(), TestCaseError> {
    let rows = normalised(rows, tokens.len());
    let texts = enumerate(&rows, tokens);
    for hypothesis in n_best {
        let text = &texts[&hypothesis.text()];
        let [open, ended] = &text.by_ending;
        // The prefix with the larger sum speaks for the text.
        let (one, other) = if open.acoustic > ended.acoustic {
            (open, ended)
        } else {
            (ended, open)
        };
        if one.best - one.second < 1e-9 || one.acoustic - other.acoustic < 1e-9 {
            continue;
        }
        let expected = words_of(&one.path, &rows, tokens);
        prop_assert_eq!(hypothesis.words.len(), expected.len());
        for (word, (text, first, end, confidence)) in hypothesis.words.iter().zip(expected) {
            prop_assert_eq!(&word.text, &text);
            prop_assert_eq!(
                word.start_sample,
                first * SAMPLES_PER_ROW,
                "{:?}",
                hypothesis
            );
            prop_assert_eq!(word.end_sample, end * SAMPLES_PER_ROW, "{:?}", hypothesis);
            prop_assert!((f64::from(word.confidence) - confidence).abs() < 1e-5);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn every_text_its_score_and_its_times(rows in any_rows(4, 0..=6)) {
        let n_best = decode(&rows, &letters(), full_width(), None);
        check(&rows, &letters(), &n_best, |_| (0.0, 0.0, 0.0))?;
        check_times(&rows, &letters(), &n_best)?;
    }

    #[test]
    fn tokens_without_a_space(rows in any_rows(3, 0..=6)) {
        let tokens = tokens(&["<blank>", "a", "b"]);
        let n_best = decode(&rows, &tokens, full_width(), None);
        check(&rows, &tokens, &n_best, |_| (0.0, 0.0, 0.0))?;
        check_times(&rows, &tokens, &n_best)?;
    }

    #[test]
    fn word_pieces_are_added_up_by_text(rows in any_rows(4, 0..=6)) {
        for list in [["<blank>", "▁a", "a", "▁"], ["<blank>", "▁a", "aa", "a"], ["<blank>", "▁a", "▁b", "a"]] {
            let tokens = tokens(&list);
            let n_best = decode(&rows, &tokens, full_width(), None);
            check(&rows, &tokens, &n_best, |_| (0.0, 0.0, 0.0))?;
        }
    }

    #[test]
    fn language_model_and_hotwords(
        rows in any_rows(4, 0..=6),
        lm_weight in 0.0_f32..2.0,
        word_bonus in -2.0_f32..2.0,
        penalty in 0.0_f32..5.0,
        boosts in prop::array::uniform4(0.0_f32..4.0),
        look_ahead: bool,
    ) {
        let tiny = TinyLm::new();
        let phrases = ["a", "ab", "b a", "a  B"];
        let hotwords = phrases.iter().zip(boosts);
        let config = BeamConfig {
            lm_weight,
            word_bonus,
            unknown_word_penalty: penalty,
            look_ahead,
            hotwords: hotwords.map(|(phrase, boost)| Hotword { phrase: (*phrase).to_owned(), boost }).collect(),
            ..full_width()
        };
        let n_best = decode(&rows, &letters(), config, Some(tiny.model.clone()));
        check(&rows, &letters(), &n_best, |text| {
            let words: Vec<&str> = text.split_whitespace().collect();
            let phrases = [vec!["a"], vec!["ab"], vec!["b", "a"], vec!["a", "b"]];
            // An unknown word is forgiven where it ends the beginning of a phrase.
            let listened_for = |end: usize| phrases.iter().any(|phrase| {
                (1..=phrase.len()).any(|length| words[..end].ends_with(&phrase[..length]))
            });
            let unknown = (0..words.len()).filter(|&at| !tiny.knows(words[at]) && !listened_for(at + 1)).count();
            let count = |phrase: &Vec<&str>| words.windows(phrase.len()).filter(|w| w == phrase).count();
            let hotword: f64 = phrases.iter().zip(boosts).map(|(p, boost)| count(p) as f64 * f64::from(boost)).sum();
            (
                f64::from(lm_weight) * tiny.ln_prob(&words),
                f64::from(word_bonus) * words.len() as f64 - f64::from(penalty) * unknown as f64,
                hotword,
            )
        })?;
    }
}
