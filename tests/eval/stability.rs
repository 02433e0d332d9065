//! Stability in closed form, from a list of transcripts and from the emission log.

use asr_playground::decode::Transcript;
use asr_playground::eval::latency::{EmissionLog, WordLatency};
use asr_playground::eval::stability::StabilityCounts;
use proptest::prelude::*;

use crate::latency::shown;

/// Half a minute of audio.
const AUDIO_MS: f64 = 30_000.0;

fn counts(transcripts: &[Transcript]) -> StabilityCounts {
    let counts = StabilityCounts::of(transcripts, AUDIO_MS);
    let mut log = EmissionLog::default();
    for (index, transcript) in transcripts.iter().enumerate() {
        log.record(index as f64, transcript);
    }
    assert_eq!(log.stability(AUDIO_MS), counts, "the log says the same");
    counts
}

/// Unstable words, unstable segments, flickers, final words.
fn of_texts(texts: &[&str]) -> [usize; 4] {
    let transcripts: Vec<Transcript> = texts.iter().map(|text| shown(text, 0, 0)).collect();
    let counts = counts(&transcripts);
    [
        counts.unstable_words,
        counts.unstable_segments,
        counts.flickers,
        counts.final_words,
    ]
}

#[test]
fn unstable_words_and_segments() {
    let cases: [(&[&str], [usize; 4]); 10] = [
        (&[], [0, 0, 0, 0]),
        (&["", "a", "a b", "a b c"], [0, 0, 0, 3]),
        // the last word grows, alone or with words after it
        (&["re", "rec", "recognise speech"], [0, 0, 0, 2]),
        // only the last, and it does not shrink
        (&["so me", "some me", "some m"], [2, 2, 2, 2]),
        (&["wreck a nice", "recognise"], [3, 1, 1, 1]),
        (&["a b c d e", "a x c y z"], [3, 2, 1, 5]),
        (&["a x", "a y", "a x"], [2, 2, 2, 2]),
        // a word put in front moves all that follow, which counts; taken away again
        (&["b c d", "a b c d", "b c d"], [7, 2, 2, 3]),
        (&["a b", ""], [2, 1, 1, 0]),
        (&["a b", "", "a b"], [2, 1, 1, 2]),
    ];
    for (texts, expected) in cases {
        assert_eq!(of_texts(texts), expected, "{texts:?}");
    }
}

#[test]
fn ratios_and_their_denominators() {
    let first = counts(&[
        shown("a b", 0, 0),
        shown("x y", 0, 0),
        shown("x y z w", 0, 0),
    ]);
    assert_eq!(first.unstable_partial_word_ratio(), Some(2.0 / 4.0));
    assert_eq!(first.unstable_partial_segment_ratio(), Some(1.0));
    assert_eq!(first.flickers_per_minute(), Some(2.0));
    let mut all = first;
    all += counts(&[shown("c", 0, 0)]);
    assert_eq!(all.unstable_partial_word_ratio(), Some(2.0 / 5.0));
    assert_eq!(all.unstable_partial_segment_ratio(), Some(1.0 / 2.0));
    assert_eq!(all.flickers_per_minute(), Some(1.0));
    let none = StabilityCounts::default();
    assert_eq!(none.unstable_partial_word_ratio(), None);
    assert_eq!(none.unstable_partial_segment_ratio(), None);
    assert_eq!(none.flickers_per_minute(), None);
}

#[test]
fn what_a_setting_changes_is_not_unstable() {
    let of = counts(&[
        shown("a b c", 3, 0),
        shown("x y", 0, 1),
        shown("x z", 0, 1),
        shown("x z", 2, 1),
    ]);
    assert_eq!((of.unstable_words, of.flickers, of.final_words), (1, 1, 2));
}

/// Transcripts as decoders make them: what is committed stays.
fn any_transcripts() -> impl Strategy<Value = Vec<Transcript>> {
    let tail = prop::collection::vec("[ab]{1,2}", 0..5);
    prop::collection::vec((tail, 0_usize..3, 0_u8..12), 0..30).prop_map(|steps| {
        let (mut committed, mut revision) = (Vec::<String>::new(), 0);
        let steps = steps.into_iter().map(|(mut tail, more, new_revision)| {
            if new_revision == 0 {
                revision += 1;
                committed.clear();
            }
            let text = [&committed[..], &tail[..]].concat().join(" ");
            committed.extend(tail.drain(..more.min(tail.len())));
            shown(&text, committed.len(), revision)
        });
        steps.collect()
    })
}

proptest! {
    #[test]
    fn the_log_needs_no_list_of_transcripts(transcripts in any_transcripts()) {
        let log = counts(&transcripts);
        prop_assert!(log.unstable_segments <= log.unstable_words && log.flickers <= log.unstable_segments);
    }

    /// Every latency found by looking through the whole list.
    #[test]
    fn latencies_are_those_of_the_list(transcripts in any_transcripts()) {
        let mut log = EmissionLog::default();
        for (index, transcript) in transcripts.iter().enumerate() {
            log.record(index as f64, transcript);
        }
        let last = transcripts.last().cloned().unwrap_or_default();
        let perceived = log.perceived(&vec![0; last.words.len()]).unwrap();
        for (place, latency) in perceived.words.iter().enumerate() {
            let has = |t: &Transcript| t.words.get(place).is_some_and(|word| word.text == last.words[place].text);
            let committed = |t: &Transcript| has(t) && place < t.committed;
            let first = transcripts.iter().position(has).unwrap();
            let since = |what: &dyn Fn(&Transcript) -> bool| transcripts.iter().rposition(|t| !what(t)).map_or(0, |i| i + 1);
            let expected = WordLatency {
                first_shown_ms: first as f64,
                stable_ms: since(&has) as f64,
                committed_ms: (place < last.committed).then(|| since(&committed) as f64),
            };
            prop_assert_eq!(latency, &expected);
        }
    }
}
