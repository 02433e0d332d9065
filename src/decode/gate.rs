//! No text where nobody spoke: words that lie wholly in non-speech are told from the rest.
//!
//! Words with less than `gap_ms` between them make a *run*. A run is speech as soon as
//! the mean confidence of its words so far reaches `confidence`; each word weighs as many
//! times as it has characters. Words whose loudest row is at most `silence_dbfs`
//! are never speech and belong to no run.
//!
//! So a doubtful word amid sure ones stays, and a cry that happens to look like a letter
//! goes. As words come in, a word may turn from non-speech to speech (its run has shown
//! itself), never back: a caller that commits words only once they are speech, or once
//! `gap_ms` has gone by after them, never takes one back.
//!
//! **Measured** (`benches/ctc`, whole take, greedy; tuned on these very clips, with the
//! first session's model). Of 406 noise clips (seven in eight of them noise in training) the
//! sixth run's model gives words for 8, 11 in all; with the gate for one, one word. Mean WER
//! over the dev corpora is 51.77 % without and 51.76 % with. The first session's model gave 205 clips,
//! 509 words, and with the gate 35 and 97. So the gate costs nothing where people speak and is
//! meant to be on.
//!
//! What was tried in a prototype, with the first model, and did not help: the mean posterior of the blank over a
//! run (a limit of 0.9 costs 25 points of WER on AN4, whose slow letters are mostly blank,
//! and takes 9 noise clips of 205), and the level above the clip's floor (6 dB takes 18 of
//! 205, costs 0.6 points on AN4). The level is used for silence only. The confidence of each
//! word alone, at 0.5, leaves 63 clips and costs 0.3 points on AN4.

use serde::{Deserialize, Serialize};

use super::{RowClock, Transcript, Word};

/// Settings of [`mark_non_speech`]. What is left out is as in [`GateConfig::default`].
/// Any value is safe.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GateConfig {
    /// Mean confidence that makes a run speech; 0 lets everything through.
    pub confidence: f32,
    /// Time between two words that parts runs.
    pub gap_ms: u32,
    /// Level of a word's loudest row at or below which it is no speech. The quietest
    /// word of the dev clips has −79 dBFS.
    pub silence_dbfs: f32,
}

impl Default for GateConfig {
    fn default() -> Self {
        Self {
            confidence: 0.55,
            gap_ms: 1000,
            silence_dbfs: -80.0,
        }
    }
}

impl GateConfig {
    /// The transcript without the words that lie wholly in non-speech. `decoded_sample` is
    /// how far the take has been decoded.
    ///
    /// The last run stays in view, tentative, until `gap_ms` has gone by after it or the
    /// take has ended: it may still show itself. Committed are the committed words that
    /// committed words alone show to be speech; so what this returns is append-only
    /// wherever the transcript is.
    #[must_use]
    pub fn apply(
        &self,
        transcript: &Transcript,
        levels_dbfs: &[f32],
        clock: RowClock,
        decoded_sample: i64,
    ) -> Transcript {
        let mark = |words: &[Word]| mark_non_speech(words, levels_dbfs, clock, self);
        let words = &transcript.words;
        let committed = transcript.committed.min(words.len());
        let surely = mark(&words[..committed]);
        let doubtful_from = if transcript.finished {
            words.len()
        } else {
            self.open_run(words, levels_dbfs, clock, decoded_sample)
        };
        let marks = mark(words);
        let stays = |index: usize| {
            let waits = index >= doubtful_from && !silent(&words[index], levels_dbfs, clock, self);
            !marks[index] || waits
        };
        Transcript {
            words: (0..words.len())
                .filter(|index| stays(*index))
                .map(|index| words[index].clone())
                .collect(),
            committed: surely.iter().filter(|marked| !**marked).count(),
            ..*transcript
        }
    }

    /// Index of the first word of the run that may still go on; the number of words
    /// where none may. Silent words belong to no run and carry none.
    fn open_run(
        &self,
        words: &[Word],
        levels_dbfs: &[f32],
        clock: RowClock,
        decoded_sample: i64,
    ) -> usize {
        let gap = i64::from(self.gap_ms) * 16;
        let mut next_start = decoded_sample;
        let mut first = words.len();
        for (index, word) in words.iter().enumerate().rev() {
            if silent(word, levels_dbfs, clock, self) {
                continue;
            }
            if next_start.saturating_sub(word.end_sample) >= gap {
                break;
            }
            next_start = word.start_sample;
            first = index;
        }
        first
    }
}

/// Which of `words` lie wholly in non-speech: one answer a word.
///
/// `levels_dbfs` has the level of each row of the take ([`crate::audio::level_dbfs`]);
/// a word with a row beyond its end, or all where it is empty, is not judged by level.
#[must_use]
pub fn mark_non_speech(
    words: &[Word],
    levels_dbfs: &[f32],
    clock: RowClock,
    config: &GateConfig,
) -> Vec<bool> {
    let mut marks = vec![true; words.len()];
    let mut run = Run::default();
    for (index, word) in words.iter().enumerate() {
        if silent(word, levels_dbfs, clock, config) {
            continue;
        }
        let gap = i64::from(config.gap_ms) * 16;
        if word.start_sample.saturating_sub(run.end_sample) >= gap {
            run = Run::default();
        }
        run.add(index, word);
        if run.speech || run.confidence() >= f64::from(config.confidence) {
            run.speech = true;
            for index in run.doubtful.drain(..) {
                marks[index] = false;
            }
        }
    }
    marks
}

/// The words since the last long gap.
#[derive(Default)]
struct Run {
    /// It has shown itself.
    speech: bool,
    /// Words that wait for that.
    doubtful: Vec<usize>,
    end_sample: i64,
    characters: f64,
    /// Confidences, a word's as often as it has characters.
    total: f64,
}

impl Run {
    fn add(&mut self, index: usize, word: &Word) {
        let characters = word.text.chars().count() as f64;
        self.doubtful.push(index);
        self.end_sample = word.end_sample;
        self.characters += characters;
        self.total += characters * f64::from(word.confidence);
    }

    fn confidence(&self) -> f64 {
        self.total / self.characters.max(1.0)
    }
}

fn silent(word: &Word, levels_dbfs: &[f32], clock: RowClock, config: &GateConfig) -> bool {
    let row = |sample: i64| usize::try_from(sample / clock.samples_per_row.max(1));
    let (Ok(first), Ok(last)) = (row(word.start_sample), row(word.end_sample - 1)) else {
        return false;
    };
    levels_dbfs
        .get(first..=last)
        .is_some_and(|levels| levels.iter().all(|level| *level <= config.silence_dbfs))
}
