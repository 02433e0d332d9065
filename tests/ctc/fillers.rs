use asr_playground::decode::Word;
use asr_playground::decode::fillers::{FillerConfig, mark, strip, text_without};

fn words(text: &str) -> Vec<Word> {
    text.split_whitespace()
        .enumerate()
        .map(|(index, text)| Word {
            text: text.to_owned(),
            start_sample: index as i64 * 100,
            end_sample: index as i64 * 100 + 80,
            rows: 0..1,
            confidence: 0.5,
        })
        .collect()
}

const HESITATIONS: FillerConfig = FillerConfig {
    hesitations: true,
    discourse: false,
};
const DISCOURSE: FillerConfig = FillerConfig {
    hesitations: false,
    discourse: true,
};
const BOTH: FillerConfig = FillerConfig {
    hesitations: true,
    discourse: true,
};

#[test]
fn what_is_left() {
    let cases = [
        (
            "um i uh like er it you know",
            FillerConfig::default(),
            "um i uh like er it you know",
        ),
        (
            "um i uh like er it you know",
            HESITATIONS,
            "i like it you know",
        ),
        ("um i uh like er it you know", DISCOURSE, "um i uh er it"),
        ("um i uh like er it you know", BOTH, "i it"),
        ("erm hmm ah yes", HESITATIONS, "yes"),
        // whole words only
        (
            "umbrella ahead her error likely unlike",
            BOTH,
            "umbrella ahead her error likely unlike",
        ),
        // whole phrases only
        ("you do know you", BOTH, "you do know you"),
        ("you know you know", DISCOURSE, ""),
        ("you", DISCOURSE, "you"),
        // a hesitation inside a phrase is no word of it, where it is marked itself
        ("so you um know that", BOTH, "so that"),
        ("so you um know that", DISCOURSE, "so you um know that"),
        ("", BOTH, ""),
    ];
    for (said, config, expected) in cases {
        let words = words(said);
        let marks = mark(&words, &config);
        assert_eq!(marks.len(), words.len());
        assert_eq!(text_without(&words, &marks), expected, "{said}, {config:?}");
    }
}

#[test]
fn marks_that_are_short_keep_the_rest() {
    assert_eq!(text_without(&words("um yes no"), &[true]), "yes no");
}

#[test]
fn settings_are_off_unless_given() {
    let config: FillerConfig = serde_json::from_str(r#"{"hesitations":true}"#).unwrap();
    assert_eq!(config, HESITATIONS);
}

#[test]
fn a_text_is_stripped_as_words_are_marked() {
    let text = "um it was  like you know big";
    assert_eq!(strip(text, &HESITATIONS), "it was like you know big");
    assert_eq!(strip(text, &DISCOURSE), "um it was big");
    assert_eq!(
        strip(text, &FillerConfig::default()),
        "um it was like you know big"
    );
}
