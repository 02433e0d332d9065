//! Error counts and rates against jiwer and sclite, and what must hold for any texts.

use asr_playground::eval::wer::{
    Alignment, EditKind, ErrorCounts, align_words, cer, char_errors, wer, word_errors,
};
use proptest::prelude::*;
use serde::Deserialize;

/// Made by `golden/eval/make_errors.py`.
#[derive(Deserialize)]
pub struct Errors {
    pub pairs: Vec<Pair>,
    generated: Vec<Generated>,
    pub tables: Tables,
}

/// Wrong words of all pairs and how often, in order.
#[derive(Deserialize)]
pub struct Tables {
    pub substitutions: Vec<(String, String, usize)>,
    pub insertions: Vec<(String, usize)>,
    pub deletions: Vec<(String, usize)>,
}

#[derive(Deserialize)]
pub struct Pair {
    pub reference: String,
    pub hypothesis: String,
    words: GoldenCounts,
    chars: GoldenCounts,
    rates: GoldenRates,
}

/// Match error rate, word information lost, word information preserved.
#[derive(Deserialize)]
struct GoldenRates(f64, f64, f64);

#[derive(Deserialize)]
struct Generated {
    /// Seed, reference words, vocabulary, edits of 1024.
    rule: (u32, u32, u32, u32),
    words: GoldenCounts,
    chars: GoldenCounts,
}

/// Hits, substitutions, deletions, insertions, rate.
#[derive(Deserialize)]
struct GoldenCounts(usize, usize, usize, usize, f64);

impl GoldenCounts {
    fn counts(&self) -> ErrorCounts {
        ErrorCounts {
            hits: self.0,
            substitutions: self.1,
            deletions: self.2,
            insertions: self.3,
        }
    }

    /// jiwer's rate for an empty reference is the number of insertions; ours is none.
    fn rate(&self) -> Option<f64> {
        (self.counts().reference_len() > 0).then_some(self.4)
    }
}

pub fn errors() -> Errors {
    serde_json::from_str(include_str!("../golden/eval/errors.json")).unwrap()
}

pub fn close(ours: Option<f64>, theirs: Option<f64>) -> bool {
    match (ours, theirs) {
        (Some(ours), Some(theirs)) => (ours - theirs).abs() < 1e-12,
        (ours, theirs) => ours == theirs,
    }
}

#[test]
fn counts_and_rates_are_jiwers() {
    let pairs = errors().pairs;
    assert!(pairs.len() >= 300);
    for Pair {
        reference,
        hypothesis,
        words,
        chars,
        rates,
    } in pairs
    {
        let pair = format!("{reference:?} {hypothesis:?}");
        assert_eq!(
            word_errors(&reference, &hypothesis),
            words.counts(),
            "{pair}"
        );
        assert_eq!(
            char_errors(&reference, &hypothesis),
            chars.counts(),
            "{pair}"
        );
        assert!(close(wer(&reference, &hypothesis), words.rate()), "{pair}");
        assert!(close(cer(&reference, &hypothesis), chars.rate()), "{pair}");
        let counts = words.counts();
        // jiwer has numbers for an empty reference; ours are undefined, but that
        // all of the steps are wrong is known where there are any.
        let empty = counts.reference_len() == 0;
        let mer = (!empty || counts.insertions > 0).then_some(rates.0);
        let (wil, wip) = ((!empty).then_some(rates.1), (!empty).then_some(rates.2));
        assert!(close(counts.match_error_rate(), mer), "{pair}");
        assert!(close(counts.information_lost(), wil), "{pair}");
        assert!(close(counts.information_preserved(), wip), "{pair}");
    }
}

/// The rule `generated` in `golden/eval/make_errors.py`.
fn generated((seed, count, vocabulary, edit_of_1024): (u32, u32, u32, u32)) -> (String, String) {
    let mut state = u64::from(seed);
    let mut draw = move |n: u32| {
        state = (state * 1_103_515_245 + 12_345) % (1 << 31);
        (state >> 8) % u64::from(n)
    };
    let (mut reference, mut hypothesis) = (Vec::new(), Vec::new());
    for _ in 0..count {
        let word = format!("w{}", draw(vocabulary));
        reference.push(word.clone());
        let action = draw(1024);
        if action >= u64::from(edit_of_1024) {
            hypothesis.push(word);
        } else if action % 3 == 0 {
            hypothesis.push(format!("w{}", draw(vocabulary)));
        } else if action % 3 == 1 {
            hypothesis.extend([format!("w{}", draw(vocabulary)), word]);
        }
    }
    (reference.join(" "), hypothesis.join(" "))
}

#[test]
fn ten_thousand_words() {
    for Generated { rule, words, chars } in errors().generated {
        let (reference, hypothesis) = generated(rule);
        assert_eq!(
            word_errors(&reference, &hypothesis),
            words.counts(),
            "{rule:?}"
        );
        // Of 60,000 characters the equally cheap alignment may be another one.
        let ours = char_errors(&reference, &hypothesis);
        assert!(close(ours.rate(), chars.rate()), "{rule:?}");
        assert_eq!(ours.reference_len(), chars.counts().reference_len());
        assert_eq!(ours.hypothesis_len(), chars.counts().hypothesis_len());
    }
}

#[test]
fn an_empty_reference_has_counts_but_no_rate() {
    let counts = word_errors(" ", "two words");
    assert_eq!(
        (counts.insertions, counts.errors(), counts.rate()),
        (2, 2, None)
    );
    assert_eq!((wer("", ""), cer("", "a")), (None, None));
    assert_eq!((wer("a", ""), wer("a", "b c d")), (Some(1.0), Some(3.0)));
}

#[test]
fn counts_of_several_texts_add_up() {
    let texts = [("a b", "a"), ("", "c"), ("a b c", "a x c d")];
    let total: ErrorCounts = texts.iter().map(|(r, h)| word_errors(r, h)).sum();
    assert_eq!(
        total,
        ErrorCounts {
            hits: 3,
            substitutions: 1,
            deletions: 1,
            insertions: 2
        }
    );
    assert!(close(total.rate(), Some(4.0 / 5.0)));
}

#[test]
fn steps_carry_the_words_of_both_sides() {
    let Alignment { steps, counts } =
        align_words("the  cat sat on\nmats here", "a cat sat mats here now");
    let shown: Vec<String> = steps
        .iter()
        .map(|s| {
            let side = |word: &Option<String>| word.clone().unwrap_or_else(|| "-".to_owned());
            format!(
                "{:?} {} {}",
                s.kind,
                side(&s.reference),
                side(&s.hypothesis)
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            "Substitution the a",
            "Hit cat cat",
            "Hit sat sat",
            "Deletion on -",
            "Hit mats mats",
            "Hit here here",
            "Insertion - now",
        ]
    );
    assert_eq!(
        counts,
        ErrorCounts {
            hits: 4,
            substitutions: 1,
            deletions: 1,
            insertions: 1
        }
    );
}

/// Words of a small vocabulary, so that ties abound; or any text.
pub fn any_text() -> impl Strategy<Value = String> {
    let few_words = prop::collection::vec("[abc]{1,2}", 0..90).prop_map(|words| words.join(" "));
    prop_oneof![4 => few_words, 1 => any::<String>()]
}

/// What the alignment makes of the reference's words.
fn replay(reference: &str, alignment: &Alignment) -> Vec<String> {
    let mut left = reference.split_whitespace();
    let mut made = Vec::new();
    for step in &alignment.steps {
        if step.kind != EditKind::Insertion {
            assert_eq!(left.next(), step.reference.as_deref());
        }
        match step.kind {
            EditKind::Hit => assert_eq!(step.reference, step.hypothesis),
            EditKind::Substitution => assert_ne!(step.reference, step.hypothesis),
            EditKind::Deletion => assert_eq!(step.hypothesis, None),
            EditKind::Insertion => assert_eq!(step.reference, None),
        }
        made.extend(step.hypothesis.clone());
    }
    assert_eq!(left.next(), None);
    made
}

proptest! {
    #[test]
    fn replaying_the_alignment_turns_reference_into_hypothesis(reference in any_text(), hypothesis in any_text()) {
        let alignment = align_words(&reference, &hypothesis);
        let words: Vec<&str> = hypothesis.split_whitespace().collect();
        prop_assert_eq!(replay(&reference, &alignment), words);
        prop_assert_eq!(alignment.counts, word_errors(&reference, &hypothesis));
    }

    #[test]
    fn counts_add_up_to_the_lengths(reference in any_text(), hypothesis in any_text()) {
        let ErrorCounts { hits: h, substitutions: s, deletions: d, insertions: i } = word_errors(&reference, &hypothesis);
        prop_assert_eq!(s + d + h, reference.split_whitespace().count());
        prop_assert_eq!(i + s + h, hypothesis.split_whitespace().count());
        let ErrorCounts { hits: h, substitutions: s, deletions: d, insertions: i } = char_errors(&reference, &hypothesis);
        prop_assert_eq!(s + d + h, reference.trim().chars().count());
        prop_assert_eq!(i + s + h, hypothesis.trim().chars().count());
    }

    #[test]
    fn the_distance_is_symmetric_and_zero_only_between_equals(a in any_text(), b in any_text()) {
        prop_assert_eq!(word_errors(&a, &b).errors(), word_errors(&b, &a).errors());
        prop_assert_eq!(char_errors(&a, &b).errors() == 0, a.trim() == b.trim());
        prop_assert_eq!(word_errors(&a, &a).errors(), 0);
    }
}
