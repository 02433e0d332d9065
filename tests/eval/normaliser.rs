//! The normaliser: its numbers against num2words, its steps on switches.

use std::collections::BTreeMap;

use asr_playground::eval::normalise::{
    NORMALISER_STEPS, NORMALISER_VERSION, Normaliser, normalise,
};
use proptest::prelude::*;
use serde::Deserialize;

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
    let numbers: Numbers =
        serde_json::from_str(include_str!("../golden/eval/numbers.json")).unwrap();
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

#[test]
fn a_step_that_is_off_is_skipped() {
    let text = "Don’t  stop—at 1,250!";
    let without = |ids: &[&str]| {
        let all = Normaliser::default();
        ids.iter().fold(all, |n, id| n.with(id, false).unwrap())
    };
    let cases: [(&[&str], &str, &str); 6] = [
        (
            &[],
            "normaliser 1",
            "don't stop at one thousand two hundred fifty",
        ),
        (
            &["numbers"],
            "normaliser 1 without numbers",
            "don't stop at 1250",
        ),
        (
            &["lower-case", "numbers"],
            "normaliser 1 without lower-case, numbers",
            "Don't stop at 1250",
        ),
        // The steps after it see what it would have taken away.
        (
            &["digit-groups"],
            "normaliser 1 without digit-groups",
            "don't stop at one two hundred fifty",
        ),
        (
            &["apostrophes"],
            "normaliser 1 without apostrophes",
            "don t stop at one thousand two hundred fifty",
        ),
        (
            &["punctuation", "numbers"],
            "normaliser 1 without punctuation, numbers",
            "don't stop—at 1250!",
        ),
    ];
    for (off, name, expected) in cases {
        let normaliser = without(off);
        assert_eq!(normaliser.apply(text), expected, "{off:?}");
        assert_eq!(normaliser.to_string(), name);
    }
    assert_eq!(NORMALISER_VERSION, 1, "then the names above change");
    assert_eq!(Normaliser::none().apply(text), text);
    assert_eq!(Normaliser::none().to_string(), "normaliser 1 with no step");
}

#[test]
fn switches_survive_a_file() {
    let without = Normaliser::default().with("spaces", false).unwrap();
    for normaliser in [Normaliser::default(), Normaliser::none(), without] {
        let json = serde_json::to_string(&normaliser).unwrap();
        assert_eq!(
            serde_json::from_str::<Normaliser>(&json).unwrap(),
            normaliser
        );
        let on = normaliser.steps().filter(|(_, on)| *on).count();
        assert_eq!(
            serde_json::from_str::<Vec<String>>(&json).unwrap().len(),
            on
        );
    }
    let some: Normaliser = serde_json::from_str(r#"["spaces", "lower-case", "spaces"]"#).unwrap();
    assert_eq!(some.apply("  Two, WORDS"), "two, words");
    assert_eq!(
        serde_json::to_string(&some).unwrap(),
        r#"["lower-case","spaces"]"#
    );
    let unknown = serde_json::from_str::<Normaliser>(r#"["upper-case"]"#);
    let words = unknown.unwrap_err().to_string();
    assert!(
        words.contains("\"upper-case\"") && words.contains("quotation-marks"),
        "{words}"
    );
    assert_eq!(
        Normaliser::default().with("Spaces", true).unwrap_err().0,
        "Spaces"
    );
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

/// The page shows the examples: in the system's font, whichever that is. Fonts of every system
/// have Latin letters, punctuation and the ligatures fi and fl; wide letters and emoji they
/// may lack, and draw boxes. What is invisible needs no glyph, a combining accent is composed.
#[test]
fn the_examples_are_written_in_letters_that_every_font_has() {
    let common = |c: char| {
        matches!(c,
            '\n' | ' '..='~' | '\u{A0}'..='\u{24F}' | '\u{2BC}' | '\u{301}' | '\u{200B}'..='\u{203A}'
            | '\u{FB01}' | '\u{FB02}')
    };
    for step in NORMALISER_STEPS {
        for example in [step.before, step.after] {
            let missing: Vec<char> = example.chars().filter(|c| !common(*c)).collect();
            assert!(
                missing.is_empty(),
                "{}: {missing:?} of {example:?}",
                step.id
            );
        }
    }
}

proptest! {
    #[test]
    fn switches_are_the_steps_one_after_another(text in any_writing(), on in prop::collection::vec(any::<bool>(), 9)) {
        prop_assert_eq!(NORMALISER_STEPS.len(), on.len());
        let (mut normaliser, mut expected) = (Normaliser::default(), text.clone());
        for (step, on) in NORMALISER_STEPS.iter().zip(on) {
            normaliser = normaliser.with(step.id, on).unwrap();
            if on {
                expected = step.apply(&expected);
            }
        }
        prop_assert_eq!(normaliser.apply(&text), expected);
    }

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
}
