use asr_playground::decode::{GateConfig, RowClock, Transcript, Word, mark_non_speech};
use proptest::prelude::*;

const CLOCK: RowClock = RowClock {
    samples_per_row: 320,
};

/// Words of (text, first row, end row, confidence).
fn words(list: &[(&str, i64, i64, f32)]) -> Vec<Word> {
    list.iter()
        .map(|(text, first, end, confidence)| Word {
            text: (*text).to_owned(),
            start_sample: first * 320,
            end_sample: end * 320,
            rows: 0..1,
            confidence: *confidence,
        })
        .collect()
}

fn marks(list: &[(&str, i64, i64, f32)]) -> Vec<bool> {
    mark_non_speech(&words(list), &[], CLOCK, &GateConfig::default())
}

#[test]
fn runs_by_their_mean_confidence() {
    // sure words carry doubtful ones of their run, before and after them
    assert_eq!(
        marks(&[("a", 0, 5, 0.3), ("bcd", 10, 20, 0.7), ("e", 30, 31, 0.2)]),
        [false; 3]
    );
    // (0.3 + 3·0.5)/4 = 0.45: not yet; the fourth makes (1.8 + 4·0.7)/8 = 0.575
    assert_eq!(marks(&[("a", 0, 5, 0.3), ("bcd", 10, 20, 0.5)]), [true; 2]);
    assert_eq!(
        marks(&[
            ("a", 0, 5, 0.3),
            ("bcd", 10, 20, 0.5),
            ("efgh", 25, 30, 0.7)
        ]),
        [false; 3]
    );
    // a second's gap parts runs; 49 rows do not
    assert_eq!(
        marks(&[("a", 0, 5, 0.9), ("b", 55, 56, 0.3)]),
        [false, true]
    );
    assert_eq!(
        marks(&[("a", 0, 5, 0.9), ("b", 54, 56, 0.3)]),
        [false, false]
    );
    assert_eq!(
        marks(&[("a", 0, 5, 0.3), ("b", 55, 56, 0.9)]),
        [true, false]
    );
    assert!(marks(&[]).is_empty());
}

#[test]
fn words_in_silence_are_none_and_carry_no_run() {
    let list = words(&[("a", 0, 3, 0.9), ("b", 4, 6, 0.3), ("c", 7, 9, 0.9)]);
    let mut levels = vec![-40.0; 9];
    levels[0..3].fill(-90.0);
    let config = GateConfig::default();
    assert_eq!(
        mark_non_speech(&list, &levels, CLOCK, &config),
        [true, false, false]
    );
    levels[1] = -70.0;
    assert_eq!(mark_non_speech(&list, &levels, CLOCK, &config), [false; 3]);
    // rows beyond the levels are not judged
    levels = vec![f32::NEG_INFINITY; 8];
    assert_eq!(
        mark_non_speech(&list, &levels, CLOCK, &config),
        [true, true, false]
    );
}

#[test]
fn more_words_only_ever_let_words_through() {
    let list = words(&[
        ("a", 0, 5, 0.3),
        ("bcd", 10, 20, 0.5),
        ("efgh", 25, 30, 0.7),
        ("i", 90, 91, 0.2),
        ("j", 95, 96, 0.2),
    ]);
    let mut before: Vec<bool> = Vec::new();
    for count in 0..=list.len() {
        let now = mark_non_speech(&list[..count], &[], CLOCK, &GateConfig::default());
        assert!(
            before
                .iter()
                .zip(&now)
                .all(|(before, now)| *before || !*now)
        );
        before = now;
    }
    assert_eq!(before, [false, false, false, true, true]);
}

#[test]
fn zero_lets_everything_through_and_any_value_is_safe() {
    let list = words(&[("a", 0, 5, 0.01), ("", 9, 9, f32::NAN)]);
    let config = GateConfig {
        confidence: 0.0,
        ..GateConfig::default()
    };
    assert_eq!(mark_non_speech(&list, &[], CLOCK, &config), [false, false]);
    let odd = GateConfig {
        confidence: f32::NAN,
        gap_ms: u32::MAX,
        silence_dbfs: f32::NAN,
    };
    assert_eq!(
        mark_non_speech(&list, &[-90.0; 9], RowClock { samples_per_row: 0 }, &odd),
        [true, true]
    );
}

fn transcript(words: Vec<Word>, committed: usize) -> Transcript {
    Transcript {
        words,
        committed,
        ..Transcript::default()
    }
}

#[test]
fn a_doubtful_run_is_shown_until_it_has_ended_and_never_committed() {
    let config = GateConfig::default();
    // A sure word, two seconds of nothing, a doubtful one.
    let list = words(&[("yes", 0, 20, 0.9), ("b", 120, 125, 0.3)]);
    let at = |decoded_ms: i64, finished: bool| {
        let given = Transcript {
            finished,
            ..transcript(list.clone(), 2)
        };
        let shown = config.apply(&given, &[], CLOCK, decoded_ms * 16);
        (shown.text(), shown.committed)
    };
    assert_eq!(at(2600, false), ("yes b".to_owned(), 1));
    assert_eq!(at(3499, false), ("yes b".to_owned(), 1));
    assert_eq!(at(3500, false), ("yes".to_owned(), 1));
    assert_eq!(at(2600, true), ("yes".to_owned(), 1));
}

/// A doubtful word, one in digital silence a second later, a sure one another second later:
/// the silent one is no bridge that would hold the doubtful one in view.
#[test]
fn silence_bridges_no_gap() {
    let list = words(&[("d", 0, 5, 0.3), ("x", 40, 45, 0.9), ("sure", 80, 85, 0.9)]);
    let mut levels = vec![-40.0; 85];
    levels[40..45].fill(-90.0);
    let shown = GateConfig::default().apply(&transcript(list, 3), &levels, CLOCK, 85 * 320);
    assert_eq!((shown.text().as_str(), shown.committed), ("sure", 1));
}

proptest! {
    /// Words come in one after another, tentative before they are committed and changing
    /// while they are, some of them in digital silence: what the gate lets through as
    /// committed is only appended to.
    #[test]
    fn what_the_gate_commits_is_only_appended_to(
        steps in prop::collection::vec((0_i64..125, 0.0_f32..1.0, 0.0_f32..1.0, prop::bool::weighted(0.3)), 1..30),
        gap_ms in 0_u32..2000,
    ) {
        let config = GateConfig { gap_ms, ..GateConfig::default() };
        let mut committed: Vec<Word> = Vec::new();
        let mut kept: Vec<Word> = Vec::new();
        let mut levels: Vec<f32> = Vec::new();
        let mut row = 0;
        for (pause_rows, tentative, sure, silent) in steps {
            row += pause_rows;
            levels.resize(row as usize, -60.0);
            levels.resize(row as usize + 11, if silent { -90.0 } else { -40.0 });
            for (confidence, is_committed) in [(tentative, false), (sure, true)] {
                let mut list = committed.clone();
                list.extend(words(&[("word", row, row + 10, confidence)]));
                let count = if is_committed { list.len() } else { list.len() - 1 };
                let shown = config.apply(&transcript(list.clone(), count), &levels, CLOCK, (row + 11) * 320);
                prop_assert!(shown.committed >= kept.len());
                prop_assert_eq!(&shown.words[..kept.len()], &kept[..]);
                kept = shown.words[..shown.committed].to_vec();
                if is_committed {
                    committed = list;
                }
            }
            row += 10;
        }
        let end = Transcript { finished: true, ..transcript(committed.clone(), committed.len()) };
        let shown = config.apply(&end, &levels, CLOCK, row * 320);
        prop_assert_eq!(shown.committed, shown.words.len());
        prop_assert_eq!(&shown.words[..kept.len()], &kept[..]);
    }
}
