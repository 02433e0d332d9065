//! Judging hypotheses: error counts against jiwer, the normaliser's numbers
//! against num2words, and what must hold for any texts.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;

use asr_playground::eval::normalise::normalise;
use asr_playground::eval::wer::{
    Alignment, EditKind, ErrorCounts, align_words, cer, char_errors, wer, word_errors,
};
use proptest::prelude::*;
use serde::Deserialize;

/// Made by `golden/eval/make_errors.py`.
#[derive(Deserialize)]
struct Errors {
    pairs: Vec<Pair>,
    generated: Vec<Generated>,
}

#[derive(Deserialize)]
struct Pair {
    reference: String,
    hypothesis: String,
    words: GoldenCounts,
    chars: GoldenCounts,
}

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

fn errors() -> Errors {
    serde_json::from_str(include_str!("golden/eval/errors.json")).unwrap()
}

fn close(ours: Option<f64>, theirs: Option<f64>) -> bool {
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
fn any_text() -> impl Strategy<Value = String> {
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

#[test]
fn texts_that_are_the_same_to_a_listener() {
    let cases = [
        ("", ""),
        (" .,!? \t\n", ""),
        ("Don’t  STOP—the “music”!", "don't stop the music"),
        ("'Tis the dogs' rock 'n' roll", "tis the dogs rock n roll"),
        ("‘it’s’ don''t", "it's don t"),
        ("twenty-two", "twenty two"),
        (
            "22, 022 and 1,000,000",
            "twenty two zero two two and one zero zero zero zero zero zero",
        ),
        (
            "12,345 or 12,34 or 1234,567",
            "twelve thousand three hundred forty five or twelve thirty four or one thousand two hundred thirty four five hundred sixty seven",
        ),
        ("10:30, 3.5%, $5", "ten thirty three five five"),
        ("MP3 2nd 1990s", "mp3 2nd 1990s"),
        ("４２ ²", "forty two two"),
        ("CAFE\u{301} Straße İ ΟΔΟΣ", "café straße i\u{307} οδος"),
        // vowel signs and viramas stay on their letters; emoji go
        ("हिन्दी, नमस्ते! 東京。 👍🏽 ❤️ 1️⃣", "हिन्दी नमस्ते 東京 one"),
        ("می\u{200C}خواهم co\u{AD}operate", "میخواهم cooperate"),
        // a mark with nothing to stand on
        ("\u{301}a \u{301} b", "a b"),
        ("don´t", "don't"),
    ];
    for (text, expected) in cases {
        assert_eq!(normalise(text), expected, "{text:?}");
    }
}

/// Made by `golden/eval/make_numbers.py`.
#[derive(Deserialize)]
struct Numbers {
    numbers: BTreeMap<u32, String>,
}

#[test]
fn numbers_are_spelled_as_num2words_does_but_for_and() {
    let numbers: Numbers = serde_json::from_str(include_str!("golden/eval/numbers.json")).unwrap();
    assert!(numbers.numbers.len() > 250);
    for (number, words) in numbers.numbers {
        let expected = words
            .replace(" and ", " ")
            .replace(", ", " ")
            .replace('-', " ");
        assert_eq!(normalise(&number.to_string()), expected);
        assert_eq!(normalise(&words.replace(" and ", " ")), expected);
    }
}

/// Text with much of what the normaliser cares about, or any text.
fn any_writing() -> impl Strategy<Value = String> {
    let pieces = [
        "a", "B", "É", "e\u{301}", "\u{301}", "\u{94D}", "न", "'", "’", "´", "-", ",", ".", " ",
        "\n", "0", "7", "123", "４", "½", "ﬁ", "İ", "Σ", "ß", "\u{AD}", "\u{200D}", "👍🏽", "一",
    ];
    let some = prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..30)
        .prop_map(|pieces| pieces.concat());
    prop_oneof![some, any::<String>()]
}

proptest! {
    #[test]
    fn normalising_again_changes_nothing(text in any_writing()) {
        let once = normalise(&text);
        prop_assert_eq!(normalise(&once), once);
    }

    #[test]
    fn normalised_words_are_clean(text in any_writing()) {
        let text = normalise(&text);
        prop_assert_eq!(text.split_whitespace().collect::<Vec<_>>().join(" "), text.clone());
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            prop_assert!(word.starts_with(char::is_alphanumeric) && !word.ends_with('\''), "{:?}", text);
        }
    }

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
