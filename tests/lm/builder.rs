//! The builder, run as a program, on texts small enough to check.

use std::path::{Path, PathBuf};
use std::process::Command;

use asr_playground::decode::lm::{LanguageModel, NGram, WordId};

/// Runs `lm build` on a text. What it wrote: the ARPA file, the compact file.
fn build(name: &str, text: &str, options: &[&str]) -> (String, Vec<u8>) {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).unwrap();
    let path = |file: &str| folder.join(file).to_str().unwrap().to_owned();
    std::fs::write(path("text.txt"), text).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_lm"))
        .args(["build", "--min-count", "1", "--min-ngram", "1"])
        .args(["--no-held-out", "--bits", "0", "--threshold", "0"])
        .args(["--out", &path("model.lm"), "--arpa", &path("model.arpa")])
        .args(options)
        .arg(path("text.txt"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    (
        std::fs::read_to_string(path("model.arpa")).unwrap(),
        std::fs::read(path("model.lm")).unwrap(),
    )
}

fn corpus() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/lm/corpus.txt");
    std::fs::read_to_string(path).unwrap()
}

/// p of every word and of the end, after each context that the model has, sums to 1.
fn assert_sums_to_one(model: &LanguageModel, order: usize) {
    let levels = model.levels();
    let mut contexts = 0;
    for (below, level) in levels[..order - 1].iter().enumerate() {
        for NGram { gram, .. } in level {
            let words: Vec<WordId> = gram.words(below + 1).collect();
            if words.contains(&WordId::END) || words[1..].contains(&WordId::START) {
                continue;
            }
            let mut state = model.start();
            for word in words.iter().filter(|word| **word != WordId::START) {
                state = model.score(state, Some(*word)).1;
            }
            let ids = (0..WordId::FIRST.0 + model.word_count() as u32).map(WordId);
            let sum: f64 = ids
                .filter(|word| *word != WordId::START)
                .map(|word| f64::from(model.score(state, Some(word)).0).exp())
                .sum();
            assert!((sum - 1.0).abs() < 1e-4, "{words:?}: {sum}");
            contexts += 1;
        }
    }
    assert!(contexts > 40, "{contexts}");
}

#[test]
fn agrees_with_kenlm() {
    let golden = LanguageModel::from_arpa(include_str!("../golden/lm/lmplz.arpa")).unwrap();
    let (arpa, bytes) = build("lmplz", &corpus(), &[]);
    for model in [
        LanguageModel::from_arpa(&arpa).unwrap(),
        LanguageModel::from_bytes(&bytes).unwrap(),
    ] {
        assert_eq!(model.ngram_counts(), golden.ngram_counts());
        for line in corpus().lines() {
            let (mut a, mut b) = (model.start(), golden.start());
            for word in line.split(' ').chain(["zebra"]) {
                let (ours, next_a) = model.score(a, model.word(word));
                let (theirs, next_b) = golden.score(b, golden.word(word));
                assert!((ours - theirs).abs() < 1e-4, "{word}: {ours} {theirs}");
                assert!((model.end(a) - golden.end(b)).abs() < 1e-4);
                (a, b) = (next_a, next_b);
            }
        }
    }
}

#[test]
fn probabilities_sum_to_one() {
    for options in [
        &["--order", "3"][..],
        &["--order", "4"],
        &["--order", "2", "--min-count", "2"],
        &["--order", "3", "--min-ngram", "2"],
        &["--order", "4", "--threshold", "1e-3"],
    ] {
        let name = format!("sums{}", options.join("_"));
        let (arpa, _) = build(&name, &corpus(), options);
        let model = LanguageModel::from_arpa(&arpa).unwrap();
        let order = options[1].parse().unwrap();
        assert_sums_to_one(&model, order);
    }
}

/// Two bigrams, by hand. With so few n-grams the discounts are the fallback's, 0.5
/// for one and 1 for two. Unigrams count the different words before them: a has one
/// (`<s>`), b one (a), `</s>` one (b); each loses 0.5 of 1, so 0.5 of the mass is
/// left for a, b, `</s>` and `<unk>` alike: p(a) = 0.5/3 + 0.5/4. The text has "a b" twice:
/// p(b|a) = (2 − 1)/2 + 1/2·p(b).
#[test]
fn two_bigrams_by_hand() {
    let (arpa, _) = build("hand", "a b\na b\n", &["--order", "2"]);
    let model = LanguageModel::from_arpa(&arpa).unwrap();
    let word = |text| model.word(text);
    let unigram = 0.5 / 3.0 + 0.5 / 4.0_f32;
    let (first, state) = model.score(model.start(), word("a"));
    assert!((first.exp() - (0.5 + 0.5 * unigram)).abs() < 1e-6);
    assert!((model.score(state, word("a")).0.exp() - 0.5 * unigram).abs() < 1e-6);
    assert!((model.score(state, None).0.exp() - 0.5 * 0.5 / 4.0).abs() < 1e-6);
}

#[test]
fn a_model_without_its_trigrams_is_the_bigram_model() {
    // Revised pruning: an order of which nothing is left leaves no trace below.
    let (all_pruned, _) = build("pruned", &corpus(), &["--min-ngram", "1000000"]);
    let (bigram, _) = build("bigram", &corpus(), &["--order", "2"]);
    let all_pruned = LanguageModel::from_arpa(
        &all_pruned
            .replace("ngram 3=0\n", "")
            .replace("\n\\3-grams:\n", ""),
    )
    .unwrap();
    let bigram = LanguageModel::from_arpa(&bigram).unwrap();
    for (a, b) in all_pruned
        .levels()
        .iter()
        .flatten()
        .zip(bigram.levels().iter().flatten())
    {
        assert!((a.ln_prob - b.ln_prob).abs() < 1e-5, "{a:?} {b:?}");
        assert!((a.ln_backoff - b.ln_backoff).abs() < 1e-4, "{a:?} {b:?}");
    }
}

#[test]
fn the_same_text_gives_the_same_bytes() {
    let options = ["--threshold", "1e-4", "--bits", "6"];
    let first = build("once", &corpus(), &options);
    assert!(first == build("again", &corpus(), &options));
    let model = LanguageModel::from_bytes(&first.1).unwrap();
    for level in model.levels() {
        let mut values: Vec<u32> = level.iter().map(|ngram| ngram.ln_prob.to_bits()).collect();
        values.sort_unstable();
        values.dedup();
        assert!(values.len() <= 64, "{}", values.len());
    }
}
