//! ARPA files: what is read, what is refused.

use asr_playground::decode::lm::{LEAST_LN, LanguageModel, LmError, WordId};

/// A trigram model by hand. `of` can follow "king", but not "the".
pub const SMALL: &str = r"
\data\
ngram 1=6
ngram 2=4
ngram 3=1

\1-grams:
-99 <s> -0.5
-1.0 </s>
-2.0 <unk>
-0.5 the -0.25
-0.75 king -0.125
-1.5 of

\2-grams:
-0.25 <s> the -0.0625
-0.5 the king -0.375
-0.625 king of
-0.875 of </s>

\3-grams:
-0.1 the king of

\end\
";

fn log10(model: &LanguageModel, sentence: &[&str]) -> Vec<f32> {
    let mut state = model.start();
    let mut scores = Vec::new();
    for word in sentence {
        let (score, next) = model.score(state, model.word(word));
        scores.push(score / std::f32::consts::LN_10);
        state = next;
    }
    scores.push(model.end(state) / std::f32::consts::LN_10);
    scores
}

fn assert_close(found: &[f32], expected: &[f32]) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() < 1e-5, "{found} {expected}");
    }
}

#[test]
fn backs_off_as_the_format_says() {
    let model = LanguageModel::from_arpa(SMALL).unwrap();
    assert_eq!((model.order(), model.word_count()), (3, 3));
    // the|<s>; king|<s> the: bigram and the back-off of "<s> the"; of|the king; </s>|of.
    assert_close(
        &log10(&model, &["the", "king", "of"]),
        &[-0.25, -0.5 - 0.0625, -0.1, -0.875],
    );
    // of|<s>: unigram; the|of: no back-off weight; an unknown word after "the";
    // </s> after it.
    assert_close(
        &log10(&model, &["of", "the", "qwerty"]),
        &[-1.5 - 0.5, -0.5, -2.0 - 0.25, -1.0],
    );
}

#[test]
fn a_state_is_the_shortest_that_matters() {
    let model = LanguageModel::from_arpa(SMALL).unwrap();
    let state = |words: &[&str]| {
        words.iter().fold(model.start(), |state, word| {
            model.score(state, model.word(word)).1
        })
    };
    // Nothing follows "<s> of", "the king of" or an unknown word but by unigrams
    // and "of </s>".
    assert_eq!(state(&["of"]), state(&["the", "king", "of"]));
    assert_eq!(state(&["qwerty"]), state(&["king", "king", "qwerty"]));
    assert_ne!(state(&["king"]), state(&["the", "king"]));
    assert_eq!(model.word("qwerty"), None);
    assert_eq!(model.word("kin"), None);
    assert_eq!(model.text(WordId::FIRST), Some("the"));
}

#[test]
fn the_lexicon_spells_the_words_and_knows_the_best_below() {
    let model = LanguageModel::from_arpa(SMALL).unwrap();
    let lexicon = model.lexicon();
    let unigram = |log10: f32| log10 * std::f32::consts::LN_10;
    assert!((lexicon.best(lexicon.root()) - unigram(-0.5)).abs() < 1e-6);
    let k = lexicon.child(lexicon.root(), 'k').unwrap();
    assert!((lexicon.best(k) - unigram(-0.75)).abs() < 1e-6);
    assert_eq!(lexicon.word(k), None);
    assert_eq!(lexicon.child(k, 'q'), None);
}

#[test]
fn refused_files() {
    let message = |text: &str| LanguageModel::from_arpa(text).unwrap_err().to_string();
    let changed = |from: &str, to: &str| message(&SMALL.replacen(from, to, 1));
    assert!(message("").contains("no \\data\\ section"));
    assert!(changed("ngram 2=4", "ngram 2=").contains("\"ngram 2=\" and a number"));
    assert!(
        changed("ngram 2=4", "ngram 2=5").contains("says 5 n-grams of order 2, but there are 4")
    );
    assert!(changed("ngram 2=4", "ngram 2=3").contains("\\3-grams: is expected"));
    assert!(changed("\\end\\", "").contains("\\end\\ is expected"));
    assert!(changed("-0.5 the king", "nan the king").contains("'nan' is not a finite number"));
    assert!(changed("-0.5 the king", "-inf the king").contains("'-inf' is not a finite number"));
    let above = changed("-0.5 the king", "0.5 the king");
    assert!(
        above.starts_with("Line 17 ") && above.contains("above 0"),
        "{above}"
    );
    assert!(changed("the king of", "the queen of").contains("'queen' is not among the unigrams"));
    assert!(changed("the king of", "the of of").contains("'the of of', but not 'the of'"));
    assert!(changed("king of\n", "king\n").contains("an n-gram of order 2 has 2 words"));
    let twice = SMALL
        .replace("ngram 1=6", "ngram 1=7")
        .replace("-1.5 of", "-1.5 of\n-1.5 of");
    assert!(message(&twice).contains("'of' twice"));
    assert!(changed("of </s>", "king of").contains("'king of' twice"));
    assert!(changed("</s>", "s").contains("no unigram of the word '</s>'"));
    assert_eq!(
        LanguageModel::from_arpa(
            "\\data\\\nngram 1=1\nngram 2=1\nngram 3=1\nngram 4=1\nngram 5=1\nngram 6=1"
        )
        .unwrap_err(),
        LmError::Order { order: 6 }
    );
}

#[test]
fn words_are_read_in_lower_case() {
    let upper = ["the", "king", "of"]
        .iter()
        .fold(SMALL.to_owned(), |text, word| {
            text.replace(&format!(" {word}"), &format!(" {}", word.to_uppercase()))
        });
    assert!(upper.contains("-0.1 THE KING OF"));
    let upper = LanguageModel::from_arpa(&upper).unwrap();
    let lower = LanguageModel::from_arpa(SMALL).unwrap();
    assert!(upper.words().eq(lower.words()));
    assert_eq!(upper.levels(), lower.levels());
    assert_eq!(upper.word("THE"), None);

    let both = SMALL
        .replace("ngram 1=6", "ngram 1=7")
        .replace("-1.5 of", "-1.5 of\n-2.5 The");
    let message = LanguageModel::from_arpa(&both).unwrap_err().to_string();
    assert!(message.starts_with("Line 14 "), "{message}");
    assert!(
        message.contains("'the' and 'The' are the same word"),
        "{message}"
    );
}

/// Sums of f32 that began with such values were −∞, and 0·−∞ is no number.
#[test]
fn what_is_as_good_as_never_stays_finite() {
    let never = SMALL
        .replace("-0.75 king -0.125", "-1e38 king -1e38")
        .replace("-0.5 the king -0.375", "-1e30 the king -1e38")
        .replace("-2.0 <unk>", "-120 <unk>");
    let model = LanguageModel::from_arpa(&never).unwrap();
    let scores = log10(&model, &["the", "king", "the", "qwerty", "king"]);
    assert!(
        scores
            .iter()
            .all(|score| score.is_finite() && *score >= -300.1),
        "{scores:?}"
    );
    assert_close(&scores[1..2], &[-100.0 - 0.0625]);
    let levels = model.levels();
    let least = levels[0].iter().map(|ngram| ngram.ln_prob);
    assert!(least.fold(0.0, f32::min) >= LEAST_LN);

    let refused = |weight: &str| {
        let text = SMALL.replace("king -0.125", &format!("king {weight}"));
        LanguageModel::from_arpa(&text).unwrap_err().to_string()
    };
    for weight in ["1e38", "99", "10.1"] {
        let message = refused(weight);
        assert!(
            message.starts_with("Line 12 ") && message.contains("10 is the most"),
            "{message}"
        );
    }
    let large = SMALL.replace("king -0.125", "king 9.5");
    assert!(LanguageModel::from_arpa(&large).is_ok());
}

#[test]
fn a_file_is_known_by_its_content() {
    let read = |bytes: &[u8]| LanguageModel::from_file(bytes);
    let model = read(SMALL.as_bytes()).unwrap();
    assert_eq!(read(&model.to_bytes()).unwrap().levels(), model.levels());
    let marked = format!("\u{feff}{}", SMALL.trim_start().replace('\n', "\r\n"));
    assert_eq!(read(marked.as_bytes()).unwrap().levels(), model.levels());
    let mut damaged = model.to_bytes();
    damaged[20] ^= 1;
    assert_eq!(read(&damaged).unwrap_err(), LmError::Checksum);
    for nothing in [
        &b""[..],
        b"NGL",
        b"\x1f\x8b\x08\x00",
        b"<!doctype html>\n<p>404",
    ] {
        assert_eq!(read(nothing).unwrap_err(), LmError::Neither);
    }
    let mut latin = SMALL.as_bytes().to_vec();
    let place = SMALL.find("king").unwrap();
    latin[place] = 0xE9;
    let message = read(&latin).unwrap_err().to_string();
    assert!(
        message.starts_with("Line 12 ") && message.contains("UTF-8"),
        "{message}"
    );
    let cut = &SMALL.as_bytes()[..SMALL.len() / 2];
    assert!(matches!(read(cut), Err(LmError::Arpa { .. })));
}
