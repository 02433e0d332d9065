//! The commit rule: when words are committed, and that nothing changes them.

use asr_playground::decode::{
    BeamConfig, Greedy, Hotword, Hypothesis, PrefixBeam, Transcript, Word,
};
use proptest::prelude::*;

use super::random::Random;
use super::support::{TinyLm, any_rows, beam, full_width, letters, rows, said, shown};

fn committed_after(beam: &mut PrefixBeam, best: &str, p: f32) -> String {
    beam.push(&rows(best, p)).unwrap();
    let (words, row) = beam.commit_point();
    let words: Vec<&str> = words.iter().map(|w| w.text.as_str()).collect();
    format!("{} {row}", words.join(" "))
}

#[test]
fn a_word_is_committed_when_all_hypotheses_have_ended_it() {
    // Sure rows and a narrow score beam: one hypothesis survives.
    let config = BeamConfig {
        beam_ln: 3.0,
        ..full_width()
    };
    let mut sure = beam(config, None);
    assert_eq!(committed_after(&mut sure, "aa_b", 0.99), " 0");
    assert_eq!(committed_after(&mut sure, "|", 0.99), "ab 4");
    assert_eq!(shown(&sure.transcript()), "ab@0..40 /");
    assert_eq!(committed_after(&mut sure, "||_b_", 0.99), "ab 4");
    assert_eq!(committed_after(&mut sure, "|", 0.99), "ab b 10");

    // In doubt about a letter: nothing is committed, although a space followed.
    let mut doubtful = beam(full_width(), None);
    let letter = [0.01_f32, 0.01, 0.5, 0.48].map(f32::ln);
    doubtful.push(&letter).unwrap();
    assert_eq!(committed_after(&mut doubtful, "___|__", 0.9999), " 0");
    assert_eq!(shown(&doubtful.transcript()), "/ a@0..10");
}

#[test]
fn what_is_older_than_the_bound_is_decided() {
    let config = BeamConfig {
        commit_rows: 8,
        ..full_width()
    };
    let mut decoder = beam(config, None);
    let letter = [0.01_f32, 0.01, 0.5, 0.48].map(f32::ln);
    decoder.push(&letter).unwrap();
    assert_eq!(committed_after(&mut decoder, "_|___", 0.99), " 0");
    let texts = |beam: &PrefixBeam| {
        beam.n_best()
            .iter()
            .map(Hypothesis::text)
            .collect::<Vec<_>>()
    };
    assert!(texts(&decoder).contains(&"b".to_owned()));
    // The row of the `a` was 8 rows ago after the eighth row; the space's after two more.
    assert_eq!(committed_after(&mut decoder, "__", 0.99), " 0");
    assert!(!texts(&decoder).contains(&"b".to_owned()));
    assert_eq!(committed_after(&mut decoder, "_", 0.99), " 0");
    assert_eq!(committed_after(&mut decoder, "_", 0.99), "a 2");
    assert_eq!(shown(&decoder.transcript()), "a@0..10 /");
}

#[test]
fn a_word_that_nothing_follows_is_ended_by_the_bound() {
    for list in [
        vec!["<blank>", "<space>", "a", "b"],
        vec!["<blank>", "x", "▁a", "b"],
    ] {
        let tokens = super::support::tokens(&list);
        let config = BeamConfig {
            commit_rows: 8,
            ..full_width()
        };
        let mut decoder = PrefixBeam::new(&tokens, 10, config, None).unwrap();
        assert_eq!(committed_after(&mut decoder, "_ab______", 0.99), " 0");
        // The `b` was in the third row.
        assert_eq!(committed_after(&mut decoder, "_", 0.99), "ab 10");
        assert_eq!(shown(&decoder.transcript()), "ab@10..30 /");
        // What comes now is another word.
        decoder.push(&rows("_b_", 0.99)).unwrap();
        assert_eq!(shown(&decoder.transcript()), "ab@10..30 / b@110..120");
    }
}

/// Noise, uniform rows and silence leave no more behind than the bound allows.
#[test]
fn memory_is_flat_over_an_hour() {
    let tiny = TinyLm::new();
    let config = BeamConfig {
        width: 16,
        commit_rows: 50,
        beam_ln: 1000.0,
        token_min_ln: -1000.0,
        ..BeamConfig::default()
    };
    let mut decoder = beam(config.clone(), Some(tiny.model));
    let (mut random, mut peaks) = (Random(1), [0_usize; 6]);
    for row in 0..180_000_u32 {
        let minute = row / 3000;
        let mut values = [0.0_f32; 4];
        for value in &mut values {
            // Noise, then rows that say nothing, then letters without a space.
            *value = match minute % 3 {
                0 => random.next() * 8.0,
                1 => 0.0,
                _ => random.next(),
            };
        }
        if minute % 3 == 2 {
            values[1] = f32::NEG_INFINITY;
        }
        decoder.push(&values).unwrap();
        let (nodes, passed) = decoder.places_in_use();
        let peak = &mut peaks[minute as usize / 10];
        *peak = (*peak).max(nodes + passed);
        // One node a hypothesis and level; a hypothesis has two paths.
        let levels = 2 * (config.commit_rows as usize + 2);
        assert!(nodes <= 16 * levels + 1, "{nodes} in row {row}");
        assert!(passed <= 2 * 16 * (levels + 32), "{passed} in row {row}");
    }
    assert!(peaks[5] <= 2 * peaks[0], "{peaks:?}");
}

fn any_config() -> impl Strategy<Value = BeamConfig> {
    let pruning = (1_usize..24, -6.0_f32..0.0, 1_usize..5, 0.0_f32..12.0);
    let fusion = (0.0_f32..3.0, -3.0_f32..3.0, 0.0_f32..6.0, any::<bool>());
    let hotword = ("[ab]{1,3}( [ab]{1,2})?", 0.0_f32..6.0);
    let hotwords = prop::collection::vec(hotword, 0..3);
    (pruning, fusion, hotwords, 1_u32..40).prop_map(|(pruning, fusion, hotwords, commit_rows)| {
        BeamConfig {
            width: pruning.0,
            n_best: 3,
            token_min_ln: pruning.1,
            tokens_per_row: pruning.2,
            beam_ln: pruning.3,
            lm_weight: fusion.0,
            word_bonus: fusion.1,
            unknown_word_penalty: fusion.2,
            look_ahead: fusion.3,
            hotwords: hotwords
                .into_iter()
                .map(|(phrase, boost)| Hotword { phrase, boost })
                .collect(),
            commit_rows,
        }
    })
}

/// What a person does between two rows.
#[derive(Clone, Debug)]
enum Change {
    Config(BeamConfig),
    LanguageModel(bool),
    /// Greedy from here on.
    Greedy,
    /// The beam anew from the commit point, over the kept rows.
    Beam(BeamConfig),
}

fn any_changes() -> impl Strategy<Value = Vec<(usize, Change)>> {
    let change = prop_oneof![
        3 => any_config().prop_map(Change::Config),
        1 => any::<bool>().prop_map(Change::LanguageModel),
        1 => Just(Change::Greedy),
        1 => any_config().prop_map(Change::Beam),
    ];
    prop::collection::vec((0_usize..100, change), 0..12)
}

enum Decoder {
    Beam(Box<PrefixBeam>),
    Greedy(Greedy),
}

impl Decoder {
    fn transcript(&self) -> Transcript {
        match self {
            Self::Beam(beam) => beam.transcript(),
            Self::Greedy(greedy) => greedy.transcript(),
        }
    }

    fn commit_point(&self) -> (Vec<Word>, i64) {
        let (words, row) = match self {
            Self::Beam(beam) => beam.commit_point(),
            Self::Greedy(greedy) => greedy.commit_point(),
        };
        (words.to_vec(), row)
    }

    fn push(&mut self, rows: &[f32]) {
        match self {
            Self::Beam(beam) => beam.push(rows).unwrap(),
            Self::Greedy(greedy) => greedy.push(rows).unwrap(),
        }
    }

    fn change(&mut self, change: &Change, rows: &[f32], tiny: &TinyLm) {
        let (words, row) = self.commit_point();
        let kept = &rows[4 * row as usize..];
        match (change, &mut *self) {
            (Change::Config(config), Self::Beam(beam)) => beam.set_config(config.clone()).unwrap(),
            (Change::LanguageModel(there), Self::Beam(beam)) => {
                beam.set_language_model(there.then(|| tiny.model.clone()));
            }
            (Change::Greedy, _) => {
                *self = Self::Greedy(Greedy::resume(&letters(), 10, words, row));
                self.push(kept);
            }
            (Change::Beam(config), _) => {
                let (config, lm) = (config.clone(), Some(tiny.model.clone()));
                let beam = PrefixBeam::resume(&letters(), 10, config, lm, words, row).unwrap();
                *self = Self::Beam(Box::new(beam));
                self.push(kept);
            }
            _ => {}
        }
    }
}

proptest! {
    #[test]
    fn committed_words_never_change(
        rows in any_rows(4, 0..100),
        first in any_config(),
        changes in any_changes(),
    ) {
        let tiny = TinyLm::new();
        let mut decoder = Decoder::Beam(Box::new(beam(first, Some(tiny.model.clone()))));
        let mut committed: Vec<Word> = Vec::new();
        for (index, row) in rows.chunks_exact(4).enumerate() {
            for (_, change) in changes.iter().filter(|(at, _)| *at == index) {
                decoder.change(change, &rows[..4 * index], &tiny);
                let now = decoder.transcript();
                prop_assert!(now.committed >= committed.len());
                prop_assert_eq!(&now.words[..committed.len()], &committed[..]);
                committed = now.words[..now.committed].to_vec();
            }
            decoder.push(row);
            let now = decoder.transcript();
            prop_assert!(now.committed >= committed.len());
            prop_assert_eq!(&now.words[..committed.len()], &committed[..]);
            committed = now.words[..now.committed].to_vec();
            let (words, row) = decoder.commit_point();
            prop_assert_eq!(&words, &committed);
            prop_assert!(row <= index as i64 + 1);
            let end = committed.last().map_or(0, |word| word.end_sample);
            prop_assert!(end <= 10 * row || row == index as i64 + 1, "{} {}", end, row);
        }
        if let Decoder::Beam(beam) = &mut decoder {
            beam.finish();
            let now = beam.transcript();
            prop_assert_eq!(&now.words[..committed.len()], &committed[..]);
            prop_assert_eq!(now.committed, now.words.len());
        }
    }

    #[test]
    fn greedy_resumed_at_its_commit_point_says_the_same(rows in any_rows(4, 0..60), at in 0_usize..60) {
        let mut whole = Greedy::new(&letters(), 10);
        let at = (4 * at).min(rows.len());
        whole.push(&rows[..at]).unwrap();
        let (words, row) = whole.commit_point();
        let mut resumed = Greedy::resume(&letters(), 10, words.to_vec(), row);
        resumed.push(&rows[4 * row as usize..]).unwrap();
        whole.push(&rows[at..]).unwrap();
        prop_assert_eq!(whole.transcript(), resumed.transcript());
        prop_assert_eq!(whole.commit_point(), resumed.commit_point());
        whole.finish();
        resumed.finish();
        prop_assert_eq!(whole.transcript(), resumed.transcript());
    }

    #[test]
    fn scores_computed_anew_are_the_same(rows in any_rows(4, 0..50), config in any_config()) {
        // Without the bound: it is applied once more with each change.
        let config = BeamConfig { commit_rows: 100, ..config };
        let tiny = TinyLm::new();
        let mut plain = beam(config.clone(), Some(tiny.model.clone()));
        let mut changed = plain.clone();
        for row in rows.chunks_exact(4) {
            plain.push(row).unwrap();
            changed.set_config(config.clone()).unwrap();
            changed.push(row).unwrap();
        }
        prop_assert_eq!(said(&plain), said(&changed));
    }
}
