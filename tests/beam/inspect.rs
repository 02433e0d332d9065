//! The inspection of a row adds up, and tells all that was pruned and why.

use asr_playground::decode::beam::{
    BestText, Fate, InspectedCandidate, RowInspection, TermKind, TokenFate,
};
use asr_playground::decode::{BeamConfig, Hotword};
use proptest::prelude::*;

use super::support::{TinyLm, any_rows, beam, full_width, rows};

fn ln_sum_exp(values: impl Iterator<Item = f64>) -> f64 {
    values.map(f64::exp).sum::<f64>().ln()
}

/// Recomputes every figure from those it is made of.
fn adds_up(seen: &RowInspection, config: &BeamConfig) -> Result<(), TestCaseError> {
    let sums: f64 = seen.tokens.iter().map(|token| token.ln_prob.exp()).sum();
    prop_assert!((sums - 1.0).abs() < 1e-9);
    let used = |token: usize| {
        seen.tokens
            .iter()
            .any(|t| t.token == token && t.fate == TokenFate::Used)
    };
    let mut kept = vec![None; seen.after.len()];
    let ended = |c: &&InspectedCandidate| matches!(c.fate, Fate::Ended { .. });
    let ended = seen.candidates.iter().find(ended);
    for (index, candidate) in seen.candidates.iter().enumerate() {
        for term in &candidate.terms {
            let from = &seen.before[term.from];
            prop_assert!(used(term.token));
            prop_assert!(term.blank.is_none_or(|ln| Some(ln) == from.blank));
            prop_assert!(term.non_blank.is_none_or(|ln| Some(ln) == from.non_blank));
            let sources = [term.blank, term.non_blank].into_iter().flatten();
            prop_assert!((ln_sum_exp(sources) + term.ln_prob - term.sum).abs() < 1e-9);
            prop_assert!(term.kind == TermKind::Extension || term.from == index);
        }
        let parts = candidate.lm + candidate.look_ahead + candidate.bonus + candidate.hotword;
        match (candidate.acoustic, candidate.total) {
            (Some(acoustic), Some(total)) => {
                let terms = ln_sum_exp(candidate.terms.iter().map(|term| term.sum));
                prop_assert!((terms - acoustic).abs() < 1e-9, "{candidate:?}");
                prop_assert!((acoustic + parts - total).abs() < 1e-9);
            }
            (acoustic, total) => {
                prop_assert_eq!((acoustic, total), (None, None));
                prop_assert_eq!(candidate.fate, Fate::Impossible);
            }
        }
        if let Fate::Kept { rank } = candidate.fate {
            prop_assert!(kept[rank].replace(index).is_none());
            // What the row committed is no longer part of the text.
            let words = seen.committed.iter().map(|word| format!("{} ", word.text));
            let after = words.collect::<String>() + &seen.after[rank].text;
            prop_assert_eq!(&after, &candidate.text);
            if ended.is_none_or(|c| c.fate.rank() != Some(rank)) {
                prop_assert_eq!(Some(seen.after[rank].total), candidate.total);
            }
        }
        if let Fate::Ended { rank } = candidate.fate {
            let words = seen.committed.iter().map(|word| format!("{} ", word.text));
            let after = words.collect::<String>() + &seen.after[rank].text;
            prop_assert_eq!(after, format!("{} ", candidate.text));
            let joined = seen
                .candidates
                .iter()
                .filter(|c| c.fate.rank() == Some(rank));
            let acoustic = ln_sum_exp(joined.filter_map(|c| c.acoustic));
            prop_assert!((acoustic - seen.after[rank].acoustic).abs() < 1e-9);
        }
    }
    for rank in 0..seen.after.len() {
        let here = |c: &&InspectedCandidate| c.fate.rank() == Some(rank);
        prop_assert!(
            seen.candidates.iter().any(|c| here(&c)),
            "nothing became {rank}"
        );
    }
    let decided = ended.is_some() || seen.candidates.iter().any(|c| c.fate == Fate::Commit);
    let best = seen
        .candidates
        .iter()
        .filter_map(|c| c.total)
        .fold(f64::NEG_INFINITY, f64::max);
    let worst_kept = seen
        .after
        .iter()
        .map(|h| h.total)
        .fold(f64::INFINITY, f64::min);
    for candidate in &seen.candidates {
        match candidate.fate {
            Fate::ScoreBeam { below_best } => {
                prop_assert!((best - candidate.total.unwrap() - below_best).abs() < 1e-9);
                prop_assert!(below_best > f64::from(config.beam_ln));
            }
            Fate::Width if !decided => {
                prop_assert!(candidate.total.unwrap() <= worst_kept);
                prop_assert_eq!(seen.after.len(), config.width);
            }
            _ => {}
        }
    }
    prop_assert!(seen.after.len() <= config.width);
    prop_assert!(
        seen.after
            .windows(2)
            .all(|pair| pair[0].total >= pair[1].total)
    );
    Ok(())
}

proptest! {
    #[test]
    fn every_row_adds_up(
        rows in any_rows(4, 0..40),
        width in 1_usize..9,
        beam_ln in 0.0_f32..9.0,
        commit_rows in prop_oneof![Just(100), 1_u32..12],
    ) {
        let config = BeamConfig {
            width,
            beam_ln,
            tokens_per_row: 3,
            token_min_ln: -4.0,
            commit_rows,
            hotwords: vec![Hotword { phrase: "b ab".to_owned(), boost: 1.5 }],
            ..BeamConfig::default()
        };
        let mut decoder = beam(config.clone(), Some(TinyLm::new().model));
        let mut after: Option<RowInspection> = None;
        let (mut best, mut changes) = (String::new(), Vec::new());
        for (index, row) in rows.chunks_exact(4).enumerate() {
            let seen = decoder.push_inspected(row).unwrap();
            prop_assert_eq!(seen.row, index as i64);
            adds_up(&seen, &config)?;
            if let Some(last) = after {
                let scores = |list: &[asr_playground::decode::beam::InspectedHypothesis]| {
                    list.iter().map(|h| (h.blank, h.non_blank, h.total)).collect::<Vec<_>>()
                };
                prop_assert_eq!(scores(&last.after), scores(&seen.before));
            }
            let bytes = postcard::to_allocvec(&seen).unwrap();
            prop_assert_eq!(&postcard::from_bytes::<RowInspection>(&bytes).unwrap(), &seen);
            let committed: Vec<String> = seen.committed.iter().map(|w| w.text.clone()).collect();
            let text = seen.after[0].text.clone();
            if text != best || !committed.is_empty() {
                changes.push(BestText { row: seen.row, text: text.clone(), committed });
            }
            best = text;
            after = Some(seen);
        }
        let mut quick = beam(config, Some(TinyLm::new().model));
        prop_assert_eq!(quick.push_best_texts(&rows).unwrap(), changes);
    }
}

#[test]
fn why_tokens_and_hypotheses_are_dropped() {
    let config = BeamConfig {
        width: 2,
        tokens_per_row: 2,
        token_min_ln: -3.0,
        ..full_width()
    };
    let mut decoder = beam(config, None);
    // ln p: -0.36, -3.9, -1.6, -2.5
    let seen = decoder
        .push_inspected(&[0.7, 0.02, 0.2, 0.08].map(f32::ln))
        .unwrap();
    let fates: Vec<TokenFate> = seen.tokens.iter().map(|token| token.fate).collect();
    assert_eq!(
        fates,
        [
            TokenFate::Used,
            TokenFate::LogProb,
            TokenFate::Used,
            TokenFate::Count
        ]
    );
    let texts: Vec<&str> = seen.after.iter().map(|h| h.text.as_str()).collect();
    assert_eq!(texts, ["", "a"]);
    let seen = decoder
        .push_inspected(&[0.4, 0.02, 0.5, 0.08].map(f32::ln))
        .unwrap();
    let shown: Vec<(&str, Fate)> = seen
        .candidates
        .iter()
        .map(|c| (c.text.as_str(), c.fate))
        .collect();
    assert_eq!(
        shown,
        [("", Fate::Kept { rank: 1 }), ("a", Fate::Kept { rank: 0 })]
    );
    // "a": the extension of "" (0.7 × 0.5) joins the two that stay (0.2 × 0.4, 0.2 × 0.5).
    let kinds: Vec<TermKind> = seen.candidates[1]
        .terms
        .iter()
        .map(|term| term.kind)
        .collect();
    assert_eq!(
        kinds,
        [TermKind::Blank, TermKind::Repeat, TermKind::Extension]
    );
    let acoustic = seen.candidates[1].acoustic.unwrap();
    assert!((acoustic - (0.7_f64 * 0.5 + 0.2 * 0.4 + 0.2 * 0.5).ln()).abs() < 1e-6);
    let seen = decoder
        .push_inspected(&[0.3, 0.0, 0.0, 0.7].map(f32::ln))
        .unwrap();
    let fate = |text: &str| {
        seen.candidates
            .iter()
            .find(|c| c.text == text)
            .unwrap()
            .fate
    };
    assert_eq!(fate("ab"), Fate::Kept { rank: 0 });
    assert_eq!(fate(""), Fate::Width);

    decoder.push(&rows("|", 0.999)).unwrap();
    assert_eq!(
        decoder
            .push_inspected(&rows("_", 0.999))
            .unwrap()
            .committed
            .len(),
        0
    );
}
