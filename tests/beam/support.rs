//! What several tests need: tokens, decoders, a tiny language model.

use std::collections::HashMap;
use std::fmt::Write;
use std::sync::Arc;

use asr_playground::decode::lm::LanguageModel;
use asr_playground::decode::{BeamConfig, Hypothesis, PrefixBeam, Transcript, Word};
use asr_playground::model::Tokens;
use proptest::prelude::*;

pub fn tokens(list: &[&str]) -> Tokens {
    Tokens::parse(&list.join("\n")).unwrap()
}

/// `_` (blank), `|` (space), `a`, `b`.
pub fn letters() -> Tokens {
    tokens(&["<blank>", "<space>", "a", "b"])
}

/// Nothing is pruned.
pub fn full_width() -> BeamConfig {
    BeamConfig {
        width: 1024,
        n_best: 1024,
        token_min_ln: -1000.0,
        tokens_per_row: 4096,
        beam_ln: 1000.0,
        ..BeamConfig::default()
    }
}

/// A decoder of [`letters`], 10 samples a row.
pub fn beam(config: BeamConfig, lm: Option<Arc<LanguageModel>>) -> PrefixBeam {
    PrefixBeam::new(&letters(), 10, config, lm).unwrap()
}

/// Rows whose best token is spelled out, with the probability `p`.
pub fn rows(best: &str, p: f32) -> Vec<f32> {
    let row = |token: char| {
        let best = "_|ab".find(token).unwrap();
        (0..4).map(move |index| if index == best { p } else { (1.0 - p) / 3.0 }.ln())
    };
    best.chars().flat_map(row).collect()
}

/// A bigram model over `a`, `b`, `ab`, `ba`, and its numbers once more.
pub struct TinyLm {
    pub model: Arc<LanguageModel>,
    unigrams: HashMap<&'static str, (f64, f64)>,
    bigrams: HashMap<(&'static str, &'static str), f64>,
}

/// Word, log10 p, log10 back-off.
const UNIGRAMS: [(&str, f64, f64); 7] = [
    ("<unk>", -1.7, 0.0),
    ("<s>", -99.0, -0.3),
    ("</s>", -0.9, 0.0),
    ("a", -0.6, -0.2),
    ("b", -1.1, -0.4),
    ("ab", -0.8, -0.1),
    ("ba", -1.3, 0.0),
];
const BIGRAMS: [(&str, &str, f64); 6] = [
    ("<s>", "b", -0.4),
    ("a", "ab", -0.2),
    ("a", "</s>", -1.9),
    ("b", "b", -0.5),
    ("ab", "a", -0.3),
    ("ab", "</s>", -0.7),
];

impl TinyLm {
    pub fn new() -> Self {
        let mut arpa = format!(
            "\\data\\\nngram 1={}\nngram 2={}\n\n\\1-grams:\n",
            UNIGRAMS.len(),
            BIGRAMS.len()
        );
        for (word, p, back_off) in UNIGRAMS {
            writeln!(arpa, "{p}\t{word}\t{back_off}").unwrap();
        }
        arpa += "\n\\2-grams:\n";
        for (first, second, p) in BIGRAMS {
            writeln!(arpa, "{p}\t{first} {second}").unwrap();
        }
        arpa += "\n\\end\\\n";
        Self {
            model: Arc::new(LanguageModel::from_arpa(&arpa).unwrap()),
            unigrams: UNIGRAMS.iter().map(|(w, p, b)| (*w, (*p, *b))).collect(),
            bigrams: BIGRAMS.iter().map(|(v, w, p)| ((*v, *w), *p)).collect(),
        }
    }

    /// Whether the word is in the vocabulary.
    pub fn knows(&self, word: &str) -> bool {
        self.unigrams.contains_key(word)
    }

    /// ln p of the words and the sentence's end, by the definition of back-off.
    pub fn ln_prob(&self, words: &[&str]) -> f64 {
        let mut context = "<s>";
        let mut log10 = 0.0;
        for word in words.iter().chain(&["</s>"]) {
            let word = if self.knows(word) { word } else { "<unk>" };
            log10 += self
                .bigrams
                .get(&(context, word))
                .copied()
                .unwrap_or_else(|| self.unigrams[context].1 + self.unigrams[word].0);
            context = self.unigrams.get_key_value(word).unwrap().0;
        }
        log10 * std::f64::consts::LN_10
    }
}

/// Rows of `columns` values: coarse ones, so that ties and repeats are frequent, or
/// fine ones; −∞ among them, whole rows of it too; some with a constant added.
pub fn any_rows(
    columns: usize,
    rows: impl Into<prop::collection::SizeRange>,
) -> impl Strategy<Value = Vec<f32>> {
    let value = prop_oneof![
        6 => (-4_i8..=0).prop_map(f32::from),
        6 => -6.0_f32..0.0,
        2 => Just(f32::NEG_INFINITY),
    ];
    let constant = prop_oneof![4 => Just(0.0_f32), 1 => -90.0_f32..90.0];
    let row = (prop::collection::vec(value, columns), constant, 0_u8..20).prop_map(
        move |(mut row, constant, kind)| {
            for value in &mut row {
                *value += constant;
            }
            if kind == 0 {
                row.fill(f32::NEG_INFINITY);
            }
            row
        },
    );
    prop::collection::vec(row, rows).prop_map(|rows| rows.concat())
}

/// Words as `text@start..end`, a `/` after the committed ones.
pub fn shown(transcript: &Transcript) -> String {
    let word = |w: &Word| format!("{}@{}..{}", w.text, w.start_sample, w.end_sample);
    let mut words: Vec<String> = transcript.words.iter().map(word).collect();
    words.insert(transcript.committed, "/".to_owned());
    words.join(" ")
}

/// Everything that a decoder says, floats by their bits.
pub fn said(beam: &PrefixBeam) -> String {
    let bits = |h: &Hypothesis| [h.acoustic, h.lm, h.bonus, h.hotword, h.total].map(f64::to_bits);
    let n_best = beam.n_best();
    let n_best: Vec<_> = n_best
        .iter()
        .map(|h| (h.first_word, format!("{:?}", h.words), bits(h)))
        .collect();
    let transcript = beam.transcript();
    format!("{transcript:?} {n_best:?} {:?}", beam.commit_point())
}
