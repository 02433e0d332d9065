//! Scores against `KenLM`'s.

use asr_playground::decode::lm::LanguageModel;
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    models: Models,
}

#[derive(Deserialize)]
struct Models {
    lmplz: Vec<Scored>,
    pruned: Vec<Scored>,
}

#[derive(Deserialize)]
struct Scored {
    sentence: String,
    /// log10 p and the length of the n-gram found, of each word and of the end.
    scores: Vec<(f32, usize)>,
}

fn assert_scores(model: &LanguageModel, sentences: &[Scored]) {
    for Scored { sentence, scores } in sentences {
        let mut state = model.start();
        let mut found = Vec::new();
        for word in sentence.split_whitespace() {
            let (score, next) = model.score(state, model.word(word));
            found.push(score);
            state = next;
        }
        found.push(model.end(state));
        assert_eq!(found.len(), scores.len());
        for (found, (expected, _)) in found.iter().zip(scores) {
            let found = found / std::f32::consts::LN_10;
            assert!(
                (found - expected).abs() < 1e-4,
                "{sentence}: {found} {expected}"
            );
        }
    }
}

#[test]
fn scores_are_kenlms() {
    let golden: Golden = serde_json::from_str(include_str!("../golden/lm/scores.json")).unwrap();
    for (arpa, sentences) in [
        (
            include_str!("../golden/lm/lmplz.arpa"),
            &golden.models.lmplz,
        ),
        (
            include_str!("../golden/lm/pruned.arpa"),
            &golden.models.pruned,
        ),
    ] {
        let model = LanguageModel::from_arpa(arpa).unwrap();
        assert_scores(&model, sentences);
        let read_back = LanguageModel::from_bytes(&model.to_bytes()).unwrap();
        assert_scores(&read_back, sentences);
    }
    // Some of them are by trigrams, some by unigrams.
    let lengths: Vec<usize> = golden
        .models
        .pruned
        .iter()
        .flat_map(|scored| scored.scores.iter().map(|score| score.1))
        .collect();
    for length in 1..=3 {
        assert!(lengths.contains(&length));
    }
}
